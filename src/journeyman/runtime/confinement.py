"""Confine the process that calls: no network, no files but those named, limits on memory and files.

This file is run by itself, with the standard library alone, in the process that is to be confined: nothing else of
Journeyman is imported there. On Linux the kernel keeps the walls (Landlock, a network namespace of its own, limits of
resources); elsewhere, and for what those do not cover, an audit hook of Python does, which native code could pass.

Sources: https://docs.kernel.org/userspace-api/landlock.html, https://peps.python.org/pep-0578/.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Sequence

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]  # as above

__all__ = ["confine"]

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files the versions of Landlock know."""

_TCP = 0b11
_WRITING = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown"}
_NETWORK = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"}
_NETWORK |= {"socket.gethostbyname", "socket.gethostbyaddr"}


def confine(readable: Sequence[str], writable: Sequence[str], memory: int, file_size: int) -> tuple[str, ...]:
    """Confine this process and all that it starts, for good; return what the kernel keeps.

    Parameters
    ----------
    readable, writable : sequence of str
        Folders, and files, that may be read, or read and written. What is not there is passed over.
    memory, file_size : int
        Bytes of private memory of a process, and of a file.
    """
    kept = []
    if resource is not None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
            kept.append("memory")
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        kernel = ctypes.CDLL(None, use_errno=True)
        kernel.prctl(_DIE_WITH_PARENT, 9, 0, 0, 0)
        kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if kernel.unshare(_NEW_NET) == 0 or kernel.unshare(_NEW_USER | _NEW_NET) == 0:
            kept.append("network")
        if _landlock(kernel, readable, writable):
            kept.append("files")
    _audit([os.path.realpath(path) for path in (*readable, *writable)], [os.path.realpath(path) for path in writable])
    return tuple(kept)


def _landlock(kernel: ctypes.CDLL, readable: Sequence[str], writable: Sequence[str]) -> bool:
    """Leave this process the files beneath some folders; return whether the kernel can."""
    version = kernel.syscall(_CREATE, None, 0, 1)
    if version < 1:
        return False
    all_rights = (1 << _RIGHTS.get(min(version, 5), 16)) - 1
    rules = struct.pack("QQ", all_rights, _TCP if version >= 4 else 0)[: 16 if version >= 4 else 8]
    ruleset = kernel.syscall(_CREATE, rules, len(rules), 0)
    if ruleset < 0:
        return False
    for paths, rights in ((readable, _EXECUTE | _READ | _LIST), (writable, all_rights)):
        for path in paths:
            _allow(kernel, ruleset, path, rights)
    done = bool(kernel.syscall(_RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return done


def _allow(kernel: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= _EXECUTE | _WRITE | _READ | (1 << 14)
    kernel.syscall(_ADD, ruleset, _PATH_BENEATH, struct.pack("<Qi", rights, opened), 0)
    os.close(opened)


def _audit(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Refuse by an exception that says so what the program asks Python for and may not have."""
    import_only = (".py", ".pyc", ".so", ".pyd", ".dll")

    def beneath(path: object, folders: Sequence[str]) -> bool:
        if isinstance(path, int):
            return True
        try:
            real = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]  # whatever else it is raises
        except (TypeError, ValueError):
            return True
        return any(real == folder or real.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event in _NETWORK:
            raise PermissionError("the program asks for the network, which a prototype is not given")
        if event == "open":
            path, flags = args[0], args[2]
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writes and not beneath(path, writable):
                raise PermissionError(f"the program writes outside its folder: {os.fsdecode(path)!r}")  # type: ignore[arg-type]  # beneath() knows paths
            if not writes and not beneath(path, readable) and not str(path).endswith(import_only):
                raise PermissionError(f"the program reads outside its folder: {path!r}")
        elif event in _WRITING and not all(beneath(path, writable) for path in args[:1]):
            raise PermissionError(f"the program changes what lies outside its folder: {args[0]!r}")

    sys.addaudithook(hook)
