"""The preparation for groups: a column weighs as much as any other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.transformers.grouped import FoldedNumbers, GroupedPreparation

TASK = Task("group", "groups", "adjusted_rand", metric_loss="groups")


def test_each_column_varies_as_much_whatever_it_holds() -> None:
    rng = np.random.default_rng(0)
    rows = 2_000
    block = {
        "size": rng.normal(100.0, 20.0, rows),
        "spend": rng.lognormal(8.0, 1.5, rows),
        "colour": rng.integers(5, size=rows).astype(np.int32),
        "rank": rng.integers(3, size=rows).astype(np.int32),
    }
    columns = (
        Column("size", Kind.NUMBER),
        Column("spend", Kind.NUMBER),
        Column("colour", Kind.CATEGORY, categories=tuple("abcde")),
        Column("rank", Kind.ORDERED, categories=("low", "mid", "high")),
    )
    fitted, matrix = GroupedPreparation().fit(block, columns, np.zeros(rows), TASK, 0)
    assert matrix.values.shape == (rows, 8)
    assert matrix.values[:, [0, 1, 7]].var(axis=0) == pytest.approx([1.0, 1.0, 1.0], abs=1e-6)
    assert matrix.values[:, 2:7].var(axis=0).sum() == pytest.approx(1.0, abs=1e-6)
    again = GroupedPreparation().from_files(fitted.to_files())  # type: ignore[attr-defined] # it stores itself
    assert np.array_equal(again.transform(block).values, matrix.values)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_long_tail_is_put_on_a_log_scale_on_either_side(sign: float) -> None:
    values = sign * np.random.default_rng(1).lognormal(0.0, 1.5, 1_000)
    step = FoldedNumbers.learned(("x",), {"x": values})
    assert step.sign.tolist() == [sign]
    folded = step.transform({"x": values})[:, 0]
    assert abs(skew(folded)) < 1.0 < abs(skew(values))
    assert (np.diff(folded[np.argsort(values)]) >= 0).all()


def test_a_tail_that_a_mild_log_scale_draws_in_gets_no_steeper_one() -> None:
    values = np.random.default_rng(1).lognormal(0.0, 0.5, 1_000)
    step = FoldedNumbers.learned(("x",), {"x": values})
    assert step.unit[0] == pytest.approx(np.median(values - values.min()))


def test_gaps_and_strange_values_lie_where_they_do_no_harm() -> None:
    step = FoldedNumbers.learned(("x",), {"x": np.r_[np.arange(50.0), np.nan]})
    told = step.transform({"x": np.array([np.nan, np.inf, 24.5, 1e9])})[:, 0]
    assert told[0] == told[1] == told[2]
    assert told[3] == pytest.approx(5.0 * step.weight[0])


def test_the_rarest_of_many_categories_share_a_feature() -> None:
    codes = (np.arange(3_000) % 100).astype(np.int32)
    column = Column("city", Kind.CATEGORY, categories=tuple(f"c{k}" for k in range(100)))
    fitted, matrix = GroupedPreparation().fit({"city": codes}, (column,), np.zeros(3_000), TASK, 0)
    assert matrix.values.shape[1] == 30 == GroupedPreparation().width((column,), TASK)
    assert np.isfinite(fitted.transform({"city": np.array([-1], dtype=np.int32)}).values).all()
