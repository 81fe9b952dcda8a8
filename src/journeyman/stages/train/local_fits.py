"""Fits in threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from journeyman.interfaces import Ends, LearningRows

__all__ = ["LOCAL_FITS", "LocalFits"]

R = TypeVar("R")


@dataclass(frozen=True)
class LocalFits:
    """One fold a thread, while there are enough of them: see :class:`journeyman.interfaces.FitRunner`.

    That is quicker than one after the other on all threads, since threads that share a fit wait for each other
    (docs/decisions/0019).
    """

    def at_once(self, threads: int) -> int:
        """Return the number of threads."""
        return threads

    def run(
        self,
        fit: Callable[[LearningRows, int, Ends], R],
        rows: Sequence[LearningRows],
        threads: int,
        seconds_left: Callable[[], float] | None,
    ) -> list[R]:
        """Return what each fit gives, in the order of the rows."""
        given_up = threading.Event()
        one = partial(_fit, fit, threads // len(rows), Ends(given_up.is_set, seconds_left))
        with ThreadPoolExecutor(len(rows)) as pool:
            try:
                return list(pool.map(one, rows))
            finally:
                given_up.set()  # an interrupt or a failure leaves no fit running behind


def _fit(fit: Callable[[LearningRows, int, Ends], R], threads: int, ends: Ends, rows: LearningRows) -> R:
    return fit(rows, threads, ends)


LOCAL_FITS = LocalFits()
