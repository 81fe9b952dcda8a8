"""Counters of a server, as Prometheus reads them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import msgspec

__all__ = ["Counters"]

_HELP = {
    "journeyman_requests_total": "Requests by protocol and status.",
    "journeyman_refused_total": "Requests and rows that were refused, by reason.",
    "journeyman_predictions_total": "Answers that were recorded, by version and part.",
    "journeyman_repeated_total": "Answers that had been recorded before under the client's id.",
    "journeyman_labels_total": "Labels, by what became of them.",
    "journeyman_findings_total": "Findings in rows, by code.",
    "journeyman_shadows_total": "Shadow predictions: recorded, failed or dropped because there were too many.",
    "journeyman_commits_total": "Transactions of the prediction log.",
    "journeyman_commit_seconds_total": "Seconds spent in them.",
    "journeyman_scoring_seconds_total": "Seconds spent scoring.",
    "journeyman_archived_total": "Rows moved to the archive.",
    "journeyman_waiting_rows": "Rows that wait for a prediction now.",
    "journeyman_log_rows": "Predictions in the live log.",
    "journeyman_log_writable": "1, or 0 after the log could not be written.",
    "journeyman_champion_version": "Version that answers.",
    "journeyman_lineup_changes_total": "Changes of champion or challenger since the start.",
    "journeyman_kafka_messages_total": "Messages of the topic that were answered or refused.",
    "journeyman_kafka_transactions_total": "Transactions of answers and offsets.",
    "journeyman_kafka_aborts_total": "Transactions that were aborted; what they held is read again.",
    "journeyman_kafka_refused_total": "Messages that went to the topic of refused ones, by the reason's code.",
    "journeyman_kafka_pauses_total": "Times that partitions paused: a slow model, a log that was busy or not writable.",
    "journeyman_kafka_restarts_total": "Times that the clients were made anew.",
    "journeyman_kafka_lag": "Messages of the topic that the group has not answered yet.",
    "journeyman_kafka_messages_per_second": "Messages that the group got through lately.",
    "journeyman_kafka_paused": "1 while the partitions of the worker that was asked are paused.",
    "journeyman_lineup_trouble": "1 while a wanted release cannot be loaded and the old one goes on.",
}


class Counters:
    """Sums by name and labels; any thread may add.

    Examples
    --------
    >>> counters = Counters()
    >>> counters.add("journeyman_labels_total", {"fate": "recorded"}, 2)
    >>> print(counters.text({"journeyman_waiting_rows": 0}))
    # HELP journeyman_labels_total Labels, by what became of them.
    # TYPE journeyman_labels_total counter
    journeyman_labels_total{fate="recorded"} 2
    # HELP journeyman_waiting_rows Rows that wait for a prediction now.
    # TYPE journeyman_waiting_rows gauge
    journeyman_waiting_rows 0
    <BLANKLINE>
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: _Sums = {}
        self._measured: dict[str, float] = {}
        self._others: dict[Path, list[_Kept]] = {}  # what other workers had counted when that could last be read

    def add(self, name: str, labels: Mapping[str, str] | None = None, amount: float = 1) -> None:
        """Add a number to the counter of that name and labels."""
        key = (name, tuple((labels or {}).items()))
        with self._lock:
            self._sums[key] = self._sums.get(key, 0) + amount

    def set(self, name: str, value: float) -> None:
        """Say what is measured now, of this worker alone."""
        with self._lock:
            self._measured[name] = value

    def text(self, gauges: Mapping[str, float], folder: Path | None = None) -> str:
        """Return all sums and the given gauges in Prometheus' text format.

        Parameters
        ----------
        gauges : mapping of str to float
            What is measured now.
        folder : Path, optional
            Where the other workers of this server ``keep`` theirs; they are added. Whichever worker is asked, no sum is
            ever less than what another one has told before.
        """
        with self._lock:
            sums, gauges = dict(self._sums), {**self._measured, **gauges}
            others = [] if folder is None else self._of_others(folder)
        for kept in others:
            for name, labels, amount in kept:
                sums[name, labels] = sums.get((name, labels), 0) + amount
        if folder is not None:  # a worker that knows of no other yet may be asked after one that knew of all
            sums = _never_less(sums, folder / _TOLD)
        lines = []
        for name in _HELP:
            here: list[tuple[tuple[tuple[str, str], ...], float]] = [
                (labels, amount) for (known, labels), amount in sums.items() if known == name
            ]
            if name in gauges:
                here.append(((), gauges[name]))
            if here:
                kind = "counter" if name.endswith("_total") else "gauge"
                lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} {kind}"]
                lines += [f"{name}{_braced(labels)} {amount:.12g}" for labels, amount in sorted(here)]
        return "\n".join(lines) + "\n"

    def _of_others(self, folder: Path) -> list[list[_Kept]]:
        with contextlib.suppress(OSError):  # no descriptors: what was read before is told
            for path in folder.glob("*.counters"):
                if path.stem != str(os.getpid()):
                    self._others[path] = msgspec.msgpack.decode(path.read_bytes(), type=list[_Kept])
        return list(self._others.values())

    def keep(self, folder: Path) -> None:
        """Write all sums where the other workers of this server find them; they stay when this worker ends."""
        with self._lock:
            kept = _encoded(self._sums)
        draft = folder / f".{os.getpid()}"
        draft.write_bytes(kept)
        draft.replace(folder / f"{os.getpid()}.counters")


_Kept = tuple[str, tuple[tuple[str, str], ...], float]
_Sums = dict[tuple[str, tuple[tuple[str, str], ...]], float]
_TOLD = "told.sums"


def _encoded(sums: _Sums) -> bytes:
    return msgspec.msgpack.encode([(name, labels, amount) for (name, labels), amount in sums.items()])


def _never_less(sums: _Sums, file: Path) -> _Sums:
    """Return the sums, none of them less than any worker has told: workers know of others a second late."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return sums
    with os.fdopen(descriptor, "r+b") as told:
        fcntl.flock(told, fcntl.LOCK_EX)
        with contextlib.suppress(msgspec.DecodeError):  # empty at first, or cut short by a kill
            for name, labels, amount in msgspec.msgpack.decode(told.read(), type=list[_Kept]):
                sums[name, labels] = max(sums.get((name, labels), 0), amount)
        with contextlib.suppress(OSError):  # a full disk
            told.seek(0)
            told.truncate()
            told.write(_encoded(sums))
            told.flush()
    return sums


def _braced(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
