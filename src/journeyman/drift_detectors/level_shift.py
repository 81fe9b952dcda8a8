"""Jumps: whether a series changed at one moment by more than it ever does, told by its own changes before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.faulty_columns import CHANCE

__all__ = [
    "LEAST_AFTER",
    "LEAST_BEFORE",
    "LevelShift",
    "alike",
    "find_change_point",
    "improbable",
    "level_shifts_at",
    "relation",
]

FloatArray = NDArray[np.float64]
LEAST_AFTER, LEAST_BEFORE = 20, 50
"""Rows after a moment and before it by which it is judged at least."""
_SCALES = (25, 50, 100, 200)
_LEAST_PAIRS, _MOST_PAIRS = 4, 40
_BINS = 8
_ALIKE = 0.01
_KOLMOGOROV = 1.645  # mean square of Kolmogorov's statistic for two stretches of one length, times that
_RIDGE = 0.01  # of the rows' number, in columns of unit spread


@dataclass(frozen=True)
class LevelShift:
    """How far some rows after a moment lie from as many before it.

    Attributes
    ----------
    rows : int
        On each side.
    size : float
        Largest difference of the two distribution functions.
    chance : float
        Probability that a sound series jumps so far, by the largest jumps that are known of it.
    common : float
        The same by its jumps in the mean: below 1% the two stretches are not alike.
    """

    rows: int
    size: float
    chance: float
    common: float


def find_change_point(values: FloatArray, since: int) -> int:
    """Return the place from ``since`` on where the series most likely changed its level.

    Examples
    --------
    >>> find_change_point(np.concatenate([np.zeros(60), np.ones(40)]), 50)
    60
    """
    begin = max(0, since - max(200, len(values) - since))
    ranks = stats.rankdata(np.nan_to_num(values[begin:], nan=-np.inf))
    place = np.arange(1, len(ranks) + 1, dtype=np.float64)
    pull = np.abs(np.cumsum(ranks - ranks.mean()))[:-1] / np.sqrt(place * (len(ranks) - place))[:-1]
    low, high = max(since, LEAST_BEFORE) - begin, len(ranks) - LEAST_AFTER
    return begin + low + int(np.argmax(pull[low - 1 : high])) if low <= high else len(values) - LEAST_AFTER


def level_shifts_at(before: FloatArray, after: FloatArray, others: Sequence[FloatArray] = ()) -> tuple[LevelShift, ...]:
    """Judge the step from one stretch of a series to the next, at several lengths.

    A sound series of independent values jumps by ``size`` with a probability of at most ``2 exp(-rows size^2)``
    (Massart 1990, two stretches). Neighbours are alike, and series wander; by how much is read off the jumps of the
    same length before the moment: as if ``kappa`` rows counted for one, ``kappa`` from the mean of their squares and
    from the largest of them, and no less than for shorter stretches, of which more are known. Nothing is said of a
    length of which fewer than four jumps are known.

    Parameters
    ----------
    before, after : ndarray of shape (n_before,) and (n_after,)
        In order; the last of ``before`` is the neighbour of the first of ``after``.
    others : sequence of ndarray
        Earlier stretches of the same series, such as a reference's, that know of further jumps.

    References
    ----------
    Massart 1990, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality".
    """
    found, least = [], 1.0
    most = min(len(after), len(before) // (_LEAST_PAIRS + 1), _SCALES[-1])
    lengths = sorted({*(s for s in _SCALES if s < most), most})
    for rows in (length for length in lengths if length >= LEAST_AFTER):
        known = [_sizes(series, rows) for series in (before, *others)]
        known = [steps for steps in known if len(steps) >= _LEAST_PAIRS]
        if not known:
            continue
        by_series = [_kappas(steps, rows) for steps in known]
        mean, least = (max(low, *(kappas[k] for kappas in by_series)) for low, k in ((1.0, 0), (least, 1)))
        size = distance(after[:rows], before[-rows:])
        chance, common = (min(1.0, 2.0 * float(np.exp(-rows * size**2 / by))) for by in (max(mean, least), mean))
        found.append(LevelShift(rows, size, chance, common))
    return tuple(found)


def improbable(jumps: Sequence[LevelShift], series: int) -> bool:
    """Say whether one of the jumps is beyond chance, all lengths of so many series together."""
    return any(jump.chance * len(jumps) * series < CHANCE for jump in jumps)


def alike(jumps: Sequence[LevelShift]) -> bool:
    """Say whether the stretches are as alike at all lengths as neighbours mostly are; False where nothing is known."""
    return bool(jumps) and all(jump.common >= _ALIKE for jump in jumps)


def relation(predictors: FloatArray, values: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return what tells a column from others: the sum of a curve for each, by ridge regression.

    A curve is a straight line and eight steps, so that what lies beyond all that was seen is told by the line. Values
    beyond 49 of 50 are drawn in, so that a few of them do not tilt it.

    Parameters
    ----------
    predictors : ndarray of shape (n_samples, n_columns)
        Without missing values.
    values : ndarray of shape (n_samples,)

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> tells = relation(x, 3.0 * x[:, 0] + 1.0)
    >>> bool(abs(tells(np.array([[1.0, 5.0]]))[0] - 4.0) < 0.3)
    True
    """
    low, high = np.nanquantile(values, [0.02, 0.98])
    y = np.clip(np.where(np.isfinite(values), values, np.nanmedian(values)), low, high)
    edges = [np.unique(np.quantile(column, np.linspace(0, 1, _BINS + 1)[1:-1])) for column in predictors.T]

    def shape(some: FloatArray) -> FloatArray:
        places = (np.searchsorted(cut, some[:, k], "right") for k, cut in enumerate(edges))
        steps = [
            (place[:, None] == np.arange(len(cut) + 1)).astype(np.float64)
            for place, cut in zip(places, edges, strict=True)
        ]
        return np.hstack([some, *steps])

    x = shape(predictors)
    centre, spread, level = x.mean(axis=0), x.std(axis=0), float(y.mean())
    spread = np.where(spread > 0, spread, 1.0)
    x = (x - centre) / spread
    weights = np.linalg.solve(x.T @ x + _RIDGE * len(x) * np.eye(x.shape[1]), x.T @ (y - level)) / spread
    return lambda some: (shape(some) - centre) @ weights + level


def _kappas(steps: FloatArray, rows: int) -> tuple[float, float]:
    """Return how many rows count as one, by the jumps that are known in the mean, and by the largest of them.

    Neighbouring jumps share a stretch, so that half of them count.
    """
    in_the_mean = rows * float((steps**2).mean()) / _KOLMOGOROV
    return in_the_mean, rows * float(steps.max()) ** 2 / float(np.log(len(steps)))


def _sizes(series: FloatArray, rows: int) -> FloatArray:
    """Return the jumps between neighbouring stretches of a series, as ``effects.distance`` tells them."""
    places = np.arange(rows, len(series) - rows + 1, max(1, rows // 2))
    if len(places) > _MOST_PAIRS:
        places = places[np.linspace(0, len(places) - 1, _MOST_PAIRS).astype(np.int64)]
    if not len(places):
        return np.empty(0)
    pairs = np.nan_to_num(series, nan=-np.inf)[places[:, None] + np.arange(-rows, rows)[None, :]]
    order = np.argsort(pairs, axis=1)
    ordered = np.take_along_axis(pairs, order, axis=1)
    apart = np.abs(np.cumsum(np.where(order < rows, 1.0, -1.0), axis=1)) / rows
    apart[:, :-1][ordered[:, 1:] == ordered[:, :-1]] = 0.0  # equal values are counted together
    return np.asarray(apart.max(axis=1))
