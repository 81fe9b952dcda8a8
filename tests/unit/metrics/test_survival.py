"""Survival metrics beside slow direct computations."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.metrics.dominance import Dominance
from journeyman.metrics.survival import (
    BrierScore,
    Concordance,
    brier_losses,
    curve_of_all,
    kaplan_meier,
    with_risk,
)
from journeyman.metrics.weighted import weighted_score

TIMES = (1.0, 2.0, 4.0)


def censored_times(rows: int, seed: int, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    times = rng.exponential(2.0, rows)
    times = np.ceil(4 * times) / 4 if ties else times
    y = np.where(rng.random(rows) < 0.6, times, -times)
    curves = np.sort(rng.random((rows, len(TIMES))), axis=1)[:, ::-1]
    curves = curves.round(1) if ties else curves
    return y, with_risk(curves)


def slow_concordance(y: np.ndarray, risk: np.ndarray, weights: np.ndarray) -> float:
    """Pair by pair."""
    right = pairs = 0.0
    for i in range(len(y)):
        for j in range(len(y)):
            first = abs(y[i]) < abs(y[j]) or (abs(y[i]) == abs(y[j]) and y[j] < 0)
            if y[i] > 0 and first and i != j:
                both = weights[i] * weights[j]
                pairs += both
                right += both * (1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0)
    return right / pairs


def slow_brier(y: np.ndarray, curves: np.ndarray, time: float) -> float:
    """Row by row, with the share that is not censored yet from its definition."""

    def seen(until: float, before: bool) -> float:
        share = 1.0
        for end in sorted({abs(v) for v in y if v < 0}):
            if end < until or (end == until and not before):
                at_risk = sum(abs(v) > end or v == -end for v in y)  # events of that time come first
                share *= 1.0 - sum(v == -end for v in y) / at_risk
        return max(share, 0.05)

    total = 0.0
    for label, chance in zip(y, curves, strict=True):
        if 0 < label <= time:
            total += chance**2 / seen(label, True)
        elif abs(label) > time:
            total += (1.0 - chance) ** 2 / seen(time, False)
    return total / len(y)


@pytest.mark.parametrize("seed", range(5))
def test_concordance_is_that_of_all_pairs_weighted_or_not(seed: int) -> None:
    y, predictions = censored_times(70, seed)
    metric, ones = Concordance(TIMES), np.ones(70)
    assert metric.score(y, predictions) == pytest.approx(slow_concordance(y, predictions[:, 0], ones), abs=1e-9)
    weights = np.random.default_rng(seed).integers(0, 4, 70).astype(float)
    told = metric.weighted(y, predictions)(np.vstack([weights, ones]))
    assert told[0] == pytest.approx(slow_concordance(y, predictions[:, 0], weights), abs=1e-9)
    assert told[1] == pytest.approx(metric.score(y, predictions))


@pytest.mark.parametrize("seed", range(3))
def test_the_brier_score_is_that_of_its_definition(seed: int) -> None:
    y, predictions = censored_times(60, seed)
    each = [slow_brier(y, predictions[:, 1 + k], time) for k, time in enumerate(TIMES)]
    np.testing.assert_allclose(brier_losses(y, predictions[:, 1:], np.array(TIMES)).mean(axis=0), each, rtol=1e-9)
    assert BrierScore(TIMES).score(y, predictions) == pytest.approx(np.mean(each))


def test_rows_weigh_in_the_brier_score_as_if_repeated() -> None:
    y, predictions = censored_times(60, 7)
    weights = np.random.default_rng(1).integers(1, 4, 60)
    repeated = BrierScore(TIMES).score(np.repeat(y, weights), np.repeat(predictions, weights, axis=0))
    weighed = weighted_score(BrierScore(TIMES), y, predictions)(weights[None].astype(float))[0]
    assert weighed == pytest.approx(repeated, rel=1e-9)


def test_scores_of_those_who_know_and_of_those_who_do_not() -> None:
    y = np.abs(censored_times(200, 3, ties=False)[0])
    perfect = with_risk((y[:, None] > np.array(TIMES)).astype(float))
    perfect[:, 0] = 1.0 / (1.0 + y)
    metric = Concordance(TIMES)
    assert metric.score(y, perfect) == 1.0
    assert BrierScore(TIMES).score(y, perfect) == 0.0
    constant = np.tile(metric.best_constant(y, 4), (200, 1))
    assert metric.score(y, constant) == 0.5
    for k, time in enumerate(TIMES):
        assert constant[0, 1 + k] == pytest.approx((y > time).mean())
    assert np.isnan(metric.score(-y, perfect))  # nothing is known to have happened


def test_censoring_does_not_move_the_brier_score_on_average() -> None:
    """The same rows with and without censoring, over many draws: weights make up for what is not seen."""
    rng = np.random.default_rng(0)
    told, full = [], []
    for _ in range(60):
        x = rng.random(400)
        times, censored = rng.exponential(1.0 + 2.0 * x), rng.exponential(6.0, 400)
        curves = with_risk(np.exp(-np.array(TIMES) / (1.0 + 2.0 * x)[:, None]))
        told.append(BrierScore(TIMES).score(np.where(times <= censored, times, -censored), curves))
        full.append(BrierScore(TIMES).score(times, curves))
    difference = np.array(told) - full
    assert abs(difference.mean()) < 3 * difference.std() / np.sqrt(60)


def test_kaplan_meier_finds_a_survival_that_is_known() -> None:
    rng = np.random.default_rng(4)
    times, censored = rng.weibull(1.5, 20_000), rng.exponential(1.5, 20_000)
    y = np.where(times <= censored, times, -censored)
    at = np.array([0.25, 0.5, 1.0, 1.5])
    np.testing.assert_allclose(curve_of_all(y, at), np.exp(-(at**1.5)), atol=0.015)
    np.testing.assert_allclose(kaplan_meier(y, censoring=True).at(at), np.exp(-at / 1.5), atol=0.015)


def test_sums_below_a_rank_before_a_place() -> None:
    rng = np.random.default_rng(5)
    ranks, weights = rng.integers(0, 9, 37), rng.random((2, 37))
    before, below = rng.integers(0, 38, 20), rng.integers(0, 11, 20)
    slow = [[w[:b][ranks[:b] < r].sum() for b, r in zip(before, below, strict=True)] for w in weights]
    np.testing.assert_allclose(Dominance(ranks, before, below).sums(weights), slow, atol=1e-12)
