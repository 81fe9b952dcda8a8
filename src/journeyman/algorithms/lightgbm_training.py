"""Training with LightGBM: bins made once for all candidates, boosting with an eye on validation rows and the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import Loss
from journeyman.entities.task import Link
from journeyman.interfaces import FitRequest, Matrix

__all__ = ["TrainedTrees", "boosted"]

FloatArray = NDArray[np.float64]
_MOST_ROUNDS = 1500
_FEW_CELLS = 5_000_000
"""Below so many, a second thread waits longer than it works (docs/decisions/0019)."""

_WORD = 32  # categories that one word of a split's bits holds
_LEAST_PROGRESS = 5e-4  # of the loss, within the rounds of patience: less is not worth its time


class TrainedTrees:
    """A booster as LightGBM's package has trained it."""

    def __init__(self, booster: Any, x: Matrix) -> None:
        self._booster = booster
        self.leaves = int(booster.params.get("num_leaves", 31))
        splits = np.asarray(booster.feature_importance("split"), dtype=np.float64)
        many = [i for i in x.categorical if np.nanmax(x.values[:, i], initial=0.0) >= _WORD]
        self.looked_up = float(splits[many].sum() / max(1.0, splits.sum()))

    @property
    def iterations(self) -> int:
        """Number of boosting rounds, at least 1."""
        return int(self._booster.current_iteration())

    @property
    def outputs(self) -> int:
        """Trees of a round."""
        return int(self._booster.num_model_per_iteration())

    def predict(self, values: FloatArray, start: int = 0, rounds: int = -1, threads: int = 1) -> FloatArray:
        """Return answers, shape (n_samples,) or (n_samples, n_outputs)."""
        booster = self._booster
        return np.asarray(
            booster.predict(values, start_iteration=start, num_iteration=rounds, num_threads=threads), dtype=np.float64
        )

    def text(self, rounds: int) -> bytes:
        """Return the first so many rounds in LightGBM's text format; 0 means all."""
        text: str = self._booster.model_to_string(num_iteration=rounds or -1)
        return text.encode()


def boosted(request: FitRequest) -> tuple[TrainedTrees, int]:
    """Boost until the validation rows stop profiting, or for as long as an earlier fit; return trees and rounds."""
    data, valid = _datasets(request)
    settings = _settings(request)
    if valid is None:
        rounds = request.rounds or 100
        clock = _Clock(request.out_of_time, request.least_rounds)
        booster = lightgbm.train(settings, data, num_boost_round=rounds, callbacks=[clock])
        return TrainedTrees(booster, request.x), min(rounds, booster.current_iteration())
    patience = int(20 + 2.0 / float(settings.get("learning_rate", 0.1)))
    watch = _Watch(patience, request.out_of_time)
    booster = lightgbm.train(settings, data, num_boost_round=_MOST_ROUNDS, valid_sets=[valid], callbacks=[watch])
    return TrainedTrees(booster, request.x), watch.best_round


class _Clock:
    """A LightGBM callback: stops without time, though not before the least rounds."""

    def __init__(self, out_of_time: Callable[[], bool], least: int) -> None:
        self.out_of_time = out_of_time
        self.least = least

    def __call__(self, state: Any) -> None:
        if state.iteration + 1 >= self.least and self.out_of_time():
            raise lightgbm.callback.EarlyStopException(state.iteration, state.evaluation_result_list)


class _Watch:
    """A LightGBM callback: keeps the best round, stops without progress or time."""

    def __init__(self, patience: int, out_of_time: Callable[[], bool]) -> None:
        self.patience = patience
        self.out_of_time = out_of_time
        self.best_round = 1
        self.best_loss = np.inf
        self.mark_round = 1
        self.mark_loss = np.inf

    def __call__(self, state: Any) -> None:
        loss = float(state.evaluation_result_list[0][2])
        here = state.iteration + 1
        if loss < self.best_loss:
            self.best_loss, self.best_round = loss, here
        if loss < self.mark_loss * (1 - _LEAST_PROGRESS):
            self.mark_loss, self.mark_round = loss, here
        if here - self.mark_round >= self.patience or self.out_of_time():
            raise lightgbm.callback.EarlyStopException(self.best_round - 1, state.evaluation_result_list)


def _datasets(request: FitRequest) -> tuple[Any, Any]:
    """Return the rows and the validation rows (or None) in bins, made once for all candidates."""
    if "lightgbm" not in request.shared:
        threads = _useful_threads(request)
        data = _dataset(request.x, request.y, None, threads, request.weights)
        valid = None
        if request.valid_x is not None and request.valid_y is not None:
            valid = _dataset(request.valid_x, request.valid_y, data, threads, request.valid_weights)
        request.shared["lightgbm"] = (data, valid)
    result: tuple[Any, Any] = request.shared["lightgbm"]
    return result


def _dataset(x: Matrix, y: FloatArray, reference: Any, threads: int, weights: FloatArray | None = None) -> Any:
    return lightgbm.Dataset(
        x.values,
        y,
        weight=weights,
        categorical_feature=list(x.categorical),
        reference=reference,
        params={"verbosity": -1, "max_bin": 255, "feature_pre_filter": False, "num_threads": threads},
        free_raw_data=True,
    ).construct()


def _useful_threads(request: FitRequest) -> int:
    return 1 if request.x.values.size < _FEW_CELLS else request.threads


def _settings(request: FitRequest) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "bagging_freq": 1,
        "num_threads": _useful_threads(request),
        "seed": request.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "feature_pre_filter": False,
        "max_bin": 255,
    }
    settings.update(request.parameters)
    if request.task.link is Link.LOGISTIC:
        settings |= {"objective": "binary", "metric": "binary_logloss"}
    elif request.task.link is Link.SOFTMAX:
        settings |= {"objective": "multiclass", "num_class": len(request.task.labels), "metric": "multi_logloss"}
    elif request.task.loss != Loss.SQUARED:
        settings |= {"objective": "regression_l1", "metric": "l1"}
    else:
        settings |= {"objective": "regression", "metric": "l2"}
    return settings
