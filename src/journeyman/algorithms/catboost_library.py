"""What needs CatBoost itself: training, and models in its own format; imported where one is first used."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import catboost
import numpy as np

from journeyman.algorithms.catboost_arrays import UnknownCategory, arrays_of
from journeyman.algorithms.symmetric_trees import SymmetricTrees, mean_of_trees
from journeyman.entities.metric import Loss
from journeyman.entities.task import Link
from journeyman.interfaces import FitRequest, Matrix

__all__ = ["boosted", "convert_files"]

_LINKS = {"binary": "logistic", "multiclass": "softmax", "regression": "identity"}  # by what "kind.txt" said
_FIRST_WORDS, _MOST_WORDS = 256, 1 << 22  # category codes that are looked for in a model


def boosted(request: FitRequest, most_rounds: int) -> SymmetricTrees:
    """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept."""
    settings = _settings(request)
    pool, valid = _pools(request)
    if valid is None:
        model = catboost.CatBoost({**settings, "iterations": request.rounds or 200})
        model.fit(pool, callbacks=[_Watch(request.out_of_time, request.least_rounds)])
    else:
        model = catboost.CatBoost({**settings, "iterations": most_rounds, "use_best_model": True})
        model.fit(
            pool,
            eval_set=valid,
            early_stopping_rounds=round(20 + 4.0 / float(settings["learning_rate"])),
            callbacks=[_Watch(request.out_of_time)],
        )
    return _to_arrays(model, {0: "identity", 2: "logistic"}.get(len(request.task.labels), "softmax"))


def convert_files(files: Mapping[str, bytes]) -> SymmetricTrees:
    """Return the trees that a release of an earlier version holds in CatBoost's binary format."""
    link = _LINKS[files["kind.txt"].decode()]
    parts = []
    for number in range(sum(name.endswith(".cbm") for name in files)):
        part = catboost.CatBoost()
        part.load_model(blob=files[f"model.{number}.cbm" if number else "model.cbm"], format="cbm")
        parts.append(_to_arrays(part, link))
    return mean_of_trees(parts)


def _to_arrays(model: Any, link: str) -> SymmetricTrees:
    """Return a model as arrays: by CatBoost's JSON format, which does not tell leaves to the last bit."""
    codes = len(model.get_cat_feature_indices())
    numbers = len(model.feature_names_) - codes
    words = _FIRST_WORDS if codes else 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        while True:
            known = None if not codes else catboost.Pool(_every_word(words, numbers, codes))
            model.save_model(str(path), format="json", pool=known)
            try:
                return arrays_of(path.read_bytes(), np.asarray(model.get_leaf_values(), dtype=np.float64), words, link)
            except UnknownCategory:
                if words >= _MOST_WORDS:
                    raise
                words *= 16


def _every_word(words: int, numbers: int, codes: int) -> Any:
    """Return rows that hold each of the first category codes, so that CatBoost tells how it hashes them."""
    texts = np.array([str(i).encode() for i in range(words)], dtype=object)
    return catboost.FeaturesData(
        num_feature_data=np.zeros((words, numbers), dtype=np.float32) if numbers else None,
        cat_feature_data=np.tile(texts[:, None], (1, codes)),
    )


class _Watch:
    """A CatBoost callback: stops without time, though not before the least rounds."""

    def __init__(self, out_of_time: Callable[[], bool], least: int = 0) -> None:
        self.out_of_time = out_of_time
        self.least = least

    def after_iteration(self, info: Any) -> bool:
        """Return whether to go on."""
        return info.iteration < self.least or not self.out_of_time()


def _features_data(x: Matrix) -> Any:
    """Return features in CatBoost's own form: numbers as float32, category codes as texts."""
    with np.errstate(over="ignore"):  # a number too large for CatBoost is infinite
        values = x.values.astype(np.float32)
    if not x.categorical:
        return values
    coded = set(x.categorical)
    numeric = [i for i in range(x.values.shape[1]) if i not in coded]
    codes = np.nan_to_num(x.values[:, list(x.categorical)], nan=-1.0).astype(np.int64) + 1
    words = np.array([str(i).encode() for i in range(int(codes.max(initial=0)) + 1)], dtype=object)
    return catboost.FeaturesData(
        num_feature_data=values[:, numeric] if numeric else None, cat_feature_data=words[codes]
    )


def _pools(request: FitRequest) -> tuple[Any, Any]:
    """Return the rows and the validation rows (or None) in CatBoost's form, made once for all candidates."""
    if "catboost" not in request.shared:
        pool = catboost.Pool(_features_data(request.x), label=request.y, weight=request.weights)
        valid = None
        if request.valid_x is not None and request.valid_y is not None:
            valid = catboost.Pool(_features_data(request.valid_x), label=request.valid_y, weight=request.valid_weights)
        request.shared["catboost"] = (pool, valid)
    result: tuple[Any, Any] = request.shared["catboost"]
    return result


def _settings(request: FitRequest) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "bootstrap_type": "Bernoulli",
        "subsample": 0.9,
        "one_hot_max_size": 15,
        "leaf_estimation_iterations": 1,
        "boosting_type": "Plain",
        "max_ctr_complexity": 1,
        "thread_count": request.threads,
        "random_seed": request.seed,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    settings.update(request.parameters)
    if request.task.link is Link.LOGISTIC:
        settings["loss_function"] = "Logloss"
    elif request.task.link is Link.SOFTMAX:
        settings |= {"loss_function": "MultiClass", "classes_count": len(request.task.labels)}
    else:
        settings["loss_function"] = "RMSE" if request.task.loss == Loss.SQUARED else "MAE"
    return settings
