"""Every built-in kind of task through the public checks, and broken ones beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.table import Table
from journeyman.settings import BuildSettings
from journeyman.tasks import all_task_types
from journeyman.tasks.numbers import Regression
from journeyman.testing.task_checks import check_task


def special_table() -> Table:
    """Return lifetimes and grades, which no sample table has, with what tells the rest of their labels."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=240),
            "y": rng.integers(1, 4, 240).astype(float),
            "died": rng.integers(0, 2, 240).astype(float),
            "query": np.arange(240.0) // 6,
        }
    )
    columns = (
        Column("size", Kind.NUMBER),
        Column("y", Kind.INTEGER, Role.TARGET),
        Column("died", Kind.INTEGER),
        Column("query", Kind.INTEGER, Role.GROUP),
    )
    return Table("lifetimes and grades", frame, columns, "d", 240)


def grouped_table() -> Table:
    """Return few rows that fall into two groups, which are quicker to find than that sample tables have none."""
    rng = np.random.default_rng(0)
    side = np.arange(60) % 2
    numbers = {name: rng.normal(size=60) + 8.0 * side for name in ("size", "weight")}
    frame = pd.DataFrame({**numbers, "colour": pd.Categorical.from_codes(side, ["red", "blue"])})
    kinds = (Kind.NUMBER, Kind.NUMBER, Kind.CATEGORY)
    columns = tuple(
        Column(name, kind, categories=("red", "blue") if kind is Kind.CATEGORY else ())
        for name, kind in zip(frame, kinds, strict=True)
    )
    return Table("two groups", frame, columns, "d", 60)


SETTINGS = BuildSettings("t.csv", "y", "t")
SPECIAL = {
    "ordered": (replace(SETTINGS, task_options={"order": "a,b,c"}),),
    "groups": (SETTINGS, grouped_table()),
    "survival": (replace(SETTINGS, task_options={"event": "died"}), special_table()),
    "ranking": (replace(SETTINGS, group="query"), special_table()),
}


@pytest.mark.parametrize("name", all_task_types())
def test_built_in(name: str) -> None:
    check_task(all_task_types()[name], *SPECIAL.get(name, ()))


@dataclass(frozen=True)
class Unbounded(Regression):
    def live_losses(self, y, predictions, scale):
        return np.abs(y - predictions[:, 0]) / scale


@dataclass(frozen=True)
class Lossy(Regression):
    def decode(self, predictions, task, threshold):
        return predictions[1:, 0]


@dataclass(frozen=True)
class Writing(Regression):
    def decode(self, predictions, task, threshold):
        predictions += 1.0
        return predictions[:, 0]


@dataclass(frozen=True)
class Careless(Regression):
    def frame(self, table, settings, reason):
        return super().frame(table, type(settings)(settings.source, settings.target, settings.name), reason)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Unbounded(), "bounds live losses"),
        (Lossy(), "decodes what it reads"),
        (Writing(), "changes nothing"),
        (Careless(), "refuses unknown options"),
    ],
)
def test_a_broken_one_is_found(broken: Regression, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_task(broken)
