"""What a few marked rows teach: two small classifiers beside the detectors, used where marks say that they help."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.anomaly_detectors import Tail, folded_tails
from journeyman.algorithms.flat_trees import FlatTrees, flatten
from journeyman.entities.anomaly import MarksGain
from journeyman.interfaces import Matrix

__all__ = ["MarkedModel", "MarkedRows", "fit_marked", "marks_gain", "summed_surprise"]

FloatArray = NDArray[np.float64]
_LEAST_MARKED = 5
"""Rows of either mark below which nothing is learned from them: too few to tell whether it helps."""
_TREES, _LEAF = 100, 2
_PENALTY = 0.1
_FOLDS, _REPEATS = 5, 2


@dataclass(frozen=True)
class MarkedRows:
    """Rows with and without a mark.

    Attributes
    ----------
    x : ndarray of shape (n_samples, n_features)
        As the detectors read them.
    surprises : ndarray of shape (n_samples, n_detectors)
        What detectors say of them that did not learn from them.
    odd : ndarray of bool, shape (n_samples,)
        Whether a row is marked as odd.
    marked : ndarray of bool, shape (n_samples,)
        Whether a row is marked; the others are taken for ordinary, all of them counting as much as all marked ones.
    """

    x: FloatArray
    surprises: FloatArray
    odd: NDArray[np.bool_]
    marked: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64]) -> MarkedRows:
        """Return some of the rows."""
        return MarkedRows(self.x[rows], self.surprises[rows], self.odd[rows], self.marked[rows])


class MarkedModel(msgspec.Struct, frozen=True):
    """A forest and a linear model of features and of what detectors say.

    Attributes
    ----------
    forest : FlatTrees
        Extremely randomised trees; the second output is the chance that a row is odd.
    shift, scale, weights : ndarray of shape (n_features + n_detectors,)
        Of the linear model.
    tails : tuple of Tail
        Of the two scores among ordinary rows.
    """

    forest: FlatTrees
    shift: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    tails: tuple[Tail, ...] = ()

    def scores(self, x: FloatArray, surprises: FloatArray) -> FloatArray:
        """Return both scores, more for odd rows, shape (n_samples, 2)."""
        told = _side_by_side(x, surprises)
        linear = ((told - self.shift) * self.scale) @ self.weights
        return np.column_stack([self.forest.predict(Matrix(told, ()))[:, 1], linear])

    def surprise(self, x: FloatArray, surprises: FloatArray) -> FloatArray:
        """Return the sum of both surprises, shape (n_samples,): negative logs of the share of rows as odd."""
        return summed_surprise(self.tails, self.scores(x, surprises))

    def calibrated(self, x: FloatArray, surprises: FloatArray) -> MarkedModel:
        """Return the model with tails of ordinary rows that it did not learn from."""
        tails = tuple(Tail.of(own) for own in self.scores(x, surprises).T)
        return msgspec.structs.replace(self, tails=tails)


def fit_marked(rows: MarkedRows, seed: int) -> MarkedModel:
    """Fit both classifiers; the two sides weigh alike, however few are marked as odd."""
    # Late: a service loads this file to answer, and must not wait for scikit-learn.
    from sklearn.ensemble import ExtraTreesClassifier  # noqa: PLC0415 - see above
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - see above

    told, weights = _side_by_side(rows.x, rows.surprises), np.ones(len(rows.odd))
    unmarked = int((~rows.marked).sum())
    if unmarked:
        weights[~rows.marked] = (len(weights) - unmarked) / unmarked
    for side in (rows.odd, ~rows.odd):
        weights[side] /= weights[side].sum()
    weights *= len(weights) / weights.sum()
    grown = ExtraTreesClassifier(_TREES, min_samples_leaf=_LEAF, random_state=seed)
    grown.fit(told.astype(np.float32), rows.odd, sample_weight=weights)
    trees = [tree.tree_ for tree in grown.estimators_]
    shares = [t.value[:, 0, :] / t.value[:, 0, :].sum(axis=1, keepdims=True) for t in trees]
    shift, spread = told.mean(axis=0), told.std(axis=0)
    scale = 1.0 / np.where(spread > 0.0, spread, 1.0)
    linear = LogisticRegression(C=_PENALTY, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of too few steps: what it found ranks rows all the same
        linear.fit((told - shift) * scale, rows.odd, sample_weight=weights)
    return MarkedModel(flatten(trees, shares), shift, scale, linear.coef_[0])


def marks_gain(rows: MarkedRows, oddness: FloatArray, seed: int) -> MarksGain:
    """Return how marked rows are ranked with classifiers that did not see them, and by detectors alone.

    It is asked of the area under the ROC curve, out of fold, over a few divisions together. No gain beyond chance is
    wanted: with five to twelve rows marked as odd, what marks teach helped on all of five tables, also where so few
    marks could not tell (docs/decisions/0064).

    Parameters
    ----------
    oddness : ndarray of shape (n_samples,)
        What all detectors together say.
    """
    marked = np.flatnonzero(rows.marked)
    odd = rows.odd[marked]
    counts = int(odd.sum()), int((~odd).sum())
    if min(counts) < _LEAST_MARKED:
        return MarksGain(*counts)
    others = np.flatnonzero(~rows.marked)
    rng, together = np.random.default_rng(seed), np.zeros(len(marked))
    for repeat in range(_REPEATS):
        fold = np.empty(len(marked), dtype=np.int64)
        for side in (odd, ~odd):
            fold[side] = rng.permutation(int(side.sum())) % _FOLDS
        spared = rng.random(len(others)) < 0.5  # they tell how high ordinary rows score
        for k in range(_FOLDS):
            model = fit_marked(rows.take(np.concatenate([marked[fold != k], others[~spared]])), seed + repeat)
            ordinary, asked = rows.take(others[spared]), rows.take(marked[fold == k])
            model = model.calibrated(ordinary.x, ordinary.surprises)
            together[fold == k] += oddness[marked[fold == k]] + model.surprise(asked.x, asked.surprises)
    alone, taught = _ranked(oddness[marked], odd), _ranked(together, odd)
    return MarksGain(*counts, alone, taught, taught > alone)


def summed_surprise(tails: Sequence[Tail], scores: FloatArray) -> FloatArray:
    """Return the sum of negative logs of the shares of ordinary rows that score as high, shape (n_samples,)."""
    return np.asarray(-sum(np.log(tail.share(own)) for tail, own in zip(tails, scores.T, strict=True)))


def _side_by_side(x: FloatArray, surprises: FloatArray) -> FloatArray:
    return np.hstack([folded_tails(x), surprises])


def _ranked(values: FloatArray, odd: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve."""
    above = (values[odd][:, None] > values[~odd]) + 0.5 * (values[odd][:, None] == values[~odd])
    return float(above.mean())
