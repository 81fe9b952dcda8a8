"""Proportional hazards: partial likelihoods of scores, and the baseline hazard that goes with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RiskSets", "survival_curves"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_LARGEST = 30.0  # of a score: beyond it a hazard is no number of use


@dataclass(frozen=True)
class RiskSets:
    """Who was still under observation at each time of an event.

    Attributes
    ----------
    order : ndarray of int64, shape (n_samples,)
        Rows, shortest time first.
    times : ndarray of shape (n_times,)
        Distinct times of events, as they rise.
    counts : ndarray of shape (n_times,)
        Events at each.
    begins : ndarray of int64, shape (n_times,)
        Place in the order of the first row that is at risk then; all later ones are, too.
    until : ndarray of int64, shape (n_samples,)
        For each row, how many times of events lie up to its own.
    happened : ndarray of bool, shape (n_samples,)
        Whether the event happened to the row.
    """

    order: IntArray
    times: FloatArray
    counts: FloatArray
    begins: IntArray
    until: IntArray
    happened: NDArray[np.bool_]

    @classmethod
    def of(cls, y: FloatArray) -> RiskSets:
        """Return those of labels: times, of censored rows below zero."""
        ends, happened = np.abs(y), y > 0
        order = np.argsort(ends, kind="stable").astype(np.int64)
        times, counts = np.unique(ends[happened], return_counts=True)
        begins = np.searchsorted(ends[order], times, side="left").astype(np.int64)
        until = np.searchsorted(times, ends, side="right").astype(np.int64)
        return cls(order, times, counts.astype(np.float64), begins, until, happened)

    def totals(self, values: FloatArray) -> FloatArray:
        """Return sums over who is at risk at each time, shape (n_times,) or (n_times, n_columns)."""
        return np.asarray(np.cumsum(values[self.order][::-1], axis=0)[::-1][self.begins])

    def hazards(self, scores: FloatArray) -> FloatArray:
        """Return the steps of the baseline's cumulative hazard at each time, shape (n_times,) (Breslow 1974)."""
        return self.counts / self.totals(np.exp(np.clip(scores, -_LARGEST, _LARGEST)))

    def loss(self, scores: FloatArray) -> float:
        """Return the negative logarithm of the partial likelihood for each event; of ties, as Breslow has them."""
        if not len(self.times):
            return 0.0
        at_risk = self.totals(np.exp(np.clip(scores, -_LARGEST, _LARGEST)))
        return float((self.counts @ np.log(at_risk) - scores[self.happened].sum()) / self.counts.sum())

    def slopes(self, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return that loss's first and second derivatives by each score, times the number of events."""
        odds = np.exp(np.clip(scores, -_LARGEST, _LARGEST))
        at_risk = self.totals(odds)
        once = np.concatenate([[0.0], np.cumsum(self.counts / at_risk)])[self.until]
        twice = np.concatenate([[0.0], np.cumsum(self.counts / at_risk**2)])[self.until]
        return odds * once - self.happened, odds * once - odds**2 * twice

    def cumulative(self, scores: FloatArray, times: FloatArray) -> FloatArray:
        """Return the baseline's cumulative hazard at times, shape (n_times,)."""
        steps = np.concatenate([[0.0], np.cumsum(self.hazards(scores))])
        return np.asarray(steps[np.searchsorted(self.times, times, side="right")])


def survival_curves(scores: FloatArray, cumulative: FloatArray) -> FloatArray:
    """Return the chances to survive, shape (n_samples, n_times), of scores and the baseline's cumulative hazard.

    Examples
    --------
    >>> survival_curves(np.array([0.0, np.log(2.0)]), np.array([np.log(2.0)])).round(6)
    array([[0.5 ],
           [0.25]])
    """
    return np.exp(-np.exp(np.clip(scores, -_LARGEST, _LARGEST))[:, None] * cumulative)
