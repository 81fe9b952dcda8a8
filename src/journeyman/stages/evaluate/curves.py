"""Pictures of how a model answers: calibration, gain, ROC, precision and recall, residuals, histogram of answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.evaluation import Curve

__all__ = [
    "calibration",
    "calibration_error",
    "calibration_noise",
    "confusion",
    "gain",
    "histogram",
    "precision_recall",
    "quantile_calibration",
    "residuals",
    "roc",
]

FloatArray = NDArray[np.float64]
_POINTS = 200  # a line on a page shows no more


def _curve(name: str, labels: tuple[str, str], x: FloatArray, y: FloatArray, weight: FloatArray | None = None) -> Curve:
    weights = () if weight is None else tuple(weight.tolist())
    return Curve(name, labels[0], labels[1], tuple(x.tolist()), tuple(y.tolist()), weights)


def confusion(y: FloatArray, answer: NDArray[np.int64], labels: int) -> tuple[tuple[int, ...], ...]:
    """Return counts, rows: truth, columns: answer.

    Examples
    --------
    >>> confusion(np.array([0.0, 1.0, 1.0]), np.array([0, 1, 0]), 2)
    ((1, 0), (1, 1))
    """
    cells = np.bincount(y.astype(np.int64) * labels + answer, minlength=labels * labels)
    return tuple(tuple(row) for row in cells.reshape(labels, labels).tolist())


def _bins(p: FloatArray, count: int = 10) -> list[NDArray[np.int64]]:
    """Return row positions in bins of equal count, from the lowest value up; equal values stay together."""
    order = np.argsort(p, kind="stable")
    ordered = p[order]
    edges = np.unique(np.searchsorted(ordered, ordered[(np.arange(1, count) * len(p)) // count]))
    return [part for part in np.split(order, edges) if len(part)]


def calibration(positive: FloatArray, p: FloatArray) -> Curve:
    """Return the share that happened against the probability that was said, in 10 bins of equal count."""
    parts = _bins(p)
    said = np.array([p[i].mean() for i in parts])
    happened = np.array([positive[i].mean() for i in parts])
    size = np.array([float(len(i)) for i in parts])
    return _curve("calibration", ("probability said", "share that happened"), said, happened, size)


def quantile_calibration(y: FloatArray, predictions: FloatArray, levels: FloatArray) -> Curve:
    """Return the share of labels that lie below each predicted quantile against its level, as the levels ascend.

    Labels that equal a quantile count on the side that brings the share nearer to its level.

    Examples
    --------
    >>> y = np.arange(10.0)
    >>> quantile_calibration(y, np.tile([4.5, 7.5], (10, 1)), np.array([0.5, 0.9])).y
    (0.5, 0.8)
    """
    order = np.argsort(levels)
    below, reached = ((y[:, None] < predictions).mean(axis=0), (y[:, None] <= predictions).mean(axis=0))
    share = np.clip(levels, below, reached)[order]
    return _curve("calibration", ("level of the quantile", "share of labels below it"), levels[order], share)


def calibration_error(positive: FloatArray, p: FloatArray) -> float:
    """Return the expected calibration error, 10 bins of equal count (Naeini et al. 2015; Nixon et al. 2019).

    Examples
    --------
    >>> calibration_error(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    0.0
    """
    return float(sum(abs(positive[i].sum() - p[i].sum()) for i in _bins(p)) / len(p))


def calibration_noise(p: FloatArray, seed: int, alike: NDArray[np.int64] | None = None) -> float:
    """Return what the error of a perfectly calibrated model stays below in 95 of 100 cases.

    Labels are drawn from the probabilities themselves (consistency resampling, Bröcker and Smith 2007).

    Parameters
    ----------
    p : ndarray of shape (n_samples,)
        Probabilities.
    seed : int
        Of the draws.
    alike : ndarray of int64, shape (n_samples,), or None
        Rows of one code are copies of one record and get one label; None where there are no copies.
    """
    rng = np.random.default_rng(seed)
    parts = _bins(p)
    order = np.concatenate(parts)
    starts = np.cumsum([0, *[len(i) for i in parts[:-1]]])
    ordered = p[order]
    code = np.arange(len(p)) if alike is None else alike[order]
    count = int(code.max()) + 1
    errors = [
        float(np.abs(np.add.reduceat((rng.random(count)[code] < ordered) - ordered, starts)).sum() / len(p))
        for _ in range(200)
    ]
    return float(np.quantile(errors, 0.95))


def _thin(count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, _POINTS)).round().astype(np.int64))


def _steps(positive: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return hits and rows taken at each distinct threshold, from the highest down, beginning with none."""
    order = np.argsort(-p, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(p[order])), len(p) - 1]
    hits = np.r_[0.0, np.cumsum(positive[order])[last]]
    return hits, np.r_[0.0, last + 1.0]


def gain(positive: FloatArray, p: FloatArray) -> Curve:
    """Return the share of all positives found against the share of rows looked at, the likeliest first."""
    hits, rows = _steps(positive, p)
    keep = _thin(len(rows))
    found = hits / max(hits[-1], 1.0)
    return _curve(
        "gain", ("share of rows, the likeliest first", "share of positives found"), rows[keep] / rows[-1], found[keep]
    )


def roc(positive: FloatArray, p: FloatArray) -> Curve:
    """Return the true positive rate against the false positive rate."""
    hits, rows = _steps(positive, p)
    keep = _thin(len(rows))
    misses = rows - hits
    x, y = misses / max(misses[-1], 1.0), hits / max(hits[-1], 1.0)
    return _curve("ROC", ("false positive rate", "true positive rate"), x[keep], y[keep])


def precision_recall(positive: FloatArray, p: FloatArray) -> Curve:
    """Return precision against recall."""
    hits, rows = _steps(positive, p)
    precision = hits[1:] / rows[1:]
    recall = hits[1:] / max(hits[-1], 1.0)
    keep = _thin(len(recall))
    return _curve("precision and recall", ("recall", "precision"), recall[keep], precision[keep])


def residuals(y: FloatArray, answer: FloatArray, seed: int) -> tuple[Curve, ...]:
    """Return at most 1,000 rows as predicted against actual, and quantiles of the residual along the prediction."""
    rows = np.arange(len(y))
    if len(rows) > 1000:
        rows = np.sort(np.random.default_rng(seed).choice(rows, 1000, replace=False))
    curves = [_curve("predicted against actual", ("predicted", "actual"), answer[rows], y[rows])]
    parts = _bins(answer)
    centre = np.array([answer[i].mean() for i in parts])
    size = np.array([float(len(i)) for i in parts])
    for share, name in ((0.1, "10 % quantile"), (0.5, "median"), (0.9, "90 % quantile")):
        line = np.array([np.quantile(y[i] - answer[i], share) for i in parts])
        curves.append(_curve(f"residual, {name}", ("predicted", "actual minus predicted"), centre, line, size))
    return tuple(curves)


def histogram(
    answer: FloatArray, low: float | None = None, high: float | None = None
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return 21 edges and 20 counts of the answers; a span that is not given is that of the answers.

    Examples
    --------
    >>> edges, counts = histogram(np.array([0.0, 1.0]), 0.0, 1.0)
    >>> len(edges), counts.sum()
    (21, np.int64(2))
    """
    span = (float(answer.min()) if low is None else low, float(answer.max()) if high is None else high)
    counts, edges = np.histogram(answer, bins=20, range=span)
    return edges, counts
