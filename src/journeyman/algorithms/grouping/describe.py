"""Groups in words: how large, what tells them from the others, and a row that is typical of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from journeyman.algorithms.grouping.partition import Partition
from journeyman.entities.column import Column, Kind
from journeyman.entities.grouping import GroupCard
from journeyman.transformers.grouped import FoldedNumbers

__all__ = ["describe_groups", "picture_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_TELLING = 3
_LEAST_TELLING = 0.2
_SHOWN = 8
_MANY_TIMES = 1.5
_ROWS = 20_000
_POINTS = 600


def describe_groups(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    x: FloatArray,
    groups: Partition,
    codes: IntArray,
    stability: FloatArray,
) -> tuple[GroupCard, ...]:
    """Return a card a group, in the order of the groups, named "group 1" and on.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        A canonical frame.
    columns : sequence of Column
        What may be told of rows.
    x : ndarray of shape (n_samples, n_features)
        The same rows, prepared.
    groups : Partition
        The groups.
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    stability : ndarray of shape (n_groups,)
        Of each group.
    """
    shares, distances = groups.memberships(x), groups.distances(x)
    cards = []
    for k in range(len(groups.means)):
        inside = codes == k
        members = np.flatnonzero(inside)
        if not len(members):
            members = np.array([int(distances[:, k].argmin())])
        position = int(members[distances[members, k].argmin()])
        told = _telling(frame, columns, inside)
        row = frame.iloc[position]
        shown = dict.fromkeys([*(name for name, _ in told), *(c.name for c in columns)])
        typical = tuple((name, _text(row[name], _by_name(columns, name))) for name in list(shown)[:_SHOWN])
        cards.append(
            GroupCard(
                name=f"group {k + 1}",
                rows=int(inside.sum()),
                share=float(inside.mean()),
                telling=tuple(words for _, words in told),
                typical=typical,
                position=position,
                confidence=float(shares[members, k].mean()),
                stability=float(stability[k]),
            )
        )
    return tuple(cards)


def _by_name(columns: Sequence[Column], name: str) -> Column:
    return next(c for c in columns if c.name == name)


def _telling(frame: pd.DataFrame, columns: Sequence[Column], inside: NDArray[np.bool_]) -> list[tuple[str, str]]:
    """Return the columns that tell rows inside from the others best, with words."""
    if inside.all() or not inside.any():
        return []
    taken = np.arange(len(frame))
    if len(frame) > _ROWS:
        taken = np.sort(np.random.default_rng(0).permutation(len(frame))[:_ROWS])
    inside = inside[taken]
    found = []
    for column in columns:
        values = frame[column.name].iloc[taken]
        told = (
            _of_categories(column, values, inside)
            if column.kind.categorical or column.kind is Kind.BOOLEAN
            else _of_numbers(column, values.to_numpy(np.float64), inside)
        )
        if told is not None and told[0] >= _LEAST_TELLING:
            found.append((told[0], column.name, told[1]))
    found.sort(key=lambda one: -one[0])
    return [(name, words) for _, name, words in found[:_TELLING]]


def _of_numbers(column: Column, values: FloatArray, inside: NDArray[np.bool_]) -> tuple[float, str] | None:
    """Return how well a column tells rows apart, from 0 to 1 (rank-biserial correlation), and words."""
    known = np.isfinite(values)
    own, others = values[known & inside], values[known & ~inside]
    if not len(own) or not len(others):
        return None
    ranks = stats.rankdata(np.r_[own, others])[: len(own)]
    above = (ranks.sum() - len(own) * (len(own) + 1) / 2) / (len(own) * len(others))
    here, there = float(np.median(own)), float(np.median(others))
    unit = f" {column.unit}" if column.unit else ""
    figures = f"median {_digits(here)}{unit}, the others' {_digits(there)}{unit}"
    if there > 0 and here / there >= _MANY_TIMES and values[known].min() >= 0:
        words = f"{column.name} is {_digits(here / there, 2)} times the others' ({figures})"
    elif here > 0 and there / here >= _MANY_TIMES and values[known].min() >= 0:
        words = f"{column.name} is {100 * here / there:.0f}% of the others' ({figures})"
    else:
        words = f"{column.name} is {'higher' if above > 0.5 else 'lower'} ({figures})"
    return abs(2.0 * float(above) - 1.0), words


def _of_categories(column: Column, values: pd.Series, inside: NDArray[np.bool_]) -> tuple[float, str] | None:
    own, others = (_shares(column, values[part]) for part in (inside, ~inside))
    apart = (own - others).abs()
    if apart.empty or not np.isfinite(apart.max()):
        return None
    label = str(apart.idxmax())
    words = f"{column.name} is {label!r} in {own[label]:.0%} (others {others[label]:.0%})"
    return float(apart.max()), words


def _shares(column: Column, values: pd.Series) -> pd.Series:
    if column.kind is Kind.BOOLEAN:
        names = column.categories if len(column.categories) == 2 else ("no", "yes")
        return pd.Series(
            {names[k]: float((values.dropna() == k).mean()) if values.notna().any() else 0.0 for k in (0, 1)}
        )
    found = values.value_counts(normalize=True, sort=False)
    return pd.Series({str(label): float(share) for label, share in found.items()})


def _text(value: object, column: Column) -> str:
    if value is None or (isinstance(value, float) and not np.isfinite(value)) or value is pd.NaT:
        return "missing"
    if column.kind is Kind.BOOLEAN and len(column.categories) == 2:
        return column.categories[int(float(str(value)))]
    if isinstance(value, float | int | np.floating | np.integer):
        return _digits(float(value), 6)
    return str(value)


def _digits(value: float, digits: int = 4) -> str:
    if abs(value) >= 10 ** (digits - 1) or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def picture_of(
    frame: pd.DataFrame, columns: Sequence[Column], x: FloatArray, codes: IntArray, k: int, seed: int
) -> tuple[tuple[str, str], tuple[tuple[float, float, int], ...]]:
    """Return two axes and at most 600 rows on them: the two numbers that tell groups best, else the widest of x."""
    taken = np.sort(np.random.default_rng([seed, 9]).permutation(len(frame))[:_POINTS])
    numbers = [c for c in columns if c.kind in (Kind.NUMBER, Kind.INTEGER)]
    told = {c.name: _told_by(frame[c.name].to_numpy(np.float64)[taken], codes[taken], k) for c in numbers}
    best = sorted(told, key=lambda name: -told[name])[:2]
    if len(best) == 2:
        both = [_axis(name, frame[name].to_numpy(np.float64)[taken]) for name in best]
        names, places = (both[0][0], both[1][0]), np.column_stack([both[0][1], both[1][1]])
    else:
        middle = x[taken] - x[taken].mean(axis=0)
        axes = np.linalg.svd(middle, full_matrices=False)[2][:2]
        places = middle @ axes.T
        places = places if places.shape[1] == 2 else np.column_stack([places[:, 0], np.zeros(len(places))])
        names = ("first principal axis", "second principal axis")
    known = np.isfinite(places).all(axis=1)
    points = zip(places[known].tolist(), codes[taken][known].tolist(), strict=True)
    return names, tuple((a, b, int(code)) for (a, b), code in points)


def _told_by(values: FloatArray, codes: IntArray, k: int) -> float:
    """Return which share of the variance of ranks lies between groups."""
    known = np.isfinite(values) & (codes >= 0)
    if known.sum() < 3 or k < 2:
        return float(known.mean())
    ranks = stats.rankdata(values[known])
    spread = float(ranks.var())
    own = codes[known]
    counts = np.bincount(own, minlength=k)
    means = np.bincount(own, ranks, minlength=k) / np.maximum(counts, 1)
    return float((counts * (means - ranks.mean()) ** 2).sum() / len(ranks)) / spread if spread > 0 else 0.0


def _axis(name: str, values: FloatArray) -> tuple[str, FloatArray]:
    """Return a column's values to draw, on a log scale where groups were found on one and none is below 0."""
    step = FoldedNumbers.learned((name,), {name: values})
    if step.sign[0] > 0 and np.nanmin(values) >= 0:
        return f"{name} + 1, as a power of ten", np.log10(values + 1.0)
    return name, values
