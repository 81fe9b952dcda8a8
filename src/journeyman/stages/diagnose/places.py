"""Places with a high loss: conditions on one column, found on half of the rows and confirmed on the other half.

As in Slice Finder (Chung et al. 2019); what the second half confirms is corrected after Holm (1979).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.column import Column, Kind
from journeyman.entities.weakness import Condition, Place
from journeyman.stages.diagnose.seen import Seen

__all__ = ["Found", "excess", "weak_places"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_MOST_COLUMNS = 60
_CATEGORIES = 12
_LEAST_ROWS = 20  # in each half
_WORSE = 1.2
_LARGEST = 0.5  # of the rows: what most rows are like is no slice
_PROPOSED = 10
_ALPHA = 0.01
_CUTS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


@dataclass(frozen=True)
class Found:
    """A place, its rows, and the probability that they are no worse than the others."""

    place: Place
    inside: BoolArray
    p_value: float


def excess(loss: FloatArray, inside: BoolArray) -> float:
    """Return the share of the whole loss that lies inside beyond what lies outside on as many rows.

    Examples
    --------
    >>> excess(np.array([3.0, 1.0, 1.0, 1.0]), np.array([True, False, False, False]))
    0.333...
    """
    total = float(loss.sum())
    if total <= 0 or inside.all() or not inside.any():
        return 0.0
    return float(inside.sum() * (loss[inside].mean() - loss[~inside].mean()) / total)


def weak_places(seen: Seen, loss: FloatArray) -> tuple[Found, ...]:
    """Return the confirmed places, those with the most loss beyond the others' first."""
    conditions = [pair for column in seen.columns[:_MOST_COLUMNS] for pair in _conditions(seen, column)]
    if not conditions:
        return ()
    member = np.column_stack([c.holds(seen.block[c.column]) for c, _ in conditions])
    strength = _strengths(member[seen.first], loss[seen.first])
    strength[member.mean(axis=0) > _LARGEST] = -np.inf
    order = [int(i) for i in np.argsort(-strength, kind="stable") if strength[i] > 2.0]
    proposed: list[int] = []
    for i in order:
        if all(_overlap(member[:, i], member[:, k]) <= 0.5 for k in proposed):
            proposed.append(i)
        if len(proposed) == _PROPOSED:
            break
    tested = sorted((_p_value(member[~seen.first, i], loss[~seen.first]), i) for i in proposed)
    confirmed, corrected = [], 0.0
    for number, (p_value, i) in enumerate(tested):
        corrected = min(1.0, max(corrected, p_value * (len(tested) - number)))
        inside = member[:, i]
        if corrected < _ALPHA and loss[inside].mean() >= _WORSE * loss[~inside].mean():
            condition, text = conditions[i]
            confirmed.append(Found(Place(text, condition), inside, corrected))
    return tuple(sorted(confirmed, key=lambda f: -excess(loss, f.inside)))


def _strengths(member: BoolArray, loss: FloatArray) -> FloatArray:
    """Return by how many standard errors each condition's rows are worse than the others, shape (n_conditions,)."""
    inside = member.astype(np.float32)
    n_in = member.sum(axis=0).astype(np.float64)
    n_out = len(loss) - n_in
    total, squares = (np.asarray(inside.T @ v.astype(np.float32), np.float64) for v in (loss, loss**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_in, mean_out = total / n_in, (loss.sum() - total) / n_out
        spread_in = np.maximum(squares / n_in - mean_in**2, 0.25 * float(loss.var()))
        spread_out = np.maximum((float((loss**2).sum()) - squares) / n_out - mean_out**2, 0.0)
        strength = (mean_in - mean_out) / np.sqrt(spread_in / n_in + spread_out / n_out)
    usable = (n_in >= _LEAST_ROWS) & (n_out >= _LEAST_ROWS) & (mean_in >= _WORSE * mean_out)
    return np.where(usable, strength, -np.inf)


def _p_value(inside: BoolArray, loss: FloatArray) -> float:
    """Return Welch's one-sided p; with equal losses inside, the spread of all stands in for one that was not seen."""
    n_in, n_out = int(inside.sum()), int((~inside).sum())
    if n_in < _LEAST_ROWS or n_out < _LEAST_ROWS:
        return 1.0
    spread = max(float(loss[inside].var(ddof=1)), 0.25 * float(loss.var()))
    error = np.sqrt(spread / n_in + float(loss[~inside].var(ddof=1)) / n_out)
    if error == 0:
        return 1.0
    return float(stats.t.sf((loss[inside].mean() - loss[~inside].mean()) / error, n_in - 1))


def _overlap(a: BoolArray, b: BoolArray) -> float:
    """Return the share of the smaller one that is in both."""
    return float((a & b).sum() / max(min(a.sum(), b.sum()), 1))


def _conditions(seen: Seen, column: Column) -> list[tuple[Condition, str]]:
    """Return ranges between quantiles and open to one side, the most frequent categories, and missing."""
    values, name = seen.block[column.name], column.name
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
    return f"{column.name} = {_say(column, value)}"


def _span(column: Column, low: float, high: float) -> str:
    if np.isinf(low):
        return f"{column.name} < {_say(column, high)}"
    if np.isinf(high):
        return f"{column.name} ≥ {_say(column, low)}"
    return f"{_say(column, low)} ≤ {column.name} < {_say(column, high)}"


def _say(column: Column, value: float) -> str:
    if column.kind is Kind.DATETIME:
        return str(np.datetime64(int(value), "s")).replace("T", " ").removesuffix(" 00:00:00")
    return f"{value:.6g}"
