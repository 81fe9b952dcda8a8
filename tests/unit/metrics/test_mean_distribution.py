"""Intervals of means hold under rare disasters, long tails and copies; false claims of a gain stay rare."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from journeyman.entities.case_rows import RowSampling
from journeyman.metrics.mean_distribution import estimate_mean, mean_draws

FloatArray = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], FloatArray]


def coin(share: float, win: float, loss: float) -> tuple[Draw, float, tuple[float, float]]:
    return (
        lambda rng, n: np.where(rng.random(n) < share, win, loss),
        share * win + (1 - share) * loss,
        (min(win, loss), max(win, loss)),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "rows"),
    [
        (coin(0.3, 10.0, -4.0), 300),
        (coin(0.01, 400.0, -4.0), 400),
        (coin(0.001, -1_000.0, 1.0), 400),  # a disaster that two samples of three do not show
        (coin(0.001, -1_000.0, 1.0), 3_000),
    ],
    ids=["even", "rare gains", "unseen disasters", "rare disasters"],
)
def test_intervals_hold(world: tuple[Draw, float, tuple[float, float]], rows: int) -> None:
    draw, mean, ends = world
    rng = np.random.default_rng(7)
    found = [estimate_mean(draw(rng, rows), [ends], RowSampling(seed=k)) for k in range(400)]
    held = np.mean([one.low <= mean <= one.high for one in found])
    above = np.mean([one.low > mean for one in found])
    assert held > 0.85
    assert above < 0.08  # what a false GO would come from


@pytest.mark.slow
def test_a_disaster_that_eats_the_gain_is_not_called_a_gain() -> None:
    """The nastiest null: the mean is nought, and most samples show gains alone."""
    draw, _, ends = coin(1.0 / 1_001.0, -1_000.0, 1.0)
    rng = np.random.default_rng(0)
    claims = [estimate_mean(draw(rng, 500), [ends], RowSampling(seed=k)).probability >= 0.95 for k in range(300)]
    assert np.mean(claims) < 0.05
    blind = [estimate_mean(draw(rng, 500), (), RowSampling(seed=k)).probability >= 0.95 for k in range(60)]
    assert np.mean(blind) > 0.4  # without its end, most would be


@pytest.mark.slow
def test_long_tails_hold_where_their_end_is_known() -> None:
    rng = np.random.default_rng(3)
    mean, held = float(np.exp(0.5)), []
    for k in range(300):
        amounts = np.exp(rng.normal(size=2_000))
        found = estimate_mean(amounts[:400], [(float(amounts.min()), float(amounts.max()))], RowSampling(seed=k))
        held.append(found.low <= mean <= found.high)
    assert np.mean(held) > 0.85


def test_copies_count_once() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=200)
    alone = estimate_mean(values, [(-3.0, 3.0)])
    copied = estimate_mean(np.repeat(values, 5), [(-3.0, 3.0)], RowSampling(clusters=np.repeat(np.arange(200), 5)))
    assert abs((copied.high - copied.low) / (alone.high - alone.low) - 1.0) < 0.15


def test_neighbours_that_depend_on_each_other_widen_it() -> None:
    values = np.random.default_rng(1).normal(size=400)
    alone, together = (estimate_mean(values, (), RowSampling(dependence=d)) for d in (1.0, 9.0))
    assert 2.7 < (together.high - together.low) / (alone.high - alone.low) < 3.3


def test_a_stated_prevalence_weighs_the_classes() -> None:
    came = np.array([0, 1] * 500)
    found = estimate_mean(
        np.where(came == 1, 10.0, -1.0), [(-1.0, 0.0), (0.0, 10.0)], RowSampling(strata=came, shares=(0.9, 0.1))
    )
    assert found.mean == pytest.approx(0.1)
    assert found.low < 0.1 < found.high


def test_many_different_values_are_pooled_and_tell_the_same() -> None:
    values = np.exp(np.random.default_rng(0).normal(size=30_000))
    pooled = mean_draws(values, draws=400)
    assert pooled.mean() == pytest.approx(values.mean(), rel=0.01)
    assert pooled.std() == pytest.approx(values.std() / np.sqrt(len(values)), rel=0.15)


def test_nothing_at_stake_is_never_above_nought() -> None:
    found = estimate_mean(np.zeros(50), [(0.0, 0.0)])
    assert (found.mean, found.low, found.high, found.probability) == (0.0, 0.0, 0.0, 0.0)
