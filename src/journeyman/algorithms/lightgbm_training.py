"""Training with LightGBM: bins made once for all candidates, boosting with an eye on validation rows and the clock."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.lightgbm_candidates import MONOTONE
from journeyman.entities.metric import Loss
from journeyman.entities.task import Link
from journeyman.interfaces import FitRequest, Matrix

__all__ = ["TrainedTrees", "boosted", "boosted_by", "boosted_quantiles", "boosted_ranking", "boosted_together"]

FloatArray = NDArray[np.float64]
_MOST_ROUNDS = 1500
_FEW_CELLS = 5_000_000
"""Below so many, a second thread waits longer than it works (docs/decisions/0019)."""

_TRUNCATED = 20  # places from the top whose pairs LambdaRank learns from: those that are scored, and some more
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
    watch = _Watch(_patience(settings), request.out_of_time)
    booster = lightgbm.train(settings, data, num_boost_round=_MOST_ROUNDS, valid_sets=[valid], callbacks=[watch])
    return TrainedTrees(booster, request.x), watch.best_round


def boosted_together(request: FitRequest, machines: Sequence[str], rank: int) -> tuple[TrainedTrees, int]:
    """Boost for a fixed number of rounds with LightGBM's own network: each machine has some rows, all get the trees.

    Parameters
    ----------
    machines : sequence of str
        Each as host:port; this one listens there.
    rank : int
        Which of them this one is.

    References
    ----------
    https://lightgbm.readthedocs.io/en/stable/Parallel-Learning-Guide.html
    """
    network: dict[str, Any] = {"tree_learner": "data", "pre_partition": True, "num_machines": len(machines)}
    network |= {"machines": ",".join(machines), "local_listen_port": int(machines[rank].rpartition(":")[2])}
    settings = {**_settings(request), **(network if len(machines) > 1 else {})}
    data = lightgbm.Dataset(
        request.x.values, request.y, categorical_feature=list(request.x.categorical), params=settings
    )
    rounds = request.rounds or 100
    booster = lightgbm.train(settings, data, num_boost_round=rounds)
    return TrainedTrees(booster, request.x), min(rounds, booster.current_iteration())


def boosted_quantiles(request: FitRequest, levels: Sequence[float]) -> tuple[list[tuple[TrainedTrees, int]], int]:
    """Boost one model a level side by side, with the pinball loss; return trees and rounds of each, and the median's.

    The mean loss over levels says when to stop, and one number how long all models are: those of other levels have
    fewer rounds, in a fixed proportion.
    """
    data, valid = _datasets(request)
    settings = {**_settings(request), "objective": "quantile", "metric": "quantile"}
    boosters = [lightgbm.Booster({**settings, "alpha": level}, data) for level in levels]
    watch = _Watch(_patience(settings), request.out_of_time)
    if valid is not None:
        for booster in boosters:
            booster.add_valid(valid, "valid")
    losses, here = [np.inf] * len(levels), 0
    for here in range(1, (_MOST_ROUNDS if valid is not None else request.rounds or 100) + 1):
        for number, (booster, level) in enumerate(zip(boosters, levels, strict=True)):
            if booster.current_iteration() < _rounds_of(level, here):
                booster.update()
                if valid is not None:
                    losses[number] = float(booster.eval_valid()[0][2])
        if valid is None:
            if here >= request.least_rounds and request.out_of_time():
                break
        elif watch.is_over(here, float(np.mean(losses))):
            break
    kept = here if valid is None else watch.best_round
    each = zip(boosters, levels, strict=True)
    return [(TrainedTrees(booster, request.x), _rounds_of(level, kept)) for booster, level in each], kept


Slopes = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Scores of training rows, shape (n_samples, n_outputs), to the loss's first and second derivatives by them."""


def boosted_ranking(
    request: FitRequest, sizes: NDArray[np.int64], valid_loss: Callable[[FloatArray], float], *, by_order: bool
) -> tuple[TrainedTrees, int]:
    """Boost trees that rank, the rows of a query one after the other.

    Parameters
    ----------
    sizes : ndarray of int64, shape (n_queries,)
        Rows of each query, in the order of the rows; labels are whole numbers from 0 to 31.
    valid_loss : callable
        Scores of the validation rows to what is to be least.
    by_order : bool
        Whether the order within queries is learned, or the label of each row.
    """
    _datasets(request)[0].set_group(sizes)
    objective: dict[str, Any] = {"objective": "regression"}
    if by_order:
        gains = [2.0**grade - 1.0 for grade in range(32)]
        objective = {"objective": "lambdarank", "label_gain": gains, "lambdarank_truncation_level": _TRUNCATED}
    return boosted_by(request, None, valid_loss, objective=objective)


