"""The prediction log through the public checks, and broken ones beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from journeyman.entities.logged import LoggedSpan
from journeyman.entities.prediction import LabelFate, LogEntries, LogReceipt
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.traffic_log import SqliteTrafficLog
from journeyman.testing.log_checks import check_log


class BrokenLog(SqlitePredictionLog):
    def __init__(self, folder: Path, fault: str) -> None:
        super().__init__(folder if fault != "forget" else folder / str(len(list(folder.parent.rglob("log.db")))))
        self.fault = fault

    def append(self, entries: LogEntries, now: int) -> LogReceipt:
        if self.fault == "ids":
            entries = replace(entries, predictions=tuple(replace(p, client_id=None) for p in entries.predictions))
        if self.fault == "groups":
            entries = replace(entries, predictions=tuple(replace(p, group=None) for p in entries.predictions))
        receipt = super().append(entries, now)
        if self.fault == "order":
            return replace(receipt, predictions=receipt.predictions[::-1])
        if self.fault == "fates":
            return replace(receipt, labels=tuple(LabelFate.RECORDED for _ in receipt.labels))
        return receipt


class BrokenTraffic(SqliteTrafficLog):
    def __init__(self, log: SqlitePredictionLog, fault: str) -> None:
        super().__init__(log)
        self.fault = fault

    def seal(self, end: int) -> None:
        if self.fault != "seal":
            super().seal(end)

    def span(self, begin: int, end: int, most: int) -> LoggedSpan:
        span = super().span(begin, end, 10**6 if self.fault == "most" else most)
        kept: Sequence[Any] = [r for r in span.rows if r.id in set(span.ids.tolist())]
        return replace(span, rows=tuple(kept)) if self.fault == "late" else span


def opener(folder: Path, fault: str = "") -> Callable[[str], tuple[SqlitePredictionLog, SqliteTrafficLog]]:
    def opened(name: str) -> tuple[SqlitePredictionLog, SqliteTrafficLog]:
        log = BrokenLog(folder / name, fault)
        return log, BrokenTraffic(log, fault)

    return opened


def test_built_in(tmp_path: Path) -> None:
    def opened(name: str) -> tuple[SqlitePredictionLog, SqliteTrafficLog]:
        log = SqlitePredictionLog(tmp_path / name)
        return log, SqliteTrafficLog(log)

    check_log(opened)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("order", "gives ids that rise: ids do not rise"),
        ("ids", "records an id once: a repeated id has not"),
        ("groups", "records a group or none of it: part of a group"),
        ("forget", "keeps what it has confirmed: what was confirmed is gone"),
        ("fates", "says what became of labels: of labels became"),
        ("late", "reads rows and late labels by span: an earlier row"),
        ("seal", "never changes a sealed span: what is appended late"),
        ("most", "draws the same sample: of at most 20 rows it returns 60"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_log(opener(tmp_path, fault))
