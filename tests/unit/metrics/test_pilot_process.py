"""Pilots may be looked at after every case: false GO stays below alpha under the nastiest nulls."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.metrics.pilot_process import evidence_paths, pilot_interval, signed_differences


def world(kind: str, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, float, float]:
    if kind == "disasters":  # nine hundred and ninety-nine small gains, and then all of it is lost
        return np.where(rng.random(size) < 0.002, -499.0, 1.0), np.zeros(size), -499.0, 1.0
    if kind == "trend":
        level = np.linspace(0.0, 80.0, size) + rng.normal(0.0, 5.0, size).clip(-20, 20)
        return level, level, -20.0, 100.0
    if kind == "ten alike":
        same = np.repeat(rng.uniform(0.0, 100.0, -(-size // 10)), 10)[:size]
        return same, same, 0.0, 100.0
    return 100.0 * (rng.random(size) < 0.02), 100.0 * (rng.random(size) < 0.02), 0.0, 100.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["disasters", "trend", "ten alike", "rare"])
def test_false_go_stays_below_alpha_under_a_look_at_each_case(kind: str) -> None:
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(500):
        ours, other, low, high = world(kind, rng, 800)
        treated = rng.random(800) < 0.5
        above, _ = evidence_paths(signed_differences(np.where(treated, ours, other), treated, low, high))
        wrong += above.max() >= np.log(20.0)
    assert wrong / 500 <= 0.05


@pytest.mark.slow
def test_the_interval_holds_at_every_look_and_agrees_with_the_rule() -> None:
    rng = np.random.default_rng(2)
    passed, agree = 0, 0
    for _ in range(120):
        treated = rng.random(600) < 0.5
        values = np.where(treated, rng.random(600) < 0.55, rng.random(600) < 0.4).astype(float)
        apart = signed_differences(values, treated, 0.0, 1.0)
        low, high = pilot_interval(apart, 0.05)
        passed += low > 0.075 or high < 0.075
        above, _ = evidence_paths(apart)
        agree += (low > 0.0) == (above.max() >= np.log(20.0))
    assert passed / 120 <= 0.1
    assert agree == 120


def test_a_clear_gain_is_shown_soon() -> None:
    rng = np.random.default_rng(0)
    treated = rng.random(400) < 0.5
    values = np.where(treated, 80.0, 20.0) + rng.uniform(-20.0, 20.0, 400)
    above, below = evidence_paths(signed_differences(values, treated, 0.0, 100.0))
    assert (above >= np.log(20.0)).argmax() < 60
    assert below.max() < np.log(20.0)
