"""Recalibrate: correct the predictions that are to decide, each row's by other rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from journeyman.entities.case_rows import CaseRows, Recalibration
from journeyman.metrics.case_policy import recalibrated

__all__ = ["cross_recalibrate", "recalibrate"]

FloatArray = NDArray[np.float64]
_FOLDS = 5
_FLOOR = 1e-7
_SHIFT, _SCALE = 0.5, 0.3  # standard deviations that are expected of shifts, and of the scale's logarithm
_LEVEL = 0.05
_LEAST = 30


def cross_recalibrate(rows: CaseRows, seed: int = 0) -> tuple[FloatArray, Recalibration]:
    """Return predictions, each corrected by rows of other folds, and the correction that all rows call for.

    A policy that is chosen from these predictions has not seen the row that values it.

    Parameters
    ----------
    rows : CaseRows
        Rows of one cluster stay in one fold.
    seed : int
        Of the folds.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
    Recalibration
    """
    count = len(rows)
    units = np.arange(count) if rows.clusters is None else np.unique(rows.clusters, return_inverse=True)[1]
    folds = (np.random.default_rng(seed).permutation(int(units.max()) + 1) % _FOLDS)[units]
    predicted = rows.predicted.copy()
    for fold in range(_FOLDS):
        inside = np.flatnonzero(folds == fold)
        others = np.flatnonzero(folds != fold)
        predicted[inside] = recalibrated(rows.predicted[inside], recalibrate(rows.take(others)), rows.classes)
    return predicted, recalibrate(rows)


def recalibrate(rows: CaseRows) -> Recalibration:
    """Return the correction that rows call for; none where they are few, or tell nothing against the predictions.

    Probabilities: a scale and a shift for each class, with a prior at no correction. Values: a line. Both only where a
    test finds that predictions are off, so that a calibrated model hardly ever loses by it.

    References
    ----------
    Platt 1999, "Probabilistic outputs for support vector machines". Guo et al. 2017, "On calibration of modern neural
    networks", ICML (vector scaling).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(0.05, 0.95, 4_000)
    >>> y = (rng.random(4_000) < p).astype(float)
    >>> overbold = p**3 / (p**3 + (1 - p) ** 3)
    >>> told = np.column_stack([1 - overbold, overbold])
    >>> came = np.column_stack([1 - y, y])
    >>> worth, ones = np.zeros((4_000, 2, 2)), np.ones(4_000)
    >>> found = recalibrate(CaseRows(worth, told, came, np.zeros(4_000, int), ones, 1, True, ones))
    >>> 0.28 < found.scale < 0.4
    True
    """
    if len(rows) < _LEAST:
        return Recalibration()
    if rows.clusters is not None:  # rows that depend on each other say no more than one does
        codes, sizes = np.unique(rows.clusters, return_inverse=True, return_counts=True)[1:]
        rows = replace(rows, weights=rows.weights / sizes[codes])
    return _classes(rows) if rows.classes else _values(rows)


def _classes(rows: CaseRows) -> Recalibration:
    logs = np.log(np.clip(rows.predicted, _FLOOR, 1.0))
    count = logs.shape[1]
    weights = rows.weights

    def loss(point: FloatArray) -> tuple[float, FloatArray]:
        scale, shifts = np.exp(point[0]), point[1:]
        raw = logs * scale + shifts
        top = raw.max(axis=1, keepdims=True)
        norm = top[:, 0] + np.log(np.exp(raw - top).sum(axis=1))
        apart = np.exp(raw - norm[:, None]) - rows.happened
        value = float(weights @ (norm - (raw * rows.happened).sum(axis=1)))
        value += 0.5 * ((point[0] / _SCALE) ** 2 + float(((shifts / _SHIFT) ** 2).sum()))
        slope = np.concatenate(
            [
                [scale * float(weights @ (apart * logs).sum(axis=1)) + point[0] / _SCALE**2],
                weights @ apart + shifts / _SHIFT**2,
            ]
        )
        return value, slope

    found = optimize.minimize(loss, np.zeros(count + 1), jac=True, method="L-BFGS-B")
    logs_before = float(weights @ -(logs * rows.happened).sum(axis=1))
    likelihood = 2.0 * (logs_before - _log_loss(logs, found.x, rows))
    if not np.isfinite(found.x).all() or stats.chi2.sf(likelihood, count) > _LEVEL:
        return Recalibration()
    return Recalibration(float(np.exp(found.x[0])), tuple(float(v) for v in found.x[1:]))


def _log_loss(logs: FloatArray, point: FloatArray, rows: CaseRows) -> float:
    """Return the log loss of corrected probabilities, summed."""
    raw = logs * np.exp(point[0]) + point[1:]
    top = raw.max(axis=1, keepdims=True)
    norm = top[:, 0] + np.log(np.exp(raw - top).sum(axis=1))
    return float(rows.weights @ (norm - (raw * rows.happened).sum(axis=1)))


def _values(rows: CaseRows) -> Recalibration:
    x, y = rows.predicted[:, 1], rows.happened[:, 1]
    if float(np.ptp(x)) <= 1e-12 * max(1.0, float(np.abs(x).max())):
        return Recalibration()
    design = np.column_stack([np.ones(len(x)), x - x.mean()])
    apart, weights = y - x, rows.weights
    moments = (design.T * weights) @ design
    off = np.linalg.solve(moments, (design.T * weights) @ apart)
    left = apart - design @ off
    inverse = np.linalg.inv(moments)
    # errors need not be of one size; a weight below 1 is one of several rows that depend on each other
    spread = inverse @ (design.T * (weights * left**2)) @ design @ inverse
    if not np.isfinite(spread).all() or np.linalg.cond(spread) > 1e14:
        return Recalibration()
    wald = float(off @ np.linalg.solve(spread, off))
    if stats.chi2.sf(wald, 2) > _LEVEL:
        return Recalibration()
    return Recalibration(1.0 + float(off[1]), (float(off[0] - off[1] * x.mean()),))
