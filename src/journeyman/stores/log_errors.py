"""What SQLite and the system say about a prediction log, as one line and a hint."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journeyman.errors import WorkspaceError
from journeyman.stores.disk import has_room, no_space

__all__ = ["full_disk", "log_errors"]


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
            raise full_disk(folder) from error
        text = error.strerror or str(error)
        raise WorkspaceError(
            f"the prediction log in {folder} cannot be used: {text}",
            hint="check the folder, or name another with --log",
        ) from error


def _from_sqlite(folder: Path, error: sqlite3.Error) -> WorkspaceError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    cannot = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    if code == sqlite3.SQLITE_FULL or (code in cannot and not has_room(folder)):
        return full_disk(folder)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return WorkspaceError(
            f"the prediction log in {folder} is damaged", hint="restore log.db from a copy, or name another with --log"
        )
    return WorkspaceError(
        f"the prediction log in {folder} cannot be written: {error}", hint="check the disk and the folder's permissions"
    )


def full_disk(folder: Path) -> WorkspaceError:
    """Return what is told where the log's disk is full."""
    return WorkspaceError(
        f"the disk that holds the prediction log in {folder} is full",
        hint="free some space; a service that runs goes on by itself",
    )
