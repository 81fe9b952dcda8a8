"""Known rows are found again whatever they hold, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.entities.table import Block
from journeyman.transformers.duplicate_lookup import DuplicateLookup, blend_labels, build_lookup
from journeyman.transformers.marks import row_marks

NAMES = ("number", "code", "text")
rows = st.lists(
    st.tuples(
        st.sampled_from([0.0, -0.0, 1.5, float("nan"), -7.0, 1e300]),
        st.integers(-1, 3),
        st.sampled_from([None, "", "a", "None", "\0missing?", "ä"]),
    ),
    min_size=1,
    max_size=60,
)


def block_of(values: list[tuple[float, int, str | None]]) -> Block:
    number, code, text = zip(*values, strict=True)
    return {
        "number": np.array(number),
        "code": np.array(code, dtype=np.int32),
        "text": np.array([*text, None], dtype=object)[:-1],
    }


@given(rows)
@settings(max_examples=200, deadline=None)
@pytest.mark.slow
def test_two_rows_have_the_same_mark_exactly_where_they_say_the_same(values: list[tuple[float, int, str | None]]):
    marks = row_marks(block_of(values), NAMES)
    said = [repr((number + 0.0, code, text)) for number, code, text in values]
    for k, one in enumerate(said):
        assert [mark == marks[k] for mark in marks] == [other == one for other in said]


def test_values_that_change_columns_are_another_row():
    swapped = {"a": np.array([1.0, 2.0]), "b": np.array([2.0, 1.0])}
    assert len(set(row_marks(swapped, ("a", "b")).tolist())) == 2


@given(rows, rows, st.sampled_from([0.05, 1.0, 3.0]), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_answers_are_what_counting_by_hand_gives(
    met: list[tuple[float, int, str | None]], asked: list[tuple[float, int, str | None]], prior: float, outputs: int
):
    rng = np.random.default_rng(len(met))
    truths = rng.normal(size=len(met)) if outputs == 1 else rng.integers(0, outputs, len(met)).astype(np.float64)
    answers = rng.dirichlet(np.ones(outputs), len(asked)) if outputs > 1 else rng.normal(size=(len(asked), 1))
    known = DuplicateLookup.from_file(build_lookup(block_of(met), NAMES, truths, prior).to_file())
    given_answers = known.answer(block_of(asked), answers)
    for row, answer, said in zip(asked, answers, given_answers, strict=True):
        same = [
            t for m, t in zip(met, truths, strict=True) if repr((m[0] + 0.0, *m[1:])) == repr((row[0] + 0.0, *row[1:]))
        ]
        one = np.array([[t] if outputs == 1 else np.eye(outputs)[int(t)] for t in same])
        wanted = (one.sum(axis=0) + prior * answer) / (len(same) + prior) if same else answer
        np.testing.assert_allclose(said, wanted)


def test_what_it_was_asked_with_stays_as_it_is():
    block, answers = block_of([(1.5, 0, "a")]), np.array([[0.5, 0.5]])
    build_lookup(block, NAMES, np.array([1.0]), 1.0).answer(block, answers)
    assert answers.tolist() == [[0.5, 0.5]]


def test_truths_that_disagree_weigh_against_each_other():
    given_answers = blend_labels(np.array([[1.0, 1.0]]), np.array([2]), np.array([[0.9, 0.1]]), 1.0)
    np.testing.assert_allclose(given_answers, [[1.9 / 3, 1.1 / 3]])
