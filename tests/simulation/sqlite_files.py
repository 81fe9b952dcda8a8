"""SQLite's files on a simulated disk: a layer over SQLite's own that knows what was written and not yet synced.

It stands where SQLite calls the system (a VFS, registered by ctypes in the library that Python's sqlite3 uses), so that
SQLite and the product run as they are. Reads, locks and shared memory go to the system's; writes do too, and are noted
with what they replaced until the file is synced. After a loss of power what was noted is undone, but for a beginning
that chance lets stand, the last piece of it torn. Waiting for a lock is waiting on the simulated clock.
"""

from __future__ import annotations

import ctypes as c
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OK, BUSY, FULL, CANTOPEN = 0, 5, 13, 14
IOERR_WRITE, IOERR_SYNC, IOERR_DELETE, IOERR_LOCK = 778, 1034, 2570, 5130
_SHORT_READ = 522
_MAIN_DB, _MAIN_JOURNAL, _WAL = 0x100, 0x800, 0x80000
_SECTOR = 512

_p, _i, _l = c.c_void_p, c.c_int, c.c_int64
_FILE_METHODS = (
    ("xClose", c.CFUNCTYPE(_i, _p)),
    ("xRead", c.CFUNCTYPE(_i, _p, _p, _i, _l)),
    ("xWrite", c.CFUNCTYPE(_i, _p, _p, _i, _l)),
    ("xTruncate", c.CFUNCTYPE(_i, _p, _l)),
    ("xSync", c.CFUNCTYPE(_i, _p, _i)),
    ("xFileSize", c.CFUNCTYPE(_i, _p, c.POINTER(_l))),
    *((name, _p) for name in ("xLock", "xUnlock", "xCheckReservedLock", "xFileControl", "xSectorSize")),
    *((name, _p) for name in ("xDeviceCharacteristics", "xShmMap")),
    ("xShmLock", c.CFUNCTYPE(_i, _p, _i, _i, _i)),
    *((name, _p) for name in ("xShmBarrier", "xShmUnmap", "xFetch", "xUnfetch")),
)


class _Methods(c.Structure):
    _fields_ = [("iVersion", _i), *_FILE_METHODS]


class _Vfs(c.Structure):
    _fields_ = [
        ("iVersion", _i),
        ("szOsFile", _i),
        ("mxPathname", _i),
        ("pNext", _p),
        ("zName", c.c_char_p),
        ("pAppData", _p),
        ("xOpen", c.CFUNCTYPE(_i, _p, _p, _p, _i, _p)),
        ("xDelete", c.CFUNCTYPE(_i, _p, _p, _i)),
        *((name, _p) for name in ("xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose")),
        ("xRandomness", _p),
        ("xSleep", c.CFUNCTYPE(_i, _p, _i)),
        *((name, _p) for name in ("xCurrentTime", "xGetLastError", "xCurrentTimeInt64")),
        *((name, _p) for name in ("xSetSystemCall", "xGetSystemCall", "xNextSystemCall")),
    ]


@dataclass
class Written:
    """What was written and not synced: where, what, and what was there before; None where the file was cut short."""

    offset: int
    data: bytes | None
    before: bytes
    size: int  # of the file before


@dataclass
class SqliteFile:
    """A file of SQLite on a simulated disk."""

    path: Path
    wal: bool
    pending: list[Written] = field(default_factory=list)
    handles: int = 0


def library() -> c.CDLL | None:
    """Return the SQLite library that Python's sqlite3 uses; None where it is not a library of its own."""
    import sqlite3  # noqa: F401, PLC0415 - loads it

    maps = Path("/proc/self/maps")
    names = (
        {line.split()[-1] for line in maps.read_text().splitlines() if "libsqlite3" in line} if maps.exists() else ()
    )
    for name in sorted(names):
        found = c.CDLL(name)
        if hasattr(found, "sqlite3_vfs_register"):
            return found
    return None


