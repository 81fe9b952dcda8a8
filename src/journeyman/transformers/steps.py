"""Fitted steps of preparation: each is plain arrays and turns a block of columns into numbers.

A fitted step is the scoring plan itself: training, one served row and a stored release all run the same few lines, so
they cannot disagree.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Block
from journeyman.interfaces import Matrix
from journeyman.transformers.crafted_step import CraftedStep

__all__ = [
    "CalendarStep",
    "CodeStep",
    "LookupStep",
    "NumberStep",
    "OneHotStep",
    "Step",
    "Steps",
    "TextStep",
    "WordScorer",
    "calendar_parts",
    "clean_texts",
    "decode_array",
    "encode_array",
    "text_features",
    "text_vectorizer",
]

FloatArray = NDArray[np.float64]
_DAY = 86_400.0
_MOST_WORDS = 20_000
_CALENDAR_PARTS = ("year", "month", "day", "weekday", "day of year", "hour", "days since start")


class NumberStep(msgspec.Struct, frozen=True, tag=True):
    """Numbers as they are, or filled and scaled.

    Attributes
    ----------
    columns : tuple of str
        Columns taken.
    fill : ndarray of shape (n_columns,)
        Stands for missing values; NaN leaves them missing.
    shift, scale : ndarrays of shape (n_columns,)
        ``(x - shift) * scale``.
    limit : float
        Results are clipped to ±limit; 0 leaves them.
    flagged : tuple of int
        Positions of columns that get a second feature: 1 where the value is missing.
    """

    columns: tuple[str, ...]
    fill: np.ndarray
    shift: np.ndarray
    scale: np.ndarray
    limit: float
    flagged: tuple[int, ...]

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return self.columns + tuple(f"{self.columns[i]} is missing" for i in self.flagged)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_columns + n_flagged)."""
        x = np.array([block[c] for c in self.columns], dtype=np.float64).T
        x[np.isinf(x)] = np.nan
        flags = np.isnan(x[:, list(self.flagged)]).astype(np.float64)
        missing = np.isnan(x)
        if missing.any():
            x = np.where(missing, self.fill, x)
        x = (x - self.shift) * self.scale
        if self.limit:
            x = np.clip(x, -self.limit, self.limit)
        return np.hstack([x, flags]) if self.flagged else x


class CodeStep(msgspec.Struct, frozen=True, tag=True):
    """Category codes as numbers, for models that know categories; NaN where missing or unseen."""

    columns: tuple[str, ...]

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return self.columns

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_columns)."""
        codes = np.array([block[c] for c in self.columns], dtype=np.float64).T
        codes[codes < 0] = np.nan
        return codes


class OneHotStep(msgspec.Struct, frozen=True, tag=True):
    """One feature a known category; missing and unseen are all zeros."""

    column: str
    labels: tuple[str, ...]

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return tuple(f"{self.column} = {label}" for label in self.labels)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_labels)."""
        return np.asarray(block[self.column][:, None] == np.arange(len(self.labels)), dtype=np.float64)


class LookupStep(msgspec.Struct, frozen=True, tag=True):
    """Numbers looked up by category code.

    Attributes
    ----------
    column : str
        Column taken.
    suffixes : tuple of str
        Of the features' names, one a column of the table.
    table : ndarray of shape (n_categories + 1, n_features)
        A row a code; the last is for missing and unseen (code -1).
    """

    column: str
    suffixes: tuple[str, ...]
    table: np.ndarray

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return tuple(f"{self.column}: {suffix}" for suffix in self.suffixes)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_features)."""
        result: FloatArray = self.table[block[self.column]]
        return result


class CalendarStep(msgspec.Struct, frozen=True, tag=True):
    """Parts of a date, in UTC, and the days since the first training row; NaN where missing."""

    column: str
    parts: tuple[int, ...]
    start: float
    fill: float

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return tuple(f"{self.column}: {_CALENDAR_PARTS[p]}" for p in self.parts)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_parts)."""
        return calendar_parts(block[self.column].astype(np.float64), self.start, self.fill)[:, list(self.parts)]


class WordScorer(msgspec.Struct, frozen=True, dict=True):
    """Words and pairs of words with a weight for each output (a linear model over TF-IDF)."""

    words: tuple[str, ...]
    idf: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray

    @cached_property
    def vectorizer(self) -> Any:
        """scikit-learn's vectoriser over these words."""
        vectorizer = text_vectorizer(dict(zip(self.words, range(len(self.words)), strict=True)))
        vectorizer.idf_ = self.idf
        return vectorizer


