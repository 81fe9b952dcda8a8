"""Calls that end: clients of file systems wait for ever where a server stops in the middle of an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["PATIENCE", "within"]

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds without an answer after which a server is taken for gone; a client of HDFS itself waits 60 for a DataNode
before it takes another."""


def within(seconds: float, function: Callable[[], T]) -> T:
    """Return what a function returns, or raise what it raises, unless it takes longer than so many seconds.

    It runs in a thread of its own, which is left behind where it does not end: nothing can stop a call that waits for
    a server, and a process does not wait for such a thread when it ends.

    Raises
    ------
    TimeoutError
        Where it takes longer.

    Examples
    --------
    >>> within(5, lambda: 1 + 1)
    2
    >>> import time
    >>> within(0.01, lambda: time.sleep(0.5))
    Traceback (most recent call last):
        ...
    TimeoutError: no answer for 0.01 s
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def call() -> None:
        try:
            found.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            failed.append(error)

    thread = threading.Thread(target=call, name="filesystem", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer for {seconds:g} s")
    if failed:
        raise failed[0]
    return found[0]