class SqliteDisk:
    """The layer.

    Parameters
    ----------
    may : callable
        Is asked before a call: the path, and what ("open", "write", "sync", "delete", "lock"); returns a code of
        SQLite, 0 to go on.
    synced : callable
        Is told of a file that was synced, and whether anything had been written.
    sleep : callable
        Waits for so many seconds on the simulated clock.
    """

    def __init__(
        self,
        may: Callable[[Path, str], int],
        synced: Callable[[Path, bool], None],
        sleep: Callable[[float], None],
    ) -> None:
        found = library()
        assert found is not None
        self.files: dict[str, SqliteFile] = {}
        self._library, self._may, self._synced, self._sleep = found, may, synced, sleep
        self._open: dict[int, SqliteFile] = {}
        self._own: dict[int, _Methods] = {}  # by the address of the system's
        self._system: dict[int, _Methods] = {}  # by the address of a file
        found.sqlite3_vfs_find.restype = _p
        found.sqlite3_vfs_find.argtypes = [c.c_char_p]
        found.sqlite3_vfs_register.argtypes = [_p, _i]
        found.sqlite3_vfs_unregister.argtypes = [_p]
        self._address = found.sqlite3_vfs_find(b"unix")
        self._unix = c.cast(self._address, c.POINTER(_Vfs)).contents
        self._vfs = _Vfs.from_buffer_copy(self._unix)
        self._vfs.zName = b"simulated"
        self._vfs.pNext = None
        for name in ("xOpen", "xDelete", "xSleep"):
            setattr(self._vfs, name, dict(_Vfs._fields_)[name](getattr(self, f"_{name}")))
        self._methods = {
            name: dict(_FILE_METHODS)[name](getattr(self, f"_{name}"))
            for name in ("xClose", "xWrite", "xTruncate", "xSync", "xShmLock")
        }

    def install(self) -> None:
        """Let all databases that are opened from now on lie on the simulated disk."""
        self._library.sqlite3_vfs_register(c.addressof(self._vfs), 1)

    def remove(self) -> None:
        """Let databases lie on the system's disk again."""
        self._library.sqlite3_vfs_register(self._address, 1)
        self._library.sqlite3_vfs_unregister(c.addressof(self._vfs))

    def is_open(self, folder: Path) -> bool:
        """Return whether somebody has a file under a folder open."""
        return any(file.handles and file.path.is_relative_to(folder) for file in self.files.values())

    def lose_power(self, folder: Path, random: Any) -> list[str]:
        """Undo what was not synced under a folder, but for what chance lets stand; nobody may have a file open."""
        told = []
        for name in sorted(self.files):
            file = self.files[name]
            if not file.path.is_relative_to(folder):
                continue
            if file.pending and file.path.exists():
                told.append(f"{file.path.name} loses {_lose(file, random)} of what was not synced")
            file.pending.clear()
            file.path.with_name(file.path.name + "-shm").unlink(missing_ok=True)
        return told

    # What SQLite calls. Exceptions cannot leave a callback, so that every one of them gives a code.

    def _xOpen(self, _vfs: int, name: int | None, handle: int, flags: int, out: int) -> int:
        # The name is handed on as the address it came as: what stands behind it in memory belongs to it.
        path = None if name is None else Path(os.fsdecode(c.string_at(name)))
        watched = path is not None and bool(flags & (_MAIN_DB | _MAIN_JOURNAL | _WAL))
        if watched and path is not None and self._may(path, "open"):
            c.cast(handle, c.POINTER(_p))[0] = None  # no methods: nothing to close
            return CANTOPEN
        code = int(self._unix.xOpen(self._address, name, handle, flags, out))
        if code != OK or not watched or path is None:
            return code
        place = c.cast(handle, c.POINTER(_p))
        address = place[0]
        if address not in self._own:
            system = c.cast(address, c.POINTER(_Methods)).contents
            own = _Methods.from_buffer_copy(system)
            for method, function in self._methods.items():
                setattr(own, method, function)
            self._own[address] = own
        file = self.files.setdefault(str(path), SqliteFile(path, bool(flags & _WAL)))
        file.handles += 1
        self._open[handle] = file
        self._system[handle] = c.cast(address, c.POINTER(_Methods)).contents
        place[0] = c.addressof(self._own[address])
        return OK

    def _xClose(self, handle: int) -> int:
        self._open.pop(handle).handles -= 1
        return int(self._system.pop(handle).xClose(handle))

    def _xWrite(self, handle: int, data: int, amount: int, offset: int) -> int:
        file, system = self._open[handle], self._system[handle]
        if code := self._may(file.path, "write"):
            return code
        size, before = _l(0), c.create_string_buffer(amount)
        system.xFileSize(handle, c.byref(size))
        system.xRead(handle, c.addressof(before), amount, offset)
        kept = before.raw[: max(0, min(amount, size.value - offset))]
        file.pending.append(Written(offset, c.string_at(data, amount), kept, size.value))
        return int(system.xWrite(handle, data, amount, offset))

    def _xTruncate(self, handle: int, length: int) -> int:
        file, system = self._open[handle], self._system[handle]
        if code := self._may(file.path, "write"):
            return code
        size = _l(0)
        system.xFileSize(handle, c.byref(size))
        gone = max(0, size.value - length)
        before = c.create_string_buffer(max(1, gone))
        system.xRead(handle, c.addressof(before), gone, length)
        file.pending.append(Written(length, None, before.raw[:gone], size.value))
        return int(system.xTruncate(handle, length))

    def _xSync(self, handle: int, _flags: int) -> int:
        file = self._open[handle]
        if code := self._may(file.path, "sync"):
            return code
        wrote = bool(file.pending)
        file.pending.clear()
        self._synced(file.path, wrote)
        return OK

    def _xDelete(self, _vfs: int, name: int, sync: int) -> int:
        path = Path(os.fsdecode(c.string_at(name)))
        if self._may(path, "delete"):
            return IOERR_DELETE
        self.files.pop(str(path), None)
        return int(self._unix.xDelete(self._address, name, 0))

    def _xShmLock(self, handle: int, offset: int, number: int, flags: int) -> int:
        file = self._open[handle]
        if flags & 2 and self._may(file.path, "lock"):  # SQLITE_SHM_LOCK; letting go always works
            return IOERR_LOCK
        return int(self._system[handle].xShmLock(handle, offset, number, flags))

    def _xSleep(self, _vfs: int, microseconds: int) -> int:
        self._sleep(microseconds / 1e6)
        return microseconds


def _lose(file: SqliteFile, random: Any) -> str:
    """Bring a file to what a loss of power leaves: what was synced, and perhaps a torn beginning of the rest."""
    fate = random.choice(("all", "some", "nothing"))
    if fate == "nothing":
        return fate
    with file.path.open("r+b") as raw:
        for written in reversed(file.pending):
            raw.seek(written.offset)
            raw.write(written.before)
            raw.truncate(written.size)
        # The last piece is never whole, so that a transaction that was not synced is not there by accident alone.
        stay = 0 if fate == "all" else random.randrange(len(file.pending))
        for number, written in enumerate(file.pending[: stay + 1] if fate == "some" else ()):
            if written.data is None:
                raw.truncate(written.offset)
                continue
            torn = number == stay and len(written.data) > _SECTOR
            data = written.data[: _SECTOR * random.randrange(len(written.data) // _SECTOR)] if torn else written.data
            if number < stay or torn:
                raw.seek(written.offset)
                raw.write(data)
    return fate
