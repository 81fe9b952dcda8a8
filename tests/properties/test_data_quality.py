"""What findings say of the data is seldom said of data that have nothing of the kind, copies included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext
from journeyman.quality_rules.missing import MissingTieRule

COLUMNS = (*(Column(f"x{i}", Kind.NUMBER) for i in range(6)), Column("y", Kind.NUMBER, Role.TARGET))
CONTEXT = RuleContext(Task("y", "regression", "rmse"), 0)


def told(seed: int, copies: int, tied: float = 0.0, missing: float = 1 / 12) -> list[str]:
    """Return columns said to tell by their gaps: 300 records, gaps in each column, a heavy-tailed target."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 6))
    gone = rng.random((300, 6)) < missing
    y = rng.standard_t(3, 300) + tied * gone[:, 0]
    frame = pd.DataFrame(np.column_stack([np.where(gone, np.nan, x), y])[np.repeat(np.arange(300), copies)])
    frame.columns = pd.Index([c.name for c in COLUMNS])
    return [f.subject[0] for f in MissingTieRule().check(Table("t", frame, COLUMNS, "0", len(frame)), CONTEXT)]


@pytest.mark.parametrize("copies", [1, 5])
def test_gaps_that_tell_nothing_are_not_said_to_tell(copies: int) -> None:
    """One table in 10,000 is what the test promises, over all columns."""
    assert sum(bool(told(seed, copies)) for seed in range(40)) == 0


def test_gaps_that_tell_are_found_among_copies() -> None:
    assert told(1, 5, tied=3.0, missing=1 / 6) == ["x0"]
