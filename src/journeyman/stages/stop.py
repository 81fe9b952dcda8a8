"""Stop: whether what could still be tried in the time left is worth it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from journeyman.entities.experience import Expectation
from journeyman.entities.search import ASKED_TO_FINISH

__all__ = ["LEAST_CHANCE", "chance_of_more", "choose_next", "fits_whole", "must_stop", "reason_to_stop", "thin_search"]

LEAST_CHANCE = 0.1
"""The search ends when all that could still be tried brings more than noise with less than this probability."""

_ALIKE = 0.8
"""Candidates do not succeed independently of one another: each further one counts for this much of the one before
(docs/decisions/0017)."""

_WHOLE_SHARE = 0.6  # of its expected time that a trial should have which is to learn to its end
_SCHEDULED_SHARE = 0.4  # the same where it can do with a shorter schedule
_THIN = 2  # candidates besides the simple ones
_USUAL_BUDGETS = ((60.0, "1m"), (120.0, "2m"), (300.0, "5m"), (900.0, "15m"), (3600.0, "1h"), (4 * 3600.0, "4h"))

_LEAST_SHARE = 0.35  # of its expected time that a trial should have; boosting that is cut shorter learns too little
_LAST_SHARE = (
    0.12  # where nothing has that much: little learned may still beat the simple model, and else costs nothing
)


def chance_of_more(remaining: Sequence[Expectation], seconds_left: float | None) -> float:
    """Return the probability that any candidate that still fits into the time left lifts the ensemble beyond noise.

    Parameters
    ----------
    remaining : sequence of Expectation
        Of the candidates not tried yet, the most promising first.
    seconds_left : float or None
        For all of them together; None where time does not bound the search.

    Examples
    --------
    >>> one, other = Expectation("a", 0.5, 0.1, 60.0), Expectation("b", 0.5, 0.1, 60.0)
    >>> round(chance_of_more((one, other), 70.0), 3), round(chance_of_more((one, other), None), 3)
    (0.5, 0.713)
    """
    hazards: list[float] = []
    spent = 0.0
    for expectation in remaining:
        needed = expectation.seconds * (_LEAST_SHARE if not hazards else 1.0)
        if seconds_left is not None and spent + needed > seconds_left:
            continue
        spent += expectation.seconds
        hazards.append(-math.log1p(-min(expectation.probability, 1.0 - 1e-9)))
    hazards.sort(reverse=True)
    return 1.0 - math.exp(-sum(hazard * _ALIKE**k for k, hazard in enumerate(hazards)))


def reason_to_stop(
    remaining: Sequence[Expectation], seconds_left: float | None, trials_left: int | None, interrupted: bool
) -> str:
    """Return why the search should stop, in words, or the empty text to go on.

    Parameters
    ----------
    remaining : sequence of Expectation
        Of the candidates not tried yet, the most promising first.
    seconds_left : float or None
        For further trials; None where time does not bound the search.
    trials_left : int or None
        Trials that the user still allows; where a number was asked for, that many are run.

    Examples
    --------
    >>> reason_to_stop((), 10.0, None, False)
    'every candidate was tried'
    >>> reason_to_stop((Expectation("a", 0.03, 0.01, 5.0),), 60.0, None, False)
    'what could still be tried would lift the score beyond noise with a probability of 3%, below 10%'
    """
    ended = must_stop(len(remaining), trials_left, interrupted)
    if ended:
        return ended
    if trials_left is not None or choose_next(remaining, seconds_left) is None:
        return ""
    chance = chance_of_more(remaining, seconds_left)
    if chance < LEAST_CHANCE:
        return (
            "what could still be tried would lift the score beyond noise with a probability of "
            f"{chance:.0%}, below {LEAST_CHANCE:.0%}"
        )
    return ""


def must_stop(remaining: int, trials_left: int | None, interrupted: bool) -> str:
    """Return why the search ends whatever is expected of the candidates that remain, or the empty text.

    Examples
    --------
    >>> must_stop(0, None, False)
    'every candidate was tried'
    """
    if trials_left is not None and trials_left <= 0:
        return "the number of trials asked for is done"
    if not remaining:
        return "every candidate was tried"
    return ASKED_TO_FINISH if interrupted else ""


def fits_whole(expectation: Expectation, seconds_left: float | None, scheduled: bool = False) -> bool:
    """Say whether a trial that is to learn to its end fits into the time left, if need be on a shorter schedule.

    Examples
    --------
    >>> fits_whole(Expectation("a", 0.9, 0.1, 10.0), 7.0), fits_whole(Expectation("a", 0.9, 0.1, 10.0), 5.0)
    (True, False)
    """
    share = _SCHEDULED_SHARE if scheduled else _WHOLE_SHARE
    return seconds_left is None or expectation.seconds * share <= seconds_left


def thin_search(tried: int, remaining: Sequence[Expectation], budget: float, spent: float) -> str:
    """Say that a search which time ended was thin, and what more time would try; empty where it was not.

    Parameters
    ----------
    tried : int
        Candidates that were tried besides the simple ones.
    remaining : sequence of Expectation
        Of the candidates that time left over, the most promising first.
    budget, spent : float
        Seconds that were asked for, and those of them that did not go into trials: reading, checking and finishing.

    Examples
    --------
    >>> thin_search(2, [Expectation(str(i), 0.5, 0.1, 10.0) for i in range(30)], 45.0, 8.0)
    'only 2 candidates were tried; 2m would try about 9'
    """
    if tried > _THIN or not remaining:
        return ""
    longer, name = next(((s, n) for s, n in _USUAL_BUDGETS if s >= 2.5 * budget), _USUAL_BUDGETS[-1])
    left, more = longer - max(budget, spent), 0
    for expectation in remaining:
        left -= expectation.seconds
        if left < 0.0:
            break
        more += 1
    what = {0: "no candidate besides the simple model was", 1: "only 1 candidate was"}
    said = what.get(tried, f"only {tried} candidates were")
    return f"{said} tried; {name} would try about {tried + more}" if more else f"{said} tried"


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
