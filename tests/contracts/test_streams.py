"""Every built-in stream through the public checks, and broken ones beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.streams import open_stream
from journeyman.streams.tables import TableStream
from journeyman.testing.stream_checks import check_stream


class BrokenStream(TableStream):
    def __init__(self, log: SqlitePredictionLog, fault: str) -> None:
        super().__init__(log)
        self.fault, self.position = fault, 0

    def seal(self, end: int) -> None:
        if self.fault != "seal":
            super().seal(end)

    def poll(self, position: int, end: int, most: int) -> LoggedSpan:
        span = super().poll(position, end, 10**6 if self.fault == "most" else most)
        kept: Sequence[Any] = [r for r in span.rows if r.id in set(span.ids.tolist())]
        return replace(span, rows=tuple(kept)) if self.fault == "late" else span

    def labelled(self, before: int, most: int) -> tuple[LoggedRow, ...]:
        return super().labelled(before + 10**6 if self.fault == "future" else before, most)

    def commit(self, position: int) -> None:
        self.position = position if self.fault == "back" else max(position, self.position)
        if self.fault not in ("back", "forget"):
            super().commit(position)

    def committed(self) -> int:
        return self.position if self.fault in ("back", "forget") else super().committed()


def opener(folder: Path, fault: str) -> Callable[[str], tuple[SqlitePredictionLog, BrokenStream]]:
    def opened(name: str) -> tuple[SqlitePredictionLog, BrokenStream]:
        return SqlitePredictionLog(folder / name), BrokenStream(SqlitePredictionLog(folder / name), fault)

    return opened


def test_built_in(tmp_path: Path) -> None:
    check_stream(lambda name: (SqlitePredictionLog(tmp_path / name), open_stream(str(tmp_path / name))))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("late", "polls rows and late labels: an earlier row"),
        ("future", "knows the latest labels: a label is known before it came"),
        ("seal", "never changes a sealed span: what is appended late"),
        ("most", "draws the same sample: of at most 20 rows it returns 60"),
        ("back", "keeps what was committed: an earlier position"),
        ("forget", "keeps what was committed: what was committed is gone"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_stream(opener(tmp_path, fault))


def test_a_log_of_an_earlier_version_has_committed_nothing_and_opens(tmp_path: Path) -> None:
    with closing(SqlitePredictionLog(tmp_path / "log")) as log, closing(open_stream(str(tmp_path / "log"))) as stream:
        before = log.reading().execute("SELECT name FROM settings ORDER BY name").fetchall()
        assert stream.committed() == 0
        stream.commit(7)
        after = log.reading().execute("SELECT name FROM settings ORDER BY name").fetchall()
        assert sorted({*after} - {*before}) == [("committed",)], "the layout of the log stays"
