"""Metrics of labels and probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import Loss, MetricWords
from journeyman.metrics import resampled

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import WeightedScore

__all__ = ["CLASSIFICATION", "ClassificationMetric"]

FloatArray = NDArray[np.float64]
_BINARY = frozenset({"binary"})
_ANY_CLASSES = frozenset({"binary", "multiclass"})
_TINY = 1e-15
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
    words: MetricWords
    greater_is_better: bool
    function: Callable[[FloatArray, FloatArray], float]
    resampled: Callable[[FloatArray, FloatArray], WeightedScore] | None = None
    kinds: frozenset[str] = _ANY_CLASSES
    on_labels: bool = False
    by_class: bool = False
    proportion: bool = False
    rare_cost: float = 0.0
    loss: Loss = Loss.LOG

    @property
    def optimum(self) -> float:
        """The score of predictions without a fault."""
        return 1.0 if self.greater_is_better else 0.0

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score of predictions, shape (n_samples, n_outputs), against labels, shape (n_samples,)."""
        return self.function(y, predictions)

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore | None:
        """Return the score as a function of row weights, where its form is known."""
        return None if self.resampled is None else self.resampled(y, predictions)

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return log losses, shape (n_samples,); errors, each class counting alike, where the metric counts so."""
        codes = y.astype(np.int64)
        if not self.by_class:
            return -np.log(np.clip(predictions[np.arange(len(y)), codes], _TINY, 1.0))
        counts = np.bincount(codes)
        return np.asarray((predictions.argmax(axis=1) != codes) * len(y) / (np.count_nonzero(counts) * counts[codes]))

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the share of each class, shape (n_classes,)."""
        return np.bincount(y.astype(np.int64), minlength=outputs) / len(y)


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
    ClassificationMetric(
        "roc_auc",
        MetricWords("ROC AUC", "chance that a positive row is ranked above a negative one", "area under the ROC curve"),
        True,
        _roc_auc,
        resampled.roc_auc,
        _BINARY,
        rare_cost=0.5,  # rows that the model knows nothing of are ranked as chance ranks them
    ),
    ClassificationMetric(
        "log_loss",
        MetricWords("Log loss", "how wrong the probabilities are; 0 is perfect", "log loss"),
        False,
        _log_loss,
        resampled.log_loss,
    ),
    ClassificationMetric(
        "accuracy",
        MetricWords("Accuracy", "share of rows that get the right label", "accuracy", percent=True),
        True,
        _accuracy,
        resampled.accuracy,
        on_labels=True,
        proportion=True,
    ),
    ClassificationMetric(
        "balanced_accuracy",
        MetricWords(
            "Balanced accuracy",
            "share of right labels, every class counted equally",
            "balanced accuracy",
            percent=True,
        ),
        True,
        _balanced_accuracy,
        resampled.balanced_accuracy,
        on_labels=True,
        by_class=True,
        rare_cost=1.0,
    ),
    ClassificationMetric(
        "f1",
        MetricWords("F1", "balance of false alarms and misses; 1 is perfect"),
        True,
        _f1,
        resampled.f1,
        on_labels=True,
        rare_cost=1.0,
    ),
    ClassificationMetric(
        "average_precision",
        MetricWords("Average precision", "precision averaged over all thresholds; 1 is perfect", "average precision"),
        True,
        _average_precision,
        resampled.average_precision,
        _BINARY,
        rare_cost=1.0,
    ),
    ClassificationMetric(
        "brier",
        MetricWords("Brier score", "squared error of the probabilities; 0 is perfect"),
        False,
        _brier,
        resampled.brier,
    ),
)
