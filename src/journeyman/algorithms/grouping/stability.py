"""How far groups of rows depend on which rows were looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from journeyman.algorithms.grouping.partition import Method, partition
from journeyman.metrics.agreement import adjusted_rand, contingency

__all__ = ["Stability", "halved", "jaccard_stability", "matched"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Stability:
    """What halvings of the rows say of one way of grouping.

    Attributes
    ----------
    strength, error : float
        Prediction strength, mean over halvings, and its standard error.
    agreement : float
        Adjusted Rand index of both models on all rows, mean over halvings.
    """

    strength: float
    error: float
    agreement: float


def halved(x: FloatArray, k: int, method: Method, halvings: int, seed: int) -> Stability:
    """Return how alike groups are that models of two halves of the rows give (Tibshirani and Walther 2005).

    Prediction strength: of two rows that one half's model puts into one group of its own half, the share that the
    other half's model puts together, too; the group where that is least counts.
    """
    rng = np.random.default_rng([seed, k])
    strengths, agreements = [], []
    for number in range(halvings):
        order = rng.permutation(len(x))
        first, second = (x[np.sort(part)] for part in (order[: len(x) // 2], order[len(x) // 2 :]))
        one, other = (partition(part, k, method, number) for part in (first, second))
        strengths.append(_strength(contingency(other.assign(second), one.assign(second), k, k)))
        agreements.append(adjusted_rand(contingency(other.assign(x), one.assign(x), k, k)))
    spread = float(np.std(strengths)) / np.sqrt(halvings)
    return Stability(float(np.mean(strengths)), spread, float(np.mean(agreements)))


def _strength(table: FloatArray) -> float:
    """Return the least share of pairs of a line that are in one column, too."""
    sizes = table.sum(axis=1)
    pairs, together = sizes * (sizes - 1.0), (table * (table - 1.0)).sum(axis=1)
    some = pairs > 0
    return float((together[some] / pairs[some]).min()) if some.any() else 0.0


def matched(table: FloatArray) -> IntArray:
    """Return for each line of a contingency table the column that it goes with, -1 for none (Kuhn 1955).

    Examples
    --------
    >>> matched(np.array([[0.0, 5.0], [7.0, 1.0]])).tolist()
    [1, 0]
    """
    lines, columns = linear_sum_assignment(-table)
    found = np.full(len(table), -1, dtype=np.int64)
    found[lines] = columns
    return found


def jaccard_stability(x: FloatArray, codes: IntArray, k: int, method: Method, resamples: int, seed: int) -> FloatArray:
    """Return how alike each group is to the most alike one of a model of resampled rows, shape (n_groups,).

    Jaccard similarity, mean over bootstraps (Hennig 2007): 0.75 and more is stable, up to 0.5 has dissolved.
    """
    rng = np.random.default_rng([seed, 11])
    total = np.zeros(k)
    for number in range(resamples):
        drawn = x[rng.integers(len(x), size=len(x))]
        table = contingency(codes, partition(drawn, k, method, number).assign(x), k, k)
        union = table.sum(axis=1)[:, None] + table.sum(axis=0)[None, :] - table
        total += (table / np.maximum(union, 1.0)).max(axis=1)
    return total / resamples
