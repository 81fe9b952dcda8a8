"""The prediction log: served predictions, labels and shadows in SQLite, made durable in groups by one writer."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

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
from journeyman.errors import SettingsError, WorkspaceError
from journeyman.stores.disk import has_room, no_space
from journeyman.stores.prediction_archive import key_in_archive

__all__ = ["LOG", "MINUTE", "SqlitePredictionLog", "log_errors", "moment_of"]

LOG = "log.db"
_LOCK = "writer.lock"
_CHALLENGE = "challenge"
_LAYOUT = 1
_PER_MILLISECOND = 1 << 20
"""Ids that one millisecond has room for: an id is its time, times this, so that ids rise with time."""

_MOST_AHEAD = 4_000
"""Pages written ahead beyond which a checkpoint goes to its end; without housekeeping, five times as many do it."""

_TABLES = """
CREATE TABLE IF NOT EXISTS predictions (
  id INTEGER PRIMARY KEY,        -- milliseconds since 1970 times 2^20, and a number, so that it rises
  at INTEGER NOT NULL,           -- milliseconds since 1970
  version INTEGER NOT NULL,
  part TEXT NOT NULL,            -- champion, canary
  protocol TEXT NOT NULL,
  client_id TEXT,
  key TEXT,                      -- JSON list of the key columns' values
  "row" TEXT NOT NULL,           -- JSON, hidden columns left out or hashed
  output TEXT NOT NULL,          -- JSON
  digest BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS predictions_client ON predictions (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS predictions_key ON predictions (key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS labels (
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the last one of a prediction holds, earlier ones are kept
  at INTEGER NOT NULL,
  prediction INTEGER,
  key TEXT,
  truth TEXT NOT NULL            -- JSON
);
CREATE INDEX IF NOT EXISTS labels_prediction ON labels (prediction) WHERE prediction IS NOT NULL;
CREATE INDEX IF NOT EXISTS labels_key ON labels (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS labels_at ON labels (at);
CREATE TABLE IF NOT EXISTS shadows (
  prediction INTEGER NOT NULL,
  version INTEGER NOT NULL,
  output TEXT NOT NULL,
  PRIMARY KEY (prediction, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (  -- the latest truth of labels that the archive holds, so that a repeated one is known
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  subject NOT NULL UNIQUE,       -- a prediction's id, or a key
  truth TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS corrected_keys (  -- a later label by id says otherwise: the same label by key counts again
  key TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (  -- rows that could not be answered, counted by second, so that they stay few
  at INTEGER NOT NULL,           -- milliseconds since 1970: the end of the second
  version INTEGER NOT NULL,
  code TEXT NOT NULL,            -- PR101 a column lacks, PR102 a value cannot be read
  field TEXT NOT NULL,           -- the column of the model
  example TEXT NOT NULL,
  number INTEGER NOT NULL,       -- of rows
  PRIMARY KEY (at, version, code, field)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latencies (  -- requests that were answered, counted by minute and how long they took
  at INTEGER NOT NULL,           -- milliseconds since 1970: the end of the minute
  bucket INTEGER NOT NULL,       -- 10 times the natural logarithm of the seconds, rounded down
  number INTEGER NOT NULL,
  PRIMARY KEY (at, bucket)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
"""
_NAMES = frozenset(re.findall(r"CREATE (?:TABLE|INDEX|UNIQUE INDEX) IF NOT EXISTS (\w+)", _TABLES))
_SECOND, MINUTE = 1_000, 60_000  # milliseconds
_REFUSED = """INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (at, version, code, field) DO UPDATE SET number = number + excluded.number"""
_TOOK = """INSERT INTO latencies VALUES (?, ?, ?)
ON CONFLICT (at, bucket) DO UPDATE SET number = number + excluded.number"""
_INSERT = 'INSERT INTO predictions (id, at, version, part, protocol, client_id, key, "row", output, digest) VALUES '
_COUNTED = """UPDATE settings SET value = CASE name WHEN 'last' THEN ? ELSE value + ? END
WHERE name IN ('last', 'rows')"""
_LATEST = """SELECT truth FROM (
SELECT number, truth FROM labels WHERE prediction = ?1 UNION ALL SELECT number, truth FROM labels WHERE key = ?2
) ORDER BY number DESC LIMIT 1"""
_LATEST_ARCHIVED = "SELECT truth, subject FROM told WHERE subject IN (?1, ?2) ORDER BY number DESC LIMIT 1"
OWNER = "model"
_VALUES = "(?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?)"
_AT_ONCE = 64
"""Rows of one statement. The sqlite3 module lets go of Python's lock at each step, and has to wait for it again."""


def moment_of(prediction: int) -> int:
    """Return the milliseconds since 1970 that an id tells.

    Examples
    --------
    >>> moment_of((1_700_000_000_000 << 20) + 7)
    1700000000000
    """
    return prediction // _PER_MILLISECOND


class SqlitePredictionLog:
    """A folder with ``log.db``; several processes may append, one at a time.

    Each append is one transaction of SQLite in WAL mode with ``synchronous=FULL``: when it returns, the entries are on
    the disk. Writers queue at a lock of the operating system, which wakes them in turn, where SQLite's own would poll.

    Parameters
    ----------
    folder : Path
        Made where it is missing.

    Raises
    ------
    WorkspaceError
        Where the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with log_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._connection = _connected(folder / LOG)
                self._identity = _identity(folder / LOG)
                if not self._prepared():
                    with self.writing():
                        self._prepare()
            except BaseException:
                os.close(self._lock)
                raise

    def recorded(self, client_ids: Sequence[str]) -> Mapping[str, RecordedPrediction]:
        """Return the predictions that were recorded under these ids of clients."""
        found: dict[str, RecordedPrediction] = {}
        for start in range(0, len(client_ids), 500):
            some = client_ids[start : start + 500]
            marks = ",".join("?" * len(some))
            query = f"SELECT client_id, id, output, digest FROM predictions WHERE client_id IN ({marks})"
            with log_errors(self.folder):
                for client_id, number, output, digest in self._connection.execute(query, some):
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
        """
        with self.writing():
            predictions = self._add_predictions(entries.predictions, now)
            # Never before a prediction that is there already, nor in a span that was sealed (see Stream.seal).
            moment = max(now, moment_of(self.number("last"))) if entries.labels or entries.refused else now
            labels = tuple(self._add_label(label, moment) for label in entries.labels)
            if entries.shadows:
                self._connection.executemany(
                    "INSERT OR IGNORE INTO shadows VALUES (?, ?, CAST(? AS TEXT))",
                    [(s.prediction, s.version, s.output) for s in entries.shadows],
                )
            self._add_refused(entries.refused, moment)
            if entries.latencies:
                at = -(-now // MINUTE) * MINUTE
                self._connection.executemany(_TOOK, [(at, *counted) for counted in entries.latencies.items()])
        return LogReceipt(predictions, labels)

    def probe(self) -> None:
        """Write a trifle; WorkspaceError where the log cannot be written.

        A trifle may fit where predictions do not: a disk that was full has to have some room again.
        """
        if not has_room(self.folder):
            raise _full(self.folder)
        with self.writing():
            self._connection.execute("UPDATE settings SET value = value + 1 WHERE name = 'probes'")

    def check(self) -> None:
        """Raise WorkspaceError where the log is no longer there: what SQLite writes then goes with the process.

        A folder that was moved is still there, under another name.
        """
        with log_errors(self.folder):
            gone = os.fstat(self._lock).st_nlink == 0
            if not gone and _identity(self.folder / LOG) != self._identity:
                gone = _identity(self.folder / _LOCK) == _identity(self._lock)
        if gone:
            raise WorkspaceError(
                f"the prediction log in {self.folder} was removed or replaced while it was in use",
                hint="put it back, or start the server again, which begins a new log",
            )

    def claim(self, model: str) -> None:
        """Note whose log this is, where nobody has.

        Raises
        ------
        SettingsError
            Where it is the log of another model.
        """
        owner = self.setting(OWNER)
        if owner is None:
            with self.writing() as connection:
                connection.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (f"agreed {OWNER}", model))
            owner = self.setting(OWNER)
        if owner != model:
            raise SettingsError(
                f"the prediction log in {self.folder} is of the model {owner}, not of {model}",
                hint="name another folder with --log",
            )

    def checkpoint(self) -> None:
        """Move what is written ahead into the database, beside the writers, so that none of them has to do it.

        Writers go on meanwhile, so that what is written ahead need not come to its end by this; where it has become
        long, they wait once for the little that is left.
        """
        with log_errors(self.folder):
            _, ahead, _ = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if ahead > _MOST_AHEAD:
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                try:
                    self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
                finally:
                    fcntl.flock(self._lock, fcntl.LOCK_UN)

    def rows(self) -> int:
        """Return the number of predictions that the live log holds."""
        return self.number("rows")

    def number(self, name: str) -> int:
        """Return a figure that the log keeps of itself."""
        with log_errors(self.folder):
            row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return 0 if row is None else int(row[0])

    def setting(self, name: str) -> str | None:
        """Return what all servers of this log agreed on."""
        with log_errors(self.folder):
            row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (f"agreed {name}",)).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Agree on something, durably."""
        with self.writing():
            self._connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (f"agreed {name}", value))

    def challenge(self) -> Challenge:
        """Return which release challenges the champion, and how; nobody where nothing was agreed on."""
        return msgspec.json.decode(self.setting(_CHALLENGE) or "{}", type=Challenge)

    def set_challenge(self, challenge: Challenge) -> None:
        """Agree on a challenger, durably."""
        self.set_setting(_CHALLENGE, msgspec.json.encode(challenge).decode())

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
        os.close(self._lock)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction that nobody else writes beside; durable when this ends."""
        self.check()
        with log_errors(self.folder):
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    # A full disk ends the transaction by itself, with an error of its own when it is ended again.
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)
        self.check()

    def reading(self) -> sqlite3.Connection:
        """Return the connection, for queries."""
        return self._connection

    def _prepared(self) -> bool:
        """Say whether the tables are there: a log that was opened before is not written to, whatever its size."""
        names = {row[0] for row in self._connection.execute("SELECT name FROM sqlite_master")}
        return names >= _NAMES and self.number("layout") == _LAYOUT

    def _prepare(self) -> None:
        for statement in _TABLES.split(";"):
            if statement.strip():
                self._connection.execute(statement)
        for name, value in (("layout", _LAYOUT), ("rows", 0), ("last", 0), ("archived", 0), ("probes", 0)):
            self._connection.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (name, value))
        (layout,) = self._connection.execute("SELECT value FROM settings WHERE name = 'layout'").fetchone()
        if layout != _LAYOUT:
            raise WorkspaceError(
                f"the prediction log in {self.folder} has layout {layout}, this Journeyman reads layout {_LAYOUT}",
                hint="upgrade Journeyman, or name another folder with --log",
            )

    def _add_predictions(self, predictions: Sequence[Prediction], now: int) -> tuple[RecordedPrediction | None, ...]:
        if not predictions:
            return ()
        known = dict(self.recorded([p.client_id for p in predictions if p.client_id is not None]))
        (last,) = self._connection.execute("SELECT value FROM settings WHERE name = 'last'").fetchone()
        number = max(int(last), now * _PER_MILLISECOND)
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
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            values = [value for row in some for value in row]
            self._connection.execute(_INSERT + ", ".join([_VALUES] * len(some)), values)
        if rows:
            self._connection.execute(_COUNTED, (number, len(rows)))
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
        self._connection.execute(
            "INSERT INTO labels (at, prediction, key, truth) VALUES (?, ?, ?, ?)",
            (now, label.prediction, label.key, truth),
        )
        if label.prediction is None:
            self._connection.execute("DELETE FROM corrected_keys WHERE key = ?", (key,))
        elif key is not None and self._latest(None, key) not in (None, truth):
            self._connection.execute("INSERT OR IGNORE INTO corrected_keys VALUES (?)", (key,))
        return LabelFate.RECORDED if before is None else LabelFate.CORRECTED

    def _latest(self, prediction: int | None, key: str | None) -> str | None:
        """Return the truth that holds for a prediction, by its id or its key, or for a key alone."""
        row = self._connection.execute(_LATEST, (prediction, key)).fetchone()
        if row is None:
            row = self._connection.execute(_LATEST_ARCHIVED, (prediction, key)).fetchone()
            if row is not None and prediction is not None and row[1] == key:
                return None  # the loop reads no archived label by key beside a new one by id: that is a first one
        return None if row is None else str(row[0])

    def _corrected_by_id(self, key: str | None) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM corrected_keys WHERE key = ?)"
        return bool(self._connection.execute(query, (key,)).fetchone()[0])

    def _add_refused(self, refused: Sequence[Refused], moment: int) -> None:
        """Count rows in their second. It is named by its end, which no span that was sealed before holds."""
        alike: dict[tuple[int, str, str], tuple[str, int]] = {}
        for one in refused:
            example, rows = alike.get((one.version, one.code, one.column), (one.example, 0))
            alike[one.version, one.code, one.column] = (example, rows + one.rows)
        at = -(-moment // _SECOND) * _SECOND
        self._connection.executemany(_REFUSED, [(at, *reason, *told) for reason, told in alike.items()])

    def _find_key(self, prediction: int) -> tuple[str | None] | None:
        """Return the key of a prediction, alone in a tuple; None where there is no such prediction."""
        row = self._connection.execute("SELECT key FROM predictions WHERE id = ?", (prediction,)).fetchone()
        if row is not None:
            return (row[0],)
        (archived,) = self._connection.execute("SELECT value FROM settings WHERE name = 'archived'").fetchone()
        return key_in_archive(self.folder, prediction, moment_of(prediction)) if prediction <= archived else None


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


def _identity(file: Path | int) -> tuple[int, int] | None:
    """Return what tells a file from all others; None where there is none."""
    try:
        state = os.stat(file)
    except FileNotFoundError:
        return None
    return state.st_dev, state.st_ino


def _connected(path: Path) -> sqlite3.Connection:
    # One thread at a time uses a connection, but not always the one that opened it, which sqlite3 would insist on.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30, cached_statements=512)
    pages = f"wal_autocheckpoint = {5 * _MOST_AHEAD}"
    for pragma in ("journal_mode = WAL", "synchronous = FULL", pages, "cache_size = -16000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA journal_size_limit = {64 << 20}")
    return connection


@contextmanager
def log_errors(folder: Path) -> Iterator[None]:
    """Turn what SQLite or the system says about the log into one line and a hint.

    Raises
    ------
    WorkspaceError
        Where the disk is full, or the log cannot be written or is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _from_sqlite(folder, error) from error
    except OSError as error:
        if no_space(error):
            raise _full(folder) from error
        text = error.strerror or str(error)
        raise WorkspaceError(
            f"the prediction log in {folder} cannot be used: {text}",
            hint="check the folder, or name another with --log",
        ) from error


def _from_sqlite(folder: Path, error: sqlite3.Error) -> WorkspaceError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    cannot = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    if code == sqlite3.SQLITE_FULL or (code in cannot and not has_room(folder)):
        return _full(folder)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return WorkspaceError(
            f"the prediction log in {folder} is damaged", hint="restore log.db from a copy, or name another with --log"
        )
    return WorkspaceError(
        f"the prediction log in {folder} cannot be written: {error}", hint="check the disk and the folder's permissions"
    )


def _full(folder: Path) -> WorkspaceError:
    return WorkspaceError(
        f"the disk that holds the prediction log in {folder} is full",
        hint="free some space; a service that runs goes on by itself",
    )
