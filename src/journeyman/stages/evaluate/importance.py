"""Permutation importance: how much the score falls when a column's values are shuffled among the rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from journeyman.entities.column import Column
from journeyman.entities.evaluation import Importance
from journeyman.entities.table import Block
from journeyman.interfaces import Metric

__all__ = ["importances", "shuffled_answers"]

FloatArray = NDArray[np.float64]
_MOST_ROWS = 2_000
_REPEATS = 5
_FEWEST_ROWS = 200
_MOST_COLUMNS = 150
_CORRELATED = 0.8


def importances(
    predict: Callable[[Block], FloatArray],
    block: Block,
    y: FloatArray,
    columns: tuple[Column, ...],
    metric: Metric,
    answers: int,
    seed: int,
) -> tuple[Importance, ...]:
    """Return columns by importance, greatest first (Breiman 2001; Fisher, Rudin and Dominici 2019).

    Work is bounded by rows answered, not by seconds, so that the same seed gives the same figures. Beyond 150
    columns only those that go along most with the model's answers are shuffled; the rest are left out.

    Parameters
    ----------
    predict : callable
        The model.
    block, y : Block and ndarray of shape (n_samples,)
        Rows to shuffle, and their truth.
    columns : tuple of Column
        The model's columns.
    metric : Metric
        What is measured; positive importance means the column helps.
    answers : int
        Rows that may be answered in all.
    seed : int
        Randomness.
    """
    rng = np.random.default_rng(seed)
    few, repeats, rows = _plan(len(columns), len(y), answers)
    if not few:
        return ()
    taken = np.sort(rng.choice(len(y), rows, replace=False))
    part = {name: values[taken] for name, values in block.items()}
    truth = y[taken]
    plain = predict(part)
    whole = metric.score(truth, plain)
    if not np.isfinite(whole):
        return ()
    ranks = {c.name: _ranks(part[c.name]) for c in columns}
    chosen = _moving_with(plain, columns, ranks) if len(columns) > few else columns
    sign = 1.0 if metric.greater_is_better else -1.0
    found = []
    # one permutation a column name, so that the figures do not depend on the order of the columns
    orders = [rng.permutation(rows) for _ in range(repeats)]
    for column in chosen:
        shuffled = {name: np.tile(values, repeats) for name, values in part.items()}
        shuffled[column.name] = np.concatenate([part[column.name][order] for order in orders])
        given = predict(shuffled).reshape(repeats, rows, -1)
        falls = np.array([sign * (whole - metric.score(truth, p)) for p in given])
        near = _nearest(column.name, ranks)
        note = f"moves together with '{near}': shuffling one alone understates both" if near else ""
        found.append(Importance(column.name, float(falls.mean()), float(falls.std(ddof=1)), note))
    return tuple(sorted(found, key=lambda i: (-i.mean, i.column)))


def shuffled_answers(columns: int, rows: int, answers: int) -> int:
    """Return how many answers ``importances`` asks for where it is allowed so many; some it needs in any case.

    Examples
    --------
    >>> shuffled_answers(10, 5_000, 20_000), shuffled_answers(10, 5_000, 100)
    (20000, 10000)
    """
    few, repeats, taken = _plan(columns, rows, answers)
    return few * repeats * taken


def _plan(columns: int, rows: int, answers: int) -> tuple[int, int, int]:
    """Return the columns that are shuffled, how often each, and among how many rows."""
    few = min(columns, _MOST_COLUMNS)
    repeats = _REPEATS if few <= 30 else 3 if few <= 60 else 2
    return few, repeats, min(rows, _MOST_ROWS, max(_FEWEST_ROWS, answers // max(1, few * repeats)))


def _ranks(values: NDArray[np.generic]) -> FloatArray:
    """Return centred ranks of unit length; zeros where there is nothing to rank."""
    if values.dtype == object:
        return np.zeros(len(values))
    numbers = values.astype(np.float64)
    if np.isnan(numbers).all():
        return np.zeros(len(values))
    centred = rankdata(np.nan_to_num(numbers, nan=float(np.nanmedian(numbers))))
    centred = centred - centred.mean()
    length = float(np.sqrt(centred @ centred))
    return centred / length if length > 0 else np.zeros(len(values))


def _moving_with(answers: FloatArray, columns: tuple[Column, ...], ranks: dict[str, FloatArray]) -> tuple[Column, ...]:
    outputs = np.column_stack([_ranks(answers[:, k]) for k in range(answers.shape[1])])
    strength = {c.name: float(np.abs(ranks[c.name] @ outputs).max()) for c in columns}
    return tuple(sorted(columns, key=lambda c: (-strength[c.name], c.name))[:_MOST_COLUMNS])


def _nearest(name: str, ranks: dict[str, FloatArray]) -> str | None:
    """Return the column whose ranks go along most with this one's, where they do so closely."""
    best, strength = None, _CORRELATED
    for other in sorted(ranks):
        if other != name and (close := float(abs(ranks[name] @ ranks[other]))) > strength:
            best, strength = other, close
    return best
