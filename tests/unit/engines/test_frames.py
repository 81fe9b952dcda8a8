"""Rows that are drawn: each equally often, each once, in their order."""

from __future__ import annotations

import numpy as np

from journeyman.arrow import pa
from journeyman.engines.frames import draw_positions, draw_rows


def test_every_row_is_drawn_equally_often() -> None:
    drawn = [draw_positions(50, 10, seed) for seed in range(2_000)]
    assert all(len(one) == 10 and (np.diff(one) > 0).all() for one in drawn)
    times = np.bincount(np.concatenate(drawn), minlength=50)
    # 2,000 draws of a fifth: 400 with a standard deviation of 18
    assert times.min() > 400 - 5 * 18
    assert times.max() < 400 + 5 * 18


def test_rows_of_batches_are_those_of_their_positions() -> None:
    table = pa.table({"n": range(1_000)})
    some = draw_rows(iter(table.to_batches(max_chunksize=37)), table.schema, 1_000, 100, 3)
    assert some["n"].to_pylist() == draw_positions(1_000, 100, 3).tolist()
