"""One process at a time in a workspace: a lock that the operating system lets go when its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from journeyman.errors import WorkspaceError
from journeyman.stores.disk import disk_errors

__all__ = ["locked"]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the workspace in a folder alone.

    The lock is the operating system's and ends with the process, however it ends.

    Raises
    ------
    WorkspaceError
        Where another process holds it.
    """
    with disk_errors(path):
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with disk_errors(path):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _in_use(path, descriptor) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _in_use(path: Path, descriptor: int) -> WorkspaceError:
    holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
    # The holder wrote its number when it took the lock, so that the file's time tells since when; no clock is needed.
    since = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return WorkspaceError(
        f"{path} is in use by process {holder} since {since}",
        hint="wait until it has finished, or name another workspace with --workspace",
    )
