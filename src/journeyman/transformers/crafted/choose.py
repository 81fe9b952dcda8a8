"""Choose: proposals are judged by what they tell that their columns do not, and those that say the same are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task
from journeyman.interfaces import Matrix
from journeyman.transformers.crafted.craft import Crafted
from journeyman.transformers.crafted.ground import Ground
from journeyman.transformers.crafted.recipes import Combination, Lookup, Number, Operand, Quantity, Recipe
from journeyman.transformers.crafted.small_model import fit_small

__all__ = ["choose", "judge"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_BINS = 16
_SHORT_LIST = 150
_CORRELATION = 0.97
_CORRELATED_ROWS = 2_000


def choose(
    tried: Crafted, features: FloatArray, ground: Ground, x: Matrix, y: FloatArray, task: Task, rest: FloatArray
) -> IntArray:
    """Return positions of features worth keeping, the best first.

    Parameters
    ----------
    tried : Crafted
        What the proposals have become.
    features : ndarray of shape (n_samples, n_proposals)
        Its features.
    ground : Ground
        The rows they were made of.
    x : Matrix
        The columns as they are.
    rest : ndarray of shape (n_outputs, n_samples)
        Residuals of a small model of the columns.

    Notes
    -----
    A test against the residuals makes a short list: it is cheap, and sees one proposal at a time. Those that rank rows
    as a column or a surer proposal does are cut (Spearman's correlation). A small model of the columns and of the
    short list together puts it in order: there, proposals that tell much the same share their gain.
    """
    scores = judge(features, _parents(tried.recipes, ground), rest)
    known = np.delete(x.values, list(x.categorical), axis=1)
    short = _uncorrelated(np.argsort(-scores, kind="stable"), features, known)
    both = np.hstack([x.values, features[:, short]])
    booster = fit_small(both, y, x.categorical, task, 0.5, 0.05)
    gain = np.asarray(booster.feature_importance("gain"))[x.values.shape[1] :]
    order = np.argsort(-gain, kind="stable")
    return short[order[gain[order] > 0]]


def judge(features: FloatArray, parents: Sequence[Mapping[int, IntArray]], rest: FloatArray) -> FloatArray:
    """Return how surely each feature tells something that neither a model nor its own columns do, shape (n_features,).

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_features)
        Proposals; a row's own target is not in its features.
    parents : sequence of mappings of int to ndarray of int64, shape (n_samples,)
        The columns that each feature is made of, as bins by a number that stands for the column; what they say one by
        one is taken away first.
    rest : ndarray of shape (n_outputs, n_samples)
        Residuals of a model of other rows.

    Returns
    -------
    ndarray of shape (n_features,)
        The spread of the residuals' means between bins of the feature, in standard deviations beyond what noise gives
        (a chi-squared statistic, centred and scaled).
    """
    rest = rest - rest.mean(axis=1, keepdims=True)
    limit = 3.0 * rest.std(axis=1, keepdims=True)
    rest = np.clip(rest, -limit, limit)  # else one row of a heavy tail speaks for its bin
    rest /= rest.std(axis=1, keepdims=True).clip(1e-300)
    left: dict[tuple[int, ...], FloatArray] = {}
    scores = np.zeros(features.shape[1])
    for i, values in enumerate(np.ascontiguousarray(features.T)):
        columns = tuple(sorted(parents[i]))
        if columns not in left:
            left[columns] = _without(rest, [parents[i][c] for c in columns])
        bins = _binned(values)
        counts = np.bincount(bins)
        free = max(1, int((counts > 0).sum()) - 1) * len(rest)
        found = sum(float((np.bincount(bins, o) ** 2 / np.maximum(counts, 1)).sum()) for o in left[columns])
        scores[i] = (found - free) / np.sqrt(2.0 * free)
    return scores


def _parents(recipes: Sequence[Recipe], ground: Ground) -> list[dict[int, IntArray]]:
    numbers = {-1 - i: _binned(values) for i, values in enumerate(ground.numbers)}
    bins = numbers | {i: _common(slots) for i, slots in enumerate(ground.slots[:-1])}
    return [{column: bins[column] for column in _columns(recipe)} for recipe in recipes]


def _columns(recipe: Recipe | Operand) -> list[int]:
    """Numbers from -1 downwards, keys from 0 upwards; none where the recipe is of a single column."""
    if isinstance(recipe, Number):
        return [-1 - recipe.position]
    if isinstance(recipe, Combination):
        return _columns(recipe.left) + _columns(recipe.right)
    if isinstance(recipe, Lookup) and (recipe.second is not None or recipe.quantity is Quantity.MEAN):
        return [recipe.first] if recipe.second is None else [recipe.first, recipe.second]
    return []


def _without(rest: FloatArray, parents: Sequence[IntArray]) -> FloatArray:
    rest = rest.copy()
    for bins in parents:
        counts = np.maximum(np.bincount(bins), 1)
        for output in rest:
            output -= (np.bincount(bins, output) / counts)[bins]
    return rest


def _binned(values: FloatArray) -> IntArray:
    """Return bins of about equal rows; missing values have one of their own."""
    few = values[np.linspace(0, len(values) - 1, min(len(values), 1000)).astype(np.int64)]
    few = few[~np.isnan(few)]
    if not len(few):
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(few, np.arange(1, _BINS) / _BINS))
    return np.where(np.isnan(values), len(edges) + 1, edges.searchsorted(values))


def _common(slots: IntArray) -> IntArray:
    """Return slots with the rare ones in one."""
    order = np.argsort(-np.bincount(slots), kind="stable")
    return np.minimum(np.argsort(order, kind="stable"), 2 * _BINS)[slots]


def _uncorrelated(order: IntArray, features: FloatArray, known: FloatArray) -> IntArray:
    """Return a short list in the given order, without those that rank rows as a column or an earlier one does."""
    rows = np.linspace(0, len(features) - 1, min(len(features), _CORRELATED_ROWS)).astype(np.int64)
    ranks = np.array([_ranks(column) for column in known[rows].T]).reshape(known.shape[1], len(rows))
    kept: list[int] = []
    for position in order.tolist():
        mine = _ranks(features[rows, position])
        if mine.any() and np.abs(ranks @ mine).max(initial=0.0) <= _CORRELATION:
            ranks = np.vstack([ranks, mine])
            kept.append(position)
        if len(kept) == _SHORT_LIST:
            break
    return np.array(kept, dtype=np.int64)


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks, centred, of length 1; ties get their mean, missing values the middle."""
    known = ~np.isnan(values)
    ranks = np.zeros(len(values))
    _, inverse, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    ranks[known] = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    ranks[known] -= ranks[known].mean() if known.any() else 0.0
    length = float(np.sqrt((ranks**2).sum()))
    return ranks / length if length > 0 else ranks
