"""A threshold's figures are the confusion that it gives, and example rows are what they are called."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.stages.evaluate.examples import example_rows
from journeyman.stages.evaluate.thresholds import threshold_counts


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 700), st.integers(1, 4))
def test_counts_are_those_of_the_rule(seed: int, rows: int, digits: int) -> None:
    rng = np.random.default_rng(seed)
    y, p = rng.integers(0, 2, rows).astype(float), rng.random(rows).round(digits)
    counts = threshold_counts(y, p)
    if counts is None:
        assert len(np.unique(y)) < 2
        return
    assert len(counts.thresholds) <= 202
    assert list(counts.thresholds) == sorted(set(counts.thresholds))
    assert (counts.positives, counts.negatives) == ((y == 1).sum(), (y == 0).sum())
    for t, true, false in zip(counts.thresholds, counts.true_positives, counts.false_positives, strict=True):
        assert true == ((p >= t) & (y == 1)).sum()
        assert false == ((p >= t) & (y == 0)).sum()


def test_examples_are_best_typical_and_worst() -> None:
    y = np.arange(21.0)
    errors = np.random.default_rng(0).permutation(21) / 10
    found = example_rows(np.arange(100, 121), y, (y + errors)[:, None], errors)
    by_kind = {
        kind: [round(float(errors[e.position - 100]), 1) for e in found if e.kind == kind]
        for kind in ("best", "typical", "worst")
    }
    assert by_kind == {"best": [0.0, 0.1], "typical": [0.9, 1.0], "worst": [2.0, 1.9]}
    assert example_rows(np.arange(5), y[:5], y[:5, None], errors[:5]) == ()


def test_of_classes_the_worst_were_sure_and_wrong() -> None:
    p = np.linspace(0.01, 0.99, 30)
    found = example_rows(np.arange(30), np.ones(30), np.column_stack([1 - p, p]), 1 - p)
    assert [e.position for e in found if e.kind == "worst"] == [0, 1]
    assert [e.position for e in found if e.kind == "best"] == [29, 28]
