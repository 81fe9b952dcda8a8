"""How far the truth lies from an answer, learned from out-of-fold predictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block

__all__ = ["Conformal", "ErrorFactor", "ErrorScale"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ErrorFactor:
    """By what factor errors are larger where a column has a value.

    Attributes
    ----------
    column : str
        Of the features; empty for the prediction itself.
    at : tuple of float
        Numbers: ascending values; between two of them the logarithm is interpolated. Empty for categories.
    logarithm : tuple of float
        Natural logarithm of the factor, at each of these values or of each category's code.
    unknown : float
        The same where the value is missing, or a category that has none.
    """

    column: str
    at: tuple[float, ...]
    logarithm: tuple[float, ...]
    unknown: float = 0.0

    def of(self, values: NDArray[np.generic]) -> FloatArray:
        """Return the logarithm for values as a block holds them, shape (n_samples,)."""
        if self.at:
            numbers = values.astype(np.float64)
            known = np.interp(numbers, self.at, self.logarithm)
            return np.where(np.isfinite(numbers), known, self.unknown)
        codes = values.astype(np.int64)
        table = np.array([*self.logarithm, self.unknown])
        return table[np.where((codes >= 0) & (codes < len(self.logarithm)), codes, -1)]


@dataclass(frozen=True)
class ErrorScale:
    """The size of the error that is usual for a row: a product of factors, one a column.

    Attributes
    ----------
    base : float
        Natural logarithm of the mean absolute error.
    factors : tuple of ErrorFactor
        Of the columns that tell of it.
    low, high : float
        Ends of the logarithm among the rows that it was learned from; beyond them nothing is known.
    """

    base: float
    factors: tuple[ErrorFactor, ...]
    low: float
    high: float

    def sizes(self, block: Block, predictions: FloatArray) -> FloatArray:
        """Return sizes in the target's unit, shape (n_samples,).

        Examples
        --------
        >>> scale = ErrorScale(0.0, (ErrorFactor("", (1.0, 3.0), (0.0, float(np.log(9)))),), -5.0, 5.0)
        >>> scale.sizes({}, np.array([1.0, 2.0, 8.0]))
        array([1., 3., 9.])
        """
        total = np.full(len(predictions), self.base, dtype=np.float64)
        for factor in self.factors:
            total += factor.of(block[factor.column] if factor.column else predictions)
        return np.exp(np.clip(total, self.low, self.high))

    def to_power(self, power: float) -> ErrorScale:
        """Return the scale whose factors are these to a power."""
        factors = tuple(
            replace(f, logarithm=tuple(power * x for x in f.logarithm), unknown=power * f.unknown) for f in self.factors
        )
        ends = (self.base + power * (end - self.base) for end in (self.low, self.high))
        return ErrorScale(self.base, factors, *ends)


@dataclass(frozen=True)
class Conformal:
    """A conformal bound.

    Attributes
    ----------
    coverage : float
        Share of rows whose truth the interval or the set is to hold.
    margin : float
        Numbers: how far the interval reaches below the prediction, in sizes of the error (in the target's unit where
        there is no ``scale``). Classes: a class belongs to the set where its probability is at least one minus this.
    above : float or None
        Numbers: how far it reaches above; None where that is as far as below (as in releases before 30 November 2026).
    scale : ErrorScale or None
        Numbers: the usual size of a row's error; None where it is the same for all rows.
    low_output, high_output : int
        Numbers: outputs below and above which the interval reaches.
    """

    kind: ClassVar[NodeKind] = NodeKind.INTERVAL
    coverage: float
    margin: float
    above: float | None = None
    scale: ErrorScale | None = None
    low_output: int = 0
    high_output: int = 0

    def intervals(self, predictions: FloatArray, block: Block) -> FloatArray:
        """Return the ends of the interval of each row, shape (n_samples, 2).

        Parameters
        ----------
        predictions : ndarray of shape (n_samples, n_outputs)
            Values.
        block : Block
            The same rows' features.

        Examples
        --------
        >>> Conformal(0.9, 1.0, 3.0).intervals(np.array([[10.0]]), {})
        array([[ 9., 13.]])
        """
        values = predictions[:, 0]
        size = 1.0 if self.scale is None else self.scale.sizes(block, values)
        above = self.margin if self.above is None else self.above
        lowest, highest = predictions[:, self.low_output], predictions[:, self.high_output]
        ends = np.column_stack([lowest - self.margin * size, highest + above * size])
        if self.low_output == self.high_output:
            return ends
        # a margin below zero narrows quantiles that were too wide, but never beyond the prediction itself
        return np.column_stack([np.minimum(ends[:, 0], values), np.maximum(ends[:, 1], values)])

    def label_sets(self, probabilities: FloatArray) -> NDArray[np.bool_]:
        """Return which classes belong to the set of each row, shape (n_samples, n_classes)."""
        return np.asarray(probabilities >= 1 - self.margin)
