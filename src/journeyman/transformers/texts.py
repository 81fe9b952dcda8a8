"""The preparation "texts": what free texts say, as numbers that every other preparation may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.plan import ColumnStep, NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.derived import MADE, text_columns
from journeyman.transformers.encodings import inner_folds, target_outputs
from journeyman.transformers.learned_text import learn_text
from journeyman.transformers.ngrams import Ngrams
from journeyman.transformers.steps import decode_array, encode_array

__all__ = [
    "FittedTexts",
    "TextPreparation",
    "TextStep",
    "distinct_texts",
    "shape_columns",
    "text_shapes",
    "whole_logarithms",
]

FloatArray = NDArray[np.float64]
_SHAPES = ("characters", "words", "capitals", "digits", "signs")
_TOPICS = 16
_FEATURES = 60  # that a text becomes where classes are many, about
_CHARACTER_KINDS = np.array(
    [
        1 if chr(i).isupper() else 2 if chr(i).isdigit() else 3 if i > 32 and not chr(i).isalpha() else 0
        for i in range(128)
    ]
    + [0]
)
_PIECE = 4_000  # texts at a time, so that memory stays small


class TextStep(msgspec.Struct, frozen=True):
    """What the n-grams of a text say about the target, its shape, and what it is about.

    Attributes
    ----------
    column : str
        Column taken.
    suffixes : tuple of str
        Of the features' names.
    ngrams : Ngrams
        What is counted.
    weights : ndarray of float32, shape (n_grams, n_scores + n_topics)
        Of each n-gram for each feature.
    offsets : ndarray of float32, shape (n_scores + n_topics,)
        Added to it.
    """

    kind: ClassVar[NodeKind] = NodeKind.TEXT
    column: str
    suffixes: tuple[str, ...]
    ngrams: Ngrams
    weights: np.ndarray
    offsets: np.ndarray

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return tuple(f"{self.column}: {suffix}" for suffix in self.suffixes)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_scores + n_topics + 5); equal texts are read once."""
        texts, slots = distinct_texts(block[self.column])
        values = np.vstack([self._read(texts[i : i + _PIECE]) for i in range(0, max(len(texts), 1), _PIECE)])
        return values if len(texts) == len(slots) else values[slots]

    def _read(self, texts: Sequence[str]) -> FloatArray:
        said = self.ngrams.weigh(texts) @ self.weights + self.offsets
        return np.hstack([said, text_shapes(texts, self.ngrams.most_characters, whole_logarithms)])


