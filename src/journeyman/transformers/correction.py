"""A linear correction of a model's answers in a slice, learned from what other models missed there."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.interfaces import Matrix

__all__ = ["Correction", "learn_correction"]

FloatArray = NDArray[np.float64]
_MOST_FEATURES, _MOST_CODES = 40, 8
_LEAST_PROBABILITY = 0.005


class Correction(msgspec.Struct, frozen=True):
    """A ridge regression of residuals on features and answers.

    Attributes
    ----------
    columns : ndarray of int64, shape (n_numbers,)
        Features taken as numbers, held within ``low`` and ``high``; ``center`` where missing.
    coded, codes : ndarray of int64, shape (n_codes,)
        Features, and the code of each that is told apart.
    center, spread : ndarray of shape (n_inputs,)
        Of numbers, codes and answers, in this order.
    weights, offset : ndarray of shape (n_inputs, n_outputs) and (n_outputs,)
        What is added to the answers.
    """

    columns: np.ndarray
    low: np.ndarray
    high: np.ndarray
    coded: np.ndarray
    codes: np.ndarray
    center: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    offset: np.ndarray

    def inputs(self, x: Matrix, answers: FloatArray) -> FloatArray:
        """Return what the regression sees, shape (n_samples, n_inputs), NaN where missing."""
        numbers = np.clip(x.values[:, self.columns], self.low, self.high)
        return np.column_stack([numbers, x.values[:, self.coded] == self.codes, answers])

    def apply(self, x: Matrix, answers: FloatArray, classifier: bool) -> FloatArray:
        """Return corrected answers, shape (n_samples, n_outputs); probabilities stay so."""
        z = np.nan_to_num((self.inputs(x, answers) - self.center) / self.spread)
        corrected = answers + self.offset + z @ self.weights
        if not classifier:
            return np.asarray(corrected)
        held = np.clip(corrected, _LEAST_PROBABILITY, 1.0)
        return np.asarray(held / held.sum(axis=1, keepdims=True))


def learn_correction(x: Matrix, answers: FloatArray, missed: FloatArray) -> Correction:
    """Learn what answers missed, shape (n_samples, n_outputs), from them and the features."""
    numeric = [i for i in range(x.values.shape[1]) if i not in set(x.categorical)]
    known = [i for i in numeric if np.isfinite(x.values[:, i]).sum() >= 2][:_MOST_FEATURES]
    low, high = np.nanquantile(x.values[:, known], [0.01, 0.99], axis=0) if known else np.empty((2, 0))
    pairs: list[tuple[int, int]] = []
    for i in list(x.categorical)[:_MOST_FEATURES]:
        found, counts = np.unique(x.values[:, i][~np.isnan(x.values[:, i])], return_counts=True)
        pairs += [(i, int(code)) for code in found[np.argsort(-counts, kind="stable")[:_MOST_CODES]]]
    coded, codes = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    blank = Correction(np.array(known, dtype=np.int64), low, high, coded, codes, *(np.empty(0) for _ in range(4)))
    inputs = blank.inputs(x, answers)
    center, spread = np.nan_to_num(np.nanmean(inputs, axis=0)), np.nan_to_num(np.nanstd(inputs, axis=0))
    spread = np.where(spread > 1e-12, spread, 1.0)
    z, offset = np.nan_to_num((inputs - center) / spread), missed.mean(axis=0)
    penalty = 5.0 + 0.5 * z.shape[1]
    weights = np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T @ (missed - offset))
    return msgspec.structs.replace(blank, center=center, spread=spread, weights=weights, offset=offset)
