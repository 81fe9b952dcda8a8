"""N-grams as sparse features: what is counted, row by row, next to scaled numbers."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.matrix import Matrix
from journeyman.entities.task import Task
from journeyman.transformers.derived import MADE
from journeyman.transformers.ngrams import NgramLimits, learn_ngrams
from journeyman.transformers.steps import JoinedSteps
from journeyman.transformers.text_sparse import SPELLING, WORDS, SparseTextPreparation

TASK = Task("y", "binary", "log_loss", ("no", "yes"))
COLUMNS = (Column("note", Kind.TEXT), Column("size", Kind.NUMBER), Column("title", Kind.TEXT))


def block(count: int = 40) -> dict[str, np.ndarray]:
    note = np.array([f"red wine {i % 4}" if i % 2 else "blue car, fast" for i in range(count)], dtype=object)
    note[3] = None
    title = np.array([f"title {i % 3}" for i in range(count)], dtype=object)
    return {"note": note, "size": np.arange(count, dtype=np.float64), "title": title}


def fitted(columns=COLUMNS):
    rows = block()
    return *SparseTextPreparation().fit(rows, columns, np.arange(40) % 2.0, TASK, 0), rows


def test_each_text_has_a_block_of_words_and_one_of_spelling():
    _, matrix, _ = fitted()
    assert [name for name, _ in matrix.blocks] == [WORDS, SPELLING, WORDS, SPELLING]
    assert sum(size for _, size in matrix.blocks) == matrix.sparse.shape[1]
    assert matrix.sparse.dtype == np.float32
    assert matrix.names == ("size",)


def test_rows_are_weighed_by_themselves_and_as_stored():
    prepared, matrix, rows = fitted()
    again = SparseTextPreparation().from_files(prepared.to_files())
    alone = again.transform({name: values[5:6] for name, values in rows.items()})
    assert np.array_equal(alone.sparse.toarray()[0], matrix.sparse.toarray()[5])
    joined = JoinedSteps(again.plan()).transform(rows)
    assert np.array_equal(joined.sparse.toarray(), matrix.sparse.toarray())
    assert joined.blocks == matrix.blocks
    assert not matrix.sparse[[3], : matrix.blocks[0][1]].nnz, "a missing text has no words"


def test_what_was_learned_of_the_target_is_left_out_and_shapes_are_kept():
    made = (Column("note: words for output 0", Kind.NUMBER, reason=MADE), Column("note: capitals", Kind.NUMBER))
    made = (made[0], Column("note: capitals", Kind.NUMBER, reason=MADE))
    rows = {**block(), "note: words for output 0": np.arange(40.0), "note: capitals": np.arange(40.0)}
    _, matrix = SparseTextPreparation().fit(rows, (*COLUMNS, *made), np.arange(40) % 2.0, TASK, 0)
    assert matrix.names == ("size", "note: capitals")


def test_rows_of_a_matrix_are_taken_with_their_sparse_features():
    _, matrix, _ = fitted()
    some = matrix.take(np.arange(40) < 7)
    assert some.sparse.shape == (7, matrix.sparse.shape[1])
    assert some.blocks == matrix.blocks
    assert Matrix(np.zeros((2, 1)), ("a",)).take(slice(0, 1)).sparse is None


@pytest.mark.parametrize(("limits", "words", "pairs"), [(NgramLimits(1, 5, 5), 1, 0), (NgramLimits(9, 1, 5), 3, 1)])
def test_limits_hold(limits, words, pairs):
    known = learn_ngrams(["red wine glass"] * 3, 100, 100, limits)
    assert (len(known.words), len(known.pairs)) == (words, pairs)
    assert len(known.runs) <= 3 * limits.runs
    assert len(known.spelled()) == len(known.idf)
