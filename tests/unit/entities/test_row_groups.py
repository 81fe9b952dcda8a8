"""Rows that belong together, and their order in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.row_groups import equal_rows, group_codes, time_order


def test_rows_without_a_key_are_groups_of_their_own() -> None:
    codes = group_codes(pd.DataFrame({"key": [1.0, np.nan, 1.0, np.nan]}), "key")
    assert codes[0] == codes[2]
    assert len({codes[0], codes[1], codes[3]}) == 3


def test_equal_rows_tell_missing_values_and_types_apart() -> None:
    frame = pd.DataFrame({"a": [1, 1, 1, 1], "b": ["x", None, "x", None], "c": [0.1, 0.2, 0.1, 0.2]})
    assert equal_rows(frame).tolist() == [0, 1, 0, 1]
    assert equal_rows(frame, ["a"]).tolist() == [0, 0, 0, 0]
    assert equal_rows(frame.set_axis(["n", "n", "n"], axis=1)).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ([3, 1, 2], [1, 2, 0]),
        (["2024-03-01", None, "2023-01-01 10:00"], [1, 2, 0]),
        (pd.to_datetime(["2020-01-02", "2020-01-01", "2020-01-03"]), [1, 0, 2]),
        (["b", "c", "a"], [2, 0, 1]),
    ],
)
def test_time_order(values: object, order: list[int]) -> None:
    assert time_order(pd.DataFrame({"t": values}), ["t"]).tolist() == order
    assert time_order(pd.DataFrame({"t": values}), []).tolist() == [0, 1, 2]
