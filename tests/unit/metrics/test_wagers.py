"""Wagers: valid under continuous looking, mirrored by a swap, the same whatever the looks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.entities.contest import Contest
from journeyman.metrics.wagers import capped, evidence, mirrored, wager


def looks(contest: Contest, differences: np.ndarray, size: int) -> tuple[Contest, float]:
    """Return the contest after all looks and the most that was ever proved for the challenger."""
    most = 0.0
    for begin in range(0, len(differences), size):
        contest = wager(contest, differences[begin : begin + size])
        most = max(most, evidence(contest)[0])
    return contest, most


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1, 1), max_size=300), st.integers(1, 50))
def test_swapping_the_two_mirrors_everything(values: list[float], size: int) -> None:
    differences = np.array(values)
    one, _ = looks(Contest(1, 2), differences, size)
    other, _ = looks(Contest(2, 1), -differences, size)
    back = mirrored(other)
    assert (back.champion, back.challenger, back.truths) == (one.champion, one.challenger, one.truths)
    np.testing.assert_allclose(back.better, one.better, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(back.worse, one.worse, rtol=1e-9, atol=1e-12)
    assert back.gain == pytest.approx(one.gain, abs=1e-9)


@pytest.mark.parametrize("size", [1, 7, 10, 64, 1000])
def test_looks_do_not_change_what_is_proved(size: int) -> None:
    differences = np.random.default_rng(1).normal(0.1, 1.0, 1000)
    at_once = wager(Contest(1, 2), differences)
    looked_at, _ = looks(Contest(1, 2), differences, size)
    np.testing.assert_allclose(looked_at.better, at_once.better, rtol=1e-9)
    assert looked_at.open_rows == at_once.open_rows


def noise(kind: str, rng: np.random.Generator, rows: int) -> np.ndarray:
    if kind == "wild":
        return rng.standard_t(2, rows)
    if kind == "lopsided":
        return rng.exponential(1.0, rows) - 1.0
    if kind == "neighbours alike":
        return np.repeat(rng.normal(0, 1, rows // 5), 5)
    return rng.normal(0, 1, rows)


@pytest.mark.parametrize("kind", ["plain", "wild", "neighbours alike"])
def test_nothing_is_proved_of_equals_however_often_one_looks(kind: str) -> None:
    proved = 0
    for seed in range(200):
        differences = noise(kind, np.random.default_rng([seed, 7]), 2000)
        proved += looks(Contest(1, 2), differences, 100)[1] >= 20.0
    assert proved <= 10  # 5 % of 200


def test_a_better_challenger_is_proved_better() -> None:
    contests = [wager(Contest(1, 2), np.random.default_rng(seed).normal(0.15, 1.0, 3000)) for seed in range(20)]
    assert sum(evidence(contest)[0] >= 20.0 for contest in contests) >= 18
    assert all(evidence(contest)[1] < 1.0 for contest in contests)


def test_no_difference_proves_nothing() -> None:
    assert evidence(wager(Contest(1, 2), np.zeros(5000))) == (1.0, 1.0)


def test_one_enormous_row_decides_nothing() -> None:
    differences = np.random.default_rng(3).normal(0.0, 1.0, 600)
    differences[300] = 1e9
    assert evidence(wager(Contest(1, 2), differences))[0] < 20.0


def test_capped_evidence_can_be_lost_again() -> None:
    rng = np.random.default_rng(5)
    contest = Contest(0, 0)
    for _ in range(20):
        contest = capped(wager(contest, rng.normal(0.5, 1.0, 500)))
    assert 20.0 <= evidence(contest)[0] <= 400.0
    for _ in range(4):
        contest = capped(wager(contest, rng.normal(-0.5, 1.0, 500)))
    assert evidence(contest)[0] < 20.0
