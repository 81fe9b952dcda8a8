"""The prediction log in SQLite: a folder, made durable in groups by one writer at a time."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from journeyman.errors import WorkspaceError
from journeyman.stores.disk import has_room, no_space
from journeyman.stores.log_tables import LAYOUT, MINUTE, NAMES, LogDialect, TableLog, moment_of
from journeyman.stores.prediction_archive import sweep_drafts

__all__ = ["LOG", "MINUTE", "SqlitePredictionLog", "log_errors", "moment_of"]

LOG = "log.db"
_LOCK = "writer.lock"
_SALT = "salt"
_MOST_AHEAD = 4_000
"""Pages written ahead beyond which a checkpoint goes to its end; without housekeeping, five times as many do it."""
_SQLITE = LogDialect(
    {
        "integer": "INTEGER",
        "rising": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "bytes": "BLOB",
        "alone": " WITHOUT ROWID",
        "subject": "",
        "value": "",
    },
    text="CAST(? AS TEXT)",
    keys_only=False,
)


class SqlitePredictionLog(TableLog):
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

    dialect = _SQLITE
    folder: Path

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with log_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._connection = _connected(folder / LOG)
                self._identity = _identity(folder / LOG)
                if not self._prepared():
                    with self.writing() as connection:
                        self.make_tables(connection)
            except BaseException:
                os.close(self._lock)
                raise

    @property
    def place(self) -> str:
        """How users know it, for messages."""
        return str(self.folder)

    def errors(self) -> AbstractContextManager[None]:
        """Turn what SQLite or the system says into one line and a hint."""
        return log_errors(self.folder)

    def setting(self, name: str) -> str | None:
        """Return what all servers of this log agreed on."""
        with self.errors():
            row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (f"agreed {name}",)).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str, *, first: bool = False) -> None:
        """Agree on something, durably; with ``first``, only where nothing was agreed on yet."""
        with self.writing() as connection:
            other = "IGNORE" if first else "REPLACE"
            connection.execute(f"INSERT OR {other} INTO settings VALUES (?, ?)", (f"agreed {name}", value))

    def secret(self) -> bytes:
        """Return the secret of the log's file of its own, which only its owner may read."""
        with self.errors():
            path = self.folder / _SALT
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return path.read_bytes()
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(32))
                file.flush()
                os.fsync(file.fileno())
            return path.read_bytes()

    @contextmanager
    def keeping(self) -> Iterator[bool]:
        """Hold a lock of the operating system; say whether it could be had."""
        descriptor = os.open(self.folder / "archive.lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False  # another worker is at it
                return
            sweep_drafts(self.folder)
            yield True
        finally:
            os.close(descriptor)

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
        return names >= NAMES and self.number("layout") == LAYOUT


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
