"""The folder that the workers of one server share: in the log's folder, and swept by the next start after a kill."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journeyman.stores.prediction_log import log_errors

__all__ = ["shared_folder"]

_PLACE = "servers"
_LOCK = "lock"  # held while folders are made and swept
_OWNER = "owner"  # in each folder; held by its server, and by nobody once that has ended, however it ended


@contextmanager
def shared_folder(log: Path) -> Iterator[Path]:
    """Give a new folder, after those of servers that are gone were deleted; it goes when this ends.

    Raises
    ------
    WorkspaceError
        Where the log's folder cannot be written or its disk is full.
    """
    place = log / _PLACE
    with log_errors(log):
        place.mkdir(exist_ok=True)
        lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for folder in place.iterdir():
                if folder.is_dir() and _is_left(folder / _OWNER):
                    shutil.rmtree(folder, ignore_errors=True)
            shared = Path(tempfile.mkdtemp(dir=place))
            owner = os.open(shared / _OWNER, os.O_RDWR | os.O_CREAT, 0o666)
            fcntl.flock(owner, fcntl.LOCK_EX)
        finally:
            os.close(lock)
    try:
        yield shared
    finally:
        shutil.rmtree(shared, ignore_errors=True)
        os.close(owner)


def _is_left(owner: Path) -> bool:
    """Return whether nobody holds a folder; one without the file was never finished."""
    try:
        descriptor = os.open(owner, os.O_RDWR)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
