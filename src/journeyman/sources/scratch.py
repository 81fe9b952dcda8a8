"""A folder for copies that a source needs while it is open."""

from __future__ import annotations

import errno
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journeyman.errors import SourceError

__all__ = ["keep_alive_with", "room_for", "scratch_folder"]


def scratch_folder(owner: object) -> Path:
    """Return a new folder that goes when its owner goes."""
    folder = Path(tempfile.mkdtemp(prefix="journeyman-"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder


def keep_alive_with(source: object, owner: object) -> None:
    """Let the owner of a folder live as long as a source that reads from it."""
    weakref.finalize(source, _let_go, owner)


def _let_go(_owner: object) -> None:
    """Do nothing: until it is called, the finalizer holds its argument."""


@contextmanager
def room_for(name: str) -> Iterator[None]:
    """Turn a full disk into one clear line.

    Raises
    ------
    SourceError
        There is no room left for a copy of the table.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise SourceError(
            f"no room on the disk for a copy of {name} in {tempfile.gettempdir()}",
            hint="make room there, or set TMPDIR to a larger disk",
        ) from error
