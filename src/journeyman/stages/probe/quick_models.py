"""Quick models: trees and linear models on plain arrays, fitted in a tenth of a second, never stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block

__all__ = [
    "BLEND",
    "MIDDLE",
    "MOST_COLUMNS",
    "Predict",
    "Rows",
    "constant_prediction",
    "learn_quick_models",
    "row_losses",
    "tree_matrix",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
SparseMatrix = Any  # what scipy and scikit-learn call a sparse matrix differs by version

_ROUNDS = (12, 40, 100)
MIDDLE, BLEND = "trees 40", "linear and trees"
_MANY_CLASSES = 8
_FLOOR = 1e-4  # of probabilities: a bold mistake shall not outweigh a table
_TREES = {"learning_rate": 0.08, "num_leaves": 15, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 1.0}
_TREES |= {"feature_fraction": 0.8, "max_cat_to_onehot": 8, "cat_smooth": 20.0, "verbosity": -1, "num_threads": 1}
_MOST_LEVELS = 40
_MOST_WORDS = 2_000
_LARGE = 1e150
MOST_COLUMNS = 300


@dataclass(frozen=True)
class Rows:
    """Rows as plain arrays: columns, labels, number of classes, and which rows stand together."""

    block: Block
    columns: tuple[Column, ...]
    y: FloatArray
    classes: int
    clusters: IntArray

    def take(self, rows: IntArray) -> Rows:
        """Return some of the rows."""
        block = {name: values[rows] for name, values in self.block.items()}
        return replace(self, block=block, y=self.y[rows], clusters=self.clusters[rows])


Predict = Callable[["Rows"], FloatArray]
Result = TypeVar("Result")


def learn_quick_models(fit: Rows, seed: int) -> dict[str, Predict]:
    """Return what predicts other rows, by the name of the model: probabilities of classes, or values."""
    models = {name: _remembered(model) for name, model in {**_fit_linear(fit), **_fit_trees(fit, seed)}.items()}
    linear, trees = models["linear"], models[MIDDLE]
    return {**models, BLEND: lambda rows: (linear(rows) + trees(rows)) / 2.0}


def _remembered(function: Callable[[Rows], Result]) -> Callable[[Rows], Result]:
    """Return the function with the result for the last rows kept: several models ask for the same one."""
    last: list[tuple[Rows, Result]] = []

    def remembered(rows: Rows) -> Result:
        if not last or last[0][0] is not rows:
            last[:] = [(rows, function(rows))]
        return last[0][1]

    return remembered


def constant_prediction(fit: Rows) -> FloatArray:
    """Return the baseline: the shares of classes, or the mean, shape (n_outputs,)."""
    if not fit.classes:
        return np.array([fit.y.mean()])
    counts = np.bincount(fit.y.astype(np.int64), minlength=fit.classes) + 0.5
    return np.asarray(counts / counts.sum(), np.float64)


def row_losses(rows: Rows, found: FloatArray) -> FloatArray:
    """Return squared errors, or log losses, shape (n_samples,)."""
    if not rows.classes:
        return np.asarray((rows.y - found[:, 0]) ** 2)
    chance = found[np.arange(len(rows.y)), rows.y.astype(np.int64)]
    return np.asarray(-np.log(np.clip(chance, _FLOOR, 1.0)))


def _fit_trees(fit: Rows, seed: int) -> Mapping[str, Predict]:
    encode, categorical = tree_matrix(fit)
    objective = {0: "regression", 2: "binary"}.get(fit.classes, "multiclass")
    settings = {**_TREES, "objective": objective, "seed": seed, "deterministic": True, "force_row_wise": True}
    settings["min_data_in_leaf"] = int(np.clip(len(fit.y) // 25, 3, 15))
    rounds: tuple[int, ...] = _ROUNDS
    if fit.classes > 2:
        settings |= {"num_class": fit.classes, "learning_rate": 0.16}
        rounds = tuple(max(4, r // (2 if fit.classes <= _MANY_CLASSES else 4)) for r in _ROUNDS)
    encode = _remembered(encode)
    data = lightgbm.Dataset(encode(fit), fit.y, categorical_feature=categorical)
    model = lightgbm.train(settings, data, rounds[-1], keep_training_booster=True)  # else it is written and read again

    def predicting(used: int) -> Predict:
        def predict(rows: Rows) -> FloatArray:
            found = np.asarray(model.predict(encode(rows), num_iteration=used), np.float64)
            if fit.classes == 2:
                return np.column_stack([1.0 - found, found])
            return found.reshape(len(found), -1)

        return predict

    return {f"trees {name}": predicting(used) for name, used in zip(_ROUNDS, rounds, strict=True)}


def tree_matrix(fit: Rows) -> tuple[Callable[[Rows], FloatArray], list[int]]:
    """Return how rows become a matrix for trees, and which of its columns are codes."""
    kept = fit.columns[:MOST_COLUMNS]
    categorical = [k for k, c in enumerate(kept) if c.kind.categorical]

    def encode(rows: Rows) -> FloatArray:
        if not kept:
            return np.zeros((len(rows.y), 1))
        return np.column_stack([_as_numbers(rows.block[c.name], c) for c in kept])

    return encode, categorical


def _as_numbers(values: NDArray[np.generic], column: Column) -> FloatArray:
    if column.kind.categorical:
        codes = values.astype(np.float64)
        return np.where(codes < 0, np.nan, codes)
    if column.kind.numeric or column.kind is Kind.DATETIME:
        return values.astype(np.float64)
    return np.array([np.nan if v is None else float(len(str(v))) for v in values.tolist()])


def _fit_linear(fit: Rows) -> Mapping[str, Predict]:
    encode = _remembered(_linear_matrix(fit))
    x = encode(fit)
    if not fit.classes:
        spread = float(fit.y.std()) or 1.0
        centre = float(fit.y.mean())
        ridges = {
            name: Ridge(alpha=alpha).fit(x, (fit.y - centre) / spread)
            for name, alpha in (("linear", 3.0), ("linear, cautious", 0.1 * len(fit.y)))
        }
        low, high = float(fit.y.min()), float(fit.y.max())
        low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)

        def numbers(model: Ridge) -> Predict:
            def predict(rows: Rows) -> FloatArray:
                found = np.asarray(model.predict(encode(rows)), np.float64) * spread + centre
                return np.clip(found, low, high).reshape(-1, 1)

            return predict

        return {name: numbers(model) for name, model in ridges.items()}
    known = np.unique(fit.y.astype(np.int64))
    if len(known) < 2:
        constant = constant_prediction(fit)
        return {name: lambda rows: np.tile(constant, (len(rows.y), 1)) for name in ("linear", "linear, cautious")}
    tried = (("linear", 0.5), ("linear, cautious", 10.0 / max(len(fit.y), 1)))
    models = {name: LogisticRegression(C=c, max_iter=60, tol=1e-3).fit(x, fit.y.astype(np.int64)) for name, c in tried}

    def classes(model: LogisticRegression) -> Predict:
        def predict(rows: Rows) -> FloatArray:
            found = np.full((len(rows.y), fit.classes), _FLOOR)
            found[:, known] = model.predict_proba(encode(rows))
            return np.asarray(found / found.sum(axis=1, keepdims=True))

        return predict

    return {name: classes(model) for name, model in models.items()}


def _linear_matrix(fit: Rows) -> Callable[[Rows], SparseMatrix]:
    """Return how rows become a matrix for linear models: standardised numbers, one column a category, words."""
    kept = fit.columns[:MOST_COLUMNS]
    numbers = [c for c in kept if not c.kind.categorical and c.kind is not Kind.TEXT]
    encoders = [_standardised(numbers, fit.block)] if numbers else []
    for column in [c for c in kept if c not in numbers]:
        values = fit.block[column.name]
        if column.kind.categorical:
            encoders.append(_levels(column, values))
        elif column.kind is Kind.TEXT:
            words = _words(column, values)
            if words is not None:
                encoders.append(words)

    def encode(rows: Rows) -> SparseMatrix:
        ones = sparse.csr_matrix(np.zeros((len(rows.y), 1)))
        return sparse.hstack([ones, *(one(rows.block) for one in encoders)], format="csr")

    return encode


def _standardised(columns: Sequence[Column], fit: Block) -> Callable[[Block], SparseMatrix]:
    values = np.column_stack([_as_numbers(fit[c.name], c) for c in columns])
    finite = np.where(np.isfinite(values), values, np.nan)
    known = np.isfinite(finite).any(axis=0)
    gaps = np.isnan(finite).any(axis=0)
    finite[:, ~known] = 0.0
    largest = np.nanmax(np.abs(finite), axis=0, initial=0.0)
    unit = np.where(largest > _LARGE, largest, 1.0)  # squares of larger numbers are none
    centre = np.nanmedian(finite / unit, axis=0)
    spread = np.nanstd(finite / unit, axis=0)
    spread[spread == 0.0] = 1.0

    def encode(block: Block) -> SparseMatrix:
        found = np.column_stack([_as_numbers(block[c.name], c) for c in columns])
        missing = ~np.isfinite(found)
        with np.errstate(over="ignore"):  # however far off, it is clipped
            scaled = np.clip((np.where(missing, centre, found / unit) - centre) / spread, -5.0, 5.0)
        return sparse.csr_matrix(np.column_stack([scaled, missing[:, gaps]]))

    return encode


def _levels(column: Column, values: NDArray[np.generic]) -> Callable[[Block], SparseMatrix]:
    codes, counts = np.unique(values.astype(np.int64), return_counts=True)
    kept = codes[np.argsort(-counts, kind="stable")][:_MOST_LEVELS]
    kept = kept[kept >= 0]

    def encode(block: Block) -> SparseMatrix:
        return sparse.csr_matrix((block[column.name].astype(np.int64)[:, None] == kept[None, :]).astype(np.float64))

    return encode


def _words(column: Column, values: NDArray[np.generic]) -> Callable[[Block], SparseMatrix] | None:
    vectorizer = TfidfVectorizer(max_features=_MOST_WORDS, min_df=2, sublinear_tf=True)
    try:
        vectorizer.fit(["" if v is None else str(v) for v in values.tolist()])
    except ValueError:  # no word is there twice
        return None

    def encode(block: Block) -> SparseMatrix:
        return vectorizer.transform(["" if v is None else str(v) for v in block[column.name].tolist()])

    return encode
