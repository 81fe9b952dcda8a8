"""A prediction log that several machines share: a Kafka topic holds it, and each has its own copy of what that says.

Every change is a record of the topic first, and is then made in the folder's database, in the topic's order. The same
records in the same order make the same rows and ids everywhere, so that what one machine has answered is known to all,
a label may go to any of them, and a row that two have answered is recorded once. How far a folder has got is written
in the same transaction as what was read: a process that is killed goes on where its folder stands.

References
----------
Schneider, Implementing fault-tolerant services using the state machine approach, ACM Computing Surveys 22(4), 1990.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from journeyman.entities.challenge import Challenge
from journeyman.entities.prediction import LabelFate, LogEntries, LogReceipt, Prediction, RecordedPrediction
from journeyman.errors import SettingsError, WorkspaceError
from journeyman.stores.kafka_topic import KafkaTopic, TopicAddress
from journeyman.stores.log_errors import log_errors
from journeyman.stores.log_tables import stale_lease
from journeyman.stores.prediction_log import SqlitePredictionLog

__all__ = ["TopicLog", "kept_address", "open_folder_log"]

_KEPT = "topic"
_TURN = "topic.lock"
_AT = "topic position"
_LARGEST = 500_000
"""Bytes of a record before compression: half of what brokers take where nobody said otherwise."""


class _Append(msgspec.Struct, tag="append"):
    now: int
    entries: LogEntries


class _Seal(msgspec.Struct, tag="seal"):
    end: int


class _Commit(msgspec.Struct, tag="commit"):
    position: int


class _Agree(msgspec.Struct, tag="agree"):
    name: str
    value: str
    first: bool = False
    """Whether what was agreed before stays."""


class _Challenge(msgspec.Struct, tag="challenge"):
    challenge: Challenge
    lease: int


_Record = _Append | _Seal | _Commit | _Agree | _Challenge
_decoder = msgspec.msgpack.Decoder(_Record)


class _Made(NamedTuple):
    """What became of a record."""

    receipt: LogReceipt = LogReceipt((), ())
    taken: bool = True
    """False of a challenge that came after that of a later holder of the lease: it changes nothing, anywhere."""


def open_folder_log(folder: Path, address: TopicAddress | None = None) -> SqlitePredictionLog:
    """Open the log of a folder: a copy of a topic, if one is named or was before, else the folder's own.

    Raises
    ------
    SettingsError
        Where a topic is named and the folder holds a log of its own, or a copy of another one.
    WorkspaceError
        Where the folder cannot be used.
    """
    kept = kept_address(folder)
    place = address or kept
    if place is None:
        return SqlitePredictionLog(folder)
    if address is None or kept is None or (address.brokers, address.topic) == (kept.brokers, kept.topic):
        log = TopicLog(folder, KafkaTopic(place))
        if kept is None and log.rows():
            rows = log.rows()
            log.close()
            raise SettingsError(
                f"the prediction log in {folder} holds {rows:,} predictions of its own, which {address} does not",
                hint="name an empty folder with --log",
            )
        if address is not None and address != kept:
            with log_errors(folder):
                (folder / _KEPT).write_text(str(address), "utf-8")
        return log
    raise SettingsError(f"the prediction log in {folder} is a copy of {kept}", hint="name another folder with --log")


def kept_address(folder: Path) -> TopicAddress | None:
    """Return the topic that a folder's log is a copy of; None where it is none."""
    with log_errors(folder), suppress(FileNotFoundError):
        return TopicAddress.read((folder / _KEPT).read_text("utf-8"))
    return None


