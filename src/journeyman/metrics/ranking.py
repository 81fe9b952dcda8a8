"""Metrics of rows that are sorted within a query.

A label holds the relevance, a whole number, and in its fraction the query: whoever sees labels sees who competes with
whom, and nothing else has to be handed on (docs/decisions/0066).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import RANKING_LOSS, MetricWords

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import WeightedScore

__all__ = [
    "MOST_QUERIES",
    "RANKING",
    "TOP_GRADE",
    "AveragePrecision",
    "DiscountedGain",
    "gains",
    "queries_of",
    "ranking_labels",
    "relevance_of",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_STEP = 2.0**-30  # of the fraction, from a query to the next: below a thousandth in all
MOST_QUERIES = 2**20
TOP_GRADE = 31
"""The highest relevance: 2 to the power of it is the gain of such a row."""


def ranking_labels(relevance: FloatArray, queries: IntArray) -> FloatArray:
    """Return labels of relevances, whole numbers from 0 to 31, and codes of queries from 0, below 2**20.

    Examples
    --------
    >>> labels = ranking_labels(np.array([2.0, 0.0]), np.array([0, 5]))
    >>> relevance_of(labels), queries_of(labels)
    (array([2., 0.]), array([0, 5]))
    """
    return relevance + (queries + 1) * _STEP


def relevance_of(y: FloatArray) -> FloatArray:
    """Return the relevance that labels hold, shape (n_samples,)."""
    return np.floor(y)


def queries_of(y: FloatArray) -> IntArray:
    """Return the codes of queries that labels hold, shape (n_samples,); -1 where they name none."""
    return np.asarray(np.rint((y - np.floor(y)) / _STEP), dtype=np.int64) - 1


def gains(relevance: FloatArray) -> FloatArray:
    """Return what rows of a relevance are worth: 2 to its power, less 1."""
    return np.asarray(2.0**relevance - 1.0)


@dataclass(frozen=True)
class _Sorted:
    """Rows by query, the highest score first; rows of equal scores share their places.

    Attributes
    ----------
    order : ndarray of int64, shape (n_samples,)
        Rows.
    query : ndarray of int64, shape (n_samples,)
        Number of the query, from 0, in that order.
    first, last : ndarray of int64, shape (n_samples,)
        Places within the query, from 0, of the first and the last row of an equal score.
    """

    order: IntArray
    query: IntArray
    first: IntArray
    last: IntArray

    @classmethod
    def of(cls, queries: IntArray, scores: FloatArray) -> _Sorted:
        """Return rows sorted by their scores."""
        order = np.lexsort((-scores, queries)).astype(np.int64)
        held, sorted_scores = queries[order], scores[order]
        new_query = np.diff(held, prepend=held[0] - 1) != 0
        starts = np.flatnonzero(new_query)
        query = np.cumsum(new_query) - 1
        new_tie = new_query | (np.diff(sorted_scores, prepend=np.inf) != 0)
        tie = np.cumsum(new_tie) - 1
        begins = np.flatnonzero(new_tie)
        ends = np.append(begins[1:], len(order)) - 1
        return cls(order, query.astype(np.int64), begins[tie] - starts[query], ends[tie] - starts[query])


class _RankingMetric(ABC):
    """What metrics of rankings have in common: a score a query, and their mean."""

    kinds = frozenset({"ranking"})
    loss = RANKING_LOSS
    greater_is_better = True
    optimum = 1.0
    on_labels = False
    by_class = False
    proportion = False
    rare_cost = 0.0

    @abstractmethod
    def by_query(self, y: FloatArray, scores: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the number of each row's query, from 0, and each query's score; NaN where nothing can be ranked."""

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the mean over queries; NaN where no query can be scored."""
        return float(self.weighted(y, predictions)(np.ones((1, len(y))))[0])

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        """Return the mean over queries as a function of row weights: a query weighs what its rows do, on average."""
        query, scores = self.by_query(y, predictions[:, 0])
        known = np.isfinite(scores)
        rows = np.bincount(query, minlength=len(scores))
        order = np.argsort(query, kind="stable")
        starts = np.concatenate([[0], np.cumsum(rows)[:-1]])
        counted = np.where(known, scores, 0.0)

        def score(weights: FloatArray) -> FloatArray:
            of_query = np.add.reduceat(weights[:, order], starts, axis=1) / rows * known
            total = of_query.sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.asarray(np.where(total > 0, of_query @ counted / total, np.nan))

        return score

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return what the query of each row lacks of a perfect ranking, shape (n_samples,)."""
        query, scores = self.by_query(y, predictions[:, 0])
        lost = 1.0 - scores
        usual = float(lost[np.isfinite(lost)].mean()) if np.isfinite(lost).any() else 0.0
        return np.where(np.isfinite(lost), lost, usual)[query]

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the same score for all rows: what comes first is left to chance."""
        return np.zeros(1)


class DiscountedGain(_RankingMetric):
    """Normalised discounted cumulative gain of the first ten rows (Järvelin and Kekäläinen 2002), mean over queries.

    Rows of equal scores stand in every order alike (McSherry and Najork 2008, "Computing information retrieval
    performance measures efficiently in the presence of tied scores"). Queries without a relevant row are not scored.

    Examples
    --------
    >>> y = ranking_labels(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 0, 1, 1]))
    >>> round(DiscountedGain().score(y, np.array([[1.0], [0.0], [1.0], [0.0]])), 4)
    0.8155
    """

    name = "ndcg_at_10"
    words = MetricWords("NDCG@10", "how near the ten rows ranked first come to the best order, on average over queries")
    cut = 10

    def by_query(self, y: FloatArray, scores: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the number of each row's query, and each query's score."""
        queries, worth = queries_of(y), gains(relevance_of(y))
        ranked, best = _Sorted.of(queries, scores), _Sorted.of(queries, worth)
        count = int(ranked.query[-1]) + 1
        gained, most = (
            np.bincount(held.query, worth[held.order] * self._discounts(held), count) for held in (ranked, best)
        )
        number = np.empty(len(y), dtype=np.int64)
        number[ranked.order] = ranked.query
        with np.errstate(invalid="ignore", divide="ignore"):
            return number, np.where(most > 0, gained / most, np.nan)

    def _discounts(self, held: _Sorted) -> FloatArray:
        """Return the mean discount of the places that each row may have."""
        longest = int(held.last.max()) + 1
        places = np.arange(longest)
        reached = np.concatenate([[0.0], np.cumsum(np.where(places < self.cut, 1.0 / np.log2(places + 2.0), 0.0))])
        return np.asarray((reached[held.last + 1] - reached[held.first]) / (held.last + 1 - held.first))


