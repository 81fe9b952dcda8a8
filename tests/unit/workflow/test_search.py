"""What the search knows before it begins: how many folds a budget holds, and what a fit for good will cost."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task, TaskKind
from journeyman.settings import BuildSettings
from journeyman.workflow.search import _refit_share, _rescaled, within_budget

TASK = Task("y", TaskKind.REGRESSION, "rmse")
COLUMNS = (Column("x", Kind.NUMBER), Column("y", Kind.NUMBER, Role.TARGET))
TABLE = Table("t", pd.DataFrame({"x": np.arange(80.0), "y": np.arange(80.0)}), COLUMNS, "", 80)
ROWS = np.arange(80)
FOLDS = tuple(Fold(ROWS[k != ROWS % 4], ROWS[k == ROWS % 4]) for k in range(4))
SPLIT = Split(Scheme.SHUFFLED, ROWS, ROWS[:0], FOLDS, "4 folds")


def kit(seconds):
    usual = SimpleNamespace(candidates=lambda *_: (Candidate("slow"),), seconds=lambda *_: seconds)
    return SimpleNamespace(algorithms={"baseline": None, "slow": usual})


def settings(**more):
    return BuildSettings("t.csv", "y", "t", **more)


@pytest.mark.parametrize(("seconds", "folds"), [(0.1, 4), (4.0, 2), (100.0, 1)])
def test_a_budget_uses_as_many_folds_as_it_holds_and_says_so(seconds, folds):
    taken = within_budget(kit(seconds), TABLE, TASK, SPLIT, settings(budget=60.0))
    assert taken.folds == SPLIT.folds[-folds:]
    assert ("used" in taken.reason) == (folds < 4)


def test_a_set_number_of_trials_uses_all_folds():
    assert within_budget(kit(100.0), TABLE, TASK, SPLIT, settings(budget=60.0, trials=3)) is SPLIT


@pytest.mark.parametrize(("folds", "threads", "share"), [(4, 1, 2 / 3), (4, 2, 2 / 3), (4, 4, 4 / 3)])
def test_a_fit_for_good_in_seconds_of_its_trial(folds, threads, share):
    """One thread: two fits in turn against four. Two: both at once against two waves. All rows are 4/3 of a fold's."""
    assert _refit_share(SPLIT, len(ROWS), threads) == pytest.approx(share)


def test_a_long_tail_is_tried_on_both_scales_for_the_first_two_of_each():
    several = [Candidate("a", {"n": n}, "why", f"style {n}") for n in range(3)]
    found = _rescaled([several])
    assert [(c.parameters["n"], c.target_scale) for c in found] == [(0, "log"), (0, "root"), (1, "log"), (1, "root")]
    assert len({c.key for c in [*found, *several]}) == 7
    assert found[0].name == "a (style 0, log of the target)"
