"""A prediction log in tables of SQL: what is recorded, and how. Where the tables are is said by its subclasses."""

from __future__ import annotations

import math
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from journeyman.entities.challenge import Challenge
from journeyman.entities.prediction import (
    Label,
    LabelFate,
    LogEntries,
    LogReceipt,
    Prediction,
    RecordedPrediction,
    Refused,
)
from journeyman.errors import LeaseError, RemoteError, SettingsError, WorkspaceError
from journeyman.stores.prediction_archive import key_in_archive

__all__ = [
    "LAYOUT",
    "MINUTE",
    "NAMES",
    "OWNER",
    "PER_MILLISECOND",
    "TABLES",
    "LogDialect",
    "TableLog",
    "moment_of",
    "stale_lease",
]

_CHALLENGE, _LEASE = "challenge", "challenge lease"
OWNER = "model"
LAYOUT = 1
PER_MILLISECOND = 1 << 20
"""Ids that one millisecond has room for: an id is its time, times this, so that ids rise with time."""

TABLES = """
CREATE TABLE IF NOT EXISTS predictions (
  id {integer} PRIMARY KEY,        -- milliseconds since 1970 times 2^20, and a number, so that it rises
  at {integer} NOT NULL,           -- milliseconds since 1970
  version {integer} NOT NULL,
  part TEXT NOT NULL,            -- champion, canary
  protocol TEXT NOT NULL,
  client_id TEXT,
  key TEXT,                      -- JSON list of the key columns' values
  "row" TEXT NOT NULL,           -- JSON, hidden columns left out or hashed
  output TEXT NOT NULL,          -- JSON
  digest {bytes} NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS predictions_client ON predictions (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS predictions_key ON predictions (key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS labels (
  number {rising},  -- the last one of a prediction holds, earlier ones are kept
  at {integer} NOT NULL,
  prediction {integer},
  key TEXT,
  truth TEXT NOT NULL            -- JSON
);
CREATE INDEX IF NOT EXISTS labels_prediction ON labels (prediction) WHERE prediction IS NOT NULL;
CREATE INDEX IF NOT EXISTS labels_key ON labels (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS labels_at ON labels (at);
CREATE TABLE IF NOT EXISTS shadows (
  prediction {integer} NOT NULL,
  version {integer} NOT NULL,
  output TEXT NOT NULL,
  PRIMARY KEY (prediction, version)
){alone};
CREATE TABLE IF NOT EXISTS told (  -- the latest truth of labels that the archive holds, so that a repeated one is known
  number {rising},
  subject {subject} NOT NULL UNIQUE,       -- a prediction's id, or a key
  truth TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS corrected_keys (  -- a later label by id says otherwise: the same label by key counts again
  key TEXT PRIMARY KEY
){alone};
CREATE TABLE IF NOT EXISTS refused (  -- rows that could not be answered, counted by second, so that they stay few
  at {integer} NOT NULL,           -- milliseconds since 1970: the end of the second
  version {integer} NOT NULL,
  code TEXT NOT NULL,            -- PR101 a column lacks, PR102 a value cannot be read
  field TEXT NOT NULL,           -- the column of the model
  example TEXT NOT NULL,
  number {integer} NOT NULL,       -- of rows
  PRIMARY KEY (at, version, code, field)
){alone};
CREATE TABLE IF NOT EXISTS latencies (  -- requests that were answered, counted by minute and how long they took
  at {integer} NOT NULL,           -- milliseconds since 1970: the end of the minute
  bucket {integer} NOT NULL,       -- 10 times the natural logarithm of the seconds, rounded down
  number {integer} NOT NULL,
  PRIMARY KEY (at, bucket)
){alone};
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value {value} NOT NULL){alone};
"""
NAMES = frozenset(re.findall(r"CREATE (?:TABLE|INDEX|UNIQUE INDEX) IF NOT EXISTS (\w+)", TABLES))
_SECOND, MINUTE = 1_000, 60_000  # milliseconds
_REFUSED = """INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (at, version, code, field) DO UPDATE SET number = refused.number + excluded.number"""
_TOOK = """INSERT INTO latencies VALUES (?, ?, ?)
ON CONFLICT (at, bucket) DO UPDATE SET number = latencies.number + excluded.number"""
_COMMIT = """INSERT INTO settings VALUES ('committed', ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > settings.value"""
_PAUSE = 30.0  # seconds that an archive elsewhere is not asked again after it did not answer
_SET = "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_INSERT = 'INSERT INTO predictions (id, at, version, part, protocol, client_id, key, "row", output, digest) VALUES '
_COUNTED = """UPDATE settings SET value = CASE name WHEN 'last' THEN ? ELSE value + ? END
WHERE name IN ('last', 'rows')"""
_LATEST = """SELECT truth FROM (
SELECT number, truth FROM labels WHERE prediction = ? UNION ALL SELECT number, truth FROM labels WHERE key = ?
) AS known ORDER BY number DESC LIMIT 1"""
_LATEST_ARCHIVED = "SELECT truth, subject FROM told WHERE subject IN (?, ?) ORDER BY number DESC LIMIT 1"
_SHADOW = "INSERT INTO shadows VALUES (?, ?, {text}) ON CONFLICT DO NOTHING"
_VALUES = "(?, ?, ?, ?, ?, ?, ?, {text}, {text}, ?)"
_AT_ONCE = 64
"""Rows of one statement. The sqlite3 module lets go of Python's lock at each step, and has to wait for it again."""