class AveragePrecision(_RankingMetric):
    """Mean average precision: of rows with a relevance above 0, the share of such rows up to each, mean over queries.

    Rows of equal scores are met together. Queries of which no row is relevant, or all, are not scored.

    Examples
    --------
    >>> y = ranking_labels(np.array([0.0, 1.0, 1.0]), np.array([0, 0, 0]))
    >>> round(AveragePrecision().score(y, np.array([[2.0], [1.0], [0.0]])), 4)
    0.5833
    """

    name = "mean_average_precision"
    words = MetricWords(
        "Mean average precision", "share of relevant rows among those ranked before, on average over queries"
    )

    def by_query(self, y: FloatArray, scores: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the number of each row's query, and each query's score."""
        ranked = _Sorted.of(queries_of(y), scores)
        relevant = (relevance_of(y) > 0)[ranked.order].astype(np.float64)
        count = int(ranked.query[-1]) + 1
        starts = np.flatnonzero(np.diff(ranked.query, prepend=-1))
        found = np.concatenate([[0.0], np.cumsum(relevant)])
        so_far = found[starts[ranked.query] + ranked.last + 1] - found[starts[ranked.query]]
        precision = so_far / (ranked.last + 1)
        total, rows = np.bincount(ranked.query, relevant, count), np.bincount(ranked.query, minlength=count)
        number = np.empty(len(y), dtype=np.int64)
        number[ranked.order] = ranked.query
        scored = (total > 0) & (total < rows)
        with np.errstate(invalid="ignore", divide="ignore"):
            return number, np.where(scored, np.bincount(ranked.query, relevant * precision, count) / total, np.nan)


RANKING = (DiscountedGain(), AveragePrecision())
