"""What a watched folder needs to be remembered by: which tables were scored, by name and content; which are whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from journeyman.errors import SettingsError
from journeyman.settings import predictions_name
from journeyman.stores.disk import DRAFT, Draft, disk_errors, sync_folder

__all__ = ["MARK", "NOTE", "FileState", "ScoredTables", "file_state", "is_being_written", "watching"]

MARK = ".predictions.csv"
NOTE = "scored.journeyman.json"

FileState = tuple[int, int, int]
"""Size, time of the last change in nanoseconds, and number of a file: the same as long as nobody changes it."""


class _Scored(msgspec.Struct, frozen=True):
    """A table that was scored: its state and SHA-256 then, and the name of the file with its predictions."""

    state: FileState
    digest: str
    out: str


class ScoredTables:
    """The tables of a folder that were scored, in a file of that folder, so that each is scored once by its content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables: dict[str, _Scored] = {}
        with disk_errors(folder), contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            noted = msgspec.json.decode((folder / NOTE).read_bytes(), type=dict[str, _Scored])
            # whoever may put tables here may write this too, but nothing outside of the folder by it
            self._tables = {
                name: one for name, one in noted.items() if one.out == Path(one.out).name and one.out.endswith(MARK)
            }

    def has(self, table: Path, state: FileState) -> bool:
        """Return whether a table was scored and is unchanged since."""
        known = self._tables.get(table.name)
        return known is not None and known.state == state

    def has_content(self, table: Path, digest: str) -> bool:
        """Return whether a table was scored with this content."""
        known = self._tables.get(table.name)
        return known is not None and known.digest == digest

    def knows(self, table: Path) -> bool:
        """Return whether a table of this name was scored, whatever it held."""
        return table.name in self._tables

    def out(self, table: Path) -> Path:
        """Return the file for a table's predictions: its name without the ending, or with it where that is taken."""
        known = self._tables.get(table.name)
        if known is not None:
            return self._folder / known.out
        name = predictions_name(table.name)
        taken = name in {scored.out for scored in self._tables.values()}
        return self._folder / (f"{table.name}{MARK}" if taken else name)

    def add(self, table: Path, state: FileState, digest: str) -> None:
        """Note that a table was scored, durably."""
        self._tables[table.name] = _Scored(state, digest, self.out(table).name)
        with disk_errors(self._folder):
            with Draft(self._folder) as draft:
                draft.write(msgspec.json.format(msgspec.json.encode(self._tables, order="sorted")))
                draft.keep(NOTE)
            sync_folder(self._folder)


def file_state(path: Path) -> FileState | None:
    """Return a file's state; None where there is no such file."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns, state.st_ino


def is_being_written(path: Path) -> bool:
    """Return whether some process has a file open for writing, as far as the system tells.

    Linux grants a lease for reading only where nobody writes (``fcntl(2)``); elsewhere, and on file systems without
    leases, the answer is no.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    else:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    finally:
        os.close(descriptor)


@contextmanager
def watching(folder: Path) -> Iterator[None]:
    """Hold a folder as the only one that watches it, and sweep what a killed one left unfinished.

    Raises
    ------
    SettingsError
        Where another process watches it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(
                f"another process watches {folder}", hint="end it first, or give each its own folder"
            ) from error
        except OSError:
            pass  # some network file systems lock no folders
        else:
            for draft in folder.glob(f"{DRAFT}*"):
                draft.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)
