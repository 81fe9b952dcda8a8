"""Doubt labels: rows whose label other rows contradict."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import KFold

from journeyman.entities.cleaning import WrongLabel

__all__ = ["find_wrong_labels", "find_wrong_numbers"]

FloatArray = NDArray[np.float64]
_FOLDS = 5
_MARGIN = 0.2
"""By how much the likely class must beat the given one: confident joint of the paper, made careful for small tables."""
_TREES = {"learning_rate": 0.08, "num_leaves": 7, "min_data_in_leaf": 10, "lambda_l2": 1.0, "feature_fraction": 0.8}
_ROUNDS = 60
_TAIL = 3.0
"""Degrees of freedom of the errors that right numbers are allowed: their tails may be heavy."""

_DOUBTED, _ROUNDS_OF_EM, _BINS = 0.5, 30, 30
_LEAST_TOLD = 0.15
"""By how much errors must be smaller than without columns."""


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


def find_wrong_numbers(rows: pd.DataFrame, labels: FloatArray, seed: int) -> tuple[WrongLabel, ...]:
    """Return rows whose number is probably another row's, by falling probability; ``row`` counts within ``rows``.

    A number lies around the median that models of other rows predict, with heavy tails (Student's t with 3 degrees of
    freedom), or it was drawn from all labels: both shares are learned (expectation maximisation), and each row gets the
    probability of the second. Where the columns say nothing of the target, both are the same, and none is doubted.

    Examples
    --------
    >>> x = np.arange(300.0)
    >>> labels = x + 9.0 * np.sin(x)
    >>> labels[[20, 150]] = [290.0, 3.0]
    >>> [d.row for d in find_wrong_numbers(pd.DataFrame({"x": x}), labels, 0)]
    [20, 150]
    """
    matrix = _matrix(rows)
    found = _out_of_fold(matrix, labels, 0, seed)[:, 0]
    wrong = _wrong_share(matrix, found, labels, seed)
    kept = sorted(np.flatnonzero(wrong >= _DOUBTED), key=lambda row: (-round(float(wrong[row]), 3), row))
    return tuple(WrongLabel(int(r), f"{labels[r]:.12g}", f"{found[r]:.4g}", round(float(wrong[r]), 3)) for r in kept)


def _wrong_share(matrix: FloatArray, found: FloatArray, labels: FloatArray, seed: int) -> FloatArray:
    """Return the probability that each number was drawn from all labels, rather than around its prediction."""
    off = labels - found
    usual = float(np.median(np.abs(off)))
    edges = np.unique(np.quantile(labels, np.linspace(0, 1, _BINS + 1)))
    unexplained = float(np.median(np.abs(labels - np.median(labels))))
    if usual <= 0 or len(edges) < 3 or usual > (1.0 - _LEAST_TOLD) * unexplained:
        return np.zeros(len(labels))
    # Errors are larger for some rows than for others: their medians are predicted as well.
    sizes = np.log(np.maximum(np.abs(off), 1e-3 * usual))
    width = np.maximum(np.exp(_out_of_fold(matrix, sizes, 0, seed)[:, 0]), 0.1 * usual)
    off = off / width
    scale = 1.35
    place = np.clip(np.searchsorted(edges, labels, side="right") - 1, 0, len(edges) - 2)
    anywhere = (
        np.bincount(place, minlength=len(edges) - 1)[place]
        / len(labels)
        / np.diff(edges)[place]
        * np.maximum(width, 0.1 * usual)
    )
    share, wrong = 0.05, np.zeros(len(labels))
    for _ in range(_ROUNDS_OF_EM):
        around = stats.t.pdf(off / scale, _TAIL) / scale
        wrong = share * anywhere / (share * anywhere + (1.0 - share) * around)
        share = float(np.clip(wrong.mean(), 1e-4, 0.4))
        weights = (1.0 - wrong) * (_TAIL + 1.0) / (_TAIL + (off / scale) ** 2)
        scale = max(float(np.sqrt((weights * off**2).sum() / (1.0 - wrong).sum())), 1e-12)
    return wrong


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
    found = np.zeros((len(labels), max(1, classes)))
    for fit, rest in KFold(_FOLDS, shuffle=True, random_state=seed).split(matrix):
        found[rest] = _probabilities(matrix, labels, fit, rest, classes, seed, "regression_l1")
    return found


def _probabilities(
    matrix: FloatArray,
    labels: FloatArray,
    fit: NDArray[np.int64],
    rest: NDArray[np.int64],
    classes: int,
    seed: int,
    numbers: str = "regression",
) -> FloatArray:
    settings: dict[str, object] = {
        **_TREES,
        "verbosity": -1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
    }
    objective = {0: numbers, 2: "binary"}.get(classes, "multiclass")
    settings |= {"objective": objective} | ({"num_class": classes} if classes > 2 else {})
    model = lightgbm.train(settings, lightgbm.Dataset(matrix[fit], labels[fit]), _ROUNDS)
    found = np.asarray(model.predict(matrix[rest]))
    return np.column_stack([1 - found, found]) if classes == 2 else found.reshape(len(found), -1)


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
