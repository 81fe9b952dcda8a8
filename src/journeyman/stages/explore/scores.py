"""What analyses work out of columns: ranks, groups of values, features whose products can be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.column import Column

__all__ = ["Feature", "feature_matrix", "feature_values", "features_of", "group_values", "rank_scores", "spline"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_MOST_LEVELS = 6
_LEAST_SHARE = 0.03
_KNOTS = (0.1, 0.25, 0.5, 0.75, 0.9)
_WIDE = 400  # columns: beyond, categories are told by their most frequent level alone


def rank_scores(values: FloatArray) -> FloatArray:
    """Return ranks with a mean of 0 and a variance of about 1, ties alike; NaN stays.

    Examples
    --------
    >>> rank_scores(np.array([10.0, 20.0, np.nan, 1e9])).round(2).tolist()
    [-1.15, 0.0, nan, 1.15]
    """
    known = np.isfinite(values)
    result = np.full(len(values), np.nan)
    n = int(known.sum())
    if n:
        result[known] = (stats.rankdata(values[known]) - (n + 1) / 2) / n * np.sqrt(12.0)
    return result


@dataclass(frozen=True)
class Feature:
    """A number that is made of a column: its rank, or whether it is one of its categories.

    Attributes
    ----------
    column : str
        Of which column.
    code : int or None
        The category; None for the rank.
    """

    column: str
    code: int | None = None


def features_of(rows: AnalysedRows, columns: tuple[Column, ...] | None = None) -> tuple[Feature, ...]:
    """Return features of columns: ranks of numbers, and the categories that at least 3% of the rows have."""
    chosen = rows.columns if columns is None else columns
    most = _MOST_LEVELS if len(chosen) <= _WIDE else 1
    features: list[Feature] = []
    for column in chosen:
        values = rows.values[column.name]
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        if not column.kind.categorical:
            if known.min() < known.max():
                features.append(Feature(column.name))
            continue
        counts = np.bincount(known.astype(np.int64))
        levels = [int(c) for c in np.argsort(-counts, kind="stable")[:most] if counts[c] >= _LEAST_SHARE * len(values)]
        if len(levels) == 2 and counts[levels].sum() == len(known):
            levels = levels[1:]
        features += [Feature(column.name, code) for code in levels if counts[code] < len(known)]
    return tuple(features)


def feature_values(rows: AnalysedRows, feature: Feature) -> FloatArray:
    """Return the feature of each row, shape (n_samples,), with a mean of 0; NaN where the column is missing."""
    key = f"{feature.column}\0{feature.code}"
    if key not in rows.scores:
        values = rows.values[feature.column]
        if feature.code is None:
            rows.scores[key] = rank_scores(values)
        else:
            marks = np.where(np.isfinite(values), (values == feature.code).astype(np.float64), np.nan)
            known = np.isfinite(marks)
            rows.scores[key] = marks - marks[known].mean() if known.any() else marks
    return rows.scores[key]


def feature_matrix(rows: AnalysedRows, features: tuple[Feature, ...]) -> FloatArray:
    """Return features side by side, shape (n_samples, n_features), with 0 where missing."""
    matrix = np.zeros((len(rows), len(features)))
    for position, feature in enumerate(features):
        matrix[:, position] = np.nan_to_num(feature_values(rows, feature))
    return matrix


def group_values(rows: AnalysedRows, column: Column, groups: int) -> tuple[FloatArray, IntArray]:
    """Return the edges that part a column of numbers into groups of about equal size, and the group of each row.

    Returns
    -------
    edges : ndarray
        Inner edges, ascending; empty for a column of categories, whose codes are the groups.
    numbers : ndarray of int64, shape (n_samples,)
        -1 where missing.
    """
    values = rows.values[column.name]
    known = np.isfinite(values)
    if column.kind.categorical:
        return np.empty(0), np.where(known, np.nan_to_num(values), -1).astype(np.int64)
    if not known.any():
        return np.empty(0), np.full(len(values), -1)
    edges = np.unique(np.quantile(values[known], np.arange(1, groups) / groups))
    edges = edges[edges > values[known].min()]
    return edges, np.where(known, np.searchsorted(edges, values, side="right"), -1).astype(np.int64)


def spline(rows: AnalysedRows, feature: Feature) -> FloatArray:
    """Return columns that follow any smooth relation to a feature's column, shape (n_samples, n_columns).

    A broken line over ranks with five knots for numbers, a column a category else; rows with a missing value are 0.
    """
    if feature.code is None:
        u = np.nan_to_num(feature_values(rows, feature))
        knots = (np.asarray(_KNOTS) - 0.5) * np.sqrt(12.0)
        parts = [u, u**2, *(np.maximum(u - knot, 0.0) for knot in knots)]
        return np.column_stack([*parts, np.isnan(rows.values[feature.column]).astype(np.float64)])
    codes = np.nan_to_num(rows.values[feature.column], nan=-1.0).astype(np.int64)
    counts = np.bincount(codes + 1)
    levels = [int(c) - 1 for c in np.argsort(-counts, kind="stable")[:12] if counts[c] >= _LEAST_SHARE * len(codes)]
    marks = [(codes == code).astype(np.float64) for code in dict.fromkeys([feature.code, *levels])]
    return np.column_stack(marks)
