"""Prove a gain: models learned with and without a change of the table are compared on rows of other folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from journeyman.entities.gain import Gain

__all__ = [
    "Change",
    "Changed",
    "Examples",
    "fold_losses",
    "paired_gain",
    "predict_out_of_fold",
    "prove_gain",
    "row_losses",
    "unchanged",
]

FloatArray = NDArray[np.float64]
_FOLDS = 5
_ROUNDS, _RATE = 120, 0.06
_LEAST_OF_CLASS = 2 * _FOLDS
_MOST_CATEGORIES = 500  # beyond that a category is told by its number of rows alone
_WIDENED = 1.25**0.5
_FLOOR = 1e-6  # of probabilities: one bold mistake shall not outweigh a table
_TREES = {"learning_rate": _RATE, "num_leaves": 15, "min_data_in_leaf": 10, "bagging_fraction": 0.8, "bagging_freq": 1}
_TREES |= {"feature_fraction": 0.8, "lambda_l2": 1.0, "max_cat_to_onehot": 8, "verbosity": -1}
# Of categories with few rows, too: else a column that loses one of nine categories would be learned in another way.
_TREES |= {"cat_smooth": 10.0, "min_data_per_group": 10}
_TREES |= {"num_threads": 1}  # models are small: a second thread mostly waits, and on a busy machine for long


@dataclass(frozen=True)
class Examples:
    """Rows with their labels.

    Attributes
    ----------
    rows : pandas.DataFrame of shape (n_samples, n_columns)
        Without the target; numbers, dates, booleans, categories or texts.
    labels : ndarray of shape (n_samples,)
        Class codes from 0, or values.
    weights : ndarray of shape (n_samples,), or None
        How much each row counts in learning; None where all count alike.
    directions : mapping of str to int
        Columns of numbers with which predictions may only rise (1) or only fall (-1).
    """

    rows: pd.DataFrame
    labels: FloatArray
    weights: FloatArray | None = None
    directions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """What a change made of the rows that it learned from, and how it changes new rows.

    Attributes
    ----------
    examples : Examples
        To learn from; rows may be fewer than before, and labels others.
    new_rows : callable
        Changes rows without their labels: as many come out, in the same order, with the columns of ``examples``.
    """

    examples: Examples
    new_rows: Callable[[pd.DataFrame], pd.DataFrame]


Change = Callable[[Examples], Changed]
"""Learns from the rows of the other folds what it does; rows that are predicted are shown to it without labels."""


def unchanged(examples: Examples) -> Changed:
    """Return the rows as they are."""
    return Changed(examples, lambda rows: rows)


def prove_gain(
    examples: Examples,
    changes: Mapping[str, Change],
    classes: int,
    *,
    base: Change = unchanged,
    groups: NDArray[np.generic] | None = None,
    repeats: int = 3,
    seed: int = 0,
) -> dict[str, Gain]:
    """Return what each change gains beyond a base, for boosted trees of fixed settings.

    Models are fitted on the same folds with the same seeds. The differences of the folds' mean losses are judged by the
    corrected resampled t-test, since models of one table share most of their rows. A caller that tries many changes
    divides the level at which it accepts one.

    Parameters
    ----------
    examples : Examples
        What is learned from and predicted by turns; labels of predicted rows are never changed.
    changes : mapping of str to callable
        By name. A change may also be of the labels that are learned from, or leave rows out.
    classes : int
        How many; 0 for numbers.
    base : callable
        What the changes are compared with.
    groups : ndarray of shape (n_samples,), optional
        Rows of one group stay in one fold: duplicates, and rows of one thing.
    repeats : int
        How often the rows are divided anew.
    seed : int
        Of folds and models.

    Returns
    -------
    dict of str to Gain
        In the order of the changes.

    Raises
    ------
    ValueError
        Where there are fewer than 20 rows, or fewer than two groups a fold.

    References
    ----------
    Nadeau & Bengio 2003, "Inference for the generalization error", Machine Learning 52.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, hidden = rng.normal(size=(2, 400))
    >>> table = Examples(pd.DataFrame({"x": x}), x + 2.0 * hidden)
    >>> def joined(examples):
    ...     return Changed(
    ...         Examples(with_column(examples.rows), examples.labels), with_column
    ...     )
    >>> def with_column(rows):
    ...     return rows.assign(hidden=hidden[rows.index])
    >>> found = prove_gain(table, {"joined": joined, "none": unchanged}, 0, repeats=1)
    >>> found["joined"].beyond_noise(0.01), found["joined"].share > 0.5, found["none"].share
    (True, True, 0.0)
    """
    before, *others = fold_losses(
        examples, [base, *changes.values()], classes, groups=groups, repeats=repeats, seed=seed
    )
    return {name: _gain(before, after, len(examples.labels)) for name, after in zip(changes, others, strict=True)}


def fold_losses(
    examples: Examples,
    changes: Sequence[Change],
    classes: int,
    *,
    groups: NDArray[np.generic] | None = None,
    repeats: int = 3,
    seed: int = 0,
) -> tuple[FloatArray, ...]:
    """Return the mean loss of each fold's rows after each change, shape (5 * repeats,) each.

    Calls with the same examples, groups, repeats and seed divide rows alike, so that their losses may be compared.
    Parameters and errors are those of :func:`prove_gain`.
    """
    labels = examples.labels
    if len(labels) < 4 * _FOLDS:
        raise ValueError(f"{len(labels)} rows are too few to compare models on")
    losses: list[list[float]] = [[] for _ in changes]
    for repeat in range(repeats):
        for fit, rest in _divided(labels, classes, groups, seed + repeat):
            learned = Examples(examples.rows.iloc[fit], labels[fit], _weights_of(examples.weights, fit))
            rows = examples.rows.iloc[rest]
            for found, change in zip(losses, changes, strict=True):
                found.append(_loss(change(learned), rows, labels[rest], classes, seed + repeat))
    return tuple(np.array(found) for found in losses)


def predict_out_of_fold(
    examples: Examples,
    changes: Sequence[Change],
    classes: int,
    *,
    groups: NDArray[np.generic] | None = None,
    repeats: int = 2,
    seed: int = 0,
) -> tuple[tuple[FloatArray, ...], NDArray[np.int64]]:
    """Return what models predict of rows of other folds after each change, shape (repeats, n_samples, n_outputs) each.

    Outputs are probabilities of all classes, or one number. Beside them stands by which model each row was predicted,
    shape (repeats, n_samples). Parameters and errors are those of :func:`prove_gain`.
    """
    labels = examples.labels
    if len(labels) < 4 * _FOLDS:
        raise ValueError(f"{len(labels)} rows are too few to compare models on")
    found = tuple(np.zeros((repeats, len(labels), max(1, classes))) for _ in changes)
    models = np.zeros((repeats, len(labels)), np.int64)
    for repeat in range(repeats):
        for fold, (fit, rest) in enumerate(_divided(labels, classes, groups, seed + repeat)):
            models[repeat, rest] = repeat * _FOLDS + fold
            learned = Examples(examples.rows.iloc[fit], labels[fit], _weights_of(examples.weights, fit))
            for predicted, change in zip(found, changes, strict=True):
                predicted[repeat, rest] = _predict(change(learned), examples.rows.iloc[rest], classes, seed + repeat)
    return found, models


def row_losses(predicted: FloatArray, labels: FloatArray, classes: int) -> FloatArray:
    """Return the loss of each row, shape (repeats, n_samples): log loss of its class, or the squared error.

    Parameters
    ----------
    predicted : ndarray of shape (repeats, n_samples, n_outputs)
    labels : ndarray of shape (n_samples,)
    classes : int
        0 for numbers.

    Examples
    --------
    >>> row_losses(np.array([[[1.0], [3.0]]]), np.array([1.0, 2.0]), 0).tolist()
    [[0.0, 1.0]]
    """
    if not classes:
        return np.asarray((predicted[:, :, 0] - labels) ** 2, dtype=np.float64)
    chance = predicted[:, np.arange(len(labels)), labels.astype(np.int64)]
    return np.asarray(-np.log(np.clip(chance, _FLOOR, 1.0)), dtype=np.float64)


def paired_gain(
    before: FloatArray, after: FloatArray, models: NDArray[np.int64], groups: NDArray[np.generic] | None = None
) -> Gain:
    """Return what a change of what is learned from gains, judged row by row and model by model.

    Rows say whether these models, which learned from four fifths of the rows, are better on others; models say whether
    they differ by chance alone, since trees part rows a little differently. The larger p-value counts. Each asks less
    than the test of :func:`prove_gain`, which allows for rows that all models share; for those the standard error over
    rows is widened by a quarter of the variance.

    Parameters
    ----------
    before, after : ndarrays of shape (repeats, n_samples)
        Losses.
    models : ndarray of shape (repeats, n_samples)
        By which model each row was predicted.
    groups : ndarray of shape (n_samples,), optional
        Rows of one group count as one.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> loss, noise = rng.exponential(size=500), rng.normal(size=500)
    >>> models = np.arange(500)[None] % 5
    >>> paired_gain(loss[None], loss[None] - 0.1 + 0.3 * noise, models).beyond_noise(0.001)
    True
    """
    off = before - after
    each, rows = off.mean(axis=0), off.shape[1]
    codes = np.arange(rows) if groups is None else pd.factorize(pd.Series(groups), use_na_sentinel=False)[0]
    sums = np.bincount(codes, each - each.mean())
    error = float(np.sqrt((sums**2).sum() * len(sums) / max(len(sums) - 1, 1))) / rows * _WIDENED
    mean, whole = float(off.mean()), float(before.mean())
    by_model = np.bincount(models.ravel(), off.ravel()) / np.maximum(np.bincount(models.ravel()), 1)
    by_model = by_model[np.bincount(models.ravel()) > 0]
    among = float(by_model.std(ddof=1) / len(by_model) ** 0.5) if len(by_model) > 1 else 0.0
    p_value = max(
        float(stats.t.sf(mean / one, count - 1)) if one > 0 else float(mean <= 0)
        for one, count in ((error, len(sums)), (among, len(by_model)))
    )
    half, scale = float(stats.t.ppf(0.975, max(len(sums) - 1, 1))) * error, whole if whole > 0 else 1.0
    low, high = (mean - half) / scale, (mean + half) / scale
    return Gain(whole, float(after.mean()), low, high, p_value, len(by_model), rows)


def _weights_of(values: FloatArray | None, rows: NDArray[np.int64]) -> FloatArray | None:
    return None if values is None else values[rows]


def _divided(
    labels: FloatArray, classes: int, groups: NDArray[np.generic] | None, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    empty = np.zeros((len(labels), 1))
    if groups is not None:
        codes = pd.factorize(pd.Series(groups), use_na_sentinel=False)[0]
        if codes.max() + 1 < 2 * _FOLDS:
            raise ValueError(f"{codes.max() + 1} groups are too few to divide rows by")
        return list(GroupKFold(_FOLDS, shuffle=True, random_state=seed).split(empty, groups=codes))
    rarest = np.bincount(labels.astype(np.int64)).min() if classes else 0
    scheme = StratifiedKFold if rarest >= _LEAST_OF_CLASS else KFold
    return list(scheme(_FOLDS, shuffle=True, random_state=seed).split(empty, labels if classes else None))


def _loss(changed: Changed, rows: pd.DataFrame, labels: FloatArray, classes: int, seed: int) -> float:
    """Return the mean loss on other rows of a model that learned from changed ones."""
    return float(row_losses(_predict(changed, rows, classes, seed)[None], labels, classes).mean())


def _predict(changed: Changed, rows: pd.DataFrame, classes: int, seed: int) -> FloatArray:
    """Return what a model that learned from changed rows predicts of others, shape (n_samples, n_outputs)."""
    learned = changed.examples
    encoders = [_encoder(learned.rows[name]) for name in learned.rows]
    names = list(learned.rows.columns)
    x, new = _matrix(learned.rows, names, encoders), _matrix(changed.new_rows(rows), names, encoders)
    if not names:
        x, new = np.zeros((len(x), 1)), np.zeros((len(new), 1))
    categorical = [k for k, (_, many) in enumerate(encoders) if many]
    objective = {0: "regression", 2: "binary"}.get(classes, "multiclass")
    settings = {**_TREES, "objective": objective, "seed": seed, "deterministic": True, "force_row_wise": True}
    if learned.directions and classes <= 2:
        settings["monotone_constraints"] = [learned.directions.get(str(name), 0) for name in names]
    if classes > 2:
        settings |= {"num_class": classes, "learning_rate": 2 * _RATE}
    data = lightgbm.Dataset(x, learned.labels, weight=learned.weights, categorical_feature=categorical)
    rounds = _ROUNDS if classes <= 2 else _ROUNDS // 2
    found = np.asarray(lightgbm.train(settings, data, rounds).predict(new))
    return np.column_stack([1.0 - found, found]) if classes == 2 else found.reshape(len(rows), -1)


def _encoder(values: pd.Series) -> tuple[Callable[[pd.Series], FloatArray], bool]:
    """Return how a column becomes numbers, learned from some rows, and whether these are codes of categories."""
    kind = values.dtype.kind
    if kind == "M":
        return lambda new: new.astype("datetime64[us]").astype(np.int64).where(new.notna()).to_numpy(np.float64), False
    if pd.api.types.is_numeric_dtype(values.dtype):
        return lambda new: pd.to_numeric(new, errors="coerce").to_numpy(np.float64, na_value=np.nan), False
    codes, texts = _coded_texts(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    rows: dict[str, int] = {}
    for text, count in zip(texts, counts.tolist(), strict=True):
        if count:
            rows[text] = rows.get(text, 0) + count
    many = len(rows) > _MOST_CATEGORIES
    numbers = rows if many else {text: code for code, text in enumerate(sorted(rows))}

    def encode(new: pd.Series) -> FloatArray:
        codes, texts = _coded_texts(new)
        return np.array([*(numbers.get(text, np.nan) for text in texts), np.nan])[codes]

    return encode, not many


def _coded_texts(values: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    """Return each row's place in a list of texts, -1 where it is missing: a text is written once, not once a row."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return np.array(values.cat.codes, dtype=np.int64), [str(v) for v in values.cat.categories.tolist()]
    codes, distinct = pd.factorize(values.astype(object))
    return np.asarray(codes, dtype=np.int64), [str(v) for v in distinct]


def _matrix(
    rows: pd.DataFrame, names: Sequence[object], encoders: Sequence[tuple[Callable[[pd.Series], FloatArray], bool]]
) -> FloatArray:
    columns = [encode(rows[name]) for name, (encode, _) in zip(names, encoders, strict=True)]
    return np.column_stack(columns) if columns else np.zeros((len(rows), 0))


def _gain(before: FloatArray, after: FloatArray, rows: int) -> Gain:
    off = before - after
    mean, pairs = float(off.mean()), len(off)
    error = float(np.sqrt((1.0 / pairs + 1.0 / (_FOLDS - 1)) * off.var(ddof=1)))
    whole = float(before.mean())
    if error == 0.0:
        low = high = mean
        p_value = 0.0 if mean > 0 else 1.0
    else:
        half = float(stats.t.ppf(0.975, pairs - 1)) * error
        low, high = mean - half, mean + half
        p_value = float(stats.t.sf(mean / error, pairs - 1))
    scale = whole if whole > 0 else 1.0
    return Gain(whole, float(after.mean()), low / scale, high / scale, p_value, pairs, rows)
