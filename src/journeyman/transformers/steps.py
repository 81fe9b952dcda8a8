"""Fitted steps of preparation: each is plain arrays and turns a block of columns into numbers.

A fitted step is the scoring plan itself: training, one served row and a stored release all run the same few lines, so
they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import History
from journeyman.entities.plan import ColumnStep, HoldsHistory, NodeKind, SparseStep
from journeyman.entities.table import Block
from journeyman.interfaces import Matrix
from journeyman.transformers.crafted_step import CraftedStep

__all__ = [
    "CALENDAR_PARTS",
    "CalendarStep",
    "CodeStep",
    "JoinedSteps",
    "LookupStep",
    "NumberStep",
    "OneHotStep",
    "Step",
    "Steps",
    "calendar_parts",
    "decode_array",
    "encode_array",
]

FloatArray = NDArray[np.float64]
_DAY = 86_400.0
CALENDAR_PARTS = ("year", "month", "day", "weekday", "day of year", "hour", "days since start")


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

    kind: ClassVar[NodeKind] = NodeKind.FILL
    columns: tuple[str, ...]
    fill: np.ndarray
    shift: np.ndarray
    scale: np.ndarray
    limit: float
    flagged: tuple[int, ...]

    def reads(self) -> tuple[str, ...]:
        """Return the columns taken."""
        return self.columns

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

    kind: ClassVar[NodeKind] = NodeKind.CODE
    columns: tuple[str, ...]

    def reads(self) -> tuple[str, ...]:
        """Return the columns taken."""
        return self.columns

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

    kind: ClassVar[NodeKind] = NodeKind.TABLE
    column: str
    labels: tuple[str, ...]

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

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

    kind: ClassVar[NodeKind] = NodeKind.TABLE
    column: str
    suffixes: tuple[str, ...]
    table: np.ndarray

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return tuple(f"{self.column}: {suffix}" for suffix in self.suffixes)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_features)."""
        result: FloatArray = self.table[block[self.column]]
        return result


class CalendarStep(msgspec.Struct, frozen=True, tag=True):
    """Parts of a date, in UTC, and the days since the first training row; NaN where missing."""

    kind: ClassVar[NodeKind] = NodeKind.CALENDAR
    column: str
    parts: tuple[int, ...]
    start: float
    fill: float

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return tuple(f"{self.column}: {CALENDAR_PARTS[p]}" for p in self.parts)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_parts)."""
        return calendar_parts(block[self.column].astype(np.float64), self.start, self.fill)[:, list(self.parts)]


Step = NumberStep | CodeStep | OneHotStep | LookupStep | CalendarStep | CraftedStep


class JoinedSteps:
    """Steps side by side: what they make is one matrix, in their order.

    Examples
    --------
    >>> JoinedSteps((CodeStep(("city",)),)).transform({"city": np.array([2, -1], dtype=np.int32)}).values.tolist()
    [[2.0], [nan]]
    """

    def __init__(self, steps: Sequence[ColumnStep]) -> None:
        self.steps = tuple(steps)
        names: list[str] = []
        categorical: list[int] = []
        self._history: History | None = None
        for step in steps:
            own = step.names()
            if step.kind is NodeKind.CODE:
                categorical.extend(range(len(names), len(names) + len(own)))
            if isinstance(step, HoldsHistory):
                categorical.extend(len(names) + place for place in step.codes())
                self._history = step.history
            names.extend(own)
        # kept, since spelling them out outlasts a lone row
        self._features = (tuple(names), tuple(categorical))
        self._sparse = tuple(step for step in steps if isinstance(step, SparseStep))

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        rows = len(next(iter(block.values()))) if block else 0
        parts = [step.transform(block) for step in self.steps]
        matrix = self.matrix(np.hstack(parts) if parts else np.empty((rows, 0)))
        if not self._sparse:
            return matrix
        blocks = tuple(b for step in self._sparse for b in step.blocks())
        return replace(matrix, sparse=self._side_by_side(block), blocks=blocks)

    def matrix(self, values: FloatArray) -> Matrix:
        """Return prepared values with the names of their features."""
        return Matrix(np.ascontiguousarray(values), *self._features, self._history)

    def _side_by_side(self, block: Block) -> Any:
        parts = [step.sparse(block) for step in self._sparse]
        if len(parts) == 1:
            return parts[0]
        from scipy import sparse  # noqa: PLC0415  # a model without texts predicts without SciPy

        return sparse.hstack(parts, format="csr", dtype=np.float32)


class Steps(msgspec.Struct, frozen=True, dict=True):
    """A fitted preparation: its steps side by side.

    Attributes
    ----------
    steps : tuple of Step
        Features stand in the order of the steps.
    """

    steps: tuple[Step, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return self._join.transform(block)

    def matrix(self, values: FloatArray) -> Matrix:
        """Return prepared values with the names of their features."""
        return self._join.matrix(values)

    @cached_property
    def _join(self) -> JoinedSteps:
        return JoinedSteps(self.steps)

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the steps, whose features stand side by side."""
        return self.steps

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
