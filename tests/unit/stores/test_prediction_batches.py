"""Batches of any size are one transaction, in their order."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.prediction import LogEntries, Part, Prediction
from journeyman.stores.prediction_log import SqlitePredictionLog

NOW = 1_700_000_000_000


def test_a_batch_beyond_one_statement_is_recorded_in_its_order(tmp_path: Path) -> None:
    log = SqlitePredictionLog(tmp_path / "log")
    some = [
        Prediction(1, Part.CANARY, "native", b'{"x":%d}' % i, b'{"y":%d}' % i, b"d", f"c{i}", "k") for i in range(150)
    ]
    given = log.append(LogEntries((*some, some[7])), NOW).predictions
    assert [one.id - (NOW << 20) for one in given] == [*range(1, 151), 8]
    assert [one.repeated for one in given] == [False] * 150 + [True]
    query = 'SELECT at, version, part, protocol, client_id, key, "row", output, digest FROM predictions ORDER BY id'
    rows = log.reading().execute(query).fetchall()
    assert rows == [
        (NOW, 1, "canary", "native", f"c{i}", "k", f'{{"x":{i}}}', f'{{"y":{i}}}', b"d") for i in range(150)
    ]
    assert (log.rows(), log.number("last") - (NOW << 20)) == (150, 150)
    log.close()
