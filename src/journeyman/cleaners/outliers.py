"""Numbers that lie far from their column's, from their neighbours' in order, or from what other columns predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.cleaning import Evidence, TextColumn, TextTable

__all__ = ["Outliers", "column_numbers"]

FloatArray = NDArray[np.float64]
_FEATURES = 9
_MOST_OTHERS = 30  # columns that a number is predicted from
_SEEN = 0.8  # share of filled cells that are numbers in a column of numbers


def column_numbers(column: TextColumn) -> FloatArray:
    """Return a column's numbers, shape (n_rows,); NaN where a text is none.

    Examples
    --------
    >>> column_numbers(TextColumn("x", ("1.5", "n/a"), np.array([0, 1, 0], np.int32)))
    array([1.5, nan, 1.5])
    """
    return np.array([_number(value) for value in column.values])[column.codes]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return float("nan")
    return number if abs(number) < 1e300 else float("nan")


@dataclass(frozen=True)
class Outliers:
    """Suspects numbers by robust distances, in one column of numbers and given the others."""

    name: str = "outliers"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        numbers = [column_numbers(column) for column in table.columns]
        numeric = [p for p, x in enumerate(numbers) if _is_numeric(table.columns[p], x)]
        distances = [np.clip(_distance(numbers[p]), -30, 30) for p in numeric]
        others = {p: _given_others(numbers[p], distances, k) for k, p in enumerate(numeric)}
        return [_of_column(table, p, numbers[p], others.get(p)) for p in range(len(table.columns))]


def _is_numeric(column: TextColumn, numbers: FloatArray) -> bool:
    filled = np.array([bool(v.strip()) for v in column.values])[column.codes]
    found = np.isfinite(numbers)
    return bool(found.sum() >= _SEEN * max(1, filled.sum())) and len(np.unique(numbers[found])) > 5


def _distance(x: FloatArray) -> FloatArray:
    """Return robust distances from the median in standard deviations; 0 for NaN."""
    found = x[np.isfinite(x)]
    if len(found) < 8:
        return np.zeros(len(x))
    middle = np.median(found)
    low, high = np.quantile(found, [0.25, 0.75])
    # Many equal values make quartiles meet; the mean deviation still has a size then.
    scale = max((high - low) / 1.349, 0.3 * float(np.mean(np.abs(found - middle))), 1e-12)
    return np.asarray(np.nan_to_num((x - middle) / scale), np.float64)


def _of_column(table: TextTable, place: int, x: FloatArray, given: FloatArray | None) -> Evidence:
    rows = table.rows
    features = np.zeros((rows, _FEATURES))
    probability = np.zeros(rows)
    if given is not None:
        far = _distance(x)
        logs = _distance(np.sign(x) * np.log1p(np.abs(x)))
        neighbours = _against_neighbours(x)
        tails = np.minimum(np.abs(far), np.abs(logs))
        features[:, :6] = np.column_stack(
            [
                np.clip(far, -50, 50),
                np.clip(logs, -50, 50),
                *np.clip([neighbours, given], -50, 50),
                np.abs(given),
                tails,
            ]
        )
        features[:, 6] = _gap(x)
        features[:, 7] = np.nan_to_num(np.mod(np.abs(x), 10))
        features[:, 8] = np.array([len(v.partition(".")[2]) for v in table.columns[place].values])[
            table.columns[place].codes
        ]
        heavy = np.quantile(tails, 0.995)
        probability = np.clip((tails - max(6.0, heavy)) / 20, 0, 0.7) * (features[:, 6] > 0.5)
        probability = np.maximum(probability, np.clip((np.abs(given) - 12) / 30, 0, 0.75))
    return Evidence(
        place,
        probability.astype(np.float32),
        features.astype(np.float32),
        (),
        np.full(rows, -1, np.int32),
        "lies far from what the column and the rest of the row let expect",
    )


def _gap(x: FloatArray) -> FloatArray:
    """Return how far each number is from its neighbour towards the middle, in robust standard deviations."""
    order = np.argsort(np.where(np.isfinite(x), x, np.inf), kind="stable")
    number = int(np.isfinite(x).sum())
    gaps = np.zeros(len(x))
    if number < 8:
        return gaps
    ordered = x[order[:number]]
    steps = np.diff(ordered)
    scale = max((ordered[(3 * number) // 4] - ordered[number // 4]) / 1.349, 1e-12)
    half = number // 2
    jumps = np.zeros(number)
    jumps[half:] = np.maximum.accumulate(np.r_[0.0, steps[half:]])[: number - half]
    jumps[: half + 1] = np.maximum(jumps[: half + 1], np.maximum.accumulate(np.r_[0.0, steps[:half][::-1]])[::-1])
    gaps[order[:number]] = np.minimum(jumps / scale, 50)
    return gaps


def _against_neighbours(x: FloatArray) -> FloatArray:
    """Return how far each number is from the median of the two rows before and after it, where rows are in order."""
    if len(x) < 20:
        return np.zeros(len(x))
    filled = np.where(np.isfinite(x), x, np.nanmedian(x) if np.isfinite(x).any() else 0.0)
    padded = np.pad(filled, 2, mode="edge")
    around = np.median(np.column_stack([padded[:-4], padded[1:-3], padded[3:-1], padded[4:]]), axis=1)
    left = np.where(np.isfinite(x), x - around, 0.0)
    smooth = np.median(np.abs(left)) < 0.3 * np.median(np.abs(filled - np.median(filled)) + 1e-12)
    return _distance(left) if smooth else np.zeros(len(x))


def _given_others(x: FloatArray, distances: Sequence[FloatArray], place: int) -> FloatArray:
    """Return robust residuals of a linear model of the other numbers, fitted again without the worst rows.

    In a wide table the others are those that go with the column most.
    """
    inputs = [k for k in range(len(distances)) if k != place]
    if not inputs:
        return np.zeros(len(x))
    y = distances[place]
    if len(inputs) > _MOST_OTHERS:
        alike = [abs(float(y @ distances[k])) / (1e-9 + float(np.linalg.norm(distances[k]))) for k in inputs]
        inputs = sorted(inputs[k] for k in np.argsort(-np.array(alike), kind="stable")[:_MOST_OTHERS])
    design = np.column_stack([np.ones(len(x)), *(distances[k] for k in inputs)])
    used = np.isfinite(x)
    left = np.zeros(len(x))
    for _ in range(3):
        if used.sum() < 4 * design.shape[1]:
            return np.zeros(len(x))
        weights = np.linalg.lstsq(design[used], y[used], rcond=None)[0]
        left = y - design @ weights
        scale = max(float(np.median(np.abs(left[used]))) * 1.4826, 1e-9)
        used = np.isfinite(x) & (np.abs(left) < 4 * scale)
    explained = 1.0 - np.var(left[used]) / max(1e-12, float(np.var(y[used])))
    if explained < 0.5:
        return np.zeros(len(x))
    return np.where(np.isfinite(x), np.clip(left / max(scale, 1e-3), -200, 200), 0.0)
