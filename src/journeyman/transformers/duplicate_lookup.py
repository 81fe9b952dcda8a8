"""Rows that a model has met, found again by what they say: their truths count beside the model's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.matrix import Matrix
from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block
from journeyman.transformers.marks import row_marks
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["DuplicateLookup", "blend_labels", "build_lookup"]

FloatArray = NDArray[np.float64]


class DuplicateLookup(msgspec.Struct, frozen=True):
    """Marks of rows and their truths.

    Attributes
    ----------
    columns : tuple of str
        Features, in the order in which they are marked.
    marks : ndarray of uint64, shape (n_known,)
        Ascending; rows that say the same have the same mark.
    truths : ndarray of shape (n_known,)
        Class codes or values, in the order of the marks.
    prior : float
        How many truths the model's own answer counts as much as.
    """

    kind: ClassVar[NodeKind] = NodeKind.LOOKUP
    columns: tuple[str, ...]
    marks: np.ndarray
    truths: np.ndarray
    prior: float

    def answer(self, block: Block, answers: FloatArray) -> FloatArray:
        """Return the answers, shape (n_samples, n_outputs), with what is known of the rows that were met before."""
        marks = row_marks(block, self.columns)
        begin = np.searchsorted(self.marks, marks, side="left")
        # most rows are new, and for them one search is enough
        met = np.flatnonzero(self.marks[np.minimum(begin, len(self.marks) - 1)] == marks)
        if not len(met):
            return answers
        begin, end = begin[met], np.searchsorted(self.marks, marks[met], side="right")
        counts = end - begin
        rows = np.repeat(np.arange(len(met)), counts)
        places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(begin, counts)
        sums = np.zeros((len(met), answers.shape[1]))
        if answers.shape[1] == 1:
            np.add.at(sums[:, 0], rows, self.truths[places])
        else:
            np.add.at(sums, (rows, self.truths[places].astype(np.int64)), 1.0)
        given = answers.copy()
        given[met] = blend_labels(sums, counts, answers[met], self.prior)
        return given

    def adjust(self, predictions: Sequence[FloatArray], x: Matrix | None, block: Block) -> FloatArray:
        """Return predictions with what is known of rows that were met before, shape (n_samples, n_outputs)."""
        return self.answer(block, predictions[0])

    def to_file(self) -> bytes:
        """Return all of it as one file."""
        return msgspec.msgpack.encode(self, enc_hook=encode_array)

    @classmethod
    def from_file(cls, content: bytes) -> DuplicateLookup:
        """Return what was stored."""
        return msgspec.msgpack.decode(content, type=cls, dec_hook=decode_array)


def build_lookup(block: Block, columns: Sequence[str], truths: FloatArray, prior: float) -> DuplicateLookup:
    """Mark rows and keep their truths.

    Examples
    --------
    >>> rows = {"width": np.array([1.0, 2.0]), "maker": np.array([0, -1], dtype=np.int32)}
    >>> known = build_lookup(rows, ("width", "maker"), np.array([10.0, 20.0]), prior=1.0)
    >>> asked = {"width": np.array([2.0, 3.0]), "maker": np.array([-1, -1], dtype=np.int32)}
    >>> known.answer(asked, np.array([[16.0], [16.0]])).ravel().tolist()
    [18.0, 16.0]
    """
    marks = row_marks(block, columns)
    order = np.argsort(marks, kind="stable")
    return DuplicateLookup(tuple(columns), marks[order], truths[order], prior)


def blend_labels(sums: FloatArray, counts: NDArray[np.int64], answers: FloatArray, prior: float) -> FloatArray:
    """Return the mean of truths and answers, shape (n_samples, n_outputs); an answer counts as ``prior`` truths.

    With classes it is the mean of a Dirichlet distribution whose prior is the model's answer.
    """
    return np.asarray((sums + prior * answers) / (counts[:, None] + prior))
