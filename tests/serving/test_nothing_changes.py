"""A request that is refused changes nothing: who answers, what is recorded, what other rows of it get."""

from __future__ import annotations

import sqlite3
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving.conftest import ROW, Server, in_log, until

from journeyman.api.registry import rollback

pytestmark = pytest.mark.slow


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve("--key", "order")


@pytest.fixture
def first_again(workspace: Path) -> Iterator[None]:
    yield
    rollback("m", to=1, workspace=workspace)


@pytest.mark.parametrize("champion", [None, 2])
def test_a_challenger_that_is_not_there_leaves_champion_and_challenger(
    server: Server, workspace: Path, first_again: None, champion: int | None
) -> None:
    assert server.ask("/models", {"challenger": {"version": 2}})[0] == 200
    before = server.ask("/models")[1]
    body = {"challenger": {"version": 9}} | ({"champion": champion} if champion else {})
    status, told = server.ask("/models", body)
    assert (status, told["error"]["message"]) == (409, "m has no version 9")
    assert server.ask("/models")[1] == before
    assert server.ask("/health") == (200, {"status": "ok", "version": 1})
    # a switch from elsewhere takes effect, whatever was refused before
    rollback("m", to=2, workspace=workspace)
    until(lambda: server.ask("/health")[1]["version"] == 2)
    assert server.ask("/predict", {"row": ROW})[1]["version"] == 2


def test_a_challenger_that_goes_missing_is_told_and_keeps_no_champion_from_its_place(
    server: Server, workspace: Path, first_again: None
) -> None:
    connection = sqlite3.connect(server.log / "log.db", timeout=30)
    with connection:  # as another server of this log, or the loop, may have agreed on it
        connection.execute("INSERT INTO settings VALUES ('agreed challenge', '{\"version\":9}')")
    connection.close()
    told = until(lambda: (t := server.ask("/health")[1]).get("trouble") and t)
    assert (told["status"], "m has no version 9" in told["trouble"]) == ("not as wanted", True)
    assert server.ask("/predict", {"row": ROW})[1]["version"] == 1
    rollback("m", to=2, workspace=workspace)
    until(lambda: server.ask("/predict", {"row": ROW})[1]["version"] == 2)
    assert server.ask("/models", {"challenger": {}})[0] == 200
    assert server.ask("/health") == (200, {"status": "ok", "version": 2})


def test_the_latest_label_holds_whatever_way_it_came(shared: Server) -> None:
    number = shared.ask("/predict", {"row": {**ROW, "order": 7}})[1]["id"]
    by_id, by_key = {"id": number}, {"key": {"order": 7}}

    def fate(label: dict[str, Any], truth: str) -> str:
        return str(shared.ask("/labels", label | {"truth": truth})[1]["fate"])

    told = [fate(by_id, "yes"), fate(by_key, "no"), fate(by_id, "yes"), fate(by_id, "yes")]
    assert told == ["recorded", "recorded", "corrected", "repeated"]
    # by key it says "no" again: a label by id has said otherwise since
    assert [fate(by_key, "no"), fate(by_key, "no"), fate(by_id, "no")] == ["corrected", "repeated", "repeated"]
    truths = in_log(shared.log, "SELECT truth FROM labels ORDER BY number")
    assert [truth for (truth,) in truths] == ['"yes"', '"no"', '"yes"', '"no"']


def test_strict_with_one_id_twice_records_nothing(shared: Server) -> None:
    rows = [ROW, {**ROW, "x": 2.0}]
    status, told = shared.ask("/predict", {"rows": rows, "ids": ["a", "a"], "strict": True})
    assert (status, told["error"]["code"], told["error"]["field"]) == (409, "id of another row", "rows[1].id")
    mine = "SELECT * FROM predictions WHERE client_id = 'a'"
    assert in_log(shared.log, mine) == []
    # the same row twice is a repetition, as in two requests
    status, told = shared.ask("/predict", {"rows": [ROW, ROW], "ids": ["a", "a"], "strict": True})
    assert (status, told["predictions"][1].get("repeated")) == (200, True)
    assert len(in_log(shared.log, mine)) == 1


def test_one_bad_row_or_label_leaves_the_others(shared: Server) -> None:
    numbers = [one["id"] for one in shared.ask("/predict", {"rows": [ROW] * 2})[1]["predictions"]]
    labels = [{"id": numbers[0], "truth": "yes"}, {"id": f"{int(numbers[1], 16) | 1 << 63:016x}", "truth": "no"}]
    status, told = shared.ask("/labels", {"labels": labels})
    assert (status, told["failed"], told["labels"][0]) == (200, 1, {"fate": "recorded"})
    assert told["labels"][1]["error"]["code"] == "unknown prediction"
    mine = f"SELECT truth FROM labels WHERE prediction IN ({int(numbers[0], 16)}, {int(numbers[1], 16)})"
    assert in_log(shared.log, mine) == [('"yes"',)]
    assert shared.ask("/labels", labels[1])[0] == 404
    body = b'{"rows": [{"x": 1, "c": "a"}, {"x": 1e999, "c": "a"}, {"x": -Infinity, "c": "a"}, {"x": NaN, "c": "a"}]}'
    request = urllib.request.Request(f"http://127.0.0.1:{shared.port}/predict", body)
    told = shared.sent(request)[1]
    errors = [one.get("error", {}) for one in told["predictions"]]
    assert [(one.get("field"), one.get("found")) for one in errors] == [
        (None, None),
        ("x", "'1e999'"),
        ("x", "'-Infinity'"),
        (None, None),
    ]
    assert [finding["code"] for finding in told["predictions"][3]["findings"]] == ["PR106"]
