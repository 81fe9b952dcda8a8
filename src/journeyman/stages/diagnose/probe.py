"""A probe: whether what the answers miss can be told from the columns after all, by a ridge regression of some rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.stages.diagnose.validated_rows import ValidatedRows

__all__ = ["ProbeResult", "explained", "told_by_columns"]

FloatArray = NDArray[np.float64]
_FOLDS = 4
_MOST_NUMBERS, _MOST_CATEGORIES = 40, 8
_MOST_PROBED = 4_000
_LEAST_PROBED = 40


@dataclass(frozen=True)
class ProbeResult:
    """The share of the squared residuals that a probe explains on rows that it did not learn from, and its p value."""

    share: float
    p_value: float


def explained(residuals: FloatArray, known: FloatArray, x: FloatArray, seed: int) -> ProbeResult:
    """Say what features tell of residuals beyond what is known, learned on three quarters of the rows at a time.

    Parameters
    ----------
    residuals : ndarray of shape (n_samples,)
        What is to be told.
    known, x : ndarray of shape (n_samples, n_known) and (n_samples, n_features)
        What may be told for nothing, and the features in question.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 400)[:, None]
    >>> explained(3.0 * x[:, 0], x[:, :0], x, 0).share > 0.9
    True
    """
    n_rows = len(residuals)
    if n_rows < _LEAST_PROBED or not x.shape[1]:
        return ProbeResult(0.0, 1.0)
    fold = np.random.default_rng(seed).permutation(np.arange(n_rows) % _FOLDS)
    both = np.column_stack([known, x])
    plain, better = np.zeros(n_rows), np.zeros(n_rows)
    for k in range(_FOLDS):
        plain[fold == k] = _ridge(known, residuals, fold != k)
        better[fold == k] = _ridge(both, residuals, fold != k)
    gain = (residuals - plain) ** 2 - (residuals - better) ** 2
    whole, error = float((residuals**2).mean()), float(gain.std()) / np.sqrt(n_rows)
    if whole <= 0 or error <= 0:
        return ProbeResult(0.0, 1.0)
    return ProbeResult(float(gain.mean()) / whole, float(stats.norm.sf(gain.mean() / error)))


def _ridge(x: FloatArray, y: FloatArray, learn: NDArray[np.bool_]) -> FloatArray:
    """Return the answers for the rows that it did not learn from."""
    center, spread = x[learn].mean(axis=0), x[learn].std(axis=0)
    usable = spread > 1e-12
    a, b = ((x[part][:, usable] - center[usable]) / spread[usable] for part in (learn, ~learn))
    mean = float(y[learn].mean())
    penalty = 5.0 + 0.5 * a.shape[1]
    weights = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ (y[learn] - mean))
    return np.asarray(mean + b @ weights)


def told_by_columns(seen: ValidatedRows, inside: NDArray[np.bool_], seed: int) -> ProbeResult:
    """Say whether what is missed inside can be told from the columns, beyond what the answers themselves tell.

    An answer that is only too sure, or not sure enough, inside, is no other relation.
    """
    rows = np.flatnonzero(inside)
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:_MOST_PROBED])
    if len(rows) < _LEAST_PROBED:
        return ProbeResult(0.0, 1.0)
    output = 0
    if seen.task.labels:
        output = int(np.bincount(seen.y[rows].astype(np.int64), minlength=seen.answers.shape[1]).argmax())
    missed, said = seen.residuals[rows, output], seen.answers[rows, output]
    return explained(missed, said[:, None], _features(seen, rows), seed)


def _features(seen: ValidatedRows, rows: NDArray[np.int64]) -> FloatArray:
    """Return numbers and their squares, and the most frequent categories, shape (n_rows, n_features)."""
    features: list[FloatArray] = []
    for column in seen.columns[:_MOST_NUMBERS]:
        values = seen.block[column.name][rows]
        if column.kind.categorical:
            codes, counts = np.unique(values[~np.isnan(values)], return_counts=True)
            common = codes[np.argsort(-counts, kind="stable")[:_MOST_CATEGORIES]]
            features += [(values == code).astype(np.float64) for code in common.tolist()]
            continue
        known = values[~np.isnan(values)]
        if len(known) < 2 or float(known.std()) == 0:
            continue
        low, high = np.quantile(known, [0.01, 0.99])
        held = np.nan_to_num(np.clip(values, low, high), nan=float(known.mean()))
        centred = (held - held.mean()) / max(float(held.std()), 1e-12)
        features += [centred, centred**2]
    return np.column_stack(features) if features else np.empty((len(rows), 0))
