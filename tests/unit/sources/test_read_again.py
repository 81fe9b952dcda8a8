"""A column of one table read as another table's column was."""

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.read_again import read_again, reads_otherwise

NUMBERS = pd.Series([0.0, 1.0, np.nan])
SEVENS = pd.Series(["7", "7", None], dtype=object)
NAMES = pd.Series(pd.Categorical(["b", "a", None], categories=["a", "b"]))
CATEGORY = Column("c", Kind.CATEGORY, categories=("a", "b"))
BOOLEAN = Column("c", Kind.BOOLEAN, categories=("no", "yes"))


@pytest.mark.parametrize(
    ("values", "now", "then", "wanted"),
    [
        (NUMBERS, Column("c", Kind.INTEGER), Column("c", Kind.NUMBER), [0, 1, np.nan]),
        (NUMBERS, BOOLEAN, BOOLEAN, [0, 1, np.nan]),
        (NUMBERS, BOOLEAN, Column("c", Kind.BOOLEAN, categories=("yes", "no")), [1, 0, np.nan]),
        (NUMBERS, BOOLEAN, Column("c", Kind.CATEGORY, categories=("maybe", "yes", "no")), [2, 1, -1]),
        (NAMES, CATEGORY, Column("c", Kind.CATEGORY, categories=("b",)), [0, -1, -1]),
        (NAMES, CATEGORY, Column("c", Kind.TEXT), ["b", "a", None]),
        (
            SEVENS,
            Column("c", Kind.CONSTANT),
            Column("c", Kind.INTEGER),
            [7, 7, np.nan],
        ),
    ],
)
def test_values_are_read_as_they_were(values, now, then, wanted):
    found = read_again(values, now, then)
    if found.dtype == object:
        assert found.tolist() == wanted
    else:
        np.testing.assert_array_equal(found.astype(float), np.array(wanted, dtype=float))


@pytest.mark.parametrize(
    ("values", "now", "then"),
    [
        (NUMBERS, Column("c", Kind.NUMBER, unit="km"), Column("c", Kind.NUMBER, unit="miles")),
        (NUMBERS, Column("c", Kind.NUMBER), CATEGORY),
        (NAMES, CATEGORY, Column("c", Kind.NUMBER)),
        (NUMBERS, BOOLEAN, Column("c", Kind.NUMBER)),
        (NUMBERS, Column("c", Kind.NUMBER), Column("c", Kind.DATETIME)),
    ],
)
def test_another_kind_is_refused(values, now, then):
    assert read_again(values, now, then) is None


def test_what_stands_for_a_missing_value_there_is_missing():
    then = Column("c", Kind.NUMBER, missing_markers=("-999", "?", "1e2"))
    found = read_again(pd.Series([1.0, -999.0, 100.0]), Column("c", Kind.INTEGER), then)
    np.testing.assert_array_equal(found, [1.0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        ({"decimal": "."}, {"decimal": ","}, "'c' with decimal sign '.', not ','"),
        ({"decimal": ".", "native": True}, {"decimal": ","}, ""),
        ({"kind": Kind.DATETIME, "date_formats": ("%m/%d/%Y",)}, {"date_formats": ("%d/%m/%Y",)}, "'c' as %m/%d/%Y"),
        ({"kind": Kind.DATETIME, "date_formats": ("%d/%m/%Y", "%Y")}, {"date_formats": ("%d/%m/%Y",)}, ""),
        ({"kind": Kind.DATETIME, "date_formats": ("%Y-%m-%d",)}, {"date_formats": ("%d.%m.%Y",)}, ""),
    ],
)
def test_columns_that_read_a_text_otherwise_are_told(now, then, words):
    found = reads_otherwise(*(Column(**({"name": "c", "kind": Kind.NUMBER} | one)) for one in (now, then)))
    assert found.startswith(words)
    assert bool(found) is bool(words)
