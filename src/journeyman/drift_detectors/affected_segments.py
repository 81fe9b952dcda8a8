"""Whom a risen loss hurts: the condition on one column that divides the rise best, or nobody in particular.

For each condition the rise of the loss inside is compared with that outside, each against the reference's rows of the
same condition, so that rows that were always hard are not blamed. One condition is named where its difference is
beyond chance for all conditions that were tried together (Welch's test, Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Column
from journeyman.entities.conditions import conditions_on
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["AffectedSegment", "affected_segment", "growing_segment"]

FloatArray = NDArray[np.float64]
_ALPHA = 0.01
_LEAST_ROWS = 15  # live ones inside
_LEAST_BEFORE = 20  # of the reference inside, to know what was usual there
_TIMES = 2.0  # a rise inside that is not even twice the one outside names nobody
_MOST_COLUMNS = 60
_LARGEST = 0.7  # of the rows: what most rows are like names nobody
_GROWN = 0.05


@dataclass(frozen=True)
class AffectedSegment:
    """Rows that are hurt more than the others.

    Attributes
    ----------
    column, words : str
        The column of the condition, and the condition as people read it.
    rows : int
        Live rows that meet it.
    loss, before : float
        Their mean loss, and that of the reference's rows of the same condition.
    """

    column: str
    words: str
    rows: int
    loss: float
    before: float


def affected_segment(
    reference: Reference, rows: Block, losses: FloatArray, columns: Sequence[Column]
) -> AffectedSegment | None:
    """Return the rows that a rise of the loss hurts; None where it hurts all alike, as far as can be told.

    Parameters
    ----------
    rows, losses : Block and ndarray of shape (n_samples,)
        Live rows whose truth came, and their losses.
    """
    if len(losses) < 2 * _LEAST_ROWS:
        return None
    best: AffectedSegment | None = None
    strongest, tried = 0.0, 0
    order = sorted(columns, key=lambda c: (-reference.importance.get(c.name, 0.0), c.name))
    for column in order[:_MOST_COLUMNS]:
        live, before = _ordinal_values(column, rows[column.name]), _ordinal_values(column, reference.rows[column.name])
        pairs = conditions_on(column, before)
        pairs += [p for p in conditions_on(column, live) if column.kind.categorical or p[0].missing]
        for condition, said in dict(pairs).items():
            words = f"{column.name} missing or never seen" if condition.missing and column.kind.categorical else said
            inside, inside_before = condition.holds(live), condition.holds(before)
            n_in = int(inside.sum())
            if n_in < _LEAST_ROWS or len(live) - n_in < _LEAST_ROWS or n_in > _LARGEST * len(live):
                continue
            tried += 1
            strength = _strength(losses, inside, reference.losses, inside_before)
            if strength > strongest:
                strongest = strength
                usual = reference.losses[inside_before] if inside_before.sum() >= _LEAST_BEFORE else reference.losses
                best = AffectedSegment(column.name, words, n_in, float(losses[inside].mean()), float(usual.mean()))
    if best is None or float(stats.norm.sf(strongest)) * tried > _ALPHA:
        return None
    return best


def growing_segment(reference: Reference, rows: Block, columns: Sequence[Column]) -> AffectedSegment | None:
    """Return the hard rows that have become more: the condition whose growth adds most to the mean loss.

    Parameters
    ----------
    rows : Block
        Live rows, whose truth is not needed.
    columns : sequence of Column
        Those that have moved.
    """
    overall = float(reference.losses.mean()) if len(reference.losses) else 0.0
    best: AffectedSegment | None = None
    most = 0.0
    for column in columns:
        live, before = _ordinal_values(column, rows[column.name]), _ordinal_values(column, reference.rows[column.name])
        for condition, words in conditions_on(column, before):
            inside, usual = condition.holds(live), condition.holds(before)
            grown = float(inside.mean()) - float(usual.mean())
            if grown < _GROWN or inside.mean() > _LARGEST or usual.sum() < _LEAST_BEFORE:
                continue
            loss = float(reference.losses[usual].mean())
            if grown * (loss - overall) > most:
                most = grown * (loss - overall)
                best = AffectedSegment(column.name, words, int(inside.sum()), loss, loss)
    return best


def _strength(live: FloatArray, inside: NDArray[np.bool_], usual: FloatArray, before: NDArray[np.bool_]) -> float:
    """Return by how many standard errors the loss rose more inside than outside; 0 where it did not, or hardly."""
    rises, errors = [], []
    for now, then in ((inside, before), (~inside, ~before)):
        known = usual[then] if then.sum() >= _LEAST_BEFORE else usual
        some = live[now]
        rises.append(float(some.mean() - known.mean()))
        # the spread of all stands in for one that few rows inside did not show
        errors.append(max(float(some.var()), 0.25 * float(live.var())) / len(some) + float(known.var()) / len(known))
    if rises[0] <= 0 or rises[0] < _TIMES * max(rises[1], 0.0) or sum(errors) == 0:
        return 0.0
    return float((rises[0] - rises[1]) / np.sqrt(sum(errors)))


def _ordinal_values(column: Column, values: NDArray[np.generic]) -> FloatArray:
    plain = numbers(values)
    return np.where(plain < 0, np.nan, plain) if column.kind.categorical else plain