def moment_of(prediction: int) -> int:
    """Return the milliseconds since 1970 that an id tells.

    Examples
    --------
    >>> moment_of((1_700_000_000_000 << 20) + 7)
    1700000000000
    """
    return prediction // PER_MILLISECOND


@dataclass(frozen=True)
class LogDialect:
    """What databases write differently.

    Attributes
    ----------
    kinds : mapping of str to str
        What stands for the names in braces of ``TABLES``.
    text : str
        How bytes in UTF-8 become a text.
    keys_only : bool
        Whether ids are kept as texts where they stand in one column with keys.
    """

    kinds: Mapping[str, str]
    text: str
    keys_only: bool

    def subject(self, prediction: int | None) -> int | str | None:
        """Return an id as it stands in a column that holds keys, too; keys begin with a bracket."""
        return str(prediction) if self.keys_only and prediction is not None else prediction


class TableLog(ABC):
    """A log whose writers take turns; see :class:`journeyman.interfaces.PredictionLog`.

    Attributes
    ----------
    folder : Path or None
        Of its archive; None where all rows stay in the database.
    dialect : LogDialect
        Of its database.
    """

    folder: Path | None
    dialect: LogDialect
    _unasked: RemoteError
    _unasked_until = -math.inf

    @abstractmethod
    def errors(self) -> AbstractContextManager[None]:
        """Turn what the database or the system says into a WorkspaceError of one line and a hint."""

    @abstractmethod
    def reading(self) -> Any:
        """Return the connection, for queries with ``?`` for values: ``execute`` and ``executemany`` as of sqlite3."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Any]:
        """Give the connection inside a transaction that nobody else writes beside; durable when this ends."""

    @abstractmethod
    def check(self) -> None:
        """Raise WorkspaceError where the log is no longer there; cheap, and of any thread."""

    @abstractmethod
    def probe(self) -> None:
        """Write a trifle; WorkspaceError where the log cannot be written."""

    @abstractmethod
    def checkpoint(self) -> None:
        """Do what the database puts off, beside the writers."""

    @abstractmethod
    def secret(self) -> bytes:
        """Return the 32 bytes that personal columns are hashed with, made when they are first needed."""

    @abstractmethod
    def keeping(self) -> AbstractContextManager[bool]:
        """Say whether nobody else keeps house in the archive; nobody does until this ends."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    @abstractmethod
    def setting(self, name: str) -> str | None:
        """Return what all servers of this log agreed on."""

    @abstractmethod
    def agree(self, connection: Any, name: str, value: str, *, first: bool = False) -> None:
        """Agree on something inside a transaction; with ``first``, only where nothing was agreed on yet."""

    @property
    @abstractmethod
    def place(self) -> str:
        """How users know it, for messages."""

    def claim(self, model: str) -> None:
        """Note whose log this is, where nobody has.

        Raises
        ------
        SettingsError
            Where it is the log of another model.
        """
        owner = self.setting(OWNER)
        if owner is None:
            self.set_setting(OWNER, model, first=True)
            owner = self.setting(OWNER)
        if owner != model:
            raise SettingsError(
                f"the prediction log in {self.place} is of the model {owner}, not of {model}",
                hint="name another folder with --log",
            )

    def recorded(self, client_ids: Sequence[str]) -> Mapping[str, RecordedPrediction]:
        """Return the predictions that were recorded under these ids of clients."""
        found: dict[str, RecordedPrediction] = {}
        for start in range(0, len(client_ids), 500):
            some = client_ids[start : start + 500]
            marks = ",".join("?" * len(some))
            query = f"SELECT client_id, id, output, digest FROM predictions WHERE client_id IN ({marks})"
            with self.errors():
                for client_id, number, output, digest in self.reading().execute(query, some):
                    found[client_id] = RecordedPrediction(number, output.encode(), digest, repeated=True)
        return found

    def append(self, entries: LogEntries, now: int) -> LogReceipt:
        """Make entries durable, all or none, in one transaction.

        Parameters
        ----------
        entries : LogEntries
            Predictions, labels, shadows, refused rows and latencies.
        now : int
            Milliseconds since 1970.

        Raises
        ------
        WorkspaceError
            Where the disk is full or the log cannot be written; nothing was recorded then.
        RemoteError
            Where a label is of a prediction in an archive elsewhere that does not answer; nothing was recorded then.
        """
        with self.writing():
            return self.add(entries, now)

    def add(self, entries: LogEntries, now: int) -> LogReceipt:
        """Add entries inside a transaction that somebody has begun by ``writing``."""
        predictions = self._add_predictions(entries.predictions, now)
        # Never before a prediction that is there already, nor in a span that was sealed (see Stream.seal).
        moment = max(now, moment_of(self.number("last"))) if entries.labels or entries.refused else now
        labels = tuple(self._add_label(label, moment) for label in entries.labels)
        if entries.shadows:
            self.reading().executemany(
                _SHADOW.format(text=self.dialect.text),
                [(s.prediction, s.version, s.output) for s in entries.shadows],
            )
        self._add_refused(entries.refused, moment)
        if entries.latencies:
            at = -(-now // MINUTE) * MINUTE
            self.reading().executemany(_TOOK, [(at, *counted) for counted in entries.latencies.items()])
        return LogReceipt(predictions, labels)

    def seal(self, end: int) -> None:
        """Have whatever is appended from now on get a later moment than this one."""
        with self.writing():
            self.add_seal(end)

    def add_seal(self, end: int) -> None:
        """Seal inside a transaction that somebody has begun by ``writing``."""
        last = end * PER_MILLISECOND
        self.reading().execute("UPDATE settings SET value = ? WHERE name = 'last' AND value < ?", (last, last))

    def commit(self, position: int) -> None:
        """Note durably that everything before a position is done; an earlier one than the last changes nothing."""
        with self.writing():
            self.add_commit(position)

    def add_commit(self, position: int) -> None:
        """Commit a position inside a transaction that somebody has begun by ``writing``."""
        self.reading().execute(_COMMIT, (position,))

    def rows(self) -> int:
        """Return the number of predictions that the live log holds."""
        return self.number("rows")

    def number(self, name: str) -> int:
        """Return a figure that the log keeps of itself."""
        with self.errors():
            row = self.reading().execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return 0 if row is None else int(row[0])

    def challenge(self) -> Challenge:
        """Return which release challenges the champion, and how; nobody where nothing was agreed on."""
        return msgspec.json.decode(self.setting(_CHALLENGE) or "{}", type=Challenge)

    def set_setting(self, name: str, value: str, *, first: bool = False) -> None:
        """Agree on something, durably; with ``first``, only where nothing was agreed on yet."""
        with self.writing() as connection:
            self.agree(connection, name, value, first=first)

    def set_challenge(self, challenge: Challenge, lease: int = 0) -> None:
        """Agree on a challenger, durably; for a worker of the loop, in the name of its lease.

        Raises
        ------
        LeaseError
            Where a later holder of the lease has agreed on one; nothing was changed then.
        """
        with self.writing():
            if not self.add_challenge(challenge, lease):
                raise stale_lease()

    def add_challenge(self, challenge: Challenge, lease: int) -> bool:
        """Agree inside a transaction that somebody has begun; False where a later holder of the lease has agreed."""
        if 0 < lease < self.number(_LEASE):
            return False
        self.agree(self.reading(), _CHALLENGE, msgspec.json.encode(challenge).decode())
        if lease:
            self.reading().execute(_SET, (_LEASE, lease))
        return True

    def make_tables(self, connection: Any) -> None:
        """Make what is missing, in a transaction; WorkspaceError for a log of another layout."""
        for statement in TABLES.format(**self.dialect.kinds).split(";"):
            if statement.strip():
                connection.execute(statement)
        for name, value in (("layout", LAYOUT), ("rows", 0), ("last", 0), ("archived", 0), ("probes", 0)):
            connection.execute("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO NOTHING", (name, value))
        layout = self.number("layout")
        if layout != LAYOUT:
            raise WorkspaceError(
                f"the prediction log in {self.place} has layout {layout}, this Journeyman reads layout {LAYOUT}",
                hint="upgrade Journeyman, or name another folder with --log",
            )

    def _add_predictions(self, predictions: Sequence[Prediction], now: int) -> tuple[RecordedPrediction | None, ...]:
        if not predictions:
            return ()
        known = dict(self.recorded([p.client_id for p in predictions if p.client_id is not None]))
        (last,) = self.reading().execute("SELECT value FROM settings WHERE name = 'last'").fetchone()
        number = max(int(last), now * PER_MILLISECOND)
        left_out = _conflicting(predictions, known)
        rows: list[tuple[object, ...]] = []
        receipts: list[RecordedPrediction | None] = []
        for p in predictions:
            before = None if p.client_id is None else known.get(p.client_id)
            if before is not None:
                receipts.append(before)
                continue
            if p.group in left_out:
                receipts.append(None)
                continue
            number += 1
            rows.append((number, now, p.version, p.part, p.protocol, p.client_id, p.key, p.row, p.output, p.digest))
            receipts.append(RecordedPrediction(number, p.output, p.digest))
            if p.client_id is not None:
                known[p.client_id] = RecordedPrediction(number, p.output, p.digest, repeated=True)
        row_of_values = _VALUES.format(text=self.dialect.text)
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            values = [value for row in some for value in row]
            self.reading().execute(_INSERT + ", ".join([row_of_values] * len(some)), values)
        if rows:
            self.reading().execute(_COUNTED, (number, len(rows)))
        return tuple(receipts)

    def _add_label(self, label: Label, now: int) -> LabelFate:
        truth, key = label.truth.decode(), label.key
        if label.prediction is not None:
            known = self._find_key(label.prediction)
            if known is None:
                return LabelFate.UNKNOWN
            key = known[0]
        before = self._latest(label.prediction, key)
        if before == truth and (label.prediction is not None or not self._corrected_by_id(key)):
            return LabelFate.REPEATED
        self.reading().execute(
            "INSERT INTO labels (at, prediction, key, truth) VALUES (?, ?, ?, ?)",
            (now, label.prediction, label.key, truth),
        )
        if label.prediction is None:
            self.reading().execute("DELETE FROM corrected_keys WHERE key = ?", (key,))
        elif key is not None and self._latest(None, key) not in (None, truth):
            self.reading().execute("INSERT INTO corrected_keys VALUES (?) ON CONFLICT DO NOTHING", (key,))
        return LabelFate.RECORDED if before is None else LabelFate.CORRECTED

    def _latest(self, prediction: int | None, key: str | None) -> str | None:
        """Return the truth that holds for a prediction, by its id or its key, or for a key alone."""
        row = self.reading().execute(_LATEST, (prediction, key)).fetchone()
        if row is None:
            row = self.reading().execute(_LATEST_ARCHIVED, (self.dialect.subject(prediction), key)).fetchone()
            if row is not None and prediction is not None and row[1] == key:
                return None  # the loop reads no archived label by key beside a new one by id: that is a first one
        return None if row is None else str(row[0])

    def _corrected_by_id(self, key: str | None) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM corrected_keys WHERE key = ?)"
        return bool(self.reading().execute(query, (key,)).fetchone()[0])

    def _add_refused(self, refused: Sequence[Refused], moment: int) -> None:
        """Count rows in their second. It is named by its end, which no span that was sealed before holds."""
        alike: dict[tuple[int, str, str], tuple[str, int]] = {}
        for one in refused:
            example, rows = alike.get((one.version, one.code, one.column), (one.example, 0))
            alike[one.version, one.code, one.column] = (example, rows + one.rows)
        at = -(-moment // _SECOND) * _SECOND
        self.reading().executemany(_REFUSED, [(at, *reason, *told) for reason, told in alike.items()])

    def _find_key(self, prediction: int) -> tuple[str | None] | None:
        """Return the key of a prediction, alone in a tuple; None where there is no such prediction."""
        row = self.reading().execute("SELECT key FROM predictions WHERE id = ?", (prediction,)).fetchone()
        if row is not None:
            return (row[0],)
        (archived,) = self.reading().execute("SELECT value FROM settings WHERE name = 'archived'").fetchone()
        if self.folder is None or prediction > archived:
            return None
        if time.monotonic() < self._unasked_until:
            raise RemoteError(self._unasked.message, hint=self._unasked.hint)
        try:
            return key_in_archive(self.folder, prediction, moment_of(prediction))
        except RemoteError as error:
            # The next labels are refused at once: each that asks holds up all who write.
            self._unasked, self._unasked_until = error, time.monotonic() + _PAUSE
            raise


def stale_lease() -> LeaseError:
    """Return what is told who agrees on something in the name of a lease that has gone over to another worker."""
    return LeaseError("another worker operates this model now", hint="this one has stopped; it goes on there")


def _conflicting(predictions: Sequence[Prediction], known: Mapping[str, RecordedPrediction]) -> set[int | None]:
    """Return the groups in which the id of a row belongs to another row, recorded before or earlier among these."""
    found: set[int | None] = set()
    if all(one.group is None for one in predictions):
        return found
    digests = {client_id: recorded.digest for client_id, recorded in known.items()}
    for group, some in groupby(predictions, key=lambda one: one.group):
        mine: dict[str, bytes] = {}
        for one in some:
            if one.client_id is None:
                continue
            digest = digests.get(one.client_id) or mine.setdefault(one.client_id, one.digest)
            if group is not None and digest != one.digest:
                found.add(group)
        if group not in found:
            digests.update(mine)
    return found
