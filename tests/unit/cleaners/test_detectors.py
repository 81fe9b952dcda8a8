"""Each detector finds the errors of its kind, proposes the right text, and leaves usual cells alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.cleaners.dependencies import Dependencies
from journeyman.cleaners.missing import MissingMarkers
from journeyman.cleaners.near_duplicates import NearDuplicates
from journeyman.cleaners.outliers import Outliers
from journeyman.cleaners.patterns import Patterns
from journeyman.cleaners.spelling import Spelling, edit_distance
from journeyman.cleaners.swapped import Swapped
from journeyman.cleaners.units import Units
from journeyman.entities.cleaning import Evidence, text_table

ROWS = 300
RNG = np.random.default_rng(0)
TOWNS = RNG.choice(["Oslo", "Bergen", "Trondheim", "Tromsø"], ROWS)


def suspected(evidence: Evidence) -> set[int]:
    return set(np.flatnonzero(evidence.probability >= 0.4).tolist())


def test_markers_are_found_and_words_left_alone() -> None:
    texts = [str(k) for k in range(ROWS)]
    texts[5], texts[9] = "N/A", " null "
    [found, words] = MissingMarkers().find(text_table("t", pd.DataFrame({"x": texts, "town": TOWNS})))
    assert suspected(found) == {5, 9}
    assert found.proposal(5) == ""
    assert suspected(words) == set()


def test_a_column_of_markers_alone_has_a_habit() -> None:
    [found] = MissingMarkers().find(text_table("t", pd.DataFrame({"x": ["N/A"] * ROWS})))
    assert suspected(found) == set()


@pytest.mark.parametrize(("typo", "meant"), [("Bregen", "Bergen"), ("Trondhem", "Trondheim"), ("xslo", "Oslo")])
def test_typos_are_found(typo: str, meant: str) -> None:
    towns = TOWNS.astype(object)
    towns[17] = typo
    [found] = Spelling().find(text_table("t", pd.DataFrame({"town": towns})))
    assert suspected(found) == {17}
    assert found.proposal(17) == meant


def test_numbers_that_are_near_are_no_typos() -> None:
    [found] = Spelling().find(text_table("t", pd.DataFrame({"x": ["1999"] * 200 + ["1998", "1997", "2000"]})))
    assert suspected(found) == set()


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("", "", 0), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abcdef", "uvwxyz", 5)]
)
def test_edits_are_counted_up_to_a_limit(one: str, other: str, edits: int) -> None:
    assert edit_distance(one, other, 4) == edits
    assert edit_distance(other, one, 4) == edits


def test_a_broken_dependency_names_the_cell_and_its_value() -> None:
    codes = pd.Series(TOWNS).map({"Oslo": "NO-03", "Bergen": "NO-46", "Trondheim": "NO-50", "Tromsø": "NO-55"})
    frame = pd.DataFrame({"town": TOWNS, "code": codes, "other": RNG.choice(list("abc"), ROWS)})
    right = frame.loc[40, "code"]
    frame.loc[40, "code"] = "NO-99"
    _, code, other = Dependencies().find(text_table("t", frame))
    assert suspected(code) == {40}
    assert code.proposal(40) == right
    assert suspected(other) == set()


def test_independent_columns_have_no_rules() -> None:
    """The null: whatever hangs together by chance in small groups is no rule."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({name: rng.choice(list("abcdefgh"), 60) for name in "xyz"})
        for evidence in Dependencies().find(text_table("t", frame)):
            assert suspected(evidence) == set()


def test_an_outlier_given_the_other_columns() -> None:
    x = RNG.normal(size=ROWS)
    y = 3 * x + 0.01 * RNG.normal(size=ROWS)
    y[60] += 2.0  # well inside the column's own range
    frame = pd.DataFrame({"x": [f"{v:.4f}" for v in x], "y": [f"{v:.4f}" for v in y]})
    _, found = Outliers().find(text_table("t", frame))
    assert suspected(found) == {60}


