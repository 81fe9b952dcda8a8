"""How many groups there are, and which way of grouping finds them again on other rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.grouping.copies import one_mode, shuffled
from journeyman.algorithms.grouping.partition import Method, partition
from journeyman.algorithms.grouping.stability import Stability, halved
from journeyman.entities.grouping import NumberOfGroups

__all__ = ["AgainstCopies", "Blocks", "Choice", "choose_groups", "compare_with_copies", "distinct_rows"]

FloatArray = NDArray[np.float64]
Blocks = tuple[tuple[int, ...], ...]
"""Features of each column, by position."""

_MOST_GROUPS = 10
_ROWS_A_GROUP = 10
_ROWS, _TESTED_ROWS = 1_200, 500
_HALVINGS, _CONFIRMING = 6, 20
_SHUFFLED, _ONE_MODE = 59, 39
_LEVEL = 0.03  # no copy of 59 or 39 is as tight
_NUMBERS = (2, 3, 4, 6)
_STRONG = 0.8  # prediction strength of groups that are there (Tibshirani and Walther 2005)
_ALIKE, _WEAKEST = 0.8, 0.75  # or so much agreement, where the groups are likely and a small one alone is weak
_PLAIN = 0.9  # what groups of the other ways, which cut long clouds into stable pieces, have to reach
_MIXTURES, _OTHERS = (Method.TIED, Method.FULL), (Method.KMEANS, Method.WARD)
_CONTINUOUS = 50  # different values of a column in which equal rows are copies of one
_LEAST_VARIANCE = 1e-2
_TINY = 1e-12


@dataclass(frozen=True)
class AgainstCopies:
    """How tight groups are beside copies of the rows without groups.

    Attributes
    ----------
    beyond_columns, beyond_one_mode : float
        Share of copies whose groups are as tight (see :class:`Grouping`).
    gaps : dict of int to float
        How many standard deviations groups are tighter than in copies, by number.
    """

    beyond_columns: float
    beyond_one_mode: float
    gaps: dict[int, float]

    @property
    def there(self) -> bool:
        """Whether groups are tighter than in copies without groups."""
        return max(self.beyond_columns, self.beyond_one_mode) <= _LEVEL


@dataclass(frozen=True)
class Choice:
    """How rows are grouped, and why.

    Attributes
    ----------
    k : int
        Groups; 1 where there are none.
    method : Method
        How.
    runner_up : int
        Next best number; 0 for none.
    curve : tuple of NumberOfGroups
        What was measured, by number.
    beside : AgainstCopies
        How tight groups are beside copies without groups.
    supported : bool
        Whether groups are tighter than in copies without groups, and ``k`` of them are found again on other rows.
    """

    k: int
    method: Method
    runner_up: int
    curve: tuple[NumberOfGroups, ...]
    beside: AgainstCopies
    supported: bool


def choose_groups(x: FloatArray, blocks: Blocks, asked: int, seed: int) -> Choice:
    """Choose a number of groups, or a way for the number that was asked for.

    1. Groups are there only if they are tighter than in copies whose columns were shuffled, and than in copies with one
       mode and the same dependence of columns: shares of such copies that are as tight are exact p-values for
       independent columns, and simulated ones for dependent columns with one mode.
    2. The number is the largest that mixtures find again on other rows: with a prediction strength of 0.8 even in the
       weakest group, or with an agreement of 0.8 where the Bayesian criterion likes so many groups. k-means and Ward's
       tree are asked only where mixtures find none, and have to be surer: they cut long clouds into stable pieces.
    3. The way is the one whose groups of two halves of the rows agree best.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Prepared rows.
    blocks : tuple of tuple of int
        Features of each column.
    asked : int
        Number of groups; 0 for the best.
    seed : int
        Of samples, halvings and copies.
    """
    rows, _ = _drawn(x, seed)
    beside = compare_with_copies(x, blocks, seed)
    there = beside.there
    most = int(np.clip(len(rows) // _ROWS_A_GROUP, 2, _MOST_GROUPS))
    numbers = sorted({*range(2, most + 1), *((asked,) if asked else ())})
    rows = rows if len(rows) >= 2 * numbers[-1] else x
    found = _halved(rows, numbers, _MIXTURES if there or asked else (Method.TIED,), seed)
    likely = {m: _likeliest(rows, numbers, m, seed) for m in _MIXTURES} if there else {}
    k = asked or (_largest(rows, found, likely, seed) if there else 1)
    if there and k == 1:
        found |= _halved(rows, numbers, _OTHERS, seed)
        k = _largest(rows, {one: s for one, s in found.items() if one[1] in _OTHERS and s.strength >= _PLAIN}, {}, seed)
    elif k > 1:
        found |= _halved(rows, [k], _OTHERS, seed)
    ways = {n: [m for m in Method if (n, m) in found] for n in numbers}
    best = {n: max(ways[n], key=lambda m: round(found[n, m].agreement, 2)) for n in numbers}
    curve = tuple(_measured(n, way, found[n, way], beside.gaps) for n, way in best.items())
    method = best.get(k, Method.TIED)
    supported = there and k > 1 and any(_stable(found[k, m], k <= likely.get(m, 0)) for m in ways[k])
    return Choice(k, method, _runner_up(curve, k), curve, beside, supported)


def compare_with_copies(x: FloatArray, blocks: Blocks, seed: int) -> AgainstCopies:
    """Compare rows with copies that have no groups: where one of them is as tight, ``choose_groups`` finds none.

    Parameters are those of ``choose_groups``.
    """
    rows, rng = _drawn(x, seed)
    tested = rows[np.sort(rng.permutation(len(rows))[:_TESTED_ROWS])]
    return AgainstCopies(*_beyond_copies(tested, blocks, rng))


def _drawn(x: FloatArray, seed: int) -> tuple[FloatArray, np.random.Generator]:
    """Return different rows, some of many, and the generator that goes on from there."""
    rng, rows = np.random.default_rng([seed, 3]), distinct_rows(x)
    return rows[np.sort(rng.permutation(len(rows))[:_ROWS])], rng


def distinct_rows(x: FloatArray) -> FloatArray:
    """Return rows without copies, where a column has so many values that equal rows are copies of one another."""
    if max(len(np.unique(column)) for column in x.T) <= _CONTINUOUS:
        return x
    return np.asarray(x[np.sort(np.unique(x, axis=0, return_index=True)[1])])


def _halved(
    x: FloatArray, numbers: Sequence[int], ways: Sequence[Method], seed: int
) -> dict[tuple[int, Method], Stability]:
    return {(k, way): halved(x, k, way, _HALVINGS, seed) for k in numbers for way in ways}


def _stable(found: Stability, likely: bool) -> bool:
    strong = found.strength + found.error >= _STRONG
    return strong or (likely and found.agreement >= _ALIKE and found.strength >= _WEAKEST)


def _likeliest(x: FloatArray, numbers: Sequence[int], method: Method, seed: int) -> int:
    """Return the number of groups that the Bayesian criterion likes best."""
    width = x.shape[1]
    shape = width * (width + 1) // 2

    def criterion(k: int) -> float:
        free = k * width + k - 1 + (shape if method is Method.TIED else k * shape)
        return partition(x, k, method, seed).bayesian_criterion(x, free)

    return min(numbers, key=criterion)


def _largest(x: FloatArray, found: dict[tuple[int, Method], Stability], likely: dict[Method, int], seed: int) -> int:
    """Return the largest number of groups that is found again on other rows, by further halvings, too; 1 for none.

    Of many numbers and ways the luckiest one looks better on few halvings than it is.
    """
    for k, method in sorted(found, key=lambda one: -one[0]):
        believed = k <= likely.get(method, 0)
        if not _stable(found[k, method], believed):
            continue
        found[k, method] = halved(x, k, method, _CONFIRMING, seed + 1)
        if _stable(found[k, method], believed):
            return k
    return 1


def _measured(k: int, method: Method, found: Stability, gaps: dict[int, float]) -> NumberOfGroups:
    return NumberOfGroups(k, method.value, found.strength, found.error, found.agreement, gaps.get(k, float("nan")))


def _runner_up(curve: Sequence[NumberOfGroups], k: int) -> int:
    others = [point for point in curve if point.k != k]
    return max(others, key=lambda point: point.agreement).k if others else 0


def _beyond_copies(x: FloatArray, blocks: Blocks, rng: np.random.Generator) -> tuple[float, float, dict[int, float]]:
    """Return p-values against both kinds of copy, and how many standard deviations groups are tighter, by number.

    A lone column has no other to know of it, so that its humps are all that groups can be.
    """
    seed = int(rng.integers(2**31))
    own = _tightness(x, seed)
    pairs = []
    kinds = [list(one_mode(x, _ONE_MODE, rng))]
    if len(blocks) > 1:
        kinds.append([shuffled(x, blocks, rng) for _ in range(_SHUFFLED)])
    for copies in kinds:
        others = np.array([_tightness(copy, seed) for copy in copies])
        middle, spread = others.mean(axis=0), np.maximum(others.std(axis=0), 1e-9)
        here, there = (own - middle) / spread, (others - middle) / spread
        as_tight = int((there.max(axis=1) >= here.max()).sum())
        pairs.append(((1 + as_tight) / (1 + len(copies)), here))
    each = np.min([here for _, here in pairs], axis=0).reshape(-1, len(_NUMBERS)).max(axis=0)
    mode, columns = pairs[0][0], pairs[-1][0]
    return columns, mode, dict(zip(_NUMBERS, each.tolist(), strict=True))


def _tightness(x: FloatArray, seed: int) -> FloatArray:
    """Return how much tighter groups are than all rows, on a log scale: as they lie, and with all axes alike."""
    found = []
    for rows in (x, _alike(x)) if x.shape[1] > 1 else (x,):
        total = float(((rows - rows.mean(axis=0)) ** 2).sum())
        rng = np.random.default_rng(seed)
        for k in _NUMBERS:
            within = min(_within(rows, k, rng) for _ in range(2))
            found.append(-np.log((within + _TINY) / (total + _TINY)))
    return np.array(found)


def _within(x: FloatArray, k: int, rng: np.random.Generator) -> float:
    """Return the squared distances of rows to their centres by k-means."""
    from scipy.cluster.vq import kmeans2  # noqa: PLC0415 - a service loads this file for nothing

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of groups without rows: there are fewer different rows than groups
        centres, codes = kmeans2(x, k, iter=15, minit="++", seed=rng)
    return float(((x - centres[codes]) ** 2).sum())


def _alike(x: FloatArray) -> FloatArray:
    """Return rows turned and scaled so that their axes are uncorrelated, of variance 1 but for the flattest."""
    covariance = np.atleast_2d(np.cov(x.T)) + _LEAST_VARIANCE * np.eye(x.shape[1])
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((x - x.mean(axis=0)) @ vectors / np.sqrt(values))
