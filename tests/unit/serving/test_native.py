"""The native protocol: what is answered, what is recorded, and how no is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.serving.conftest import ROW, Client, served

from journeyman.entities.latency import percentile
from journeyman.inference.release import Release
from journeyman.serving.serve_settings import ServeSettings
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.streams.tables import TableStream


def test_an_answer_is_what_the_release_says_and_is_recorded(client: Client, release: Release) -> None:
    told = client.ask("POST", "/predict", {"row": {**ROW, "order": 7}, "id": "mine"})
    assert told.status == 200
    answer = told.json
    expected = release.predict_proba([ROW])[0]
    assert answer["prediction"] == release.predict([ROW])[0]
    np.testing.assert_array_equal(list(answer["probabilities"].values()), expected)
    assert (answer["model"], answer["version"], answer["part"]) == ("m", release.version, "champion")
    [(number, version, part, protocol, client_id, key, row, output)] = client.predictions()
    assert f"{number:016x}" == answer["id"]
    assert (version, part, protocol, client_id, key) == (release.version, "champion", "native", "mine", '["7"]')
    assert json.loads(row) == {**ROW, "order": 7}
    assert json.loads(output)["prediction"] == answer["prediction"]


def test_rows_that_wait_together_are_answered_as_one_would_be(client: Client, release: Release) -> None:
    rng = np.random.default_rng(5)
    rows = [{"x": float(v), "c": c} for v, c in zip(rng.normal(size=40), rng.choice(list("abc"), 40), strict=True)]

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(client.asked("POST", "/predict", {"row": row}) for row in rows))

    answers = [told.json for told in client.loop.run_until_complete(all_at_once())]
    together = [list(a["probabilities"].values()) for a in answers]
    # linear algebra of many rows and of one differ in the last bit
    np.testing.assert_allclose(together, [release.predict_proba([row])[0] for row in rows], rtol=1e-12)
    assert len({a["id"] for a in answers}) == 40
    commits = client.ask("GET", "/metrics").body.decode().partition("\njourneyman_commits_total ")[2].split()[0]
    assert int(commits) < 40


def test_a_repeated_id_gets_the_recorded_answer_and_no_second_row(client: Client) -> None:
    first = client.ask("POST", "/predict", {"row": ROW, "id": "a"}).json
    second = client.ask("POST", "/predict", {"row": dict(reversed(ROW.items())), "id": "a"}).json
    assert second == {**first, "repeated": True}
    assert len(client.predictions()) == 1


def test_an_id_of_another_row_is_a_conflict(client: Client) -> None:
    client.ask("POST", "/predict", {"row": ROW, "id": "a"})
    told = client.ask("POST", "/predict", {"row": {**ROW, "x": 9}, "id": "a"})
    assert told.status == 409
    assert told.json["error"]["code"] == "id of another row"
    both = client.ask("POST", "/predict", {"rows": [ROW, {**ROW, "x": 9}], "ids": ["b", "b"]}).json
    assert (both["failed"], both["predictions"][1]["error"]["field"]) == (1, "id")


def test_a_bad_row_fails_that_row_unless_asked(client: Client) -> None:
    rows = [ROW, {"x": "old", "c": "a"}, {"c": "a"}]
    told = client.ask("POST", "/predict", {"rows": rows}).json
    assert told["failed"] == 2
    good, bad, lacking = told["predictions"]
    assert good["prediction"] in ("yes", "no")
    assert (bad["error"]["field"], bad["error"]["found"], bad["error"]["wanted"]) == ("x", "'old'", "a number")
    assert (lacking["error"]["code"], lacking["error"]["field"]) == ("missing column", "x")
    assert len(client.predictions()) == 1
    strict = client.ask("POST", "/predict", {"rows": rows, "strict": True})
    assert (strict.status, strict.json["error"]["field"]) == (400, "rows[1].x")
    assert len(client.predictions()) == 1


def test_refused_rows_are_counted_in_the_log_without_personal_values(settings: ServeSettings, tmp_path: Path) -> None:
    rows: list[Any] = [{"xs": 1.0, "c": "a"}] * 3 + [{"x": "old", "c": "a"}, {"x": "secret", "c": "b"}, ROW]
    query = "SELECT version, code, field, max(example), sum(number) FROM refused GROUP BY 1, 2, 3 ORDER BY 2"
    with served(settings, tmp_path) as client:
        client.ask("POST", "/predict", {"rows": rows, "ids": ["a", None, None, None, None, None]})
        assert client.ask("POST", "/predict", {"rows": rows, "strict": True}).status == 400
        assert client.ask("POST", "/predict", {"row": rows[0], "id": "a"}).status == 400
        assert client.log.reading().execute(query).fetchall() == [
            (1, "PR101", "x", "xs", 7),
            (1, "PR102", "x", "'old'", 4),
        ]
        assert len(client.predictions()) == 1
    with served(replace(settings, hashed=("x",), log=tmp_path / "hashed"), tmp_path) as client:
        client.ask("POST", "/predict", {"rows": rows})
        assert [one[3:] for one in client.log.reading().execute(query)] == [("xs", 3), ("", 2)]


def test_what_is_strange_in_a_row_is_told_with_its_answer(client: Client) -> None:
    told = client.ask("POST", "/predict", {"row": {"x": 1e6, "c": "zebra", "z": 1}}).json
    assert [f["code"] for f in told["findings"]] == ["PR105", "PR103", "PR104"]
    assert [f["code"] for f in client.ask("POST", "/predict", {"row": {"x": None, "c": "a"}}).json["findings"]] == [
        "PR106"
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"row": 3}, "row"),
        ({"rows": [3]}, "rows[0]"),
        ({"rows": []}, "rows"),
        ({}, "row"),
        ({"row": ROW, "rows": [ROW]}, "row"),
        ({"row": ROW, "surprise": 1}, "surprise"),
        ({"rows": [ROW], "ids": ["a", "b"]}, "ids"),
        ({"row": ROW, "id": ""}, "ids[0]"),
        ({"row": {"x": [1], "c": "a"}}, "x"),
        (b"{", ""),
        (b"\xff", ""),
        (b"[" * 100_000, "body"),
    ],
)
def test_bad_input_is_refused_with_its_field(client: Client, body: Any, field: str) -> None:
    told = client.ask("POST", "/predict", body)
    assert told.status == 400, told.body
    assert told.json["error"].get("field", "") == field
    assert told.json["error"]["message"]
    assert client.predictions() == []


def test_addresses_and_methods(client: Client) -> None:
    assert client.ask("GET", "/none").status == 404
    told = client.ask("DELETE", "/predict")
    assert (told.status, told.headers["allow"]) == (405, "POST")
    assert client.ask("GET", "/health").json == {"status": "ok", "version": 1}
    assert client.ask("HEAD", "/health").body == b""
    assert "POST /predict" in client.ask("GET", "/").json["addresses"]
    models = client.ask("GET", "/models").json
    assert (models["name"], models["target"], models["champion"]["version"]) == ("m", "y", 1)
    assert models["columns"] == [
        {"name": "x", "kind": "number"},
        {"name": "c", "kind": "category", "categories": ["a", "b", "c"]},
    ]


def test_labels_come_by_id_late_corrected_and_repeated(client: Client) -> None:
    number = client.ask("POST", "/predict", {"row": ROW}).json["id"]

    def fate(truth: str) -> str:
        return str(client.ask("POST", "/labels", {"id": number, "truth": truth}).json["fate"])

    assert [fate(t) for t in ("yes", "yes", "no", "yes")] == ["recorded", "repeated", "corrected", "corrected"]
    assert [truth for _, _, truth in client.labels()] == ['"yes"', '"no"', '"yes"']


def test_labels_come_by_key_also_before_their_prediction(client: Client) -> None:
    told = client.ask(
        "POST", "/labels", {"labels": [{"key": {"order": 7}, "truth": "no"}, {"key": {"order": "8"}, "truth": "?"}]}
    )
    assert (told.json["failed"], told.json["labels"][0]) == (1, {"fate": "recorded"})
    assert told.json["labels"][1]["error"]["wanted"] == "one of 'no', 'yes'"
    client.ask("POST", "/predict", {"row": {**ROW, "order": 7}})
    assert client.labels() == [(None, '["7"]', '"no"')]
    assert client.predictions()[0][5] == '["7"]'


@pytest.mark.parametrize(
    ("label", "status"),
    [
        ({"id": "00000000000000ff", "truth": "yes"}, 404),
        ({"id": "ff", "truth": "yes"}, 400),
        ({"id": "ffffffffffffffff", "truth": "yes"}, 404),
        ({"truth": "yes"}, 400),
        ({"id": "00000000000000ff", "key": {"order": 1}, "truth": "yes"}, 400),
        ({"key": {"other": 1}, "truth": "yes"}, 400),
        ({"key": {"order": 1}, "truth": ["yes"]}, 400),
        ({"labels": []}, 400),
    ],
)
def test_bad_labels_are_refused(client: Client, label: Any, status: int) -> None:
    told = client.ask("POST", "/labels", label)
    assert (told.status, "message" in told.json["error"]) == (status, True)
    assert client.labels() == []


def test_how_long_answered_requests_took_is_in_the_log_without_a_transaction_each(
    settings: ServeSettings, tmp_path: Path
) -> None:
    with served(settings, tmp_path) as client:
        for _ in range(5):
            number = client.ask("POST", "/predict", {"rows": [ROW, ROW]}).json["predictions"][0]["id"]
        assert client.ask("POST", "/labels", {"id": number, "truth": "yes"}).status == 200
        assert client.ask("POST", "/predict", {"row": {"x": "old", "c": "a"}}).status == 400
    assert settings.log is not None
    log = SqlitePredictionLog(settings.log)
    counts = TableStream(log).latencies(0, 2**60)
    log.close()
    assert sum(counts.values()) == 5, "requests for predictions that were answered: no labels, no refusals, no rows"
    assert len(counts) <= 5
    median = percentile(counts, 0.5)
    assert median is not None
    assert 0 < median < 60


@pytest.mark.parametrize(("given", "found"), [("NaN", "NaN"), ("null", "null"), ("Infinity", "'Infinity'")])
def test_a_label_of_no_value_is_told_as_it_came(client: Client, given: str, found: str) -> None:
    for body in ('{"id": "00000000000000ff", "truth": %s}', '{"labels": [{"key": {"order": 1}, "truth": %s}]}'):
        told = client.ask("POST", "/labels", (body % given).encode()).json
        error = told["error"] if "error" in told else told["labels"][0]["error"]
        assert (error["field"], error["found"], error["wanted"]) == ("truth", found, "one of 'no', 'yes'")
    told = client.ask("POST", "/labels", b'{"key": {"order": NaN}, "truth": "yes"}')
    assert (told.status, told.json["error"]["field"]) == (400, "key"), "a missing key names no row"
    assert client.labels() == []


def test_a_label_by_the_id_that_was_sent_is_told_which_id_is_meant(client: Client) -> None:
    for mine in ("plant-7", "00000000000000aa"):
        answer = client.ask("POST", "/predict", {"row": ROW, "id": mine}).json
        error = client.ask("POST", "/labels", {"id": mine, "truth": "yes"}).json["error"]
        assert error["field"] == "id"
        assert '"id" in the response of /predict' in error["hint"]
        assert client.ask("POST", "/labels", {"id": answer["id"], "truth": "yes"}).json == {"fate": "recorded"}


@pytest.mark.slow
def test_a_number_is_predicted_and_its_truth_is_a_number(number_client: Client) -> None:
    told = number_client.ask("POST", "/predict", {"row": ROW}).json
    assert isinstance(told["prediction"], float)
    assert "probabilities" not in told
    for truth, status in ((2, 200), ("2", 400), (True, 400), (None, 400)):
        assert number_client.ask("POST", "/labels", {"id": told["id"], "truth": truth}).status == status


def test_limits(settings: ServeSettings, tmp_path: Path) -> None:
    with served(replace(settings, most_bytes=1000, most_rows=3), tmp_path) as client:
        assert client.ask("POST", "/predict", {"rows": [ROW] * 4}).status == 413
        told = client.ask("POST", "/predict", {"row": {**ROW, "z": "z" * 1000}})
        assert (told.status, told.json["error"]["wanted"]) == (413, "at most 1000 bytes")
        assert client.predictions() == []


def test_too_many_waiting_rows_are_refused(settings: ServeSettings, tmp_path: Path) -> None:
    with served(replace(settings, most_waiting=2), tmp_path) as client:

        async def flood() -> list[int]:
            asks = [client.asked("POST", "/predict", {"row": ROW}) for _ in range(20)]
            return [told.status for told in await asyncio.gather(*asks)]

        statuses = client.loop.run_until_complete(flood())
        assert set(statuses) == {200, 429}
        assert len(client.predictions()) == statuses.count(200)
        assert 'refused_total{reason="busy"}' in client.ask("GET", "/metrics").body.decode()


def test_personal_columns_are_hashed_or_left_out(settings: ServeSettings, tmp_path: Path) -> None:
    hidden = replace(settings, hashed=("c",), left_out=("name",))
    with served(hidden, tmp_path) as client:
        told = client.ask("POST", "/predict", {"row": {**ROW, "name": "Ann Smith"}, "id": "a"})
        assert told.status == 200
        [recorded] = client.predictions()
        row = json.loads(recorded[6])
        assert (row["x"], row["c"][:2], "name" in row) == (0.5, "h:", False)
        assert "Ann Smith" not in str(recorded)
        assert client.ask("POST", "/predict", {"row": {**ROW, "name": "Eve"}, "id": "a"}).status == 409
        [finding] = client.ask("POST", "/predict", {"row": {**ROW, "c": "a rare disease"}}).json["findings"]
        assert (finding["code"], finding["column"]) == ("PR103", "c")
        assert "rare disease" not in str(client.predictions())


def test_tokens(settings: ServeSettings, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("# who\npredict first-token\nlabel,operate second-token\n")
    with served(replace(settings, tokens=file), tmp_path) as client:

        def status(method: str, path: str, token: str) -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return client.ask(method, path, {"row": ROW} if method == "POST" else None, headers).status

        assert status("GET", "/health", "") == 200
        assert [status("POST", "/predict", t) for t in ("", "wrong-token", "second-token", "first-token")] == [
            401,
            401,
            403,
            200,
        ]
        assert [status("GET", "/metrics", t) for t in ("first-token", "second-token")] == [403, 200]


def test_the_champion_changes_and_rolls_back(client: Client, workspace: Path, release: Release) -> None:
    versions = [client.ask("POST", "/predict", {"row": ROW}).json["version"]]
    for wanted in (2, 1):
        told = client.ask("POST", "/models", {"champion": wanted})
        assert (told.status, told.json["champion"]["version"]) == (200, wanted)
        versions.append(client.ask("POST", "/predict", {"row": ROW}).json["version"])
    assert versions == [1, 2, 1]
    told = client.ask("POST", "/models", {"champion": 9})
    assert (told.status, told.json["error"]["message"]) == (409, "m has no version 9")
    assert client.ask("POST", "/predict", {"row": ROW}).json["version"] == 1


def test_a_canary_answers_its_share_and_sticks_to_the_key(client: Client) -> None:
    told = client.ask("POST", "/models", {"challenger": {"version": 2, "role": "canary", "share": 0.3}})
    assert told.json["challenger"]["version"] == 2

    def part(order: int) -> tuple[str, int]:
        answer = client.ask("POST", "/predict", {"row": {**ROW, "order": order}}).json
        return answer["part"], answer["version"]

    first = [part(order) for order in range(40)]
    assert set(first) == {("champion", 1), ("canary", 2)}
    assert 2 < sum(p == "canary" for p, _ in first) < 25
    assert [part(order) for order in range(40)] == first
    client.ask("POST", "/models", {"challenger": {}})
    assert {part(order) for order in range(40)} == {("champion", 1)}


def test_a_shadow_is_recorded_and_told_to_nobody(client: Client, eventually: Callable[..., Any]) -> None:
    client.ask("POST", "/models", {"challenger": {"version": 2}})
    told = client.ask("POST", "/predict", {"row": ROW}).json
    assert (told["version"], told["part"]) == (1, "champion")

    def shadows() -> list[tuple[Any, ...]]:
        return client.log.reading().execute("SELECT prediction, version FROM shadows").fetchall()

    assert eventually(shadows) == [(int(told["id"], 16), 2)]
    client.ask("POST", "/models", {"challenger": {}})


def test_an_answer_says_which_labels_the_truth_may_be(client: Client) -> None:
    told = client.ask("POST", "/predict", {"row": ROW}).json
    assert told["prediction"] in told["labels"]
    assert told["coverage"] == 0.9


@pytest.mark.slow
def test_a_number_has_an_interval(number_client: Client) -> None:
    told = number_client.ask("POST", "/predict", {"row": ROW}).json
    low, high = told["interval"]
    assert low < told["prediction"] < high


def test_reasons_sum_to_what_the_row_differs_from_a_typical_one(client: Client, release: Release) -> None:
    told = client.ask("POST", "/predict", {"row": ROW, "reasons": True}).json
    assert set(told["reasons"]) == {"x", "c"}
    profile = {p.name: p for p in release.report.profile.columns}
    typical = {"x": profile["x"].quantiles[3], "c": profile["c"].top_values[0]}
    label = release.task.labels.index(told["prediction"])
    change = (release.predict_proba([ROW]) - release.predict_proba([typical]))[0, label]
    np.testing.assert_allclose(sum(told["reasons"].values()), change, atol=1e-9)
    assert client.ask("POST", "/predict", {"rows": [ROW] * 101, "reasons": True}).status == 413