def test_heavy_tails_are_no_errors() -> None:
    """The nastiest null of outliers: a lognormal column, whose largest values are far out and right."""
    wrong = 0
    for seed in range(20):
        x = np.random.default_rng(seed).lognormal(0, 1.5, 500)
        [found] = Outliers().find(text_table("t", pd.DataFrame({"x": [f"{v:.3f}" for v in x]})))
        wrong += len(suspected(found))
    assert wrong <= 5  # of 10,000 cells


def test_a_unit_among_plain_numbers() -> None:
    texts = [f"{v:.3f}" for v in RNG.uniform(0.04, 0.09, ROWS)]
    texts[3] = "0.05%"
    [found] = Units().find(text_table("t", pd.DataFrame({"abv": texts})))
    assert suspected(found) == {3}
    assert found.proposal(3) == "0.05"


def test_a_rare_form() -> None:
    dates = [f"{m:02d}/{d:02d}/2006" for m, d in zip(RNG.integers(1, 13, ROWS), RNG.integers(1, 29, ROWS), strict=True)]
    dates[12] = "08x/22/2006"
    [found] = Patterns().find(text_table("t", pd.DataFrame({"day": dates})))
    assert suspected(found) == {12}


def test_another_columns_value_in_a_cell() -> None:
    states = pd.Series(TOWNS).map({"Oslo": "OS", "Bergen": "VE", "Trondheim": "TR", "Tromsø": "TO"})
    frame = pd.DataFrame({"town": TOWNS, "state": states})
    row = int(np.flatnonzero(TOWNS == "Bergen")[0])
    frame.loc[row, "town"] = "Bergen VE"
    found, _ = Swapped().find(text_table("t", frame))
    assert suspected(found) == {row}
    assert found.proposal(row) == "Bergen"


def test_numbers_on_another_scale_are_found_and_divided() -> None:
    rng = np.random.default_rng(4)
    right = np.exp(rng.normal(4.0, 0.7, ROWS)).round(2)
    texts = [f"{x:g}" for x in right]
    moved = rng.choice(ROWS, 40, replace=False)
    for row in moved:
        texts[row] = f"{1000 * right[row]:g}"
    [found] = Units().find(text_table("t", pd.DataFrame({"x": texts})))
    assert suspected(found) == set(moved.tolist())
    assert abs(float(found.proposal(int(moved[0])) or "nan") - right[moved[0]]) < 0.01 * right[moved[0]]


@pytest.mark.parametrize(
    "values",
    [
        np.exp(np.random.default_rng(1).normal(0, 3, ROWS)),
        np.random.default_rng(2).standard_cauchy(ROWS),
        np.random.default_rng(3).choice([1.0, 2.0, 1000.0, 5000.0], ROWS, p=[0.5, 0.3, 0.1, 0.1]),
        np.random.default_rng(4).integers(0, 2, ROWS).astype(float),
    ],
)
def test_wide_columns_have_one_scale(values: np.ndarray) -> None:
    [found] = Units().find(text_table("t", pd.DataFrame({"x": [f"{v:.4g}" for v in values]})))
    assert suspected(found) == set()


def test_a_field_that_differs_between_rows_that_are_the_same_else_is_found() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "id": [f"P{k:04d}" for k in range(ROWS)],
            "town": TOWNS,
            "size": rng.normal(size=ROWS).round(4).astype(str),
            "kind": rng.choice(["a", "b"], ROWS),
        }
    )
    copies = frame.iloc[[3, 8, 11]].copy()
    copies["town"] = ["Bregen", "Oslo!", "Tromso"]
    table = text_table("t", pd.concat([frame, copies], ignore_index=True))
    found = NearDuplicates().find(table)
    assert [suspected(one) for one in found] == [set(), {ROWS, ROWS + 1, ROWS + 2}, set(), set()]
    assert found[1].proposal(ROWS) == TOWNS[3]


def test_rows_of_few_categories_agree_by_chance() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({name: rng.choice(["a", "b", "c"], ROWS) for name in "pqrst"})
    assert all(suspected(one) == set() for one in NearDuplicates().find(text_table("t", frame)))
