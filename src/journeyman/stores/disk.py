"""Files that are whole or absent, and what the disk says in words a user understands."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from sqlalchemy.exc import DBAPIError, IntegrityError

from journeyman.errors import WorkspaceError

__all__ = ["DRAFT", "Draft", "disk_errors", "has_room", "make_folder", "no_space", "sync_folder"]

DRAFT = ".draft-"
"""Prefix of names that are not finished; whatever bears it may be deleted by whoever holds the workspace."""

# EFBIG: a limit on the size of files (ulimit -f) meets the user in the same way as a full disk.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SMALL = 1 << 16  # bytes: SQLite's index of what is written ahead takes half of it
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_FREE_SPACE = (
    "free some space, or name a folder on another disk with --workspace; then continue with `journeyman resume`"
)
_OTHER_FOLDER = "change its permissions, or name a folder of your own with --workspace"


class Draft:
    """A file in the making, written under a draft's name and hashed on the way.

    ``keep`` makes it durable and gives it its name in one move; a draft that is not kept disappears. A process killed
    at any moment leaves at most a file whose name begins with ``.draft-``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Draft(Path(folder)) as draft:
    ...         _ = draft.write(b"text")
    ...         draft.keep("a.txt")
    ...     [p.name for p in Path(folder).iterdir()]
    ['a.txt']
    """

    # pyarrow asks a Python file whether it is closed.
    closed = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"{DRAFT}{os.getpid()}-{id(self):x}"
        self._hash = hashlib.sha256()
        self._kept = False
        self._file = self._path.open("wb")

    def write(self, data: bytes | memoryview) -> int:
        """Append bytes to the draft; return how many."""
        self._hash.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Do nothing: a draft is flushed once, when it is kept."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that was written."""
        return self._hash.hexdigest()

    def keep(self, name: str) -> None:
        """Give the file its name. The folder's entry is durable after ``sync_folder``."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._path, self._folder / name)
        self._kept = True

    def __enter__(self) -> Draft:
        """Return the manager itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, and remove it unless it was kept."""
        if self._kept:
            return
        try:
            self._file.close()
        except OSError:
            # Closing flushes, which fails again on a full disk; the error that led here is the one to tell.
            if error is None:
                raise
        finally:
            self._path.unlink(missing_ok=True)


def no_space(error: OSError) -> bool:
    """Return whether the system says that a disk, or a user's share of it, is full."""
    return error.errno in _FULL


def has_room(path: Path) -> bool:
    """Return whether the disk of a path has room for even a small file.

    SQLite calls it an I/O error where it cannot make the files beside a database for want of room.
    """
    there = next((place for place in (path, *path.absolute().parents) if place.exists()), Path("/"))
    try:
        state = os.statvfs(there)
    except OSError:
        return True
    return state.f_bavail * state.f_frsize >= _SMALL


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder where it is missing, with those above it, so that it is there after a loss of power.

    What is synced into a folder is lost with it where its own entry was not synced. An empty one may be of a process
    that was killed before it synced anything; one that holds something was synced before it got that.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     make_folder(Path(place, "a", "b"))
    ...     Path(place, "a", "b").is_dir()
    True
    """
    if folder.is_dir() and _holds_something(folder):
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(PermissionError):  # a folder that others own: it was not made here
        sync_folder(folder.parent)


def _holds_something(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except PermissionError:  # it may be used, not looked into
        return True


@contextmanager
def disk_errors(path: Path | str) -> Iterator[None]:
    """Turn what the operating system or the database says about a place into one line and a hint.

    Parameters
    ----------
    path : Path or str
        The place, as the user knows it.

    Raises
    ------
    WorkspaceError
        Where the disk is full, the place cannot be written, or the database is damaged or busy.

    Examples
    --------
    >>> with disk_errors("models"):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
    journeyman.errors.WorkspaceError: the disk that holds models is full (hint: free some space, ...)
    """
    try:
        yield
    except OSError as error:
        raise _from_system(path, error) from error
    except IntegrityError:
        # Two writers wanted one row: the caller knows what that means.
        raise
    except DBAPIError as error:
        raise _from_database(path, error) from error


def _from_system(path: Path | str, error: OSError) -> Exception:
    if error.errno in _FULL:
        return WorkspaceError(f"the disk that holds {path} is full", hint=_FREE_SPACE)
    if error.errno in _FORBIDDEN:
        return WorkspaceError(f"no permission to write in {path}", hint=_OTHER_FOLDER)
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return WorkspaceError(f"{path} is not a folder", hint="name a folder with --workspace")
    reason = error.strerror or str(error)
    return WorkspaceError(f"{path} cannot be used: {reason}", hint="name another folder with --workspace")


def _from_database(path: Path | str, error: DBAPIError) -> Exception:
    text = str(error.orig).strip().split("\n")[0]
    if "is full" in text or (("disk I/O" in text or "readonly" in text) and not has_room(Path(path))):
        return WorkspaceError(f"the disk that holds {path} is full", hint=_FREE_SPACE)
    if "readonly" in text or "unable to open" in text:
        return WorkspaceError(f"no permission to write in {path}", hint=_OTHER_FOLDER)
    if "locked" in text:
        return WorkspaceError(f"{path} is in use by another process", hint="wait until it has finished, then try again")
    if "malformed" in text or "not a database" in text:
        return WorkspaceError(
            f"the journal of {path} is damaged", hint="restore journal.db from a copy, or name another workspace"
        )
    return WorkspaceError(
        f"the journal of {path} cannot be used: {text}", hint="check the disk and the database, then try again"
    )
