"""A release knows its rows again in another table, each as often as it learned from it."""

import numpy as np

from journeyman.transformers.learned_rows import LearnedRows, labelled_marks, learned_rows


def marks(values, target=None):
    block = {"a": np.asarray(values, dtype=float), "b": np.array([f"t{v}" for v in values], dtype=object)}
    return labelled_marks(block, ["a", "b"], np.zeros(len(values)) if target is None else np.asarray(target, float))


def test_rows_are_known_again_in_another_order_and_by_their_target():
    kept = learned_rows(["a", "b"], marks([1, 2, 3, 4]), np.array([3, 1]), np.array([[0.4], [0.2]]))
    kept = LearnedRows.from_file(kept.to_file())
    seen = kept.recognise(marks([4, 9, 3, 2]))
    assert seen.known.tolist() == [True, False, True, True]
    assert seen.recorded.tolist() == [True, False, False, True]
    assert kept.recorded(seen.places[seen.recorded]).ravel().tolist() == [0.4, 0.2]
    assert not kept.recognise(marks([4], target=[1])).known.any()


def test_of_rows_that_say_the_same_as_many_are_known_as_were_learned_from():
    kept = learned_rows(["a", "b"], marks([1, 1, 2, 2, 3]), np.array([0, 2, 3]), np.array([[0.1], [0.2], [0.3]]))
    seen = kept.recognise(marks([1, 1, 1, 2, 2, 2]))
    assert seen.known.tolist() == [True, True, False, True, True, False]
    # Of the two ones, one taught and one judged: nobody knows which this is. Both twos judged.
    assert seen.recorded.tolist() == [False, False, False, True, True, False]
    assert kept.recorded(seen.places[3:5]).ravel().tolist() == [0.2, 0.3]


def test_eight_bytes_a_row():
    rows = 10_000
    small, large = (
        len(learned_rows(["a"], np.arange(n, dtype=np.uint64), np.arange(5), np.zeros((5, 1))).to_file())
        for n in (rows, 2 * rows)
    )
    assert 8 * rows <= large - small <= 8 * rows + 16
