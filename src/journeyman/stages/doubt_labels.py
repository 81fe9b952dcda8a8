"""Doubt labels: rows whose label other rows contradict, by confident learning, and whether leaving them out helps."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import KFold

from journeyman.entities.cleaning import WrongLabel
from journeyman.entities.gain import Gain

__all__ = ["find_wrong_labels", "prove_pruning"]

FloatArray = NDArray[np.float64]
_FOLDS, _REPEATS = 5, 2
_MARGIN = 0.2
"""By how much the likely class must beat the given one: confident joint of the paper, made careful for small tables."""
_TREES = {"learning_rate": 0.08, "num_leaves": 7, "min_data_in_leaf": 10, "lambda_l2": 1.0, "feature_fraction": 0.8}
_ROUNDS = 60


def find_wrong_labels(
    rows: pd.DataFrame, labels: FloatArray, names: tuple[str, ...], seed: int
) -> tuple[WrongLabel, ...]:
    """Return rows whose label is probably wrong, by falling probability; ``row`` counts within ``rows``.

    A label is doubted where another class is as probable, out of fold, as it is on average in rows of that class. Where
    the columns say nothing of the target beyond its commonest class, no label is doubted.

    References
    ----------
    Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70.

    Examples
    --------
    >>> x = np.arange(200.0)
    >>> labels = (x >= 100) * 1.0
    >>> labels[[20, 150]] = [1.0, 0.0]
    >>> [(d.row, d.likely) for d in find_wrong_labels(pd.DataFrame({"x": x}), labels, ("low", "high"), 0)]
    [(20, 'low'), (150, 'high')]
    """
    matrix = _matrix(rows)
    found = _out_of_fold(matrix, labels, len(names), seed)
    if not _says_something(found, labels):
        return ()
    doubted = _doubted(found, labels)
    given, likely = labels.astype(int), found.argmax(axis=1)
    kept = sorted(np.flatnonzero(doubted), key=lambda row: (-round(found[row, likely[row]], 3), row))
    return tuple(
        WrongLabel(int(r), names[given[r]], names[likely[r]], round(float(found[r, likely[r]]), 3)) for r in kept
    )


def prove_pruning(rows: pd.DataFrame, labels: FloatArray, names: tuple[str, ...], seed: int) -> Gain:
    """Return what models gain that learn without doubted rows, in wrong classes on rows of other folds.

    Doubts come from the rows that are learned from alone. Wrong classes are counted, not log loss: with labels that
    are wrong at random, fewer of them by given labels means fewer by true ones, which is not so of log loss.
    """
    matrix = _matrix(rows)
    before, after = [], []
    for repeat in range(_REPEATS):
        for fit, rest in KFold(_FOLDS, shuffle=True, random_state=seed + repeat).split(matrix):
            inner = _out_of_fold(matrix[fit], labels[fit], len(names), seed + repeat)
            kept = fit[~_doubted(inner, labels[fit])]
            truth = labels[rest].astype(int)
            before.append(
                float(np.mean(_probabilities(matrix, labels, fit, rest, len(names), seed).argmax(1) != truth))
            )
            after.append(
                float(np.mean(_probabilities(matrix, labels, kept, rest, len(names), seed).argmax(1) != truth))
            )
    off = np.array(before) - np.array(after)
    mean, pairs, whole = float(off.mean()), len(off), max(float(np.mean(before)), 1e-12)
    error = float(np.sqrt((1 / pairs + 1 / (_FOLDS - 1)) * off.var(ddof=1)))
    half = float(stats.t.ppf(0.975, pairs - 1)) * error
    p_value = float(stats.t.sf(mean / error, pairs - 1)) if error > 0 else float(mean <= 0)
    low, high = (mean - half) / whole, (mean + half) / whole
    return Gain(float(np.mean(before)), float(np.mean(after)), low, high, p_value, pairs, len(labels))


def _matrix(rows: pd.DataFrame) -> FloatArray:
    columns = [
        rows[name].to_numpy(np.float64)
        if pd.api.types.is_numeric_dtype(rows[name].dtype)
        else _by_frequency(rows[name])
        for name in rows
    ]
    return np.column_stack(columns) if columns else np.zeros((len(rows), 1))


def _by_frequency(values: pd.Series) -> FloatArray:
    """Return codes in the order of frequency; trees find the rest."""
    order = {name: code for code, name in enumerate(values.dropna().value_counts().index)}
    return values.map(order).to_numpy(np.float64)


def _out_of_fold(matrix: FloatArray, labels: FloatArray, classes: int, seed: int) -> FloatArray:
    found = np.zeros((len(labels), classes))
    for fit, rest in KFold(_FOLDS, shuffle=True, random_state=seed).split(matrix):
        found[rest] = _probabilities(matrix, labels, fit, rest, classes, seed)
    return found


def _probabilities(
    matrix: FloatArray, labels: FloatArray, fit: NDArray[np.int64], rest: NDArray[np.int64], classes: int, seed: int
) -> FloatArray:
    settings: dict[str, object] = {
        **_TREES,
        "verbosity": -1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
    }
    settings |= {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    model = lightgbm.train(settings, lightgbm.Dataset(matrix[fit], labels[fit]), _ROUNDS)
    found = np.asarray(model.predict(matrix[rest]))
    return np.column_stack([1 - found, found]) if classes == 2 else found


def _says_something(found: FloatArray, labels: FloatArray) -> bool:
    """Say whether predictions beat the commonest class beyond noise (three standard errors)."""
    given = labels.astype(int)
    right = found.argmax(axis=1) == given
    off = right.astype(float) - (given == np.bincount(given).argmax())
    return bool(off.mean() > 3 * off.std() / np.sqrt(len(off)))


def _doubted(found: FloatArray, labels: FloatArray) -> NDArray[np.bool_]:
    given = labels.astype(int)
    own = found[np.arange(len(given)), given]
    usual = np.array([own[given == k].mean() if (given == k).any() else 1.0 for k in range(found.shape[1])])
    likely = found.argmax(axis=1)
    top = found[np.arange(len(given)), likely]
    return np.asarray((likely != given) & (top >= usual[likely]) & (top - own >= _MARGIN), np.bool_)
