"""Steps are taken where they help for the target, and left alone where nothing shows it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.cleaning import CleaningRequest, text_table
from journeyman.pipelines.clean import review_table
from journeyman.pipelines.prove_pruning import prove_pruning
from journeyman.stages.doubt_labels import find_wrong_labels, find_wrong_numbers

NAMES = ("no", "yes")


def numbers(rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    return pd.DataFrame(x, columns=list("abc")), (x[:, 0] + x[:, 1] > 0).astype(float)


@pytest.mark.slow
def test_a_step_that_helps_is_taken_and_its_changes_are_told() -> None:
    rng = np.random.default_rng(0)
    size = rng.uniform(1, 9, 800)
    texts = [f"{s:.2f}" for s in size]
    for row in np.flatnonzero(rng.random(800) < 0.3):
        texts[row] += " cm"  # numbers among texts: the column is read as categories
    y = np.where(size + rng.normal(0, 0.5, 800) > 5, "yes", "no")
    review = review_table(text_table("t", pd.DataFrame({"size": texts, "y": y})), CleaningRequest(target="y"))
    assert [s.accepted for s in review.steps if s.name == "repair of units"] == [True]
    assert {c.after for c in review.changes} <= {text.removesuffix(" cm") for text in texts}
    assert len(review.changes) > 200
    assert review.removed == ()


@pytest.mark.slow
def test_steps_about_noise_are_left_alone() -> None:
    """The null: errors in columns that say nothing of the target gain nothing, and copies need no removal."""
    taken = 0
    for seed in range(2):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {"a": rng.choice(["x1", "x2", "N/A"], 150), "b": rng.normal(size=150).round(2).astype(str)}
        )
        frame["y"] = rng.choice(["yes", "no"], 150)
        frame = pd.concat([frame, frame.iloc[:40]], ignore_index=True)
        taken += sum(s.accepted for s in review_table(text_table("t", frame), CleaningRequest(target="y")).steps)
    assert taken == 0


def test_wrong_labels_are_found() -> None:
    frame, labels = numbers(600, 0)
    flipped = np.random.default_rng(1).choice(600, 60, replace=False)
    given = labels.copy()
    given[flipped] = 1 - given[flipped]
    found = {d.row for d in find_wrong_labels(frame, given, NAMES, 0)}
    assert len(found & set(flipped.tolist())) > 0.7 * 60
    assert len(found - set(flipped.tolist())) < 0.5 * len(found)


@pytest.mark.slow
def test_random_labels_are_not_doubted() -> None:
    """The nastiest null of confident learning: no label is more wrong than another, and models fit what is random."""
    doubted = 0
    for seed in range(8):
        frame, _ = numbers(200, seed)
        labels = np.random.default_rng(seed + 50).integers(0, 2, 200).astype(float)
        doubted += bool(find_wrong_labels(frame, labels, NAMES, seed))
    assert doubted <= 1


@pytest.mark.slow
def test_pruning_right_labels_gains_nothing() -> None:
    frame, labels = numbers(200, 2)
    assert not prove_pruning(frame, labels, NAMES, 0).beyond_noise(0.01)


@pytest.mark.parametrize("values", [["a"] * 100, [str(k) + "x" for k in range(100)], [""] * 100])
def test_a_target_that_nothing_can_be_proved_for_is_a_note(values: list[str]) -> None:
    table = text_table("t", pd.DataFrame({"x": [str(k) for k in range(100)], "y": values}))
    review = review_table(table, CleaningRequest(target="y"))
    assert review.steps == ()
    assert any("No step can be proved" in note for note in review.notes)


def test_numbers_of_other_rows_are_found() -> None:
    frame, _ = numbers(600, 3)
    right = (2.0 * frame["a"] + frame["b"] + 0.2 * np.random.default_rng(4).standard_t(3, 600)).to_numpy()
    given = right.copy()
    moved = np.random.default_rng(1).choice(600, 60, replace=False)
    given[moved] = right[np.roll(moved, 1)]
    found = {d.row for d in find_wrong_numbers(frame, given, 0)}
    assert len(found & set(moved.tolist())) > 15
    assert len(found - set(moved.tolist())) <= 3


@pytest.mark.parametrize("nature", ["nothing to tell", "heavy tails", "some rows vary more"])
def test_right_numbers_are_seldom_doubted(nature: str) -> None:
    """The null: numbers that columns say nothing of, or of which some lie far from what is expected, are right."""
    rng = np.random.default_rng(6)
    frame, _ = numbers(500, 7)
    noise = rng.standard_t(3, 500) if nature == "heavy tails" else rng.normal(size=500)
    spread = np.exp(frame["c"].to_numpy()) if nature == "some rows vary more" else 1.0
    labels = noise * spread + (0 if nature == "nothing to tell" else 2 * frame["a"].to_numpy())
    assert len(find_wrong_numbers(frame, labels, 0)) <= 15


@pytest.mark.slow
def test_rows_with_wrong_numbers_are_left_out_and_rare_high_ones_stay() -> None:
    frame, _ = numbers(700, 8)
    rng = np.random.default_rng(9)
    right = 3.0 * (frame["a"] + frame["b"]).to_numpy() + 0.5 * rng.normal(size=700)
    given = right.copy()
    moved = np.flatnonzero(rng.random(700) < 0.15)
    given[moved] = rng.permutation(right)[: len(moved)]
    assert prove_pruning(frame, given, (), 0).beyond_noise(0.01)
    # Rare, far from what is usual for such rows, and part of the mean that is to be predicted.
    rare = np.where((frame["a"] > 1.0) & (rng.random(700) < 0.4), 40.0, right)
    assert not prove_pruning(frame, rare, (), 0).beyond_noise(0.01)


@pytest.mark.slow
def test_a_category_that_is_merged_into_another_gains_nothing() -> None:
    """A repair that takes information away flatters itself on the rows that it changes; they do not count."""
    rng = np.random.default_rng(2)
    grades = rng.choice(["SI1", "SI2", "VS1", "VS2", "I1"], 700, p=[0.3, 0.25, 0.25, 0.18, 0.02])
    size = rng.normal(size=700)
    worth = {"SI1": 2.0, "SI2": 1.0, "VS1": 4.0, "VS2": 3.0, "I1": -6.0}
    y = np.array([worth[g] for g in grades]) + size + 0.3 * rng.normal(size=700)
    frame = pd.DataFrame({"grade": grades, "size": size.round(3).astype(str), "y": y.round(3).astype(str)})
    review = review_table(text_table("t", frame), CleaningRequest(target="y"))
    assert not any(change.column == "grade" for change in review.changes)
