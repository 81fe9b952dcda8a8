"""Schedules of a training: how fast it learns and how much it is held back, by the share of it that is done."""

from __future__ import annotations

import math

__all__ = ["CYCLE_ENDS", "epochs_in_time", "is_calm", "learning_share", "restraint_share", "schedule_of_refit"]

_CYCLES = 4
CYCLE_ENDS = tuple((2.0**k - 1.0) / (2.0**_CYCLES - 1.0) for k in range(1, _CYCLES + 1))
"""Shares of the training at which the learning rate has come down to zero: the places where nets are good."""

_FEWEST_EPOCHS, _SAFE = 2, 0.85
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


def schedule_of_refit(rounds: int, epochs: int) -> tuple[int, int]:
    """Return how many epochs a fit without validation rows does, and those of its whole schedule.

    The length that other fits found best. Where that falls where the learning rate is high (a median of several fits,
    or schedules that were shortened), a schedule of that very length, at whose end it is low.

    Examples
    --------
    >>> schedule_of_refit(0, 30), schedule_of_refit(29, 30), schedule_of_refit(25, 30)
    ((30, 30), (29, 30), (25, 25))
    """
    if not rounds or rounds >= epochs:
        return epochs, epochs
    return (rounds, epochs) if is_calm(rounds / epochs) else (rounds, rounds)


def epochs_in_time(planned: int, done: float, seconds_an_epoch: float, seconds_left: float) -> int:
    """Return how long a schedule may be so that it comes to its end in time, the planned length at most.

    Examples
    --------
    >>> [epochs_in_time(30, 1.5, 1.0, left) for left in (60.0, 20.0, 0.5)]
    [30, 18, 2]
    """
    more = _SAFE * seconds_left / max(seconds_an_epoch, 1e-9)
    return min(planned, max(_FEWEST_EPOCHS, math.ceil(done), int(done + more)))