def boosted_by(
    request: FitRequest,
    slopes: Slopes | None,
    valid_loss: Callable[[FloatArray], float],
    outputs: int = 1,
    objective: Mapping[str, Any] = MappingProxyType({"objective": "none"}),
) -> tuple[TrainedTrees, int]:
    """Boost as ``boosted`` does, down the slopes of a loss of one's own; trees give raw scores.

    Parameters
    ----------
    slopes : callable
        Called once a round, so that it may learn from round to round, too; it heeds the rows' weights itself. None for
        those of the objective.
    valid_loss : callable
        Scores of the validation rows, shape (n_valid, n_outputs), to what is to be least.
    outputs : int
        Trees of a round.
    objective : mapping
        LightGBM's settings of it.
    """
    data, valid = _datasets(request)
    settings = {**_settings(request), **objective, "metric": "none", "num_class": outputs}
    booster = lightgbm.Booster(settings, data)
    valid = None if request.valid_x is None else valid

    def down(scores: FloatArray, _: object) -> tuple[FloatArray, FloatArray]:
        assert slopes is not None  # as below
        first, second = slopes(scores.reshape(len(request.y), outputs))
        return (first[:, 0], second[:, 0]) if outputs == 1 else (first, second)

    def loss(scores: FloatArray, _: object) -> tuple[str, float, bool]:
        return "loss", valid_loss(scores.reshape(-1, outputs)), False

    watch = _Watch(_patience(settings), request.out_of_time)
    if valid is not None:
        booster.add_valid(valid, "valid")
    here = 0
    for here in range(1, (_MOST_ROUNDS if valid is not None else request.rounds or 100) + 1):
        over = booster.update(fobj=None if slopes is None else down)  # true where no split is left
        if valid is None:
            over = over or (here >= request.least_rounds and request.out_of_time())
        else:
            over = watch.is_over(here, float(booster.eval_valid(loss)[-1][2])) or over
        if over:
            break
    return TrainedTrees(booster, request.x), min(watch.best_round if valid is not None else here, here)


def _rounds_of(level: float, rounds: int) -> int:
    """Return the rounds of a level where the median has so many: a quantile that few rows pass is learned sooner.

    Examples
    --------
    >>> _rounds_of(0.5, 100), _rounds_of(0.1, 100), _rounds_of(0.01, 1)
    (100, 60, 1)
    """
    return max(1, round(rounds * 2.0 * math.sqrt(level * (1.0 - level))))


class _Clock:
    """A LightGBM callback: stops without time, though not before the least rounds."""

    def __init__(self, out_of_time: Callable[[], bool], least: int) -> None:
        self.out_of_time = out_of_time
        self.least = least

    def __call__(self, state: Any) -> None:
        if state.iteration + 1 >= self.least and self.out_of_time():
            raise lightgbm.callback.EarlyStopException(state.iteration, state.evaluation_result_list)


class _Watch:
    """Keeps the best round, stops without progress or time; LightGBM calls it after each round."""

    def __init__(self, patience: int, out_of_time: Callable[[], bool]) -> None:
        self.patience = patience
        self.out_of_time = out_of_time
        self.best_round = 1
        self.best_loss = np.inf
        self.mark_round = 1
        self.mark_loss = np.inf

    def __call__(self, state: Any) -> None:
        if self.is_over(state.iteration + 1, float(state.evaluation_result_list[0][2])):
            raise lightgbm.callback.EarlyStopException(self.best_round - 1, state.evaluation_result_list)

    def is_over(self, here: int, loss: float) -> bool:
        """Note the loss after a round, counted from 1; return whether it was the last."""
        if loss < self.best_loss:
            self.best_loss, self.best_round = loss, here
        if loss < self.mark_loss * (1 - _LEAST_PROGRESS):
            self.mark_loss, self.mark_round = loss, here
        return here - self.mark_round >= self.patience or self.out_of_time()


def _patience(settings: Mapping[str, Any]) -> int:
    return int(20 + 2.0 / float(settings.get("learning_rate", 0.1)))


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
    settings.update({name: value for name, value in request.parameters.items() if name != MONOTONE})
    if MONOTONE in request.parameters:
        # By name: what a preparation makes of other columns is bound to nothing.
        directions = json.loads(str(request.parameters[MONOTONE]))
        free = set(request.x.categorical)
        names = enumerate(request.x.names)
        settings["monotone_constraints"] = [0 if k in free else int(directions.get(name, 0)) for k, name in names]
    if request.task.link is Link.LOGISTIC:
        settings |= {"objective": "binary", "metric": "binary_logloss"}
    elif request.task.link is Link.SOFTMAX:
        settings |= {"objective": "multiclass", "num_class": len(request.task.labels), "metric": "multi_logloss"}
    elif request.task.loss != Loss.SQUARED:
        settings |= {"objective": "regression_l1", "metric": "l1"}
    else:
        settings |= {"objective": "regression", "metric": "l2"}
    return settings
