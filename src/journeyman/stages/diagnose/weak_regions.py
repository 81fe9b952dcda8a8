"""Places with a high loss: conditions on one column, found on half of the rows and confirmed on the other half.

As in Slice Finder (Chung et al. 2019); what the second half confirms is corrected after Holm (1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.conditions import conditions_on
from journeyman.entities.weakness import Place
from journeyman.stages.diagnose.validated_rows import ValidatedRows

__all__ = ["WeakRegion", "excess", "weak_regions"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_MOST_COLUMNS = 60
_LEAST_ROWS = 20  # in each half
_LEAST_VOICES = 10  # groups, or different records, inside
_WORSE = 1.2
_LARGEST = 0.5  # of the rows: what most rows are like is no slice
_PROPOSED = 10
_ALPHA = 0.01


@dataclass(frozen=True)
class WeakRegion:
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


def weak_regions(seen: ValidatedRows, loss: FloatArray) -> tuple[WeakRegion, ...]:
    """Return the confirmed places, those with the most loss beyond the others' first."""
    conditions = [
        pair for column in seen.columns[:_MOST_COLUMNS] for pair in conditions_on(column, seen.block[column.name])
    ]
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
    confirming = loss[~seen.first], seen.clusters[~seen.first]
    tested = sorted((_p_value(member[~seen.first, i], *confirming), i) for i in proposed)
    confirmed, corrected = [], 0.0
    for number, (p_value, i) in enumerate(tested):
        corrected = min(1.0, max(corrected, p_value * (len(tested) - number)))
        inside = member[:, i]
        if corrected < _ALPHA and loss[inside].mean() >= _WORSE * loss[~inside].mean():
            condition, text = conditions[i]
            confirmed.append(WeakRegion(Place(text, condition), inside, corrected))
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


def _p_value(inside: BoolArray, loss: FloatArray, clusters: NDArray[np.int64]) -> float:
    """Return Welch's one-sided p, with variances by clusters (Liang and Zeger 1986).

    With equal losses inside, the spread of all stands in for one that was not seen.
    """
    n_in, n_out = int(inside.sum()), int((~inside).sum())
    voices = len(np.unique(clusters[inside]))
    if n_in < _LEAST_ROWS or n_out < _LEAST_ROWS or voices < _LEAST_VOICES:
        return 1.0
    difference = float(loss[inside].mean() - loss[~inside].mean())
    pull_in = np.bincount(clusters, np.where(inside, loss - loss[inside].mean(), 0.0)) / n_in
    pull_out = np.bincount(clusters, np.where(inside, 0.0, loss - loss[~inside].mean())) / n_out
    floor = 0.25 * float(loss.var()) / n_in
    spread = max(float(((pull_in - pull_out) ** 2).sum()), floor + float((pull_out**2).sum()))
    error = np.sqrt(voices / (voices - 1) * spread)
    if error == 0:
        return 1.0
    return float(stats.t.sf(difference / error, voices - 1))


def _overlap(a: BoolArray, b: BoolArray) -> float:
    """Return the share of the smaller one that is in both."""
    return float((a & b).sum() / max(min(a.sum(), b.sum()), 1))
