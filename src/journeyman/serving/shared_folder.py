"""The folder that the workers of one server share; what a killed server left is swept by the next start."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["shared_folder"]

_PREFIX, _UNFINISHED = "journeyman-serve-", "journeyman-starting-"
_OWNER = "owner"  # in each folder; held by its server, and by nobody once that has ended, however it ended
_LONG = 60  # seconds after which nobody is still making a folder


@contextmanager
def shared_folder() -> Iterator[Path]:
    """Give a new folder, after those of servers that are gone were deleted; it goes when this ends.

    It lies among the temporary files and not beside the log, whose disk may be full.
    """
    place = Path(tempfile.gettempdir())
    for folder in [*place.glob(f"{_PREFIX}*"), *place.glob(f"{_UNFINISHED}*")]:
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)
    # It gets its name when it is held, so that a server that starts meanwhile does not take it for one that is left.
    draft = Path(tempfile.mkdtemp(prefix=_UNFINISHED))
    owner = os.open(draft / _OWNER, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(owner, fcntl.LOCK_EX)
    shared = draft.rename(place / draft.name.replace(_UNFINISHED, _PREFIX))
    try:
        yield shared
    finally:
        shutil.rmtree(shared, ignore_errors=True)
        os.close(owner)


def _is_left(folder: Path) -> bool:
    """Return whether nobody holds a folder."""
    if folder.name.startswith(_UNFINISHED) or not (folder / _OWNER).exists():
        return time.time() - folder.lstat().st_mtime > _LONG
    descriptor = os.open(folder / _OWNER, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
