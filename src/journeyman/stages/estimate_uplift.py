"""Estimate uplift: what acting changes a case, from a randomised trial; each row's by models of other rows."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from journeyman.entities.case_rows import RowSampling
from journeyman.entities.decided_case import Uplift, ValueEstimate
from journeyman.metrics.mean_distribution import estimate_mean

__all__ = ["UpliftRows", "describe_uplift", "estimate_uplift"]

FloatArray = NDArray[np.float64]
_FOLDS = 3
_ROUNDS = 60
_PARTS = 5


@dataclass(frozen=True)
class UpliftRows:
    """What a trial says of each row.

    Attributes
    ----------
    estimated : ndarray of shape (n_samples,)
        What acting changes, by models that have not seen the row or its outcome.
    scored : ndarray of shape (n_samples,)
        A noisy number of the row's own outcome whose mean, over any rows that other rows have chosen, is what acting
        changes them.
    """

    estimated: FloatArray
    scored: FloatArray


def estimate_uplift(
    matrix: FloatArray, categories: tuple[bool, ...], worth: FloatArray, treated: NDArray[np.bool_], seed: int = 0
) -> UpliftRows:
    """Return estimated uplifts and scores.

    Scores are doubly robust (Robins, Rotnitzky and Zhao 1994); the estimate regresses scores on columns (the
    DR-learner), as the mean of boosted trees and a ridge regression. All that values a third of the rows is learned
    from the others.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_columns)
        What was known before; NaN where missing.
    categories : tuple of bool
        Which columns are codes of categories.
    worth : ndarray of shape (n_samples,)
        What each case was worth, as it was treated.
    treated : ndarray of shape (n_samples,)
        Who was treated, at random.
    seed : int
        Of folds and models.

    References
    ----------
    Kennedy 2023, "Towards optimal doubly robust estimation of heterogeneous causal effects", Electronic Journal of
    Statistics 17.
    """
    estimated, scored = np.zeros(len(worth)), np.zeros(len(worth))
    for others, inside in KFold(_FOLDS, shuffle=True, random_state=seed).split(matrix):
        arms = [_Regression(matrix[rows], worth[rows], categories, seed) for rows in _arms(others, treated)]
        share = float(treated[others].mean())
        scored[inside] = _scores(worth[inside], treated[inside], [arm(matrix[inside]) for arm in arms], share)
        inner = np.zeros(len(others))
        for teach, told in KFold(_FOLDS, shuffle=True, random_state=seed + 1).split(others):
            rows, aimed = others[teach], others[told]
            models = [_Regression(matrix[r], worth[r], categories, seed) for r in _arms(rows, treated)]
            inner[told] = _scores(worth[aimed], treated[aimed], [m(matrix[aimed]) for m in models], share)
        estimated[inside] = _Regression(matrix[others], inner, categories, seed)(matrix[inside])
    return UpliftRows(estimated, scored)


def describe_uplift(
    rows: UpliftRows, treated: NDArray[np.bool_], column: str, balance: float, sampling: RowSampling
) -> Uplift:
    """Return what a trial has shown.

    Parameters
    ----------
    column : str
        Of the treatment.
    balance : float
        p-value of the test that it was randomised.
    """
    order = np.argsort(rows.estimated, kind="stable")
    place = np.empty(len(order))
    place[order] = (np.arange(len(order)) + 0.5) / len(order)
    signs = np.where(place > 0.5, 2.0, -2.0)
    apart = rows.scored * signs
    fifths = [rows.scored[(place > k / _PARTS) & (place <= (k + 1) / _PARTS)] for k in range(_PARTS)]
    return Uplift(
        column=column,
        treated=int(treated.sum()),
        others=int((~treated).sum()),
        balance=balance,
        average=_estimate(rows.scored, sampling),
        ranked=_estimate(apart, sampling),
        fifths=tuple(estimate_mean(part, _ends(part), RowSampling(seed=sampling.seed)) for part in fifths if len(part)),
    )


def _estimate(values: FloatArray, sampling: RowSampling) -> ValueEstimate:
    return estimate_mean(values, _ends(values), sampling)


def _ends(values: FloatArray) -> tuple[tuple[float, float]]:
    return ((float(values.min()), float(values.max())),)


def _arms(rows: NDArray[np.int64], treated: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return untreated and treated rows."""
    return rows[~treated[rows]], rows[treated[rows]]


def _scores(worth: FloatArray, treated: NDArray[np.bool_], told: list[FloatArray], share: float) -> FloatArray:
    left, acted = told
    apart = np.where(treated, (worth - acted) / share, -(worth - left) / (1.0 - share))
    return np.asarray(acted - left + apart)


class _Regression:
    """The mean of boosted trees and a ridge regression, of rows that it was made with."""

    def __init__(self, matrix: FloatArray, values: FloatArray, categories: tuple[bool, ...], seed: int) -> None:
        self._trees: lightgbm.Booster | None = None
        self._categories = categories
        self._mean = float(values.mean()) if len(values) else 0.0
        if len(values) < 60 or not matrix.shape[1] or float(np.ptp(values)) == 0.0:
            return
        settings = {"num_leaves": 6, "learning_rate": 0.06, "min_data_in_leaf": max(20, len(values) // 40)}
        settings |= {"lambda_l2": 5.0, "verbosity": -1, "seed": seed, "num_threads": 1, "feature_fraction": 0.8}
        names = [k for k, kind in enumerate(categories) if kind]
        data = lightgbm.Dataset(matrix, values, categorical_feature=names or "auto", free_raw_data=False)
        self._trees = lightgbm.train(settings, data, _ROUNDS)
        self._middle = np.array([_median(matrix[:, k]) for k in range(matrix.shape[1])])
        self._known = [np.unique(matrix[:, k])[:12] if kind else None for k, kind in enumerate(categories)]
        wide = self._wide(matrix)
        self._scaler = StandardScaler().fit(wide)
        self._line = RidgeCV(alphas=np.logspace(-1, 4, 8)).fit(self._scaler.transform(wide), values)

    def __call__(self, matrix: FloatArray) -> FloatArray:
        """Return predictions, shape (n_samples,)."""
        if self._trees is None:
            return np.full(len(matrix), self._mean)
        line = self._line.predict(self._scaler.transform(self._wide(matrix)))
        return np.asarray((self._trees.predict(matrix) + line) / 2.0)

    def _wide(self, matrix: FloatArray) -> FloatArray:
        columns = []
        for k, known in enumerate(self._known):
            values = matrix[:, k]
            if known is None:
                columns.append(np.where(np.isfinite(values), values, self._middle[k]))
            else:
                columns += [(values == name).astype(np.float64) for name in known]
        return np.column_stack(columns)


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0
