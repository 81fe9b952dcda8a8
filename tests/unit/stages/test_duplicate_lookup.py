"""Truths of copies are looked up only where they have proved to be worth it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.stages.duplicate_lookup import PRIORS, measure_lookup
from journeyman.stages.ensemble import metric_losses

ROWS = 400


def measured(
    y: np.ndarray, answers: np.ndarray, copies: np.ndarray | None, labels: tuple[str, ...] = (), kind: str = ""
):
    """Ask of rows whose first 200 are pairs of copies, each pair in one fold."""
    target: object = y
    column = Column("y", Kind.NUMBER, Role.TARGET)
    if labels:
        target = pd.Categorical.from_codes(y.astype(int), categories=pd.Index(labels, dtype=object))
        column = Column("y", Kind.CATEGORY, Role.TARGET, categories=labels)
    kind = kind or "regression" if not labels else "binary" if len(labels) == 2 else "multiclass"
    task = Task("y", kind, "log_loss" if labels else "rmse", labels)
    table = Table("t", pd.DataFrame({"y": target}), (column,), "0" * 64, len(y))
    half = np.arange(len(y)) % 4 < 2
    sides = (np.flatnonzero(half), np.flatnonzero(~half))
    folds = (Fold(sides[0], sides[1]), Fold(sides[1], sides[0]))
    split = Split(Scheme.SHUFFLED, np.arange(len(y)), np.empty(0, dtype=np.int64), folds, "", copies)
    return measure_lookup(metric_losses, Ensemble((), 0.0, answers[np.concatenate(sides[::-1])]), table, task, split)


def pairs(n: int = ROWS) -> np.ndarray:
    return np.where(np.arange(n) < 200, np.arange(n) // 2, np.arange(n))


def test_copies_that_agree_where_the_model_errs_are_looked_up():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, ROWS).astype(np.float64)
    y[:200] = np.repeat(y[:200:2], 2)
    found = measured(y, np.full((ROWS, 3), 1 / 3), pairs(), ("a", "b", "c"))
    assert found is not None
    assert found.prior == min(PRIORS)
    assert (found.rows, found.share) == (200, 0.5)
    assert found.loss == pytest.approx(np.log(3))
    assert found.recalled == pytest.approx(-np.log((1 + 0.05 / 3) / 1.05))


def test_copies_that_disagree_as_often_as_chance_are_not():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, ROWS).astype(np.float64)
    assert measured(y, np.full((ROWS, 2), 0.5), pairs(), ("a", "b")) is None


def test_where_copies_agree_in_part_the_model_keeps_more_of_its_say():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, ROWS).astype(np.float64)
    y[1:200:2] = np.where(rng.random(100) < 0.85, y[:200:2], 1 - y[:200:2])
    found = measured(y, np.full((ROWS, 2), 0.5), pairs(), ("a", "b"))
    assert found is not None
    assert found.prior > min(PRIORS)
    assert found.recalled < found.loss


def test_values_are_looked_up_like_classes():
    rng = np.random.default_rng(3)
    y = rng.normal(size=ROWS)
    y[:200] = np.repeat(y[:200:2], 2) + 0.01 * rng.normal(size=200)
    found = measured(y, np.zeros((ROWS, 1)), pairs())
    assert found is not None
    assert found.recalled < 0.02 * found.loss


def test_a_model_that_knows_already_gains_nothing():
    rng = np.random.default_rng(4)
    y = rng.normal(size=ROWS)
    y[:200] = np.repeat(y[:200:2], 2)
    assert measured(y, y[:, None] + 0.0, pairs()) is None


@pytest.mark.parametrize("copies", [None, np.arange(ROWS), np.where(np.arange(ROWS) < 30, np.arange(ROWS) // 2, 999)])
def test_few_copies_or_none_prove_nothing(copies: np.ndarray | None):
    y = np.repeat(np.random.default_rng(5).normal(size=ROWS // 2), 2)
    copies = copies if copies is None else np.where(copies == 999, 1000 + np.arange(ROWS), copies)
    assert measured(y, np.zeros((ROWS, 1)), copies) is None


def test_a_kind_of_task_without_such_labels_has_no_lookup():
    rng = np.random.default_rng(4)
    y = rng.normal(size=ROWS)
    y[:200] = np.repeat(y[:200:2], 2)
    assert measured(y, np.zeros((ROWS, 1)), pairs()) is not None
    assert measured(y, np.zeros((ROWS, 1)), pairs(), kind="quantiles") is None
