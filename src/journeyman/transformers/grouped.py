"""The preparation for groups: each column weighs about the same, whatever its unit, its tail or its categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import ColumnStep, NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.steps import JoinedSteps, LookupStep, decode_array, encode_array

__all__ = ["FoldedNumbers", "GroupedPreparation", "GroupedSteps"]

FloatArray = NDArray[np.float64]
_SKEWED = 1.0
_UNITS = (0.5, 0.25, 0.1)  # quantiles above the lowest value that are tried as the unit of a log scale
_FURTHEST = 5.0  # robust standard deviations: further out a value says no more
_MOST_CATEGORIES = 30


class FoldedNumbers(msgspec.Struct, frozen=True, tag=True):
    """Numbers with gaps filled, long tails on a log scale, scaled by their middle half, and clipped.

    Attributes
    ----------
    columns : tuple of str
        Columns taken.
    fill : ndarray of shape (n_columns,)
        Stands for missing values.
    sign : ndarray of shape (n_columns,)
        1 or -1 for columns on a log scale, by the side of the tail; 0 for others.
    origin, unit : ndarrays of shape (n_columns,)
        On a log scale a value v is ``sign * log1p((sign * v - origin) / unit)``.
    shift, scale : ndarrays of shape (n_columns,)
        ``clip((v - shift) * scale, -limit, limit) * weight``.
    weight : ndarray of shape (n_columns,)
        Makes the clipped values' variance 1.
    limit : float
        In robust standard deviations.
    """

    kind: ClassVar[NodeKind] = NodeKind.FOLD
    columns: tuple[str, ...]
    fill: np.ndarray
    sign: np.ndarray
    origin: np.ndarray
    unit: np.ndarray
    shift: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    limit: float

    @staticmethod
    def learned(columns: tuple[str, ...], block: Block) -> FoldedNumbers:
        """Learn from rows of numbers.

        Examples
        --------
        >>> step = FoldedNumbers.learned(("spend",), {"spend": np.array([1.0, 2.0, 3.0, 4.0, 1000.0, np.nan])})
        >>> step.sign.tolist(), step.transform({"spend": np.array([np.nan])}).tolist()
        ([1.0], [[0.0]])
        """
        width = len(columns)
        fill, sign, origin, shift = (np.zeros(width) for _ in range(4))
        unit, scale, weight = (np.ones(width) for _ in range(3))
        for k, name in enumerate(columns):
            values = block[name].astype(np.float64)
            known = values[np.isfinite(values)]
            if not len(known):
                continue
            fill[k] = np.median(known)
            sign[k], origin[k], unit[k] = _log_scale(known)
            folded = _folded(known, sign[k], origin[k], unit[k])
            low, shift[k], high = np.quantile(folded, [0.25, 0.5, 0.75])
            spread = (high - low) / 1.349  # of a normal distribution that is its standard deviation
            spread = spread if spread > 0 else float(folded.std())
            scale[k] = 1.0 / spread if spread > 0 else 1.0
            deviation = float(np.clip((folded - shift[k]) * scale[k], -_FURTHEST, _FURTHEST).std())
            weight[k] = 1.0 / deviation if deviation > 0 else 1.0
        return FoldedNumbers(columns, fill, sign, origin, unit, shift, scale, weight, _FURTHEST)

    def reads(self) -> tuple[str, ...]:
        """Return the columns taken."""
        return self.columns

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return self.columns

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_columns)."""
        x = np.array([block[c] for c in self.columns], dtype=np.float64).T
        x = np.where(np.isfinite(x), x, self.fill)
        x = np.where(self.sign == 0.0, x, _folded(x, self.sign, self.origin, self.unit))
        return np.asarray(np.clip((x - self.shift) * self.scale, -self.limit, self.limit) * self.weight)


