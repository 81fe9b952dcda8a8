"""What the search knows before it begins: how many folds a budget holds, and what a fit for good will cost."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.search import Search
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task, TaskKind
from journeyman.entities.trial import Ensemble, Member, Trial, TrialStatus
from journeyman.settings import BuildSettings
from journeyman.workflow.search import _refit_share, _rescaled, affordable_copies, within_budget

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


def found_in(seconds):
    """A search whose only member took that long on its folds."""
    trial = Trial(Candidate("a"), TrialStatus.DONE, 1.0, seconds=seconds, preparing=1.0)
    ensemble = Ensemble((Member(trial.candidate, 1.0),), 1.0, np.zeros((80, 1)))
    return Search(ensemble, (trial,), (), (), (), "")


@pytest.mark.parametrize(("seconds", "elapsed", "copies"), [(4.0, 10.0, 8), (25.0, 10.0, 2), (25.0, 59.0, 1)])
def test_members_are_fitted_as_often_as_the_time_left_allows(seconds, elapsed, copies):
    """Fitting once takes two thirds of the trial: on two threads both fits for good run side by side."""
    taken = affordable_copies(found_in(seconds), TABLE, SPLIT, settings(budget=60.0, threads=2), elapsed)
    assert taken == copies


def test_without_a_clock_the_number_of_fits_is_set():
    tried = affordable_copies(found_in(1e6), TABLE, SPLIT, settings(budget=60.0, trials=3), 1e9)
    assert tried == affordable_copies(found_in(0.1), TABLE, SPLIT, settings(budget=None), 0.0)
