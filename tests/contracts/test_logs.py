"""The prediction log through the public checks, and broken ones beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from journeyman.entities.challenge import Challenge
from journeyman.entities.prediction import LabelFate, LogEntries, LogReceipt
from journeyman.stores.prediction_log import SqlitePredictionLog
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

    def set_challenge(self, challenge: Challenge, lease: int = 0) -> None:
        super().set_challenge(challenge, 0 if self.fault == "leases" else lease)


def test_built_in(tmp_path: Path) -> None:
    check_log(lambda name: SqlitePredictionLog(tmp_path / name))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("order", "gives ids that rise: ids do not rise"),
        ("ids", "records an id once: a repeated id has not"),
        ("groups", "records a group or none of it: part of a group"),
        ("forget", "keeps what it has confirmed: what was confirmed is gone"),
        ("leases", "refuses a former holder of a lease: a challenge is set"),
        ("fates", "says what became of labels: of labels became"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_log(lambda name: BrokenLog(tmp_path / name, fault))
