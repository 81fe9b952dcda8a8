"""What a policy does: capacity is what a day's first cases get, and gains are counted over the status quo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.business_case import Volume, Worth
from journeyman.entities.case_rows import CaseRows, PolicyRows
from journeyman.metrics.case_policy import choose_actions, constant_actions, gains, possible_gains


def case_rows(p: np.ndarray, win: float = 10.0, loss: float = -2.0) -> CaseRows:
    count = len(p)
    worth = np.tile([[[loss, win], [0.0, 0.0]]], (count, 1, 1))
    told = np.column_stack([1 - p, p])
    ones = np.ones(count)
    return CaseRows(worth, told, told.round(), np.ones(count, int), ones, 1, True, ones)


def test_without_a_limit_each_case_gets_the_best_action() -> None:
    rows = case_rows(np.array([0.1, 0.2, 0.9]))
    assert choose_actions(rows, rows.predicted, Volume(10, 1)).action.tolist() == [1, 0, 0]


def test_capacity_is_what_simulated_days_allow() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.2, 1.0, 200)
    rows = case_rows(p)
    chance = choose_actions(rows, rows.predicted, Volume(10, 1, capacity=2)).chance
    times, shown = np.zeros(200), np.zeros(200)
    for _ in range(8_000):
        day = rng.choice(200, 10)
        shown += np.bincount(day, minlength=200)
        first = day[np.argsort(-p[day], kind="stable")[:2]]
        times += np.bincount(first, minlength=200)
    assert np.abs(times / shown - chance).max() < 0.12
    assert chance.mean() == pytest.approx(0.2, abs=0.01)


def test_nobody_is_acted_on_to_fill_the_capacity() -> None:
    rows = case_rows(np.full(50, 0.05))
    found = choose_actions(rows, rows.predicted, Volume(10, 1, capacity=5))
    assert not found.chance.any()
    assert set(found.action.tolist()) == {1}


def test_a_budget_buys_the_greatest_gain_for_its_price() -> None:
    rows = case_rows(np.array([0.9, 0.9, 0.5, 0.5]))
    rows = replace(rows, price=np.array([4.0, 1.0, 1.0, 1.0]))
    found = choose_actions(rows, rows.predicted, Volume(4, 1, budget=3.0, price=Worth(1.0)))
    assert found.chance.tolist() == [0.0, 1.0, 1.0, 1.0]
    half = choose_actions(rows, rows.predicted, Volume(4, 1, budget=1.5, price=Worth(1.0)))
    assert half.chance.sum() == pytest.approx(1.5)


def test_gains_are_over_what_is_done_today() -> None:
    rows = case_rows(np.array([0.9, 0.1]))
    acted = PolicyRows(np.array([0, 1]), np.ones(2))
    assert gains(rows, acted).tolist() == [10.0, 0.0]
    everyone = replace(rows, today=np.zeros(2, int))
    assert gains(everyone, acted).tolist() == [0.0, 2.0]
    assert possible_gains(everyone, acted) == ((0.0, 2.0), (-10.0, 0.0))
    assert gains(rows, constant_actions(rows, Volume(10, 1, capacity=5), 0)).tolist() == [5.0, -1.0]
