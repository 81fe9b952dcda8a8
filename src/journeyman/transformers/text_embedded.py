"""The preparation "text_embedded": what English texts mean, by a pretrained network, next to what "dense" makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.plan import ColumnStep, NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.derived import text_columns
from journeyman.transformers.embeddings.sentence_encoder import DIGEST, NETWORK, WIDTH, load_encoder
from journeyman.transformers.languages import ENGLISH, UNKNOWN, language_shares
from journeyman.transformers.preparations import DensePreparation
from journeyman.transformers.steps import JoinedSteps, Steps, decode_array, encode_array
from journeyman.transformers.texts import distinct_texts

__all__ = ["EmbeddedTextPreparation", "EmbeddingStep", "FittedEmbeddedTexts"]

FloatArray = NDArray[np.float64]
_DENSE = DensePreparation()
_PIECES = 600_000  # word pieces of a column that are read, about
_LEAST_PIECES, _MOST_PIECES = 62, 504  # of a text
_LOOKED_AT = 500  # texts whose languages are guessed
_ENGLISH_ENOUGH = 0.5


class EmbeddingStep(msgspec.Struct, frozen=True):
    """A text as the numbers that a pretrained network makes of it.

    Attributes
    ----------
    column : str
        Column taken.
    network, digest : str
        Which network, and the SHA-256 of its file.
    most_pieces : int
        How far into a text it reads.
    """

    kind: ClassVar[NodeKind] = NodeKind.EMBEDDING
    column: str
    network: str
    digest: str
    most_pieces: int

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return tuple(f"{self.column}: meaning {i}" for i in range(WIDTH))

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, 384); equal texts are read once."""
        texts, slots = distinct_texts(block[self.column])
        vectors = load_encoder(self.network, self.digest).encode(texts, self.most_pieces)
        return vectors[slots].astype(np.float64)


class FittedEmbeddedTexts(msgspec.Struct, frozen=True, dict=True):
    """Fitted: steps of other features, and one step a text."""

    dense: Steps
    texts: tuple[EmbeddingStep, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return self._join.transform(block)

    @cached_property
    def _join(self) -> JoinedSteps:
        return JoinedSteps(self.plan())

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the steps of other features, then those of texts."""
        return (*self.dense.plan(), *self.texts)

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores: which network it needs and the SHA-256 of its file, not the network."""
        return {"embedded_texts.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class EmbeddedTextPreparation:
    """Numbers that a network, which has read much English, makes of texts; it learns nothing from the table.

    Beside them stand the features of "dense", what n-grams say of the target among them, so that what is learned of
    them is learned on top of that.
    """

    name: str = "text_embedded"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return about how many features it makes of columns: 384 of each text."""
        return _DENSE.width(columns, task) + WIDTH * len(text_columns(columns))

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn scales and encodings of the other columns.

        Raises
        ------
        ValueError
            Where there are texts and none of them is English.
        SettingsError
            Where the extra "embeddings" is not installed.
        """
        dense, matrix = _DENSE.fit(block, columns, y, task, seed)
        assert isinstance(dense, Steps)  # DensePreparation's
        texts = text_columns(columns)
        steps = tuple(s for s in (_step(block, c) for c in texts) if s is not None)
        if texts and not steps:
            raise ValueError("the network that reads texts knows English only, and these are written otherwise")
        fitted = FittedEmbeddedTexts(dense, steps)
        values = np.hstack([matrix.values, *(step.transform(block) for step in steps)])
        return fitted, fitted._join.matrix(values)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["embedded_texts.msgpack"], type=FittedEmbeddedTexts, dec_hook=decode_array)


def _step(block: Block, column: Column) -> EmbeddingStep | None:
    """Return the step of a column; None where most texts whose language can be told are not English."""
    texts, _ = distinct_texts(block[column.name])
    shares = language_shares(texts[:: 1 + len(texts) // _LOOKED_AT])
    told = sum(share for name, share in shares.items() if name != UNKNOWN)
    if told > 0 and shares.get(ENGLISH, 0.0) < _ENGLISH_ENOUGH * told:
        return None
    most = int(np.clip(_PIECES // max(len(texts), 1), _LEAST_PIECES, _MOST_PIECES))
    return EmbeddingStep(column.name, NETWORK, DIGEST, most)
