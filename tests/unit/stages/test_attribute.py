"""Contributions sum to what they explain, and columns that change nothing contribute nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Block
from journeyman.stages.attribute import attribute


def model(block: Block) -> NDArray[np.float64]:
    a, b = block["a"].astype(float), block["b"].astype(float)
    return np.column_stack([a, a * b + np.where(block["c"] == 1, 2.0, 0.0)])


def test_contributions_sum_to_the_change_of_the_answer() -> None:
    row: Block = {"a": np.array([2.0]), "b": np.array([3.0]), "c": np.array([1]), "d": np.array(["t"], dtype=object)}
    typical: Block = {"a": np.array([1.0]), "b": np.array([1.0]), "c": np.array([0]), "d": np.array([None])}
    found = attribute(model, row, typical, 1)
    np.testing.assert_allclose(sum(found.values()), (model(row) - model(typical))[0, 1])
    assert (found["c"], found["d"]) == (2.0, 0.0)
    # both share what they only do together: walked both ways, each comes first as often as the other
    np.testing.assert_allclose([found["a"], found["b"]], [2.0, 3.0])


def test_a_missing_typical_value_may_be_nan() -> None:
    row: Block = {"a": np.array([2.0]), "b": np.array([3.0]), "c": np.array([1])}
    found = attribute(lambda block: np.nan_to_num(model(block)), row, {**row, "a": np.array([np.nan])}, 0)
    assert found == {"a": 2.0, "b": 0.0, "c": 0.0}
