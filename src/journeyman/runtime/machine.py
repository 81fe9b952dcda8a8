"""What memory this machine, or the group of processes that this one is held in, has to give."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["available_memory"]

_SHARE = 0.7
_LEAST = 1_000_000_000
_UNKNOWN = 4_000_000_000
_WHOLE = 100_000_000
_GROUPS = (  # limit and use, version 2 and 1 of control groups
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def available_memory(*, repeatable: bool) -> int:
    """Return the bytes that a build may take where nobody says: 70% of what is free, in steps of 100 MB, 1 GB at least.

    Parameters
    ----------
    repeatable : bool
        Whether the figure must be the same every time on one machine: then it is of all memory, not of what is free.

    Examples
    --------
    >>> available_memory(repeatable=True) == available_memory(repeatable=True) >= 1_000_000_000
    True
    """
    known = [n for n in (_of_machine(repeatable), _of_group(repeatable)) if n is not None]
    most = min(known) if known else _UNKNOWN
    return max(_LEAST, int(most * _SHARE) // _WHOLE * _WHOLE)


def _of_machine(whole: bool) -> int | None:
    wanted = "MemTotal:" if whole else "MemAvailable:"
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(wanted))
    except (OSError, ValueError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _of_group(whole: bool) -> int | None:
    for limit, used in _GROUPS:
        try:
            most = Path(limit).read_text(encoding="ascii").strip()
            if most.isdigit():
                return int(most) - (0 if whole else int(Path(used).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return None
