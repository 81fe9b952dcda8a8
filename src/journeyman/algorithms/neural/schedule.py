"""Schedules of a training: how fast it learns and how much it is held back, by the share of it that is done."""

from __future__ import annotations

import math

__all__ = ["CYCLE_ENDS", "is_calm", "learning_share", "length_of_refit", "restraint_share"]

_CYCLES = 4
CYCLE_ENDS = tuple((2.0**k - 1.0) / (2.0**_CYCLES - 1.0) for k in range(1, _CYCLES + 1))
"""Shares of the training at which the learning rate has come down to zero: the places where nets are good."""

_CALM = 0.3  # of the highest learning rate


def learning_share(done: float) -> float:
    """Return the learning rate's share of its height: cosine cycles, each twice as long as the one before.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart 2024, "Better by default", arXiv 2407.04491 (there "coslog4").

    Examples
    --------
    >>> [round(learning_share(t), 6) for t in (0.0, *CYCLE_ENDS)]
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    return 0.5 * (1.0 - math.cos(2.0 * math.pi * math.log2(1.0 + (2.0**_CYCLES - 1.0) * done)))


def restraint_share(done: float) -> float:
    """Return the share of dropout and weight decay: flat at first, then down along a cosine to nothing.

    Examples
    --------
    >>> [round(restraint_share(t), 3) for t in (0.2, 0.5, 0.75, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """
    return 1.0 if done < 0.5 else 0.5 * (1.0 + math.cos(math.pi * (2.0 * done - 1.0)))


def is_calm(done: float) -> bool:
    """Return whether the learning rate is low: above that a net jumps about, and one good epoch is luck.

    Examples
    --------
    >>> is_calm(0.99), is_calm(0.7)
    (True, False)
    """
    return learning_share(done) <= _CALM


def length_of_refit(rounds: int, epochs: int) -> int:
    """Return how many of a schedule's epochs a fit without validation rows does.

    The length that other fits found best, or the nearest end of a cycle where that length (a median of several fits,
    or where time ended) falls where the learning rate is high.

    Examples
    --------
    >>> length_of_refit(0, 30), length_of_refit(29, 30), length_of_refit(25, 30)
    (30, 29, 30)
    """
    if not rounds or rounds >= epochs:
        return epochs
    done = rounds / epochs
    if is_calm(done):
        return rounds
    nearest = min(CYCLE_ENDS, key=lambda end: abs(end - done))
    return max(1, round(nearest * epochs))
