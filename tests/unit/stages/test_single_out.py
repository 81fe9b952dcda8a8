"""Which columns make a row odd: those with a usual value that would make it ordinary."""

from __future__ import annotations

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.profile import ColumnProfile, Profile
from journeyman.entities.table import Block
from journeyman.stages.single_out import reliefs, usual_values


def apart(block: Block) -> np.ndarray:
    return np.abs(block["a"].astype(float) - block["b"].astype(float)) + 5.0 * (block["c"] == 2)


TYPICAL: Block = {"a": np.array([0.0]), "b": np.array([0.0]), "c": np.array([0], dtype=np.int32)}


def test_a_value_that_is_odd_beside_another_shows_in_both_and_others_show_nothing() -> None:
    rows: Block = {"a": np.array([3.0, 1.0]), "b": np.array([-3.0, 1.0]), "c": np.array([0, 2], dtype=np.int32)}
    usual = {"a": np.array([-3.0, 3.0]), "b": np.array([-3.0, 3.0]), "c": np.array([0, 1], dtype=np.int32)}
    found = reliefs(apart, rows, usual, TYPICAL)
    assert found.tolist() == [[6.0, 6.0, 0.0], [0.0, 0.0, 5.0]]
    assert reliefs(apart, {k: v[:0] for k, v in rows.items()}, usual, TYPICAL).shape == (0, 3)


def test_values_that_suit_each_other_and_are_unusual_together_are_named() -> None:
    def surprise(block: Block) -> np.ndarray:
        a, b = block["a"].astype(float), block["b"].astype(float)
        return np.abs(a) + np.abs(b) + 50.0 * np.abs(a - b)

    rows: Block = {"a": np.array([9.0]), "b": np.array([9.0]), "c": np.array([0], dtype=np.int32)}
    usual = {"a": np.array([-1.0, 1.0]), "b": np.array([-1.0, 1.0]), "c": np.array([0], dtype=np.int32)}
    figures = reliefs(surprise, rows, usual, TYPICAL)[0]
    assert figures[0] == figures[1] > 100.0
    assert figures[2] == 0.0


def test_many_rows_are_explained_as_one_is() -> None:
    rng = np.random.default_rng(0)
    rows: Block = {"a": rng.normal(size=40_000), "b": rng.normal(size=40_000), "c": np.zeros(40_000, dtype=np.int32)}
    usual = {"a": np.array([0.0]), "b": np.array([0.0]), "c": np.array([0], dtype=np.int32)}
    last = {name: values[-1:] for name, values in rows.items()}
    assert np.array_equal(reliefs(apart, rows, usual, TYPICAL)[-1:], reliefs(apart, last, usual, TYPICAL))


def test_usual_values_are_quantiles_and_frequent_names() -> None:
    columns = (
        Column("size", Kind.NUMBER),
        Column("colour", Kind.CATEGORY, categories=("blue", "green", "red")),
        Column("on", Kind.BOOLEAN, categories=("no", "yes")),
        Column("words", Kind.TEXT),
        Column("new", Kind.NUMBER),
    )
    profiles = (
        ColumnProfile("size", Kind.NUMBER, 0, 9, quantiles=(0.0, 1.0, 2.0, 2.0, 4.0, 5.0, 9.0)),
        ColumnProfile("colour", Kind.CATEGORY, 0, 3, top_values=("red", "blue"), top_counts=(7, 2)),
        ColumnProfile("words", Kind.TEXT, 0, 3, top_values=("some words",), top_counts=(1,)),
    )
    found = usual_values(Profile(9, 9, profiles), columns)
    assert {name: values.tolist() for name, values in found.items()} == {
        "size": [1.0, 2.0, 4.0, 5.0],
        "colour": [2, 0],
        "on": [0.0, 1.0],
        "words": [],
        "new": [],
    }
