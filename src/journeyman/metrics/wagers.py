"""Wagers: evidence that one of two models is better, valid however often it is looked at (an e-process)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.contest import BETS, Contest

__all__ = ["capped", "evidence", "joined", "mirrored", "wager"]

FloatArray = NDArray[np.float64]
_GROUP = 5
"""Rows that are wagered upon together: neighbours err alike, and a mean of a few is less wild than a row."""
_SCALING = 8
"""Groups that only set the scale."""
_WIDEST = 3.0
"""A group further out than so many times the scale counts as so many: no single one decides."""


def wager(contest: Contest, differences: FloatArray) -> Contest:
    """Return the contest after further truths.

    Every bettor stakes a fixed share of what it has on each group's mean difference, divided by a scale that only
    earlier groups have set. What it has is then, whatever the dependence between groups, at most 1 in expectation as
    long as the differences that could be expected, given all that came before, do not add up to more than 0: the weak
    null hypothesis that the challenger has not been better on average. So by Ville's inequality the mean of all
    bettors ever exceeds 1/alpha with a probability of at most alpha.

    Parameters
    ----------
    differences : ndarray of shape (n_samples,)
        The champion's loss less the challenger's, in the order in which the truths came.

    References
    ----------
    Choe and Ramdas 2023, "Comparing sequential forecasters", arXiv 2110.00115. Waudby-Smith and Ramdas 2024,
    "Estimating means of bounded random variables by betting", JRSS B (fixed shares, mixed).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> for_challenger, against = evidence(wager(Contest(1, 2), rng.normal(0.2, 1.0, 3000)))
    >>> for_challenger > 20 > 1 > against
    True
    """
    if not len(differences):
        return contest
    before = contest.open_rows
    whole, rest = divmod(before + len(differences), _GROUP)
    filled = np.concatenate([np.zeros(before), differences])
    groups = filled[: whole * _GROUP].reshape(whole, _GROUP).mean(axis=1)
    if whole:
        groups[0] += contest.open_gain / _GROUP
    left = float(filled[whole * _GROUP :].sum()) + (0.0 if whole else contest.open_gain)
    better, worse = _bet(contest, groups)
    return replace(
        contest,
        truths=contest.truths + len(differences),
        gain=contest.gain + float(differences.sum()),
        squares=contest.squares + float(np.square(differences).sum()),
        groups=contest.groups + whole,
        group_squares=contest.group_squares + float(np.square(groups).sum()),
        open_rows=rest,
        open_gain=left,
        better=better,
        worse=worse,
    )


def evidence(contest: Contest) -> tuple[float, float]:
    """Return what was made of 1 by betting that the challenger is better, and by betting that it is worse.

    Examples
    --------
    >>> evidence(Contest(1, 2))
    (1.0, 1.0)
    """
    return _mean(contest.better), _mean(contest.worse)


def joined(contest: Contest, before: Contest) -> float:
    """Return what half of 1 has become by betting on the challenger alone, and half by betting on what came before too.

    What each bettor had made before its first truth came goes on into the contest, as one sequence of differences.
    Without anything before it is the evidence for the challenger.

    Examples
    --------
    >>> contest, before = Contest(1, 2), replace(Contest(0, 0), better=(math.log(99.0),) * 6)
    >>> round(joined(contest, before)), joined(contest, Contest(0, 0))
    (50, 1.0)
    """
    both = [one + other for one, other in zip(contest.better, before.better, strict=True)]
    return 0.5 * _mean(contest.better) + 0.5 * _mean(both)


def capped(contest: Contest, most: float = 400.0) -> Contest:
    """Return the contest with no bettor's wealth above a limit.

    Giving money away keeps evidence valid, and lets it be lost again: what was proved long ago must not outweigh what
    is seen now.

    Examples
    --------
    >>> capped(replace(Contest(1, 2), better=(99.0,) * 6)).better[0] == math.log(400.0)
    True
    """
    limit = math.log(most)
    return replace(
        contest,
        better=tuple(min(value, limit) for value in contest.better),
        worse=tuple(min(value, limit) for value in contest.worse),
    )


def mirrored(contest: Contest) -> Contest:
    """Return the same contest seen from the other side: the challenger as champion.

    Examples
    --------
    >>> mirrored(Contest(1, 2)).champion
    2
    """
    return replace(
        contest,
        champion=contest.challenger,
        challenger=contest.champion,
        gain=-contest.gain,
        open_gain=-contest.open_gain,
        better=contest.worse,
        worse=contest.better,
    )


def _bet(contest: Contest, groups: FloatArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the logarithm of each bettor's wealth, of both sides."""
    squares = contest.group_squares + np.concatenate([[0.0], np.cumsum(np.square(groups))[:-1]])[: len(groups)]
    numbers = contest.groups + np.arange(len(groups))
    scale = _WIDEST * np.sqrt(squares / np.maximum(numbers, 1))
    betting = (numbers >= _SCALING) & (scale > 0.0)
    steps = np.clip(groups[betting] / scale[betting], -1.0, 1.0)
    shares = np.asarray(BETS)[:, None]
    better = np.asarray(contest.better) + np.log1p(shares * steps).sum(axis=1)
    worse = np.asarray(contest.worse) + np.log1p(-shares * steps).sum(axis=1)
    return tuple(map(float, better)), tuple(map(float, worse))


def _mean(logarithms: Sequence[float]) -> float:
    highest = min(max(logarithms), 600.0)  # beyond this, floats end; nobody needs more evidence
    return math.exp(highest) * sum(math.exp(min(0.0, value - highest)) for value in logarithms) / len(logarithms)
