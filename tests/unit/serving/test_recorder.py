"""What waits while a batch is written, what is scored where, and bodies that never arrive."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.serving.conftest import ROW, Client, Told, served

from journeyman.entities.prediction import LogEntries, LogReceipt
from journeyman.errors import RemoteError
from journeyman.inference.release import Release
from journeyman.serving import application
from journeyman.serving.serve_settings import ServeSettings
from journeyman.stages.admit import RowAdmission
from journeyman.stores.prediction_log import SqlitePredictionLog


@pytest.fixture
def slow(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make each commit take a while; return the sizes of batches."""
    sizes: list[int] = []
    append = SqlitePredictionLog.append

    def slowly(self: SqlitePredictionLog, entries: LogEntries, now: int) -> LogReceipt:
        sizes.append(len(entries.predictions))
        time.sleep(0.04)
        return append(self, entries, now)

    monkeypatch.setattr(SqlitePredictionLog, "append", slowly)
    return sizes


def test_requests_gather_while_a_batch_is_written_and_an_id_is_answered_once(client: Client, slow: list[int]) -> None:
    async def all_of_them() -> list[Told]:
        first = asyncio.ensure_future(client.asked("POST", "/predict", {"row": ROW, "id": "same"}))
        await asyncio.sleep(0.01)  # it is being written now
        others = [client.asked("POST", "/predict", {"row": ROW, "id": i}) for i in ("same", "other")]
        await asyncio.sleep(0)
        return [await first, *await asyncio.gather(*others)]

    first, again, other = client.loop.run_until_complete(all_of_them())
    assert [told.status for told in (first, again, other)] == [200, 200, 200]
    assert first.json["id"] == again.json["id"] != other.json["id"]
    assert ("repeated" in first.json, again.json["repeated"]) == (False, True)
    assert len(client.predictions()) == 2
    assert len(slow) < 3, "what came together was written together"


def test_large_and_small_batches_side_by_side_are_answered_as_one_would_be(
    client: Client, slow: list[int], release: Release
) -> None:
    rows = [{"x": i / 50 - 3, "c": "abc"[i % 3]} for i in range(300)]

    async def all_of_them() -> list[Any]:
        large = asyncio.ensure_future(client.asked("POST", "/predict", {"rows": rows}))
        await asyncio.sleep(0.005)
        small = [client.asked("POST", "/predict", {"row": row}) for row in rows[:20]]
        told = await asyncio.gather(*small)
        return [
            [one["prediction"] for one in (await large).json["predictions"]],
            [one.json["prediction"] for one in told],
        ]

    large, small = client.loop.run_until_complete(all_of_them())
    expected = list(release.predict(rows))
    assert (large, small) == (expected, expected[:20])
    assert len(client.predictions()) == 320


def test_a_label_whose_archive_does_not_answer_is_refused_alone(
    client: Client, slow: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise RemoteError("hdfs://a does not answer", hint="start it")

    monkeypatch.setattr("journeyman.stores.log_tables.key_in_archive", silent)

    async def all_of_them() -> list[Told]:
        first = asyncio.ensure_future(client.asked("POST", "/predict", {"row": ROW}))
        await asyncio.sleep(0.01)  # it is being written now
        label = client.asked("POST", "/labels", {"id": "0" * 16, "truth": "yes"})
        return [await first, *await asyncio.gather(label, client.asked("POST", "/predict", {"row": ROW}))]

    first, label, beside = client.loop.run_until_complete(all_of_them())
    assert (first.status, label.status, beside.status) == (200, 503, 200)
    assert label.json["error"]["message"] == "hdfs://a does not answer"
    assert client.ask("GET", "/health").status == 200, "the log itself can be written"


def test_a_strict_request_with_an_id_of_another_row_records_nothing(client: Client) -> None:
    assert client.ask("POST", "/predict", {"row": ROW, "id": "mine"}).status == 200
    told = client.ask("POST", "/predict", {"rows": [ROW, {**ROW, "x": 2.0}], "ids": ["new", "mine"], "strict": True})
    assert (told.status, told.json["error"]["code"]) == (409, "id of another row")
    assert [row[4] for row in client.predictions()] == ["mine"]


def test_a_recorded_row_that_no_longer_fits_gets_its_recorded_answer(client: Client, monkeypatch: Any) -> None:
    first = client.ask("POST", "/predict", {"row": ROW, "id": "mine"}).json
    champion = client.application._service.champion
    trained = [plan.trained for plan in champion._admission._plans]
    new = replace(trained[0], column=replace(trained[0].column, name="new"))
    monkeypatch.setattr(champion, "_admission", RowAdmission([*trained, new]))
    again = client.ask("POST", "/predict", {"row": ROW, "id": "mine"})
    assert (again.status, again.json["id"], again.json["repeated"]) == (200, first["id"], True)
    assert client.ask("POST", "/predict", {"row": ROW, "id": "later"}).status == 400


def test_callers_that_ask_again_together_are_recorded_together(client: Client, monkeypatch: Any) -> None:
    write = SqlitePredictionLog.append

    def slowly(log: SqlitePredictionLog, entries: LogEntries, now: int) -> LogReceipt:
        time.sleep(0.005)
        return write(log, entries, now)

    monkeypatch.setattr(SqlitePredictionLog, "append", slowly)

    async def caller(pause: float) -> None:
        await asyncio.sleep(pause)
        for _ in range(20):
            told = await client.asked("POST", "/predict", {"row": ROW})
            assert told.status == 200

    async def all_of_them() -> None:  # half of them come while the batch of the others is being written
        await asyncio.gather(*(caller(pause) for pause in (0, 0, 0, 0, 0.003, 0.003, 0.003, 0.003)))

    client.loop.run_until_complete(all_of_them())
    text = client.ask("GET", "/metrics").body.decode()
    commits = float(text.partition("\njourneyman_commits_total ")[2].split()[0])
    assert len(client.predictions()) == 160
    assert commits <= 30, "21 would be all together, 40 in two halves"


def test_a_body_that_does_not_arrive_is_refused_in_time(
    settings: ServeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "_LOOK", 0.02)
    with served(replace(settings, timeout=0.1), tmp_path) as client:
        sent: list[Any] = []

        async def never() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
        client.loop.run_until_complete(client.application(scope, never, send))
        assert (sent[0]["status"], b"did not arrive" in sent[1]["body"]) == (408, True)

    # With the usual patience, so that on a busy machine it is still waiting when the client goes.
    with served(settings, tmp_path) as client:
        gone = client.loop.create_task(client.application(scope, never, send))
        client.loop.call_later(0.03, gone.cancel)
        with pytest.raises(asyncio.CancelledError):
            client.loop.run_until_complete(gone)
        assert len(sent) == 2, "nobody is told, who has gone"
        assert client.ask("POST", "/predict", {"row": ROW}).status == 200
