"""Files on a simulated disk: what is durable of folders and files, and what a loss of power leaves of the rest.

The product's calls of the system pass here (``os.fsync``, ``os.replace`` and their like are exchanged for the time of a
world). Files lie in a real folder; beside it stands what was synced: the bytes of a file, the entries of a folder.
After a loss of power each entry that was not synced is there or not, and a file that was not synced is whole, empty or
cut.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import io
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.simulation.schedule import Killed, Schedule

_SQLITE = (".db", ".db-wal", ".db-shm", ".db-journal")
_POLL = 0.005  # seconds until the second look at a lock that another process holds; then they become rarer, up to 10


class FileDisk:
    """What is durable under a folder.

    Parameters
    ----------
    folder : Path
        All that lies there at the beginning is durable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bytes: dict[int, bytes] = {}  # by inode
        self._entries: dict[int, dict[str, int]] = {}
        self._folders: set[int] = set()
        for place, _, names in os.walk(folder):
            self._note(Path(place))
            for name in names:
                if not name.endswith(_SQLITE):
                    self._note(Path(place, name))

    def synced(self, descriptor: int) -> None:
        """Note that a file or a folder was synced."""
        self._note(Path(os.readlink(f"/proc/self/fd/{descriptor}")))

    def lose_power(self, random: Any) -> list[str]:
        """Bring the folder to what a loss of power leaves; return what was lost."""
        told: list[str] = []
        self._settle(self.folder, random, told)
        return told

    def _note(self, path: Path) -> None:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            self._folders.add(state.st_ino)
            self._entries[state.st_ino] = {
                entry.name: entry.inode() for entry in os.scandir(path) if not entry.name.endswith(_SQLITE)
            }
        elif not path.name.endswith(_SQLITE):
            self._bytes[state.st_ino] = path.read_bytes()

    def _settle(self, folder: Path, random: Any, told: list[str]) -> None:
        inode = folder.stat().st_ino
        durable = self._entries.get(inode, {})
        now = {entry.name: entry.inode() for entry in os.scandir(folder) if not entry.name.endswith(_SQLITE)}
        places = {number: name for name, number in now.items()}
        for name in sorted({*durable, *now}):
            then, here = durable.get(name), now.get(name)
            path = folder / name
            if then == here:
                continue
            if random.random() < 0.5:
                continue  # it had reached the disk by itself
            if here is not None:
                told.append(f"{path.relative_to(self.folder)} is not there")
                if then is None and here in durable.values():
                    old = next(old for old, number in durable.items() if number == here)
                    if not (folder / old).exists():
                        path.rename(folder / old)  # a rename that did not reach the disk
                        continue
                _remove(path)
            if then is not None and then in self._bytes and then not in places:
                told.append(f"{path.relative_to(self.folder)} is what it was")
                path.write_bytes(self._bytes[then])
                self._bytes[path.stat().st_ino] = self._bytes[then]
            elif then is not None and then in self._folders and not path.exists():
                path.mkdir()
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            if entry.name.endswith(_SQLITE):
                continue
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                if not os.access(path, os.W_OK):
                    path.chmod(0o755)
                self._settle(path, random, told)
                continue
            whole, durable_bytes = path.read_bytes(), self._bytes.get(entry.inode())
            if whole == durable_bytes:
                continue
            left = random.choice((durable_bytes or b"", whole[: len(whole) // 2], b"\0" * len(whole), whole))
            if left != whole:
                told.append(f"{path.relative_to(self.folder)} is cut or empty")
                path.chmod(0o644)
                path.write_bytes(left)
            self._note(path)
        self._note(folder)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for some in [path, *path.rglob("*")]:
            if some.is_dir():
                some.chmod(0o755)
        _RMTREE(path)
    else:
        _UNLINK(path)


_RMTREE, _UNLINK = shutil.rmtree, os.unlink
_LISTS = ("glob", "rglob")


@contextmanager
def calls_of_the_system(
    schedule: Schedule, disk_of: Callable[[str], FileDisk | None], fails: Callable[[str, str], None]
) -> Iterator[None]:
    """Let the product's calls of the system pass the schedule's points for a while.

    Parameters
    ----------
    disk_of : callable
        Returns the disk of a path, None where it lies on none.
    fails : callable
        Raises OSError where a call (path, "write", "sync" or "lock") fails.
    """

    def ours() -> bool:
        process = schedule.process
        return process is not None

    def dead() -> bool:
        process = schedule.process
        return process is not None and process.dead

    def guarded(name: str, call: Callable[..., Any], points: bool) -> Callable[..., Any]:
        def called(path: Any, *rest: Any, **named: Any) -> Any:
            if not ours():
                return call(path, *rest, **named)
            place = os.fspath(path) if not isinstance(path, int) else ""
            if dead():
                raise OSError(errno.EIO, "the process is dead", place)
            if isinstance(place, str) and named.get("dir_fd") is None and disk_of(place) is not None:
                fails(place, "write")
                if points:
                    schedule.point(f"before {name}")
                result = call(path, *rest, **named)
                if points:
                    schedule.point(f"after {name}")
                return result
            return call(path, *rest, **named)

        return called

    def fsync(descriptor: int) -> None:
        place = os.readlink(f"/proc/self/fd/{descriptor}")
        disk = disk_of(place)
        if disk is None or not ours():
            return
        if dead():
            raise OSError(errno.EIO, "the process is dead", place)
        fails(place, "sync")
        schedule.point("before sync")
        disk.synced(descriptor)
        schedule.point("after sync")

    def flock(descriptor: int, operation: int) -> None:
        if not ours() or operation & (fcntl.LOCK_UN | fcntl.LOCK_NB) or schedule.current is None:
            system_flock(descriptor, operation)
            return
        fails(os.readlink(f"/proc/self/fd/{descriptor}"), "lock")
        schedule.point("before lock")
        wait = _POLL
        while True:
            try:
                system_flock(descriptor, operation | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                schedule.sleep(wait)
                wait = min(2 * wait, 10.0)

    def opened(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if dead() and ("w" in mode or "x" in mode or "a" in mode or "+" in mode):
            raise OSError(errno.EIO, "the process is dead", str(file))
        if ours() and isinstance(file, str | Path) and "r" not in mode and disk_of(os.fspath(file)) is not None:
            fails(os.fspath(file), "write")
        return system_open(file, mode, *rest, **named)

    def statvfs(path: Any) -> Any:
        state = system_statvfs(path)
        try:
            fails(os.fspath(path), "room")
        except OSError:
            return os.statvfs_result((state.f_bsize, state.f_frsize, state.f_blocks, 0, 0, *tuple(state)[5:]))
        return state

    def scandir(path: Any = ".") -> Any:
        return _Scan(sorted(system_scandir(path), key=lambda one: one.name))

    system_flock, system_open, system_statvfs, system_scandir = fcntl.flock, io.open, os.statvfs, os.scandir
    system = {
        (os, "fsync"): fsync,
        (os, "replace"): guarded("replace", os.replace, True),
        (os, "rename"): guarded("rename", os.rename, True),
        (os, "unlink"): guarded("unlink", os.unlink, False),
        (os, "rmdir"): guarded("rmdir", os.rmdir, False),
        (os, "link"): guarded("link", os.link, True),
        (os, "mkdir"): guarded("mkdir", os.mkdir, False),
        (os, "statvfs"): statvfs,
        (os, "scandir"): scandir,
        (os, "listdir"): lambda path=".", call=os.listdir: sorted(call(path)),
        (fcntl, "flock"): flock,
        (io, "open"): opened,
        (builtins, "open"): opened,
        (time, "sleep"): lambda seconds: schedule.sleep(seconds) if schedule.current else None,
    }
    before = {place: getattr(*place) for place in system}
    for (module, name), call in system.items():
        setattr(module, name, call)
    try:
        yield
    finally:
        for (module, name), call in before.items():
            setattr(module, name, call)


class _Scan:
    """What ``os.scandir`` gives, in the order of names: the system's order is no matter of the seed."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self._entries

    def __next__(self) -> Any:
        return next(self._entries)

    def close(self) -> None: ...

    def __enter__(self) -> _Scan:
        return self

    def __exit__(self, *_: object) -> None: ...


__all__ = ["FileDisk", "Killed", "calls_of_the_system"]
