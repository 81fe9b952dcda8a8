"""The preparation "text_sparse": every n-gram of texts as a feature of its own, next to scaled numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import ColumnStep, NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.derived import MADE, text_columns
from journeyman.transformers.learned_text import reading_lengths
from journeyman.transformers.ngrams import NgramLimits, Ngrams, learn_ngrams
from journeyman.transformers.preparations import DensePreparation
from journeyman.transformers.steps import JoinedSteps, Steps, decode_array, encode_array
from journeyman.transformers.texts import distinct_texts, shape_columns

__all__ = ["SPELLING", "WORDS", "FittedSparseTexts", "NgramStep", "SparseTextPreparation", "sparse_texts"]

WORDS, SPELLING = "words", "spelling"
"""Blocks of a text's features: words and pairs of words, and runs of characters."""

FloatArray = NDArray[np.float64]
_LIMITS = NgramLimits(words=50_000, pairs=100_000, runs=8_000)
_COUNTED = 20_000  # texts that n-grams are counted on
_DENSE = DensePreparation()
_CELLS_A_TEXT = 320  # of a dense matrix, that the n-grams of one text take the room of: 8 bytes an n-gram (measured)


class NgramStep(msgspec.Struct, frozen=True):
    """The weighted n-grams of a text, as sparse features.

    Attributes
    ----------
    column : str
        Column taken.
    ngrams : Ngrams
        What is counted.
    """

    kind: ClassVar[NodeKind] = NodeKind.NGRAMS
    column: str
    ngrams: Ngrams

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

    def names(self) -> tuple[str, ...]:
        """Return no names: none of its features is dense."""
        return ()

    def transform(self, block: Block) -> FloatArray:
        """Return no dense features, shape (n_samples, 0)."""
        return np.empty((len(block[self.column]), 0))

    def sparse(self, block: Block) -> Any:
        """Return weights of n-grams, a CSR array of shape (n_samples, n_grams); equal texts are read once."""
        texts, slots = distinct_texts(block[self.column])
        weights = self.ngrams.weigh(texts)
        return weights if len(texts) == len(slots) else weights[slots]

    def blocks(self) -> tuple[tuple[str, int], ...]:
        """Return words with pairs of words, and runs of characters."""
        runs = len(self.ngrams.runs)
        return (WORDS, len(self.ngrams.idf) - runs), (SPELLING, runs)


class FittedSparseTexts(msgspec.Struct, frozen=True, dict=True):
    """Fitted: steps of dense features, and one step a text."""

    dense: Steps
    texts: tuple[NgramStep, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return self._join.transform(block)

    @cached_property
    def _join(self) -> JoinedSteps:
        return JoinedSteps(self.plan())

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the steps of dense features, then those of texts."""
        return (*self.dense.plan(), *self.texts)

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores: MessagePack with arrays as raw numbers."""
        return {"sparse_texts.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class SparseTextPreparation:
    """TF-IDF weights of words, pairs of words and runs of characters, and the other columns as linear models take them.

    What texts say of the target, which "texts" has learned, is left out: these n-grams say it themselves.
    """

    name: str = "text_sparse"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the dense features, and as many as take the room of the n-grams."""
        others = [c for c in columns if c.kind is not Kind.TEXT]
        return _DENSE.width(others, task) + _CELLS_A_TEXT * len(text_columns(columns))

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn which n-grams there are, and scales and encodings of the other columns."""
        others = _own_columns(columns)
        dense, matrix = _DENSE.fit(block, others, y, task, seed)
        assert isinstance(dense, Steps)  # DensePreparation's
        fitted = FittedSparseTexts(dense, sparse_texts(block, columns, seed))
        joined = JoinedSteps(fitted.texts).transform(block)
        return fitted, replace(matrix, sparse=joined.sparse, blocks=joined.blocks)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["sparse_texts.msgpack"], type=FittedSparseTexts, dec_hook=decode_array)


def _own_columns(columns: Sequence[Column]) -> list[Column]:
    """Return the columns that are no texts, of what was made of texts only their shapes."""
    shapes = set(shape_columns(columns))
    return [c for c in columns if c.kind is not Kind.TEXT and (c.reason != MADE or c in shapes)]


def sparse_texts(block: Block, columns: Sequence[Column], seed: int) -> tuple[NgramStep, ...]:
    """Return a step for each text column of which an n-gram occurs twice."""
    steps = []
    for column in text_columns(columns):
        texts, _ = distinct_texts(block[column.name])
        chosen = np.sort(np.random.default_rng(seed).permutation(len(texts))[:_COUNTED])
        ngrams = learn_ngrams([texts[i] for i in chosen.tolist()], *reading_lengths(len(texts)), _LIMITS)
        if ngrams is not None:
            steps.append(NgramStep(column.name, ngrams))
    return tuple(steps)
