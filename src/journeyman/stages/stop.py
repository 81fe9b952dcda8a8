"""Stop: whether another trial is worth its time."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.experience import Expectation

__all__ = ["choose_next", "reason_to_stop"]

_PATIENCE = 4
_LEAST_PROBABILITY = 0.25
_LEAST_SHARE = 0.35  # of its expected time that a trial should have; boosting that is cut shorter learns too little
_LAST_SHARE = (
    0.12  # where nothing has that much: little learned may still beat the simple model, and else costs nothing
)


def reason_to_stop(
    remaining: Sequence[Expectation], lifted: Sequence[bool], trials_left: int | None, interrupted: bool
) -> str:
    """Return why the search should stop, in words, or the empty text to go on.

    Parameters
    ----------
    remaining : sequence of Expectation
        Of the candidates not tried yet.
    lifted : sequence of bool
        For each trial so far, whether it lifted the ensemble beyond noise.
    trials_left : int or None
        Trials that the user still allows.

    Examples
    --------
    >>> reason_to_stop((), [True], None, False)
    'every candidate was tried'
    """
    if interrupted:
        return "you asked it to finish with what it had"
    if trials_left is not None and trials_left <= 0:
        return "the number of trials asked for is done"
    if not remaining:
        return "every candidate was tried"
    best = max(e.probability for e in remaining)
    if len(lifted) > _PATIENCE + 2 and not any(lifted[-_PATIENCE:]) and best < _LEAST_PROBABILITY:
        return (
            f"the last {_PATIENCE} candidates brought no more than noise, and the next would lift the score "
            f"with a probability of {best:.0%} at best"
        )
    return ""


def choose_next(remaining: Sequence[Expectation], seconds_left: float | None) -> Expectation | None:
    """Return the first expectation that fits into the time left, else the shortest that nearly does, or None.

    Examples
    --------
    >>> slow, quick = Expectation("a", 0.9, 0.1, 60.0), Expectation("b", 0.5, 0.1, 2.0)
    >>> choose_next((slow, quick), seconds_left=10.0).candidate
    'b'
    """
    for expectation in remaining:
        if seconds_left is None or expectation.seconds * _LEAST_SHARE <= seconds_left:
            return expectation
    shortest = min(remaining, key=lambda e: e.seconds, default=None)
    if shortest is not None and seconds_left is not None and shortest.seconds * _LAST_SHARE <= seconds_left:
        return shortest
    return None
