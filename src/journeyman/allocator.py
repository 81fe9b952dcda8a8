"""How memory is asked for and given back: glibc's allocator keeps what was freed unless it is told not to."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

__all__ = ["give_back", "hold_little"]

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of mallopt, in glibc's malloc.h
_ARENAS = 2
_OWN_MAPPING = 1 << 18  # bytes from which a block gets pages of its own, which go back when it is freed
_CHOSEN = ("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def hold_little() -> None:
    """Let large blocks go back to the system when they are freed, and few arenas hold the small ones.

    glibc raises the size from which a block gets pages of its own up to 32 MiB as such blocks are freed, so that
    matrices come to lie among small blocks and stay; and every thread gets an arena. What the user has chosen in the
    environment stays. Nothing happens where the C library is another one.

    References
    ----------
    mallopt(3), Linux manual pages.
    """
    library = _glibc()
    if library is not None and not any(name in os.environ for name in _CHOSEN):
        library.mallopt(_ARENA_MAX, _ARENAS)
        library.mallopt(_MMAP_THRESHOLD, _OWN_MAPPING)


def give_back() -> None:
    """Give pages that hold nothing back to the system: milliseconds, worth it after what asked for much.

    Arrow, where it is in use, keeps what it has freed in a pool of its own: after reading a table, as much as that was.

    Examples
    --------
    >>> give_back()
    """
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    """Return the C library of this process where it is glibc, which alone has all of these."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
