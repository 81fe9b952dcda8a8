"""Conditions on one column that are worth trying: ranges between quantiles, frequent categories, and missing."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.weakness import Condition

__all__ = ["conditions_on"]

_CATEGORIES = 12
_CUTS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


def conditions_on(column: Column, values: NDArray[np.float64]) -> list[tuple[Condition, str]]:
    """Return conditions with their words: ranges between quantiles and open to one side, the most frequent categories.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Some of the column's values; NaN where missing.

    Examples
    --------
    >>> [words for _, words in conditions_on(Column("n", Kind.INTEGER), np.array([1.0, 2.0, np.nan, 1.0]))]
    ['n missing', 'n = 1', 'n = 2']
    """
    name = column.name
    known = values[~np.isnan(values)]
    found = [(Condition(name, missing=True), f"{name} missing")] if len(known) < len(values) else []
    distinct, counts = np.unique(known, return_counts=True)
    if column.kind.categorical or len(distinct) <= 6:
        common = np.argsort(-counts, kind="stable")[:_CATEGORIES]
        several = distinct[common].tolist()
        return found + [(Condition(name, v, float(np.nextafter(v, np.inf))), _is(column, v)) for v in several]
    cuts = np.unique(np.quantile(known, _CUTS, method="higher")).tolist()
    edges = [-np.inf, *cuts, np.inf]
    spans = [*itertools.pairwise(edges), *((-np.inf, c) for c in cuts[1:]), *((c, np.inf) for c in cuts[:-1])]
    found += [(Condition(name, low, high), _span(column, low, high)) for low, high in dict.fromkeys(spans)]
    return found


def _is(column: Column, value: float) -> str:
    if column.categories and (column.kind.categorical or column.kind is Kind.BOOLEAN):
        return f"{column.name} = {column.categories[int(value)]}"
    return f"{column.name} = {_format_value(column, value)}"


def _span(column: Column, low: float, high: float) -> str:
    if np.isinf(low):
        return f"{column.name} < {_format_value(column, high)}"
    if np.isinf(high):
        return f"{column.name} ≥ {_format_value(column, low)}"
    return f"{_format_value(column, low)} ≤ {column.name} < {_format_value(column, high)}"


def _format_value(column: Column, value: float) -> str:
    if column.kind is Kind.DATETIME:
        return str(np.datetime64(int(value), "s")).replace("T", " ").removesuffix(" 00:00:00")
    return f"{value:.6g}"
