"""How analyses say figures: means of the target, parts of a column, differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows, Output
from journeyman.entities.analysis import Curve, Effect, Level
from journeyman.entities.column import Column, Kind
from journeyman.stages.explore.cluster_tests import contrast

__all__ = ["curve", "difference", "figure", "interval", "mean_name", "part_name", "sentence_case", "value_name"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def figure(value: float, share: bool, unit: str = "") -> str:
    """Say a mean: a share in percent, else a number with its unit.

    Examples
    --------
    >>> figure(0.123, True), figure(1234.5, False), figure(0.01234, False, "km")
    ('12.3%', '1,234', '0.0123 km')
    """
    if share:
        return f"{100 * value:.1f}%"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}" if unit else text


def difference(effect: Effect, share: bool) -> str:
    """Say a difference of means with its interval: in percentage points for shares.

    Examples
    --------
    >>> difference(Effect(0.1, 0.05, 0.15), True), difference(Effect(-12.0, -14.0, -10.0, "$"), False)
    ('+10.0 points (+5.0 to +15.0)', '-12 $ (-14 to -10)')
    """
    if share:
        return f"{100 * effect.value:+.1f} points ({100 * effect.low:+.1f} to {100 * effect.high:+.1f})"
    unit = f" {effect.unit}" if effect.unit else ""
    return f"{_signed(effect.value)}{unit} ({_signed(effect.low)} to {_signed(effect.high)})"


def interval(effect: Effect) -> str:
    """Say a correlation with its interval."""
    return f"{effect.value:.2f} ({effect.low:.2f} to {effect.high:.2f})"


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3g}"


def mean_name(rows: AnalysedRows, output: Output) -> str:
    """Say what the mean of an output is: "mean 'price'", "share of 'churn' = yes"."""
    return f"share of '{rows.target}' = {output.name}" if output.share else f"mean '{rows.target}'"


def sentence_case(text: str) -> str:
    """Return a text with a capital first letter; names in it keep theirs.

    Examples
    --------
    >>> sentence_case("share of 'Churn' = Yes")
    "Share of 'Churn' = Yes"
    """
    return text[:1].upper() + text[1:]


def value_name(column: Column, value: float) -> str:
    """Say a value of a column as people write it.

    Examples
    --------
    >>> value_name(Column("age", Kind.INTEGER), 42.0), value_name(Column("c", Kind.CATEGORY, categories=("a",)), 0.0)
    ('42', 'a')
    """
    if column.kind.categorical or (column.kind is Kind.BOOLEAN and len(column.categories) == 2):
        place = int(value)
        return column.categories[place] if 0 <= place < len(column.categories) else "missing"
    if column.kind is Kind.DATETIME:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value):%Y-%m-%d}"
    whole = value == round(value) or abs(value) >= 1_000
    text = f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}" if whole else f"{value:.3g}"
    return f"{text} {column.unit}" if column.unit else text


def part_name(column: Column, values: FloatArray, mask: BoolArray) -> str:
    """Say which part of a column some rows are: a category, a value, or a range.

    Examples
    --------
    >>> age = np.array([20.0, 30.0, 40.0])
    >>> part_name(Column("age", Kind.INTEGER), age, age > 25)
    "'age' 30 to 40"
    """
    there = values[mask]
    there = there[np.isfinite(there)]
    if not len(there):
        return f"'{column.name}' missing"
    if column.kind.categorical or column.kind is Kind.BOOLEAN:
        codes, counts = np.unique(there, return_counts=True)
        names = [value_name(column, float(c)) for c in codes[np.argsort(-counts, kind="stable")]]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"'{column.name}' = {' or '.join(names[:3])}{more}"
    low, high = float(there.min()), float(there.max())
    if low == high:
        return f"'{column.name}' = {value_name(column, low)}"
    return f"'{column.name}' {value_name(column, low)} to {value_name(column, high)}"


def curve(
    rows: AnalysedRows,
    values: FloatArray,
    column: Column,
    masks: Sequence[BoolArray],
    name: str = "",
    within: BoolArray | None = None,
) -> Curve:
    """Return the mean of values over each part of a column, with its interval; ``within`` says over which rows."""
    levels = []
    for mask in masks:
        inside = mask if within is None else mask & within
        if inside.sum() < 5:
            continue
        mean = contrast(rows, values, [(inside, 1.0)])
        label = part_name(column, rows.values[column.name], mask).removeprefix(f"'{column.name}' ")
        label = label.removeprefix("= ").removeprefix("from ")
        levels.append(Level(label, mean.value, mean.low, mean.high, int(inside.sum())))
    return Curve(name, tuple(levels))
