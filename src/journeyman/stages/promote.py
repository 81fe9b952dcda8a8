"""Promote: champion against challenger by evidence on paired, time-ordered truths, before a promotion and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.contest import Contest
from journeyman.entities.decision import Action
from journeyman.entities.operation import Economics, Move
from journeyman.entities.traffic import Traffic
from journeyman.metrics.wagers import evidence, joined

__all__ = ["ALPHA", "open_contest", "paired", "promote", "watch_over"]

FloatArray = NDArray[np.float64]
Losses = Callable[[FloatArray, FloatArray], FloatArray]
"""Row losses of truths (n_samples,) and answers, such as ``metrics.row_losses.bounded_losses`` of one task."""

ALPHA = 0.05
"""Probability of ever promoting what is not better, over all looks of one contest."""
_LEAST_TRUTHS = 500
"""A challenger is given at least so many to prove itself."""


def open_contest(champion: int, challenger: int) -> Contest:
    """Return a contest that has seen nothing.

    Examples
    --------
    >>> open_contest(3, 4).guard
    False
    """
    return Contest(champion, challenger)


def watch_over(contest: Contest) -> Contest:
    """Return the contest after a promotion: the former champion goes on in the shadow, and may prove itself better.

    Examples
    --------
    >>> watch_over(open_contest(3, 4)).challenger
    3
    """
    return Contest(contest.challenger, contest.champion, guard=True)


def paired(contest: Contest, traffic: Traffic, losses: Losses) -> FloatArray:
    """Return the champion's loss less the challenger's, shape (n_pairs,), in the order in which the truths came.

    Rows count that have a truth, and an answer of both: the one that was given, or one from the shadow.

    Parameters
    ----------
    traffic : Traffic
        Rows whose truth came in its span, each once over all looks; others in it are passed over.
    """
    fresh = traffic.known & (traffic.labelled >= traffic.begin) & (traffic.labelled < traffic.end)
    both = [_answers(traffic, version) for version in (contest.champion, contest.challenger)]
    for answers in both:
        fresh &= np.isfinite(answers).all(axis=1)
    index = np.flatnonzero(fresh)
    index = index[np.lexsort((traffic.ids[index], traffic.labelled[index]))]
    old, new = (losses(traffic.truths[index], answers[index]) for answers in both)
    return np.asarray(old - new)


def promote(contest: Contest, recipe: Contest, economics: Economics) -> Move:
    """Decide what becomes of the challenger.

    Promoted where the truths prove that it is better: half is bet on its own, half on them and on those before, which
    showed whether learning again gives better models here. Dropped where its own prove that it is worse, or once so
    many have come that a gain worth a retraining would have shown. After a promotion the former champion is the
    challenger, and the same evidence brings it back. Swapping the two mirrors every figure of their own truths.

    Parameters
    ----------
    contest : Contest
        After ``metrics.wagers.wager`` has been told all pairs.
    recipe : Contest
        Of ``Staleness.recipe`` when the challenger was built; ``Contest(0, 0)`` where only its own truths are to count.
    economics : Economics
        As ``price`` gave it.

    Returns
    -------
    Move
        PROMOTE or ROLL_BACK with the release that answers from now on; ASK where a person approves promotions, with
        ``wanted``; KEEP with a version where that release is dropped from the shadow, without one to go on.

    References
    ----------
    Choe and Ramdas 2023, "Comparing sequential forecasters", arXiv 2110.00115.
    """
    own, worse = evidence(contest)
    better = own if contest.guard else joined(contest, recipe)
    most = _truths_wanted(contest, economics)
    figures: dict[str, str | int | float] = {
        "evidence for": float(f"{better:.4g}"),
        "evidence against": float(f"{worse:.4g}"),
        "evidence needed": 1.0 / ALPHA,
        "truths": contest.truths,
        "truths at most": most,
        "mean gain": contest.mean,
        "evidence of its own truths": float(f"{own:.4g}"),
        "evidence for learning again": float(f"{evidence(recipe)[0]:.4g}"),
    }
    benefit = contest.mean * economics.loss * economics.horizon
    won = better >= 1.0 / ALPHA and contest.gain >= 0.0
    lost = worse >= 1.0 / ALPHA and contest.gain < 0.0
    name = f"release {contest.challenger}"
    odds = f"{contest.truths:,} truths that both have answered"
    if contest.guard:
        if won:
            reason = f"The former champion, {name}, is better after all: {odds} prove it ({better:.3g} to 1)."
            return Move(Action.ROLL_BACK, reason, (), contest.challenger, None, 0.0, benefit, figures)
        if lost or contest.truths >= most:
            reason = f"The promotion has stood the test of {odds}; {name} leaves the shadow."
            return Move(Action.KEEP, reason, (), contest.challenger, None, 0.0, 0.0, figures)
        return Move(Action.KEEP, f"The promotion is being tested: {odds} so far.", (), None, None, 0.0, 0.0, figures)
    if lost:
        reason = f"The challenger, {name}, is worse: {odds} prove it ({worse:.3g} to 1); it is dropped."
        return Move(Action.KEEP, reason, (), contest.challenger, None, 0.0, 0.0, figures)
    if won:
        truths = f"{odds} prove it" if own >= 1.0 / ALPHA else _both(contest, recipe)
        reason = f"The challenger, {name}, is better than the champion: {truths} ({better:.3g} to 1)."
        move = Move(Action.PROMOTE, reason, (), contest.challenger, None, 0.0, benefit, figures)
        return _ask(move) if economics.approval else move
    if contest.truths >= most:
        reason = f"The challenger, {name}, has not proved to be better on {odds}; it is dropped."
        return Move(Action.KEEP, reason, (), contest.challenger, None, 0.0, 0.0, figures)
    return Move(Action.KEEP, f"The challenger is being tested: {odds} so far.", (), None, None, 0.0, 0.0, figures)


def _truths_wanted(contest: Contest, economics: Economics) -> int:
    """Return after how many truths a gain that is worth a retraining would have shown, at most the horizon.

    Evidence on differences of mean m and variance v grows by about m squared over 2 v with each truth.
    """
    if contest.truths < _LEAST_TRUTHS or economics.loss <= 0.0:
        return economics.horizon
    least = economics.retraining / (economics.loss * economics.horizon)
    spread = max(0.0, contest.squares / contest.truths - contest.mean**2)
    wanted = 2.0 * float(np.log(1.0 / ALPHA)) * spread / least**2
    return int(min(economics.horizon, max(_LEAST_TRUTHS, wanted)))


def _both(contest: Contest, recipe: Contest) -> str:
    earlier = f"learning again has been better on {recipe.truths:,} truths before it"
    return f"{earlier}, and {contest.truths:,} of its own agree" if contest.truths else earlier


def _ask(move: Move) -> Move:
    return replace(move, action=Action.ASK, wanted=move.action, reason=f"{move.reason} A person has to approve it.")


def _answers(traffic: Traffic, version: int) -> FloatArray:
    """Return what a release has answered to each row, or would have; NaN where it was not asked."""
    shadow = traffic.shadows.get(version)
    given = (traffic.versions == version)[:, None]
    return np.where(given, traffic.answers, np.nan if shadow is None else shadow)