class FittedTexts(msgspec.Struct, frozen=True):
    """Fitted texts, side by side."""

    steps: tuple[TextStep, ...]
    feature_names: tuple[str, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        rows = len(next(iter(block.values()))) if block else 0
        parts = [step.transform(block) for step in self.steps]
        return Matrix(np.hstack(parts) if parts else np.empty((rows, 0)), self.feature_names)

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the steps, with the names that their features have here."""
        marks = len(self.feature_names[0]) - len(self.steps[0].names()[0]) if self.steps else 0
        return tuple(
            msgspec.structs.replace(step, suffixes=tuple(suffix + "'" * marks for suffix in step.suffixes))
            for step in self.steps
        )

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores: MessagePack with arrays as raw numbers."""
        return {"texts.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class TextPreparation:
    """Numeric features from free-text columns, learned per fold."""

    name: str = "texts"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return about how many features it makes of columns: scores, topics and shapes of each text."""
        return _FEATURES * len(text_columns(columns))

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn each column; features of the training rows are out of fold."""
        outputs, folds = target_outputs(y, task), inner_folds(len(y), seed)
        steps: list[TextStep] = []
        parts: list[FloatArray] = []
        for column in text_columns(columns):
            texts, slots = distinct_texts(block[column.name])
            learned = learn_text(texts, slots, outputs, folds, _TOPICS, seed)
            if learned is None:
                continue
            shapes = text_shapes(texts, learned.ngrams.most_characters)
            steps.append(
                TextStep(column.name, learned.names + _SHAPES, learned.ngrams, learned.weights, learned.offsets)
            )
            parts.append(np.hstack([learned.features, shapes[slots]]))
        names = _unlike(columns, [name for step in steps for name in step.names()])
        values = np.hstack(parts) if parts else np.empty((len(y), 0))
        return FittedTexts(tuple(steps), names), Matrix(values, names)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["texts.msgpack"], type=FittedTexts, dec_hook=decode_array)


def distinct_texts(values: NDArray[np.generic]) -> tuple[list[str], NDArray[np.int64]]:
    """Return distinct texts, the empty one for missing values, and which of them each row holds.

    Examples
    --------
    >>> distinct_texts(np.array(["b", None, "b"], dtype=object))
    (['b', ''], array([0, 1, 0]))
    """
    places: dict[str, int] = {}
    slots = [places.setdefault("" if v is None or v != v else str(v), len(places)) for v in values.tolist()]
    return list(places), np.array(slots, dtype=np.int64)


def shape_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns that this preparation has made of texts' shapes: they tell nothing of n-grams.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> made = [Column(f"note: {name}", Kind.NUMBER, reason=MADE) for name in ("topic 1", "words")]
    >>> [c.name for c in shape_columns(made)]
    ['note: words']
    """
    ends = tuple(f": {shape}" for shape in _SHAPES)
    return tuple(c for c in columns if c.reason == MADE and c.name.rstrip("'").endswith(ends))


def text_shapes(
    texts: Sequence[str], most_characters: int, logarithms: Callable[[FloatArray], FloatArray] = np.log1p
) -> FloatArray:
    """Return logarithms of characters and words, and shares of capitals, digits and signs, shape (n_texts, 5).

    Shares are of the first ``most_characters``, and of characters that ASCII knows.

    Parameters
    ----------
    logarithms : callable
        Takes numbers to the logarithms of one more.
    """
    seen = [t[:most_characters] for t in texts]
    points = np.frombuffer("".join(seen).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, seen), np.int64, len(seen))
    rows = np.repeat(np.arange(len(seen)), lengths)
    kinds = _CHARACTER_KINDS[np.minimum(points, 128)]
    counts = np.bincount(rows * 4 + kinds, minlength=4 * len(seen)).reshape(len(seen), 4)
    sizes = np.array([(len(t), t.count(" ") + 1) for t in texts], dtype=np.float64).reshape(-1, 2)
    return np.hstack([logarithms(sizes), counts[:, 1:] / np.maximum(lengths, 1)[:, None]])


def whole_logarithms(counts: FloatArray) -> FloatArray:
    """Return ``log(1 + count)`` of whole numbers by sums and products alone, within two units in the last place.

    ``np.log1p`` has other last bits on other machines, and in other languages; a release answers everywhere alike.

    Examples
    --------
    >>> whole_logarithms(np.array([0.0, 1.0, 5000.0])).tolist()
    [0.0, 0.6931471805599453, 8.517393171418902]
    """
    if len(counts) and counts.max() < len(_LOGARITHMS):
        return np.asarray(_LOGARITHMS[counts.astype(np.int64)])
    return _logarithms(counts + 1.0)


def _logarithms(numbers: FloatArray) -> FloatArray:
    """Return logarithms: of two to a power, and of what is left between 3/4 and 3/2, a series in (m - 1) / (m + 1)."""
    left, powers = np.frexp(numbers)
    small = left < 0.75
    left, powers = np.where(small, 2.0 * left, left), powers - small
    s = (left - 1.0) / (left + 1.0)
    square = s * s
    total = np.zeros_like(s)
    for i in range(12, -1, -1):
        total = total * square + 1.0 / (2 * i + 1)
    return np.asarray(powers * 0.6931471805599453 + 2.0 * s * total)


_LOGARITHMS = _logarithms(np.arange(1.0, 4097.0))  # of one more than each count


def _unlike(columns: Sequence[Column], names: Sequence[str]) -> tuple[str, ...]:
    """Return names that no column of the table has."""
    taken = {c.name for c in columns}
    while taken & set(names):
        names = [f"{name}'" for name in names]
    return tuple(names)
