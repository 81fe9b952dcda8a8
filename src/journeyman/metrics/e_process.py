"""E-process: evidence that one of two models is better, valid however often it is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from journeyman.entities.paired_comparison import BLOCKS, STAKES, PairedComparison

__all__ = ["capped", "evidence", "inflation", "mirrored", "odds", "start_with", "update"]

FloatArray = NDArray[np.float64]
_SHRINKAGE = 4.0
"""Blocks by which an estimated inflation is drawn towards 1. Eight let 7% of null runs with an autocorrelation of .98
through, four 3%; on independent rows both ask for the same number of labels."""
_FADE = 0.5 ** (1 / 200)
"""A row counts half as much in the recent mean once 200 more have come."""
_HIGHEST = 1_000.0
"""Evidence is kept up to this: more would only take longer to be lost when the world changes."""


def update(contest: PairedComparison, differences: FloatArray) -> PairedComparison:
    """Return the comparison after further labels.

    Each betting strategy stakes a fixed share of its wealth on each row's difference. Losses lie between 0 and 1, so
    differences lie between -1 and 1 and no row can bankrupt a strategy; nothing is cut off, so a disaster on one row in
    a thousand counts in full. While the expected differences, given all earlier rows, do not add up to more than 0, the
    wealth is at most 1 in expectation, and by Ville's inequality the mean wealth ever exceeds 1/alpha with a
    probability of at most alpha.

    Parameters
    ----------
    differences : ndarray of shape (n_samples,)
        The champion's bounded loss less the challenger's, in the order in which labels came.

    Raises
    ------
    ValueError
        Where a difference lies outside of -1 to 1.

    References
    ----------
    Choe and Ramdas 2023, "Comparing sequential forecasters", arXiv 2110.00115. Waudby-Smith and Ramdas 2024,
    "Estimating means of bounded random variables by betting", JRSS B (fixed stakes, mixed).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> for_challenger, against = evidence(update(PairedComparison(1, 2), rng.uniform(-0.4, 0.6, 1000)))
    >>> for_challenger > 20 > 1 > against
    True
    """
    if not len(differences):
        return contest
    if float(np.abs(differences).max()) > 1.0 + 1e-9:
        raise ValueError("differences of bounded losses lie between -1 and 1")
    stakes = np.asarray(STAKES)[:, None]
    better = np.asarray(contest.log_better) + np.log1p(stakes * differences).sum(axis=1)
    worse = np.asarray(contest.log_worse) + np.log1p(-stakes * differences).sum(axis=1)
    blocks = [
        _fill(size, contest.truths, opened, squares, differences)
        for size, opened, squares in zip(BLOCKS, contest.open_sums, contest.block_squares, strict=True)
    ]
    faded = _FADE ** len(differences)
    recent = float(lfilter([1.0], [1.0, -_FADE], differences)[-1])
    return replace(
        contest,
        truths=contest.truths + len(differences),
        gain=contest.gain + float(differences.sum()),
        squares=contest.squares + float(np.square(differences).sum()),
        recent_gain=contest.recent_gain * faded + recent,
        recent_rows=contest.recent_rows * faded + (1.0 - faded) / (1.0 - _FADE),
        open_sums=tuple(opened for opened, _ in blocks),
        block_squares=tuple(squares for _, squares in blocks),
        log_better=tuple(map(float, better)),
        log_worse=tuple(map(float, worse)),
    )


def evidence(contest: PairedComparison) -> tuple[float, float]:
    """Return the evidence that the challenger is better, and that it is worse; 1.0 is none.

    The wealth to the power of 1 / ``inflation``: where neighbouring rows err alike, as many rows say less. A power
    below 1 of what is at most 1 in expectation is at most 1 in expectation too.

    Examples
    --------
    >>> evidence(PairedComparison(1, 2))
    (1.0, 1.0)
    """
    power = 1.0 / inflation(contest)
    return _mean_wealth(contest.log_better, power), _mean_wealth(contest.log_worse, power)


def inflation(contest: PairedComparison) -> float:
    """Return by what factor dependence raises the variance of the mean difference; at least 1.

    The largest ratio, over several lengths of blocks, of the variance of block means to what it would be if rows were
    independent (batch means).

    References
    ----------
    Flegal and Jones 2010, "Batch means and spectral variance estimators in Markov chain Monte Carlo", Annals of
    Statistics 38.

    Examples
    --------
    >>> copies = np.repeat(np.random.default_rng(0).uniform(-0.5, 0.5, 500), 8)
    >>> 5 < inflation(update(PairedComparison(1, 2), copies)) < 12
    True
    """
    if contest.truths < BLOCKS[0]:
        return 1.0
    mean = contest.mean
    variance = contest.squares / contest.truths - mean**2
    largest = 1.0
    for size, squares in zip(BLOCKS, contest.block_squares, strict=True):
        blocks = contest.truths // size
        if blocks >= 2 and variance > 1e-9 * mean**2:  # equal differences leave nothing but rounding
            ratio = size * max(0.0, squares / blocks - mean**2) / variance
            largest = max(largest, (blocks * ratio + _SHRINKAGE) / (blocks + _SHRINKAGE))
    return largest


def start_with(contest: PairedComparison, earlier: PairedComparison) -> PairedComparison:
    """Return a comparison without rows whose strategies start with more where they did better in an earlier one.

    The wealth that they share is still 1, so what is claimed of the evidence holds whatever the earlier one was; half
    is shared evenly.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> prior = update(PairedComparison(0, 0), rng.uniform(-0.4, 0.6, 1000))
    >>> round(evidence(start_with(PairedComparison(1, 2), prior))[0], 9)
    1.0
    """
    wealth = np.asarray(earlier.log_better)
    shares = np.exp(wealth - wealth.max())
    start = 0.5 + 0.5 * len(STAKES) * shares / shares.sum()
    return replace(contest, log_better=tuple(map(float, np.log(start))))


def capped(contest: PairedComparison, most: float = _HIGHEST) -> PairedComparison:
    """Return the comparison with no strategy's evidence above a limit.

    Giving wealth away keeps evidence valid, and lets it be lost again: what was seen long ago must not outweigh what is
    seen now.

    Examples
    --------
    >>> round(evidence(capped(replace(PairedComparison(1, 2), log_better=(99.0,) * len(STAKES))))[0])
    1000
    """
    limit = math.log(most) * inflation(contest)
    return replace(
        contest,
        log_better=tuple(min(value, limit) for value in contest.log_better),
        log_worse=tuple(min(value, limit) for value in contest.log_worse),
    )


def mirrored(contest: PairedComparison) -> PairedComparison:
    """Return the same comparison seen from the other side: the challenger as champion.

    Examples
    --------
    >>> mirrored(PairedComparison(1, 2)).champion
    2
    """
    return replace(
        contest,
        champion=contest.challenger,
        challenger=contest.champion,
        gain=-contest.gain,
        recent_gain=-contest.recent_gain,
        open_sums=tuple(-value for value in contest.open_sums),
        log_better=contest.log_worse,
        log_worse=contest.log_better,
    )


def odds(value: float) -> str:
    """Return evidence as people read it.

    Examples
    --------
    >>> odds(3e50), odds(36.2), odds(0.2)
    ('more than 1,000 to 1', '36 to 1', 'less than 1 to 1')
    """
    if value < 1.0:
        return "less than 1 to 1"
    return "more than 1,000 to 1" if value > 999.5 else f"{value:.0f} to 1"


def _fill(size: int, rows: int, opened: float, squares: float, differences: FloatArray) -> tuple[float, float]:
    """Return the sum of the block that is not full yet, and the sum of the squared means of full ones."""
    before = rows % size
    whole = (before + len(differences)) // size
    if not whole:
        return opened + float(differences.sum()), squares
    first = size - before
    inner = differences[first : whole * size - before].reshape(whole - 1, size).mean(axis=1)
    head = (opened + float(differences[:first].sum())) / size
    return float(differences[whole * size - before :].sum()), squares + head**2 + float(np.square(inner).sum())


def _mean_wealth(logarithms: Sequence[float], power: float) -> float:
    highest = max(logarithms)
    mean = highest + math.log(sum(math.exp(value - highest) for value in logarithms) / len(logarithms))
    return math.exp(min(power * mean, 600.0))  # floats end beyond; nobody needs more
