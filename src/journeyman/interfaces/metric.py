"""A way to score predictions, with all that is known of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import MetricWords

__all__ = ["Metric", "WeightedScore"]

FloatArray = NDArray[np.float64]
WeightedScore = Callable[[FloatArray], FloatArray]
"""Weights (n_resamples, n_samples) to scores (n_resamples,); NaN where a resample has no score."""


class Metric(Protocol):
    """A way to score predictions; ``y`` holds class codes or values, predictions probabilities or values."""

    @property
    def name(self) -> str:
        """In settings and facts, such as "roc_auc"."""
        ...

    @property
    def words(self) -> MetricWords:
        """Label, meaning and unit, as reports print them."""
        ...

    @property
    def kinds(self) -> frozenset[str]:
        """Tasks that it fits."""
        ...

    @property
    def greater_is_better(self) -> bool:
        """Whether a higher score is better."""
        ...

    @property
    def optimum(self) -> float:
        """The score of predictions without a fault; finite."""
        ...

    @property
    def loss(self) -> str:
        """What models minimise for it: one of :class:`Loss`, or a loss that the algorithms of its kind of task know."""
        ...

    @property
    def on_labels(self) -> bool:
        """Whether it judges labels, which a threshold gives, and not probabilities."""
        ...

    @property
    def by_class(self) -> bool:
        """Whether every class counts alike in it, however rare."""
        ...

    @property
    def proportion(self) -> bool:
        """Whether it is a share of rows, for which exact intervals are known."""
        ...

    @property
    def rare_cost(self) -> float:
        """What it loses where rows of the rarest class are not known, as a share of them; 0 where that hardly shows."""
        ...

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score of ``y``, shape (n_samples,), and predictions, shape (n_samples, n_outputs)."""
        ...

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore | None:
        """Return the score as a function of row weights; None where rows have to be repeated instead."""
        ...

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return what each row costs, shape (n_samples,); their mean falls where models get better by the metric."""
        ...

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the best prediction that is the same for all rows, shape (outputs,)."""
        ...
