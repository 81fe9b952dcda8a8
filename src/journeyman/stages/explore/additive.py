"""What columns say of a target one by one: a sum of functions of each, fitted by boosted stumps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows

__all__ = ["additive_residual"]

FloatArray = NDArray[np.float64]
_ROUNDS = 150
_LEAST_ROWS = 60


def additive_residual(rows: AnalysedRows, y: FloatArray) -> FloatArray:
    """Return what a sum of functions of each column leaves of a target, shape (n_samples,).

    Trees of two leaves see one column each, so that what is left holds the interactions (Friedman 2001). Each half of
    the rows is predicted by a model of the other half.
    """
    # Late: reading what an analysis has found must not wait for what only fitting needs.
    import lightgbm  # noqa: PLC0415 - see above

    if len(y) < _LEAST_ROWS or not rows.columns:
        return np.asarray(y - y.mean(), dtype=np.float64)
    x = np.column_stack([rows.values[column.name] for column in rows.columns]).astype(np.float32)
    categorical = [place for place, column in enumerate(rows.columns) if column.kind.categorical]
    halves = np.unique(rows.clusters, return_inverse=True)[1] % 2
    settings = {
        "objective": "regression",
        "num_leaves": 2,
        "learning_rate": 0.1,
        "min_data_in_leaf": max(5, len(y) // 200),
        "max_bin": 31,
        "feature_fraction": 1.0 if x.shape[1] <= 50 else 0.3,
        "num_threads": 1,
        "seed": 0,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    rest = y - y.mean()
    for half in (0, 1):
        fit, rest_of = halves != half, halves == half
        if fit.sum() < _LEAST_ROWS // 2 or not rest_of.any():
            continue
        data = lightgbm.Dataset(
            x[fit], y[fit], categorical_feature=categorical, params={"verbosity": -1, "max_bin": 31}
        )
        booster = lightgbm.train(settings, data, num_boost_round=_ROUNDS)
        predicted = np.asarray(booster.predict(x[rest_of], num_threads=1))
        centred = predicted - predicted.mean()
        wanted = y[rest_of] - y[rest_of].mean()
        slope = float(wanted @ centred) / max(float(centred @ centred), 1e-300)
        rest[rest_of] = wanted - np.clip(slope, 0.0, 1.0) * centred
    return np.asarray(rest, dtype=np.float64)
