"""Marks that people gave are read, or refused in one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table
from journeyman.errors import SettingsError
from journeyman.tasks.planted_rows import read_marks


def marked(values: list[object], kind: Kind = Kind.CATEGORY, categories: tuple[str, ...] = ()) -> Table:
    frame = pd.DataFrame({"fraud": pd.Series(values), "a": range(len(values))})
    columns = (Column("fraud", kind, categories=categories), Column("a", Kind.INTEGER))
    return Table("t", frame, columns, "", len(values))


@pytest.mark.parametrize(
    "given",
    [
        marked(["true", "False", None, ""]),
        marked(["YES", "n", np.nan, " "]),
        marked([1.0, 0.0, np.nan, np.nan], Kind.INTEGER),
        marked([1.0, 0.0, np.nan, np.nan], Kind.BOOLEAN, ("false", "true")),
    ],
)
def test_true_and_false_in_many_words(given: Table) -> None:
    assert read_marks(given, "fraud").tolist() == [3.0, 2.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("given", "name", "said", "hint"),
    [
        (marked(["true", "false"]), "frauds", "no column 'frauds'", "did you mean marks=fraud"),
        (marked(["true", "maybe"]), "fraud", "'maybe' is no mark", "write true for an anomaly"),
        (marked(["true", None]), "fraud", "all marks are true", "some ordinary rows with false"),
        (marked(["no", None]), "fraud", "all marks are false", "mark some anomalies"),
        (marked([None, None]), "fraud", "no row is marked", "mark some anomalies"),
    ],
)
def test_other_marks_are_refused_with_a_hint(given: Table, name: str, said: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        read_marks(given, name)
    assert hint in refused.value.hint
