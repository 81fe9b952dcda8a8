"""Fits in threads of this process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from journeyman.interfaces import Ends, FoldFits

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

    def run(self, fits: FoldFits[R]) -> list[R]:
        """Return what each fit gives, in the order of the rows."""
        given_up = threading.Event()
        ends = Ends(given_up.is_set, fits.seconds_left)
        threads = fits.threads // len(fits.rows)
        with ThreadPoolExecutor(len(fits.rows)) as pool:
            try:
                return list(pool.map(lambda rows: fits.fit(rows, threads, ends), fits.rows))
            finally:
                given_up.set()  # an interrupt or a failure leaves no fit running behind


LOCAL_FITS = LocalFits()
