"""Promote: champion against challenger by evidence on paired, time-ordered truths, before a promotion and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.decision import Action
from journeyman.entities.operation import Economics, Move
from journeyman.entities.paired_comparison import STAKES, PairedComparison
from journeyman.entities.traffic import Traffic
from journeyman.metrics.e_process import evidence, inflation, odds, start_with

__all__ = ["ALPHA", "most_spared", "open_comparison", "paired", "promote", "standing", "watch_over"]

FloatArray = NDArray[np.float64]
Losses = Callable[[FloatArray, FloatArray], FloatArray]
"""Row losses of truths (n_samples,) and answers, such as ``TaskType.live_losses``."""

ALPHA = 0.05
"""Probability of ever promoting a challenger that is not better on average, over all looks of one comparison."""
_LEAST_TRUTHS = 500
"""A challenger is dropped without strong evidence after so many labels at the earliest."""
_LEAST_OWN = 100
"""Labels that a decision by evidence takes at least: on fewer, dependence between neighbouring rows cannot be seen.
With none, 14% of promotions were taken back wrongly where each row came fifty times."""
_ONE_SIDED = 2.326  # of a normal mean, one-sided 99 %; what came lately counts for fewer rows, so that it is more


def open_comparison(champion: int, challenger: int, recipe: PairedComparison | None = None) -> PairedComparison:
    """Return a comparison without rows.

    Parameters
    ----------
    recipe : PairedComparison, optional
        Of ``Staleness.recipe``: how much better new models were before says which stakes to begin with. It is no
        evidence for this challenger.

    Examples
    --------
    >>> open_comparison(3, 4).guard
    False
    """
    contest = PairedComparison(champion, challenger)
    return contest if recipe is None or not recipe.truths else start_with(contest, recipe)


def watch_over(contest: PairedComparison) -> PairedComparison:
    """Return the contest after a promotion: the former champion goes on in the shadow, and may prove itself better.

    Examples
    --------
    >>> watch_over(open_comparison(3, 4)).challenger
    3
    """
    return PairedComparison(contest.challenger, contest.champion, guard=True)


def paired(contest: PairedComparison, traffic: Traffic, losses: Losses) -> FloatArray:
    """Return the champion's loss less the challenger's, shape (n_pairs,), in the order in which the truths came.

    Rows count that have a truth, and an answer of both: the one that was given, or one from the shadow.

    Parameters
    ----------
    traffic : Traffic
        Rows whose truth came in its span, each once over all looks; others in it are passed over.
    """
    fresh = traffic.known & (traffic.labelled >= traffic.begin) & (traffic.labelled < traffic.end)
    both = [_version_predictions(traffic, version) for version in (contest.champion, contest.challenger)]
    for answers in both:
        fresh &= np.isfinite(answers).all(axis=1)
    index = np.flatnonzero(fresh)
    index = index[np.lexsort((traffic.ids[index], traffic.labelled[index]))]
    old, new = (losses(traffic.truths[index], answers[index]) for answers in both)
    return np.asarray(old - new)


def most_spared(contest: PairedComparison) -> float:
    """Return the loss that the challenger may spare each row lately: 2.3 standard errors above what it spared lately.

    A fresher model has to beat this, or challengers follow each other before any of them can show what it is worth. On
    fewer labels than a decision takes, nothing is known: infinite. It is a rule, no bound that is promised: where rows
    are independent, what is truly spared lies above it at one look in less than 1% of cases; where neighbours err
    alike that takes about 1,000 labels (of each row fifty times, 30% lie above it at 100 labels), and gains that come
    on one row of hundreds may not have been seen yet.

    Examples
    --------
    >>> most_spared(PairedComparison(1, 2))
    inf
    """
    if contest.truths < _LEAST_OWN:
        return float("inf")
    variance = max(0.0, contest.squares / contest.truths - contest.mean**2)
    spread = float(np.sqrt(variance * inflation(contest)))
    return contest.recent_mean + _ONE_SIDED * spread / float(np.sqrt(max(1.0, contest.recent_rows)))


def promote(contest: PairedComparison, economics: Economics) -> Move:
    """Decide what becomes of the challenger.

    Promoted where its own labels are strong evidence that it is better; dropped where they are strong evidence that it
    is worse, or once so many have come that a gain worth a retraining would have shown. After a promotion the former
    champion is the challenger, and the same evidence brings it back. While the latest labels contradict all of them,
    nothing is changed: the world has moved, and what was seen before may not hold. Swapping the two mirrors every
    figure.

    Parameters
    ----------
    contest : PairedComparison
        After ``metrics.e_process.update`` with all pairs.
    economics : Economics
        As ``price`` gave it.

    Returns
    -------
    Move
        PROMOTE or ROLL_BACK with the release that predicts from now on; ASK where a person approves promotions, with
        ``wanted``; KEEP with a version where that release is dropped from the shadow, without one to go on.

    References
    ----------
    Choe and Ramdas 2023, "Comparing sequential forecasters", arXiv 2110.00115.
    """
    better, worse = evidence(contest)
    most = _truths_wanted(contest, economics)
    figures: dict[str, str | int | float] = {
        "evidence for": float(f"{better:.4g}"),
        "evidence against": float(f"{worse:.4g}"),
        "evidence needed": 1.0 / ALPHA,
        "truths": contest.truths,
        "truths at most": most,
        "mean gain": contest.mean,
        "recent mean gain": contest.recent_mean,
    }
    benefit = contest.mean * economics.loss * economics.horizon
    enough = contest.truths >= _LEAST_OWN
    won = enough and better >= 1.0 / ALPHA and min(contest.gain, contest.recent_gain) > 0.0
    lost = enough and worse >= 1.0 / ALPHA and max(contest.gain, contest.recent_gain) < 0.0
    name = f"release {contest.challenger}"
    rows = f"{contest.truths:,} rows with a known outcome that both predicted"
    if contest.guard:
        if won:
            reason = f"The former champion, {name}, is better after all: strong evidence on {rows} ({odds(better)})."
            return Move(Action.ROLL_BACK, reason, (), contest.challenger, None, 0.0, benefit, figures)
        if lost or contest.truths >= most:
            reason = f"The promotion has stood the test of {rows}; {name} leaves the shadow."
            return Move(Action.KEEP, reason, (), contest.challenger, None, 0.0, 0.0, figures)
        return Move(Action.KEEP, f"The promotion is being tested: {rows} so far.", (), None, None, 0.0, 0.0, figures)
    if lost:
        reason = f"The challenger, {name}, is worse: strong evidence on {rows} ({odds(worse)}); it is dropped."
        return Move(Action.KEEP, reason, (), contest.challenger, None, 0.0, 0.0, figures)
    if won:
        reason = f"The challenger, {name}, is better than the champion: strong evidence on {rows} ({odds(better)})."
        move = Move(Action.PROMOTE, reason, (), contest.challenger, None, 0.0, benefit, figures)
        return _ask(move) if economics.approval else move
    if contest.truths >= most:
        reason = f"The challenger, {name}, was not shown to be better on {rows}; it is dropped."
        return Move(Action.KEEP, reason, (), contest.challenger, None, 0.0, 0.0, figures)
    return Move(Action.KEEP, f"The challenger is being tested: {rows} so far.", (), None, None, 0.0, 0.0, figures)


def standing(contest: PairedComparison | None) -> str:
    """Say how a comparison stands that ends without a decision; None is one of which no row is known.

    Examples
    --------
    >>> standing(PairedComparison(1, 2, truths=50, gain=10.0))
    'on 50 rows with a known outcome that both predicted it was better by 0.2 a row: no strong evidence (1 to 1)'
    >>> standing(None)
    'no row with a known outcome that both predicted had come by then'
    """
    rows = "with a known outcome that both predicted"
    if contest is None or not contest.truths:
        return f"no row {rows} had come by then"
    better = contest.mean >= 0.0
    strength = evidence(contest)[0 if better else 1]
    word = "strong evidence" if strength >= 1.0 / ALPHA and contest.truths >= _LEAST_OWN else "no strong evidence"
    by = f"{'better' if better else 'worse'} by {abs(contest.mean):.3g} a row"
    return f"on {contest.truths:,} rows {rows} it was {by}: {word} ({odds(strength)})"


def _truths_wanted(contest: PairedComparison, economics: Economics) -> int:
    """Return after how many truths a gain that is worth a retraining would have shown, at most the horizon.

    Evidence on differences of mean m and variance v grows by about m squared over 2 v with each label; where
    neighbouring rows err alike, by as much less as the variance of their mean is larger. The strategy with the best
    stake begins with its part of the wealth only.
    """
    if contest.truths < _LEAST_TRUTHS or economics.loss <= 0.0:
        return economics.horizon
    least = economics.retraining / (economics.loss * economics.horizon)
    spread = max(0.0, contest.squares / contest.truths - contest.mean**2) * inflation(contest)
    wanted = 2.0 * float(np.log(len(STAKES) / ALPHA)) * spread / least**2
    return int(min(economics.horizon, max(_LEAST_TRUTHS, wanted)))


def _ask(move: Move) -> Move:
    return replace(move, action=Action.ASK, wanted=move.action, reason=f"{move.reason} A person has to approve it.")


def _version_predictions(traffic: Traffic, version: int) -> FloatArray:
    """Return what a release has answered to each row, or would have; NaN where it was not asked."""
    shadow = traffic.shadows.get(version)
    given = (traffic.versions == version)[:, None]
    return np.where(given, traffic.answers, np.nan if shadow is None else shadow)
