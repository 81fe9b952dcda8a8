"""Metrics of labels and probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import TaskKind

__all__ = ["CLASSIFICATION", "ClassificationMetric"]

FloatArray = NDArray[np.float64]
_BINARY = frozenset({TaskKind.BINARY})
_ANY_CLASSES = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
_SMALLEST = 1e-7  # a probability of zero for what happened costs 16 nats, not infinity


@dataclass(frozen=True)
class ClassificationMetric:
    """A metric over class codes ``(n_samples,)`` and probabilities ``(n_samples, n_classes)``.

    Examples
    --------
    >>> accuracy = next(m for m in CLASSIFICATION if m.name == "accuracy")
    >>> accuracy.score(np.array([0.0, 1.0]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    0.5
    """

    name: str
    greater_is_better: bool
    function: Callable[[FloatArray, FloatArray], float]
    kinds: frozenset[TaskKind] = _ANY_CLASSES

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score."""
        return self.function(y, predictions)


def _roc_auc(y: FloatArray, p: FloatArray) -> float:
    """Area under the ROC curve by ranks (Mann and Whitney 1947); NaN where only one class occurs."""
    positive = y == 1
    n1 = int(positive.sum())
    n0 = len(y) - n1
    if not n0 or not n1:
        return float("nan")
    values, place = np.unique(p[:, 1], return_inverse=True)
    ones = np.bincount(place[positive], minlength=len(values))
    zeros = np.bincount(place[~positive], minlength=len(values))
    # Each positive beats the negatives below it and half of those it ties with.
    return float((ones * (np.cumsum(zeros) - zeros / 2)).sum() / (n1 * n0))


def _log_loss(y: FloatArray, p: FloatArray) -> float:
    """Mean negative log probability of what happened, in nats."""
    chosen = p[np.arange(len(y)), y.astype(np.int64)] / p.sum(axis=1)
    return float(-np.log(np.clip(chosen, _SMALLEST, 1.0)).mean())


def _accuracy(y: FloatArray, p: FloatArray) -> float:
    return float((p.argmax(axis=1) == y).mean())


def _balanced_accuracy(y: FloatArray, p: FloatArray) -> float:
    """Mean recall over the classes that occur."""
    right = p.argmax(axis=1) == y
    return float(np.mean([right[y == c].mean() for c in np.unique(y)]))


def _f1(y: FloatArray, p: FloatArray) -> float:
    """F1 of the positive class (binary), or the mean over classes that occur (multiclass)."""
    answer = p.argmax(axis=1)
    classes = [1.0] if p.shape[1] == 2 else list(np.unique(y))
    scores = []
    for c in classes:
        both = int(((answer == c) & (y == c)).sum())
        total = int((answer == c).sum() + (y == c).sum())
        scores.append(2 * both / total if total else 0.0)
    return float(np.mean(scores))


def _average_precision(y: FloatArray, p: FloatArray) -> float:
    """Area under precision over recall, summed at each distinct threshold."""
    order = np.argsort(-p[:, 1], kind="stable")
    scores, hits = p[order, 1], y[order] == 1
    last = np.r_[np.flatnonzero(np.diff(scores)), len(y) - 1]
    found = np.cumsum(hits)[last]
    if not found[-1]:
        return float("nan")
    precision = found / (last + 1)
    recall = found / found[-1]
    return float(np.sum(np.diff(np.r_[0.0, recall]) * precision))


def _brier(y: FloatArray, p: FloatArray) -> float:
    """Mean squared error of probabilities; half the multiclass form, so that binary tasks keep their usual scale."""
    truth = np.zeros_like(p)
    truth[np.arange(len(y)), y.astype(np.int64)] = 1.0
    return float(((p - truth) ** 2).sum(axis=1).mean() / 2)


CLASSIFICATION: tuple[ClassificationMetric, ...] = (
    ClassificationMetric("roc_auc", True, _roc_auc, _BINARY),
    ClassificationMetric("log_loss", False, _log_loss),
    ClassificationMetric("accuracy", True, _accuracy),
    ClassificationMetric("balanced_accuracy", True, _balanced_accuracy),
    ClassificationMetric("f1", True, _f1),
    ClassificationMetric("average_precision", True, _average_precision, _BINARY),
    ClassificationMetric("brier", False, _brier),
)