class TopicLog(SqlitePredictionLog):
    """The copy of one machine; its processes take turns.

    Parameters
    ----------
    folder : Path
        Of the copy; made where it is missing.
    topic : KafkaTopic
        What all copies are made of.

    Raises
    ------
    WorkspaceError
        Where the folder cannot be used.
    """

    def __init__(self, folder: Path, topic: KafkaTopic) -> None:
        super().__init__(folder)
        self._topic = topic
        with log_errors(folder):
            self._turn = os.open(folder / _TURN, os.O_RDWR | os.O_CREAT, 0o666)

    def append(self, entries: LogEntries, now: int) -> LogReceipt:
        """Make entries durable for all machines; those of one group together, others in several records if large.

        Raises
        ------
        WorkspaceError
            Where brokers or the disk do not take them.
        """
        predictions: list[RecordedPrediction | None] = []
        labels: list[LabelFate] = []
        for some in _parts(entries, now):
            receipt = self._through(_Append(now, some)).receipt
            predictions += receipt.predictions
            labels += receipt.labels
        return LogReceipt(tuple(predictions), tuple(labels))

    def seal(self, end: int) -> None:
        """Close all spans that end by then, on all machines."""
        self._through(_Seal(end))

    def commit(self, position: int) -> None:
        """Note that everything before a position is done, for whichever machine goes on."""
        self._through(_Commit(position))

    def set_setting(self, name: str, value: str, *, first: bool = False) -> None:
        """Agree on something, on all machines; with ``first``, only where nothing was agreed on yet."""
        self._through(_Agree(name, value, first))

    def set_challenge(self, challenge: Challenge, lease: int = 0) -> None:
        """Agree on a challenger, on all machines; LeaseError where a later holder of the lease has agreed on one."""
        if not self._through(_Challenge(challenge, lease)).taken:
            raise stale_lease()

    def claim(self, model: str) -> None:
        """Note whose log this is, where nobody has; SettingsError where it is the log of another model."""
        self.catch_up()
        super().claim(model)

    def challenge(self) -> Challenge:
        """Return what was agreed on; without brokers, what this machine knows."""
        with suppress(WorkspaceError):
            self.catch_up()
        return super().challenge()

    def probe(self) -> None:
        """Ask brokers and disk whether they take anything; WorkspaceError where one does not."""
        self._topic.ends()
        super().probe()

    def catch_up(self) -> None:
        """Read what others have written; WorkspaceError where brokers do not give it."""
        with self._in_turn():
            first, end = self._topic.ends()
            at = self.number(_AT)
            if at > end:
                raise self._other(f"it has {end} records, and this folder has read {at}")
            if at < first and at:
                raise self._other(f"it begins at {first} now, and this folder has read {at}")
            self._read(end)

    def close(self) -> None:
        """Let go of it."""
        self._topic.close()
        os.close(self._turn)
        super().close()

    def _through(self, record: _Record) -> _Made:
        """Write a record to the topic, and make what it says once everything before it is made."""
        with self._in_turn():
            number = self._topic.append(msgspec.msgpack.encode(record))
            self._read(number)
            return self._make(number, record)

    def _read(self, end: int) -> None:
        """Make what the records before a number say."""
        for number, value in self._topic.read(self.number(_AT), end):
            self._make(number, _decoder.decode(value))

    def _make(self, number: int, record: _Record) -> _Made:
        """Make what a record says, and note in the same transaction that it is made."""
        with self.writing() as connection:
            made = _Made()
            match record:
                case _Append(now, entries):
                    made = _Made(self.add(entries, now))
                case _Seal(end):
                    self.add_seal(end)
                case _Commit(position):
                    self.add_commit(position)
                case _Agree(name, value, first):
                    self.agree(connection, name, value, first=first)
                case _Challenge(challenge, lease):
                    made = _Made(taken=self.add_challenge(challenge, lease))
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_AT, number + 1))
        return made

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Hold the folder's turn: of its processes one at a time writes to the topic and reads on."""
        with log_errors(self.folder):
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def _other(self, reason: str) -> WorkspaceError:
        return WorkspaceError(
            f"{self._topic.address} does not go on where the log in {self.folder} stands: {reason}",
            hint="name another --log folder: it is made of what the topic holds",
        )


def _parts(entries: LogEntries, now: int) -> Iterator[LogEntries]:
    """Yield entries in parts that fit into a record each; a group stays whole."""
    if len(entries.predictions) < 2 or len(msgspec.msgpack.encode(_Append(now, entries))) <= _LARGEST:
        yield entries
        return
    middle = len(entries.predictions) // 2
    # rows without a group stand each for themselves
    numbered = enumerate(entries.predictions)
    groups = groupby(numbered, key=lambda one: (one[1].group, one[0] if one[1].group is None else 0))
    halves: tuple[list[Prediction], list[Prediction]] = ([], [])
    for _, some in groups:
        halves[len(halves[0]) >= middle].extend(one for _, one in some)
    if not halves[1]:
        yield entries
        return
    yield from _parts(replace(entries, predictions=tuple(halves[0])), now)
    yield from _parts(LogEntries(tuple(halves[1])), now)
