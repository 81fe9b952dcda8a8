"""How many threads solve linear systems: more than one only wait for each other where matrices are small."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["on_one_thread"]


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Let matrices be multiplied and systems be solved on one thread, in the whole process, while this is open.

    Systems of some hundred unknowns take three to five times the processor's seconds on two threads, which spin while
    they wait; and their last digits depend on how many threads a machine has.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> with on_one_thread():
    ...     {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} <= {1}
    True
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()


class _Limit:
    """One limit for all who want it at the same time: it goes with the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._held: Any = None

    def enter(self) -> None:
        with self._lock:
            if not self._users:
                self._held = threadpool_limits(limits=1, user_api="blas")
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._held.restore_original_limits()


_LIMIT = _Limit()
