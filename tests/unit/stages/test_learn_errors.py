"""A few labelled rows teach which cells are wrong; rows are chosen by what they cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.cleaning import CleaningRequest, Correction, TableReview, TextTable, text_table
from journeyman.pipelines.clean import choose_rows, review_table

ROWS = 400
REGIONS = ["north", "south", "east", "west"]


def tables() -> tuple[TextTable, TextTable]:
    """Return a dirty and a clean table: a column always in another format, one sometimes, one never."""
    rng = np.random.default_rng(1)
    sizes, rates = rng.choice([8, 12, 16], ROWS), rng.choice(["0.05", "0.06", "0.07"], ROWS)
    clean = pd.DataFrame(
        {
            "size": sizes.astype(str),
            "rate": rates,
            "region": rng.choice(REGIONS, ROWS),
            "id": np.arange(ROWS).astype(str),
        }
    )
    dirty = clean.copy()
    dirty["size"] = [f"{s}.0 oz" for s in sizes]
    late = rng.random(ROWS) < 0.2
    dirty.loc[late, "rate"] = [f"{r}!" for r in clean.loc[late, "rate"]]
    return text_table("dirty", dirty), text_table("clean", clean)


def f1(review: TableReview, dirty: TextTable, clean: TextTable) -> float:
    wrong = {
        (row, name)
        for place, name in enumerate(dirty.names)
        for row in range(dirty.rows)
        if dirty.columns[place].text(row) != clean.columns[place].text(row)
    }
    found = {(s.row, s.column) for s in review.suspects}
    return 2 * len(found & wrong) / (len(found) + len(wrong))


@pytest.mark.slow
def test_labels_find_what_no_detector_can_and_prove_its_repair() -> None:
    dirty, clean = tables()
    review = review_table(dirty, CleaningRequest(labels=8), (), lambda row: Correction(row, clean.row(row)))
    blind = review_table(dirty, CleaningRequest())
    assert f1(blind, dirty, clean) < 0.7 < 0.97 < f1(review, dirty, clean)
    assert len(review.labelled) == len(set(review.labelled)) == 8
    places = {name: place for place, name in enumerate(dirty.names)}
    right = [c.after == clean.columns[places[c.column]].text(c.row) for c in review.changes]
    assert len(right) > 0.9 * ROWS
    assert np.mean(right) > 0.97
    again = review_table(dirty, CleaningRequest(labels=8), (), lambda row: Correction(row, clean.row(row)))
    assert again == review


def test_chosen_rows_differ_and_cover_both_forms() -> None:
    dirty, _ = tables()
    rows = choose_rows(dirty, 6, seed=0)
    assert len(set(rows)) == 6
    marks = {dirty.row(row)[1].endswith("!") for row in rows}
    assert marks == {True, False}


def test_labels_without_an_error_leave_the_detectors_judgement() -> None:
    frame = pd.DataFrame({"x": [str(k) for k in range(50)], "y": ["a", "b"] * 25})
    frame.loc[7, "x"] = "N/A"
    table = text_table("t", frame)
    review = review_table(table, CleaningRequest(), [Correction(3, table.row(3))])
    assert [(s.row, s.column) for s in review.suspects] == [(7, "x")]
    assert review.changes == ()
