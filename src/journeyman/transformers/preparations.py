"""The preparations that algorithms ask for by name: "native", "dense" and "encoded". Texts come to them as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.encodings import encode_by_target, inner_folds, target_outputs
from journeyman.transformers.steps import (
    CALENDAR_PARTS,
    CalendarStep,
    CodeStep,
    LookupStep,
    NumberStep,
    OneHotStep,
    Step,
    Steps,
    calendar_parts,
)

__all__ = ["DensePreparation", "EncodedPreparation", "NativePreparation", "date_steps", "scaled_numbers"]

FloatArray = NDArray[np.float64]
_SPELLED = 30  # features that a spelling may become, about
_MOST_OUTPUTS = 12  # encodings by the target are one feature a class; beyond this, frequencies alone


@dataclass(frozen=True)
class NativePreparation:
    """For models that know categories and missing values: numbers and codes as they are, dates in parts."""

    name: str = "native"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the most features that it makes of columns: one each, and the parts of dates."""
        return max(1, sum(1 for c in columns if c.kind.numeric or c.kind.categorical) + _width_of_dates(columns))

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn which parts of dates vary; all else is passed on."""
        numbers = tuple(c.name for c in columns if c.kind.numeric)
        categories = tuple(c.name for c in columns if c.kind.categorical)
        steps: list[Step] = []
        if numbers:
            n = len(numbers)
            steps.append(NumberStep(numbers, np.full(n, np.nan), np.zeros(n), np.ones(n), 0.0, ()))
        if categories:
            steps.append(CodeStep(categories))
        steps.extend(date_steps(block, columns, np.nan))
        return _prepared(steps, block, len(y), {})

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return Steps.from_files(files)


@dataclass(frozen=True)
class DensePreparation:
    """For models that know numbers only: gaps filled and flagged, scales alike, categories as numbers.

    Attributes
    ----------
    name : str
        Registered name.
    most_labels : int
        Categories up to this many become one feature each; those with more are encoded by the target.
    spelled_labels : int
        Categories with more labels than this are also read by their spelling (docs/decisions/0018); 0: none.
    limit : float
        Numbers are clipped at this many standard deviations, so that an outlier cannot carry a line away; 0: not.
    """

    name: str = "dense"
    most_labels: int = 24
    spelled_labels: int = 200
    limit: float = 8.0

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return about how many features it makes of columns; the flags of gaps, which they do not tell, are left out.

        Examples
        --------
        >>> colour = Column("colour", Kind.CATEGORY, categories=("red", "green", "blue"))
        >>> task = Task("y", "regression", "rmse")
        >>> DensePreparation().width([colour, Column("size", Kind.NUMBER)], task)
        4
        """
        total = sum(1 for c in columns if c.kind.numeric) + _width_of_dates(columns)
        for column in columns:
            size = len(column.categories)
            if not column.kind.categorical:
                continue
            if column.kind is Kind.ORDERED or size > self.most_labels:
                total += 2 + min(task.outputs, _MOST_OUTPUTS)
            if 0 < self.spelled_labels < size and column.kind is Kind.CATEGORY:
                total += _SPELLED
            if size <= self.most_labels:
                total += size
        return max(1, total)

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn medians, scales and encodings."""
        steps: list[Step] = []
        numbers = tuple(c.name for c in columns if c.kind.numeric)
        if numbers:
            steps.append(scaled_numbers(numbers, block, self.limit))
        steps.extend(date_steps(block, columns, 0.0))
        taught: dict[int, FloatArray] = {}
        folds = inner_folds(len(y), seed)
        outputs = target_outputs(y, task)
        for column in columns:
            if not column.kind.categorical:
                continue
            codes = block[column.name].astype(np.int32)
            size = len(column.categories)
            if column.kind is Kind.ORDERED or size > self.most_labels:
                table, encoded = _encoded(column, codes, size, outputs, folds)
                taught[len(steps)] = encoded
                steps.append(table)
            if 0 < self.spelled_labels < size and column.kind is Kind.CATEGORY:
                # Here and not above: it loads SciPy, which a stored preparation does without.
                from journeyman.transformers.learned_text import learn_names  # noqa: PLC0415  # a heavy library's door

                spelled = learn_names(column, codes, outputs, folds, seed)
                if spelled is not None:
                    taught[len(steps)] = spelled[1]
                    steps.append(spelled[0])
            if size <= self.most_labels:
                steps.append(OneHotStep(column.name, column.categories))
        return _prepared(steps, block, len(y), taught)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return Steps.from_files(files)


@dataclass(frozen=True)
class EncodedPreparation(DensePreparation):
    """For trees that know numbers only: categories encoded by the target, numbers not clipped."""

    name: str = "encoded"
    most_labels: int = 2
    spelled_labels: int = 0
    limit: float = 0.0


def scaled_numbers(numbers: tuple[str, ...], block: Block, limit: float) -> NumberStep:
    """Fill with medians, centre on them and scale by the spread of the middle half, else of all values."""
    x = np.array([block[c] for c in numbers], dtype=np.float64).T
    x[np.isinf(x)] = np.nan
    fill, scale = np.zeros(len(numbers)), np.ones(len(numbers))
    flagged = []
    for i, values in enumerate(x.T):
        known = values[~np.isnan(values)]
        if len(known) < len(values):
            flagged.append(i)
        if not len(known):
            continue
        low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
        spread = (high - low) / 1.349  # the middle half of a normal distribution is 1.349 standard deviations wide
        if spread <= 0:
            spread = float(known.std())
        fill[i] = middle
        scale[i] = 1.0 / spread if spread > 0 else 1.0
    return NumberStep(numbers, fill, fill.copy(), scale, limit, tuple(flagged))


def _width_of_dates(columns: Sequence[Column]) -> int:
    return sum(len(CALENDAR_PARTS) for c in columns if c.kind is Kind.DATETIME)


def date_steps(block: Block, columns: Sequence[Column], fill: float) -> list[CalendarStep]:
    """One step a date column, with the parts that vary in the training rows."""
    steps = []
    for column in columns:
        if column.kind is not Kind.DATETIME:
            continue
        seconds = block[column.name].astype(np.float64)
        known = seconds[~np.isnan(seconds)]
        start = float(known.min()) if len(known) else 0.0
        parts = calendar_parts(known, start, fill)
        varying = tuple(int(p) for p in np.flatnonzero(np.ptp(parts, axis=0) > 0)) if len(known) else ()
        if varying:
            steps.append(CalendarStep(column.name, varying, start, fill))
    return steps


def _encoded(
    column: Column, codes: NDArray[np.int32], size: int, outputs: FloatArray, folds: NDArray[np.int64]
) -> tuple[LookupStep, FloatArray]:
    """Frequency, rank where ordered, and smoothed target means; the training rows' means are out of fold."""
    slots = np.where(codes < 0, size, codes)
    counts = np.bincount(slots, minlength=size + 1).astype(np.float64)
    plain = [np.log1p(counts)[:, None]]
    suffixes = ["frequency"]
    if column.kind is Kind.ORDERED:
        middle = float(np.median(codes[codes >= 0])) if (codes >= 0).any() else 0.0
        plain.append(np.r_[np.arange(size), middle][:, None])
        suffixes.append("rank")
    fixed = np.hstack(plain)
    if outputs.shape[1] > _MOST_OUTPUTS:
        return LookupStep(column.name, tuple(suffixes), fixed), fixed[codes]
    table, encoded = encode_by_target(codes, size, outputs, folds)
    suffixes.extend(f"target mean {k}" for k in range(outputs.shape[1]))
    return LookupStep(column.name, tuple(suffixes), np.hstack([fixed, table])), np.hstack([fixed[codes], encoded])


def _prepared(
    steps: list[Step], block: Block, rows: int, taught: Mapping[int, FloatArray]
) -> tuple[FittedPreparation, Matrix]:
    """Return the steps and the training rows, out of fold where a step has learned from the target."""
    parts = [taught[i] if i in taught else step.transform(block) for i, step in enumerate(steps)]
    fitted = Steps(tuple(steps))
    return fitted, fitted.matrix(np.hstack(parts) if parts else np.empty((rows, 0)))
