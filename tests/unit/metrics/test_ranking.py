"""Ranking metrics beside slow direct computations, and labels that hold their query."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score

from journeyman.metrics.ranking import (
    MOST_QUERIES,
    AveragePrecision,
    DiscountedGain,
    queries_of,
    ranking_labels,
    relevance_of,
)


def ranked_rows(seed: int, rows: int = 120, queries: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    query = rng.integers(0, queries, rows)
    return ranking_labels(rng.integers(0, 4, rows).astype(float), query), query, rng.normal(size=(rows, 1))


def test_labels_hold_relevance_and_query_to_the_last_digit() -> None:
    queries = np.array([0, 1, 77_777, MOST_QUERIES - 1])
    labels = ranking_labels(np.array([0.0, 31.0, 5.0, 31.0]), queries)
    assert relevance_of(labels).tolist() == [0.0, 31.0, 5.0, 31.0]
    assert queries_of(labels).tolist() == queries.tolist()
    assert np.array([float(repr(v)) for v in labels.tolist()]).tolist() == labels.tolist()
    assert np.abs(labels - relevance_of(labels)).max() < 1e-3
    assert queries_of(np.array([3.0])).tolist() == [-1]


@pytest.mark.parametrize("seed", range(4))
def test_they_are_those_of_scikit_learn(seed: int) -> None:
    y, query, scores = ranked_rows(seed)
    gained, precise = [], []
    for one in np.unique(query):
        own = query == one
        relevance, told = relevance_of(y)[own], scores[own, 0]
        if relevance.any():
            gained.append(ndcg_score([2.0**relevance - 1.0], [told], k=10))
        if relevance.any() and not (relevance > 0).all():
            precise.append(average_precision_score(relevance > 0, told))
    assert DiscountedGain().score(y, scores) == pytest.approx(np.mean(gained))
    assert AveragePrecision().score(y, scores) == pytest.approx(np.mean(precise))


def test_equal_scores_stand_in_every_order_alike() -> None:
    relevance, scores = np.array([3.0, 0.0, 1.0, 2.0]), np.array([1.0, 0.5, 0.5, 0.5])
    y, metric = ranking_labels(relevance, np.zeros(4, dtype=int)), DiscountedGain()
    orders = [scores + 1e-6 * np.array(turn) for turn in itertools.permutations(range(4))]
    mean = np.mean([metric.score(y, order[:, None]) for order in orders])
    assert metric.score(y, scores[:, None]) == pytest.approx(mean)
    constant = metric.score(y, np.zeros((4, 1)))
    chance = [metric.score(y, np.array(turn, dtype=float)[:, None]) for turn in itertools.permutations(range(4))]
    assert constant == pytest.approx(np.mean(chance))


def test_order_of_rows_and_scales_do_not_matter_and_queries_are_weighed() -> None:
    y, query, scores = ranked_rows(9)
    turn = np.random.default_rng(0).permutation(len(y))
    for metric in (DiscountedGain(), AveragePrecision()):
        plain = metric.score(y, scores)
        assert metric.score(y[turn], scores[turn]) == pytest.approx(plain)
        assert metric.score(y, 3.0 * scores + 7.0) == pytest.approx(plain)
        weighed = metric.weighted(y, scores)
        kept = query < 6
        alone = metric.score(y[kept], scores[kept])
        assert weighed(kept[None].astype(float))[0] == pytest.approx(alone)
        assert metric.score(y, relevance_of(y)[:, None]) == pytest.approx(1.0)
        losses = metric.row_losses(y, scores)
        assert losses.shape == y.shape
        assert np.isfinite(losses).all()


def test_queries_without_a_relevant_row_are_not_scored() -> None:
    y = ranking_labels(np.array([0.0, 0.0, 1.0, 0.0]), np.array([0, 0, 1, 1]))
    assert DiscountedGain().score(y, np.array([[1.0], [0.0], [1.0], [0.0]])) == 1.0
    assert np.isnan(DiscountedGain().score(y[:2], np.zeros((2, 1))))
