"""The rows that judge a build: which they are, and what the new model predicts for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.comparison import JudgedRows
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, to_block
from journeyman.entities.trial import Ensemble

__all__ = ["judging_rows", "predict_judged_rows"]

FloatArray = NDArray[np.float64]

_MOST_ROWS = 20_000  # a release keeps its predictions for them
_MOST_VALUES = 2_000_000


def predict_judged_rows(
    predict: Callable[[Block], FloatArray], ensemble: Ensemble, table: Table, split: Split, seed: int
) -> JudgedRows:
    """Return the rows that judge the model, at most 20,000, with its predictions.

    Parameters
    ----------
    predict : callable
        The rehearsal: fitted on ``split.train`` alone.
    ensemble : Ensemble
        Its out-of-fold predictions stand in where there is no holdout.
    """
    rng = np.random.default_rng(seed)
    outputs = max(1, ensemble.predictions.shape[1])
    most = min(_MOST_ROWS, _MOST_VALUES // outputs)
    if len(split.holdout):
        rows = split.holdout
        if len(rows) > most:
            rows = np.sort(rng.choice(rows, most, replace=False))
        predictions = np.asarray(predict(to_block(table.frame.iloc[rows], table.features)), dtype=np.float64)
        return JudgedRows(rows, predictions, ensemble.threshold)
    rows = np.concatenate([fold.validate for fold in split.folds])
    order = np.argsort(rows, kind="stable")
    return JudgedRows(rows[order], ensemble.predictions[order], ensemble.threshold)


def judging_rows(data_digest: str, split: Split) -> str:
    """Return what tells the judging rows of a table from any others: how many they are, and a digest.

    Where there is no holdout, those are the validated rows of the folds.
    """
    rows = [split.holdout] if len(split.holdout) else [fold.validate for fold in split.folds]
    digest = hashlib.sha256(data_digest.encode())
    for part in rows:
        digest.update(part.tobytes())
    return f"{sum(len(part) for part in rows)} rows {digest.hexdigest()[:16]}"
