"""Which rows a release has learned from, told again in another table: a word of 64 bits a row."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Block
from journeyman.transformers.marks import Marks, mixed, row_marks
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["LearnedRows", "MatchedRows", "labelled_marks", "learned_rows"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class LearnedRows(msgspec.Struct, frozen=True):
    """Fingerprints of the rows that a release learned from, and its rehearsal's predictions for those that judged it.

    Eight bytes a row, and for each judged row eight more and eight for every number of its prediction (one for two
    classes).

    Attributes
    ----------
    columns : tuple of str
        Features, in the order in which they are marked.
    learned : ndarray of uint64, shape (n_learned,)
        Ascending: all rows of the table, for the release is fitted on all of them.
    judged : ndarray of uint64, shape (n_judged,)
        Ascending: the rows that judged the recipe, when it was fitted without them.
    predictions : ndarray of float64, shape (n_judged, n_numbers)
        What it predicted then.
    """

    columns: tuple[str, ...]
    learned: np.ndarray
    judged: np.ndarray
    predictions: np.ndarray

    def recognise(self, marks: Marks) -> MatchedRows:
        """Tell which rows of a table, by their fingerprints, are new and which judged the release.

        Of rows that say the same in every column, as many are known as were learned from, the first ones in order.
        """
        rank = _rank(marks)
        learned = _count(self.learned, marks)
        judged = _count(self.judged, marks)
        known = rank < learned
        recorded = known & (judged == learned)
        place = np.searchsorted(self.judged, marks) + np.minimum(rank, np.maximum(judged - 1, 0))
        return MatchedRows(known, recorded, np.where(recorded, place, -1).astype(np.int64))

    def recorded(self, places: IntArray) -> FloatArray:
        """Return the recorded predictions at those places, shape (n_samples, n_outputs)."""
        return np.asarray(self.predictions[places], dtype=np.float64)

    def to_file(self) -> bytes:
        """Return all of it as one file."""
        return msgspec.msgpack.encode(self, enc_hook=encode_array)

    @classmethod
    def from_file(cls, content: bytes) -> LearnedRows:
        """Return what was stored."""
        return msgspec.msgpack.decode(content, type=cls, dec_hook=decode_array)


class MatchedRows(msgspec.Struct, frozen=True):
    """What a release knows of each row of a table; arrays of shape (n_samples,).

    Attributes
    ----------
    known : ndarray of bool
        Whether the release has learned from it.
    recorded : ndarray of bool
        Whether its rehearsal, which had not learned from it, has a recorded prediction.
    places : ndarray of int64
        Of that prediction; -1 where there is none.
    """

    known: NDArray[np.bool_]
    recorded: NDArray[np.bool_]
    places: IntArray


def learned_rows(columns: Sequence[str], marks: Marks, judged: IntArray, predictions: FloatArray) -> LearnedRows:
    """Return what a release keeps of its rows.

    Parameters
    ----------
    columns : sequence of str
        Features.
    marks : ndarray of uint64, shape (n_samples,)
        Of all rows of the table, from ``labelled_marks``.
    judged : ndarray of int64, shape (n_judged,)
        Positions of the rows that judged the release.
    predictions : ndarray of shape (n_judged, n_outputs)
        Of its rehearsal for them.

    Examples
    --------
    >>> marks = np.array([7, 5, 9], dtype=np.uint64)
    >>> kept = learned_rows(["a"], marks, np.array([2]), np.array([[0.25]]))
    >>> seen = kept.recognise(np.array([9, 9, 5, 1], dtype=np.uint64))
    >>> seen.known.tolist(), seen.recorded.tolist(), kept.recorded(seen.places[:1]).tolist()
    ([True, False, True, False], [True, False, False, False], [[0.25]])
    """
    order = np.argsort(marks[judged], kind="stable")
    return LearnedRows(tuple(columns), np.sort(marks), marks[judged][order], np.ascontiguousarray(predictions[order]))


def labelled_marks(block: Block, columns: Sequence[str], target: FloatArray) -> Marks:
    """Return a fingerprint of each row's features and target, shape (n_samples,).

    Examples
    --------
    >>> rows = {"width": np.array([1.0, 1.0, 1.0])}
    >>> marks = labelled_marks(rows, ["width"], np.array([0.0, 1.0, -0.0]))
    >>> (marks[0] == marks[1]).item(), (marks[0] == marks[2]).item()
    (False, True)
    """
    features = row_marks(block, columns)
    words = (np.asarray(target, dtype=np.float64) + 0.0).view(np.uint64)
    return mixed(features + mixed(words + np.uint64(0x9E3779B97F4A7C15)))


def _count(sorted_marks: Marks, marks: Marks) -> IntArray:
    """Return how often each mark occurs among sorted ones."""
    begin, end = (np.searchsorted(sorted_marks, marks, side=side) for side in ("left", "right"))
    return (end - begin).astype(np.int64)


def _rank(marks: Marks) -> IntArray:
    """Return how many equal marks stand before each one."""
    order = np.argsort(marks, kind="stable")
    ordered = marks[order]
    fresh = np.r_[True, ordered[1:] != ordered[:-1]] if len(ordered) else np.empty(0, dtype=bool)
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(ordered)), 0))
    rank = np.empty(len(marks), dtype=np.int64)
    rank[order] = np.arange(len(ordered)) - first
    return rank
