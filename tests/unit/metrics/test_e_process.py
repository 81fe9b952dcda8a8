"""E-process: mirrored by a swap, the same whatever the looks; what is claimed of it is in tests/properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.entities.paired_comparison import STAKES, PairedComparison
from journeyman.metrics.e_process import capped, evidence, inflation, mirrored, update


def in_looks(contest: PairedComparison, differences: np.ndarray, size: int) -> PairedComparison:
    for begin in range(0, len(differences), size):
        contest = update(contest, differences[begin : begin + size])
    return contest


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1, 1), max_size=300), st.integers(1, 50))
def test_swapping_the_two_mirrors_everything(values: list[float], size: int) -> None:
    differences = np.array(values)
    one, back = (
        in_looks(PairedComparison(1, 2), differences, size),
        mirrored(in_looks(PairedComparison(2, 1), -differences, size)),
    )
    assert (back.champion, back.challenger, back.truths) == (one.champion, one.challenger, one.truths)
    for name in ("log_better", "log_worse", "open_sums", "block_squares", "gain", "recent_gain"):
        np.testing.assert_allclose(getattr(back, name), getattr(one, name), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [1, 7, 10, 64, 300, 1000])
def test_looks_do_not_change_the_evidence(size: int) -> None:
    differences = np.random.default_rng(1).uniform(-0.9, 1.0, 1003)
    at_once, looked_at = (
        update(PairedComparison(1, 2), differences),
        in_looks(PairedComparison(1, 2), differences, size),
    )
    for name in ("log_better", "log_worse", "open_sums", "block_squares", "recent_gain", "recent_rows"):
        np.testing.assert_allclose(getattr(looked_at, name), getattr(at_once, name), rtol=1e-9, atol=1e-10)


def test_block_means_are_those_of_the_rows() -> None:
    differences = np.random.default_rng(2).uniform(-1, 1, 1000)
    contest = in_looks(PairedComparison(1, 2), differences, 13)
    for size, squares, opened in zip((4, 16, 64, 256), contest.block_squares, contest.open_sums, strict=True):
        whole = len(differences) // size * size
        means = differences[:whole].reshape(-1, size).mean(axis=1)
        assert squares == pytest.approx(float(np.square(means).sum()))
        assert opened == pytest.approx(float(differences[whole:].sum()))


def test_independent_rows_are_not_taken_for_dependent_ones() -> None:
    rng = np.random.default_rng(3)
    assert inflation(update(PairedComparison(1, 2), rng.uniform(-1, 1, 4000))) < 1.5
    assert 12 < inflation(update(PairedComparison(1, 2), np.repeat(rng.uniform(-1, 1, 400), 20))) < 30


def test_a_better_challenger_is_found_better() -> None:
    contests = [update(PairedComparison(1, 2), np.random.default_rng(s).uniform(-0.35, 0.65, 1000)) for s in range(20)]
    assert all(evidence(contest)[0] >= 20.0 for contest in contests)
    assert all(evidence(contest)[1] < 1.0 for contest in contests)


def test_no_difference_is_no_evidence() -> None:
    assert evidence(update(PairedComparison(1, 2), np.zeros(5000))) == (1.0, 1.0)


def test_losses_without_a_bound_are_refused() -> None:
    with pytest.raises(ValueError, match="bounded"):
        update(PairedComparison(1, 2), np.array([0.1, 1.5]))


def test_one_disaster_weighs_as_much_as_it_costs() -> None:
    quiet = update(PairedComparison(1, 2), np.full(200, 0.02))
    after = update(quiet, np.array([-1.0]))
    np.testing.assert_allclose(np.exp(after.log_better), np.exp(quiet.log_better) * (1.0 - np.asarray(STAKES)))


def test_capped_evidence_can_be_lost_again() -> None:
    rng = np.random.default_rng(5)
    contest = PairedComparison(0, 0)
    for _ in range(20):
        contest = capped(update(contest, rng.uniform(-0.4, 0.8, 500)))
    assert 20.0 <= evidence(contest)[0] <= 1000.1
    contest = capped(update(contest, rng.uniform(-0.8, 0.4, 100)))
    assert evidence(contest)[0] < 20.0
    assert len(contest.log_better) == len(STAKES)
