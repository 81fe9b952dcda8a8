"""Columns then and now: the same rows look the same, others show where they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api.build import build
from journeyman.api.traffic_summary import then_and_now, traffic_view
from journeyman.entities.column import Column, Kind
from journeyman.entities.profile import ColumnProfile


def _number(values: np.ndarray, bins: int = 40) -> ColumnProfile:
    counts, edges = np.histogram(values, bins=bins)
    return ColumnProfile("x", Kind.NUMBER, 0, 100, bin_edges=tuple(edges), bin_counts=tuple(counts.tolist()))


def test_the_same_values_have_the_same_shares() -> None:
    values = np.random.default_rng(0).normal(size=500)
    seen = then_and_now(Column("x", Kind.NUMBER), _number(values), values)
    assert seen is not None
    assert len(seen.labels) <= 17
    np.testing.assert_allclose(seen.then, seen.now)
    assert sum(seen.now) == pytest.approx(1.0)


def test_what_lies_outside_goes_to_the_ends() -> None:
    values = np.random.default_rng(0).normal(size=500)
    seen = then_and_now(Column("x", Kind.NUMBER), _number(values), np.array([99.0, 98.0, np.nan, -99.0]))
    assert seen is not None
    assert (seen.now[0], *seen.now[-2:]) == (0.25, 0.5, 0.25)


def test_categories_that_are_new_count_as_others() -> None:
    column = Column("c", Kind.CATEGORY, categories=("a", "b", "c"))
    profile = ColumnProfile("c", Kind.CATEGORY, 0, 3, top_values=("b", "a"), top_counts=(6, 4))
    seen = then_and_now(column, profile, np.array([0, 0, 1, 2, -1], dtype=np.int32))
    assert seen is not None
    assert seen.labels == ("b", "a", "others", "missing or never seen")
    assert seen.then == (0.6, 0.4, 0.0, 0.0)
    assert seen.now == (0.2, 0.4, 0.2, 0.2)


@pytest.mark.slow
def test_a_model_that_was_never_served_has_no_traffic(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": range(60), "y": [i % 7 for i in range(60)]})
    build(frame, target="y", name="m", trials=1, workspace=tmp_path)
    assert traffic_view(tmp_path, "m", 0, 10) is None
