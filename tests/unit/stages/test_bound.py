"""Conformal bounds hold what they promise where rows are exchangeable, and are absent where they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.entities.task import Task, TaskKind
from journeyman.stages.bound import COVERAGE, bound

NUMBER = Task("y", TaskKind.REGRESSION, "mae")
CLASSES = Task("y", TaskKind.MULTICLASS, "log_loss", labels=("a", "b", "c"))


@pytest.mark.parametrize("seed", range(3))
def test_new_rows_lie_within_as_often_as_promised(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, new = rng.gumbel(size=2_000), rng.gumbel(size=20_000)
    found = bound(np.zeros((2_000, 1)), truth, NUMBER)
    assert found is not None
    # the share of a bound learned from 2,000 rows varies by sqrt(.9 * .1 / 2000) = 0.7 %
    assert abs((np.abs(new) <= found.margin).mean() - COVERAGE) < 0.025


def test_sets_of_classes_hold_the_truth_as_often_as_promised() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([0.6, 0.6, 0.6], size=22_000)
    truth = np.array([rng.choice(3, p=p) for p in probabilities], dtype=np.float64)
    found = bound(probabilities[:2_000], truth[:2_000], CLASSES)
    assert found is not None
    held = probabilities[2_000:] >= 1 - found.margin
    assert abs(held[np.arange(20_000), truth[2_000:].astype(int)].mean() - COVERAGE) < 0.025


def test_too_few_rows_promise_nothing() -> None:
    assert bound(np.zeros((8, 1)), np.arange(8.0), NUMBER) is None
    assert bound(np.zeros((9, 1)), np.arange(9.0), NUMBER) is not None
