"""Contract checks that any log of predictions can be run through, as a service writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from journeyman.entities.challenge import Challenge, Role
from journeyman.entities.prediction import Label, LabelFate, LogEntries, LogReceipt, Part, Prediction
from journeyman.errors import LeaseError
from journeyman.interfaces import PredictionLog
from journeyman.testing.run_all import run_all

__all__ = ["LOG_CHECKS", "NOW", "check_log", "on_its_own", "record_rows"]

Opened = Callable[[str], PredictionLog]
NOW = 86_400_000_000  # milliseconds since 1970


def check_log(opened: Opened) -> None:
    """Run every check, each on a log of its own.

    Parameters
    ----------
    opened : callable
        Opens the log of a name, an empty one at first; the same name opens the same log again.

    Raises
    ------
    AssertionError
        Naming the checks that failed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from journeyman.stores.prediction_log import SqlitePredictionLog
    >>> with TemporaryDirectory() as folder:
    ...     check_log(lambda name: SqlitePredictionLog(Path(folder, name)))
    """
    run_all("the log", {name: on_its_own(name, check) for name, check in LOG_CHECKS.items()}, opened)


def on_its_own(name: str, check: Callable[[Any, str], None]) -> Callable[[Any], None]:
    """Return a check that opens something of its own name."""
    return lambda opened: check(opened, name.replace(" ", "-"))


def _row(number: int = 0, client_id: str | None = None, digest: bytes = b"d", group: int | None = None) -> Prediction:
    row, output = b'{"x":%d}' % number, b'{"prediction":%d}' % number
    return Prediction(1, Part.CHAMPION, "native", row, output, digest, client_id, group=group)


def record_rows(log: PredictionLog, now: int, count: int = 1) -> list[int]:
    """Record rows of a champion and return their ids."""
    return _ids(log.append(LogEntries(tuple(_row(i) for i in range(count))), now))


def _ids(receipt: LogReceipt) -> list[int]:
    return [one.id for one in receipt.predictions if one is not None]


def _gives_ids_that_rise(opened: Opened, name: str) -> None:
    log = opened(name)
    assert log.rows() == 0, "a new log holds rows"
    ids = [i for now in (NOW, NOW, NOW - 10_000, NOW + 1) for i in record_rows(log, now, 2)]
    assert len(ids) == 8, "there is not one receipt a prediction"
    assert all(one < other for one, other in pairwise(ids)), "ids do not rise, as where a clock goes back"
    assert log.rows() == 8, f"of 8 predictions it counts {log.rows()}"
    log.check()
    log.probe()
    assert log.rows() == 8, "a probe leaves a prediction behind"
    log.close()


def _records_an_id_once(opened: Opened, name: str) -> None:
    log = opened(name)
    first, twin = log.append(LogEntries((_row(1, "a"), _row(1, "a"))), NOW).predictions
    [again] = log.append(LogEntries((_row(1, "a"),)), NOW + 9).predictions
    assert first is not None, "a prediction has no receipt"
    assert not first.repeated, "a client's id is repeated the first time"
    for one in (twin, again):
        assert one is not None, "a repeated id has no receipt"
        assert (one.id, one.repeated) == (first.id, True), "a repeated id has not the first one's receipt"
    assert log.rows() == 1, "a repeated id is recorded again"
    assert log.recorded(["a", "b"])["a"].output == first.output == b'{"prediction":1}', "it answers otherwise later"
    assert set(log.recorded(["a", "b"])) == {"a"}, "it knows an id that nobody gave"
    log.close()


def _records_a_group_or_none_of_it(opened: Opened, name: str) -> None:
    log = opened(name)
    log.append(LogEntries((_row(1, "a"),)), NOW)
    group = (_row(2, "b", group=1), _row(3, "a", digest=b"other", group=1), _row(4, "c"))
    receipts = log.append(LogEntries(group), NOW + 1).predictions
    assert set(log.recorded(["b", "c"])) == {"c"}, "part of a group is recorded in which an id belongs to another row"
    assert receipts[0] is None, "what was not recorded has a receipt"
    assert receipts[2] is not None, "what stands beside such a group has no receipt"
    log.close()


def _keeps_what_it_has_confirmed(opened: Opened, name: str) -> None:
    log = opened(name)
    log.append(LogEntries((_row(1, "a"),)), NOW)
    assert log.challenge() == Challenge(), "somebody challenges though nobody was agreed on"
    log.set_challenge(Challenge(2))
    log.set_challenge(Challenge(3, Role.CANARY, 0.2))
    log.close()
    again = opened(name)
    assert again.rows() == 1, "what was confirmed is gone when the log is opened again"
    assert set(again.recorded(["a"])) == {"a"}, "a client's id is gone when the log is opened again"
    assert again.challenge() == Challenge(3, Role.CANARY, 0.2), "a challenge is gone when the log is opened again"
    again.close()


def _refuses_a_former_holder_of_a_lease(opened: Opened, name: str) -> None:
    log = opened(name)
    log.set_challenge(Challenge(2), lease=2)
    try:
        log.set_challenge(Challenge(3), lease=1)
    except LeaseError:
        pass
    else:
        raise AssertionError("a challenge is set in the name of a lease that another has followed")
    assert log.challenge() == Challenge(2), "a challenge that was refused was set"
    log.set_challenge(Challenge(4))
    log.set_challenge(Challenge(5), lease=2)
    assert log.challenge() == Challenge(5), "people, or the present holder, cannot set a challenge"
    log.close()


def _says_what_became_of_labels(opened: Opened, name: str) -> None:
    log = opened(name)
    [row] = record_rows(log, NOW)
    fates = [
        log.append(LogEntries(labels=(label,)), NOW + 1).labels
        for label in (Label(b"1", row), Label(b"1", row), Label(b"2", row), Label(b"1", row + 1))
    ]
    wanted = [LabelFate.RECORDED, LabelFate.REPEATED, LabelFate.CORRECTED, LabelFate.UNKNOWN]
    assert fates == [(fate,) for fate in wanted], f"of labels became {[fate.value for one in fates for fate in one]}"
    log.close()


LOG_CHECKS: Mapping[str, Callable[[Opened, str], None]] = {
    "gives ids that rise": _gives_ids_that_rise,
    "records an id once": _records_an_id_once,
    "records a group or none of it": _records_a_group_or_none_of_it,
    "keeps what it has confirmed": _keeps_what_it_has_confirmed,
    "refuses a former holder of a lease": _refuses_a_former_holder_of_a_lease,
    "says what became of labels": _says_what_became_of_labels,
}
