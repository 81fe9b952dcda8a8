"""The same measures of a column that is in memory; that needs no engine, and an engine would stay in memory too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.stages.profile.measured import SHARES, TOP, UNREPEATED, Measured, bins_of, of_moments

__all__ = ["count_texts", "count_values", "measure_values"]

FloatArray = NDArray[np.float64]


def measure_values(values: FloatArray, anchor: tuple[float, float]) -> Measured:
    """Return counts, moments and exact quantiles of one column of numbers.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Missing values as NaN; they and infinite ones are left out.
    anchor : (float, float)
        A rough centre and scale: powers are taken of what is left after them, so that the third moment survives large
        numbers.

    Examples
    --------
    >>> found = measure_values(np.array([1.0, 2.0, 2.0, np.nan, 3.0]), (2.0, 1.0))
    >>> found.count, found.distinct, found.mean, found.quantiles[3]
    (4, 3, 2.0, 2.0)
    """
    known = np.sort(values[np.isfinite(values)])
    if not len(known):
        return Measured(0, 0)
    z = (known - anchor[0]) / anchor[1]
    squares = z * z
    moments = (float(z.mean()), float(squares.mean()), float((squares * z).mean()))
    distinct = 1 + int(np.count_nonzero(known[1:] != known[:-1]))
    ends = (float(known[0]), float(known[-1]))
    quantiles = tuple(float(q) for q in np.quantile(known, SHARES))
    return of_moments(len(known), distinct, moments, anchor, ends, quantiles)


def count_values(values: FloatArray, column: Column, measured: Measured) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return edges and counts of a histogram."""
    bins = bins_of(column, measured)
    if bins is None:
        return (), ()
    known = values[np.isfinite(values)]
    places = ((known - bins.low) / (bins.high - bins.low) * bins.number).astype(np.int64)
    counts = np.bincount(np.minimum(places, bins.number - 1), minlength=bins.number)
    return tuple(np.linspace(bins.low, bins.high, bins.number + 1).tolist()), tuple(counts.tolist())


def count_texts(values: pd.Series[Any]) -> tuple[Measured, tuple[str, ...], tuple[int, ...]]:
    """Return counts and the most frequent texts of a frame's column."""
    counts = values.value_counts(dropna=True)
    counts = counts[counts > 0]
    measured = Measured(int(counts.sum()), len(counts))
    if measured.distinct > UNREPEATED and 2 * measured.distinct > measured.count:
        return measured, (), ()
    least = int(counts.iloc[min(TOP, len(counts)) - 1]) if len(counts) else 0
    pairs = sorted(((str(k), int(n)) for k, n in counts[counts >= least].items()), key=lambda p: (-p[1], p[0]))[:TOP]
    return measured, tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)
