"""Metrics of groups beside those of scikit-learn, and on weighted rows."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from journeyman.metrics.agreement import GROUPING, adjusted_rand, contingency
from journeyman.metrics.weighted import weighted_score


def drawn(rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=rows)
    found = np.where(rng.random(rows) < 0.3, rng.integers(3, size=rows), y)
    return y.astype(np.float64), np.column_stack([np.eye(3)[found] * 0.6 + 0.1, np.full(rows, 0.9)])


def test_the_index_is_that_of_others() -> None:
    y, told = drawn()
    theirs = adjusted_rand_score(y, told[:, :3].argmax(axis=1))
    assert np.isclose(GROUPING[0].score(y, told), theirs)
    assert adjusted_rand(contingency(np.zeros(9, np.int64), np.zeros(9, np.int64), 1, 1)) == 0.0


def test_weights_count_as_repeated_rows() -> None:
    y, told = drawn(60)
    weights = np.random.default_rng(1).integers(0, 3, size=(5, 60)).astype(np.float64)
    for metric in GROUPING:
        found = weighted_score(metric, y, told)(weights)
        rows = [np.repeat(np.arange(60), line.astype(np.int64)) for line in weights]
        assert np.allclose(found, [metric.score(y[r], told[r]) for r in rows])


def test_one_group_for_all_rows_agrees_on_nothing() -> None:
    y, _ = drawn()
    assert GROUPING[0].score(y, np.tile(GROUPING[0].best_constant(y, 4), (len(y), 1))) == 0.0
    assert (GROUPING[0].row_losses(y, np.tile([0.2, 0.3, 0.4, 0.1], (len(y), 1))) > 0).all()