class TextStep(msgspec.Struct, frozen=True, tag=True):
    """What the words of a text say about the target, its length and its reduced meaning."""

    column: str
    scorer: WordScorer
    components: np.ndarray

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        scores = [f"{self.column}: words for output {i}" for i in range(self.scorer.weights.shape[1])]
        topics = [f"{self.column}: topic {i}" for i in range(len(self.components))]
        return (*scores, f"{self.column}: characters", f"{self.column}: words", *topics)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_outputs + 2 + n_topics)."""
        texts = clean_texts(block[self.column])
        weighted = self.scorer.vectorizer.transform(texts)
        return text_features(texts, weighted @ self.scorer.weights + self.scorer.offsets, weighted, self.components)


Step = NumberStep | CodeStep | OneHotStep | LookupStep | CalendarStep | TextStep | CraftedStep


class Steps(msgspec.Struct, frozen=True):
    """A fitted preparation: its steps side by side.

    Attributes
    ----------
    steps : tuple of Step
        Features stand in the order of the steps.
    """

    steps: tuple[Step, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        rows = len(next(iter(block.values()))) if block else 0
        parts = [step.transform(block) for step in self.steps]
        values = np.hstack(parts) if parts else np.empty((rows, 0))
        return self.matrix(values)

    def matrix(self, values: FloatArray) -> Matrix:
        """Return prepared values with the names of their features."""
        names: list[str] = []
        categorical: list[int] = []
        for step in self.steps:
            if isinstance(step, CodeStep):
                categorical.extend(range(len(names), len(names) + len(step.columns)))
            names.extend(step.names())
        return Matrix(np.ascontiguousarray(values), tuple(names), tuple(categorical))

    def to_files(self) -> dict[str, bytes]:
        """Return what a release stores: MessagePack with arrays as raw numbers."""
        return {"preparation.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}

    @staticmethod
    def from_files(files: Any) -> Steps:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["preparation.msgpack"], type=Steps, dec_hook=decode_array)


def encode_array(value: Any) -> Any:
    """Turn an array into (type, shape, bytes) for MessagePack."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    raise NotImplementedError(f"cannot store {type(value).__name__}")


def decode_array(kind: type, value: Any) -> Any:
    """Turn (type, shape, bytes) back into an array."""
    if kind is np.ndarray:
        dtype, shape, data = value
        return np.frombuffer(data, dtype=np.dtype(dtype)).reshape(shape)
    raise NotImplementedError(f"cannot load {kind.__name__}")


def calendar_parts(seconds: FloatArray, start: float, fill: float) -> FloatArray:
    """Return year, month, day, weekday (Monday 0), day of year, hour and days since ``start``, shape (n_samples, 7)."""
    missing = np.isnan(seconds)
    whole = np.where(missing, 0.0, seconds).astype("int64").astype("datetime64[s]")
    days = whole.astype("datetime64[D]")
    months = whole.astype("datetime64[M]")
    years = whole.astype("datetime64[Y]")
    day_number = days.astype(np.int64)
    parts = np.column_stack(
        [
            years.astype(np.int64) + 1970,
            months.astype(np.int64) % 12 + 1,
            (days - months).astype(np.int64) + 1,
            (day_number + 3) % 7,
            (days - years).astype(np.int64) + 1,
            (whole - days).astype(np.int64) / 3600.0,
            (np.where(missing, 0.0, seconds) - start) / _DAY,
        ]
    )
    parts[missing] = fill
    return parts


def clean_texts(values: NDArray[np.generic]) -> list[str]:
    """Return texts, the empty one for missing values."""
    return ["" if v is None or v != v else str(v) for v in values.tolist()]


def text_vectorizer(vocabulary: dict[str, int] | None = None) -> Any:
    """Return scikit-learn's vectoriser as it is used for every text: words and pairs of words, damped counts."""
    # Here and not above: scikit-learn takes a second to load, and a model without texts predicts without it.
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415  # the one door to a heavy library

    if vocabulary is None:
        return TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_features=_MOST_WORDS)
    return TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), vocabulary=vocabulary)


def text_features(texts: list[str], scores: FloatArray, weighted: Any, components: FloatArray) -> FloatArray:
    """Return word scores, lengths and topics side by side."""
    lengths = np.array([[len(t), t.count(" ") + 1] for t in texts], dtype=np.float64).reshape(-1, 2)
    topics = np.asarray(weighted @ components.T) if len(components) else np.empty((len(texts), 0))
    return np.hstack([np.asarray(scores), np.log1p(lengths), topics])