class GroupedSteps(msgspec.Struct, frozen=True):
    """The fitted preparation: its steps side by side."""

    steps: tuple[FoldedNumbers | LookupStep, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return JoinedSteps(self.steps).transform(block)

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the steps, whose features stand side by side."""
        return self.steps

    def to_files(self) -> dict[str, bytes]:
        """Return what a release stores: MessagePack with arrays as raw numbers."""
        return {"preparation.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class GroupedPreparation:
    """Numbers folded and scaled; a category is several features that together vary as one number does.

    Nothing is learned from labels.
    """

    name: str = "grouped"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the most features that it makes of columns.

        Examples
        --------
        >>> colour = Column("colour", Kind.CATEGORY, categories=("red", "green", "blue"))
        >>> GroupedPreparation().width([colour, Column("size", Kind.NUMBER)], Task("y", "groups", "adjusted_rand"))
        4
        """
        kept = (min(len(c.categories), _MOST_CATEGORIES) for c in columns if c.kind.categorical)
        return max(1, sum(1 for c in columns if c.kind.numeric) + sum(kept))

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn scales, and how frequent categories are."""
        numbers = tuple(c.name for c in columns if c.kind.numeric)
        steps: list[FoldedNumbers | LookupStep] = [FoldedNumbers.learned(numbers, block)] if numbers else []
        for column in columns:
            if column.kind is Kind.ORDERED:
                steps.append(_ranked(column, block[column.name].astype(np.int64)))
            elif column.kind is Kind.CATEGORY:
                steps.append(_spread_out(column, block[column.name].astype(np.int64)))
        fitted = GroupedSteps(tuple(steps))
        return fitted, fitted.transform(block)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["preparation.msgpack"], type=GroupedSteps, dec_hook=decode_array)


def _log_scale(known: FloatArray) -> tuple[float, float, float]:
    """Return side of the tail, origin and unit of a column that a log scale makes less skewed; zeros otherwise."""
    skewness = _skewness(known)
    if abs(skewness) <= _SKEWED or len(np.unique(known)) <= 2:
        return 0.0, 0.0, 1.0
    sign = float(np.sign(skewness))
    origin = float((sign * known).min())
    above = sign * known - origin
    units = [float(np.quantile(above, share)) for share in _UNITS]
    units = [unit for unit in units if unit > 0] or [float(above[above > 0].mean())]
    left = [abs(_skewness(_folded(known, sign, origin, unit))) for unit in units]
    # the largest unit that is enough: the smaller it is, the further the lowest values are drawn apart
    chosen = next((k for k, skewed in enumerate(left) if skewed <= _SKEWED), int(np.argmin(left)))
    return (sign, origin, units[chosen]) if left[chosen] < abs(skewness) else (0.0, 0.0, 1.0)


def _folded(
    values: FloatArray, sign: float | FloatArray, origin: float | FloatArray, unit: float | FloatArray
) -> FloatArray:
    """Return values on a log scale; as they are where the sign is 0."""
    above = np.maximum(sign * values - origin, 0.0) / unit  # what lies below all known values is as low as the lowest
    return np.asarray(np.where(np.equal(sign, 0.0), values, sign * np.log1p(above)))


def _skewness(values: FloatArray) -> float:
    spread = float(values.std())
    return float(((values - values.mean()) ** 3).mean()) / spread**3 if spread > 0 else 0.0


def _spread_out(column: Column, codes: NDArray[np.int64]) -> LookupStep:
    """Return one feature a category, scaled so that their variances sum to 1; the rarest of many share one."""
    size = len(column.categories)
    counts = np.bincount(codes[codes >= 0], minlength=size).astype(np.float64)
    place = np.arange(size)
    if size > _MOST_CATEGORIES:
        order = np.argsort(-counts, kind="stable")
        place[order] = np.minimum(np.arange(size), _MOST_CATEGORIES - 1)
    width = min(size, _MOST_CATEGORIES)
    shares = np.bincount(place, counts, minlength=width) / max(1.0, counts.sum())
    total = float((shares * (1.0 - shares)).sum())
    table = np.vstack([np.eye(width)[place], shares]) - shares  # a gap lies in the middle
    table /= np.sqrt(total) if total > 0 else 1.0
    return LookupStep(column.name, tuple(f"category {k + 1}" for k in range(width)), table)


def _ranked(column: Column, codes: NDArray[np.int64]) -> LookupStep:
    """Return the place of each category in their order, scaled to variance 1."""
    known = codes[codes >= 0].astype(np.float64)
    middle, spread = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
    ranks = (np.r_[np.arange(len(column.categories)), middle] - middle) / (spread if spread > 0 else 1.0)
    return LookupStep(column.name, ("rank",), ranks[:, None])
