"""How slow the machine is just now, beside the one that expected seconds were measured on."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

__all__ = ["measured_work", "slowdown"]

_REFERENCE = 0.0145
"""Seconds of the work below where nothing else ran, on the machine of docs/benchmarks.md."""

_LATEST = 5
_MOST = 5.0
_NUMBERS = np.random.default_rng(0).normal(size=(400, 64))


def measured_work() -> float:
    """Do a small fixed piece of work, of the interpreter and of NumPy, and return the seconds that it took.

    On a machine that is shared, or whose host takes its time away, it takes as much longer as anything else.
    """
    started = time.perf_counter()
    for _ in range(6):
        np.sort(_NUMBERS, axis=None)
        (_NUMBERS @ _NUMBERS.T).sum()
        sum(i * i for i in range(8_000))
    return time.perf_counter() - started


def slowdown(measured: Sequence[float]) -> float:
    """Return how many times longer things take than on the machine of reference, 1 to 5: the mean of the latest.

    Parameters
    ----------
    measured : sequence of float
        Seconds from ``measured_work``, the latest last. None of them: 1.

    Examples
    --------
    >>> slowdown([]), slowdown([0.001]), slowdown([0.029, 0.029]), slowdown([9.0])
    (1.0, 1.0, 2.0, 5.0)
    """
    if not measured:
        return 1.0
    return float(np.clip(np.mean(measured[-_LATEST:]) / _REFERENCE, 1.0, _MOST))
