"""What needs CatBoost itself: training, models and their files; imported where one is first used."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import catboost
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import Loss
from journeyman.entities.task import Link
from journeyman.interfaces import FitRequest, Matrix

__all__ = ["CatBoostModel", "boosted", "features_data", "model_from_files"]

FloatArray = NDArray[np.float64]
_OF_THE_MOMENT = ("model_guid", "train_finish_time")  # a random name and a time, which CatBoost writes into every model


class CatBoostModel:
    """A CatBoost model, from training or from its binary format; or the mean of several, summed into one.

    Attributes
    ----------
    parts : sequence of catboost.CatBoost
        What the model was summed from, or the model itself: a sum that keeps several encodings of one category
        answers, but CatBoost cannot write it.
    """

    def __init__(self, parts: Sequence[Any], link: Link, threads: int = -1, usual_rounds: float = math.inf) -> None:
        self.parts = parts
        self.model = _summed(parts)
        self.threads = threads
        self.link = link
        self.rounds = int(self.model.tree_count_)
        self.learned_long = self.rounds > usual_rounds

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: a symmetric tree costs two nanoseconds, a category most of a microsecond."""
        outputs = max(1, len(self.model.classes_) if self.link is Link.SOFTMAX else 1)
        return 1e-6 + 2e-9 * self.rounds * outputs + 6e-7 * len(self.model.get_cat_feature_indices())

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        form = "Probability" if self.link is not Link.IDENTITY else "RawFormulaVal"
        threads = 1 if len(x.values) < 256 else self.threads
        raw = np.asarray(
            self.model.predict(features_data(x), prediction_type=form, thread_count=threads), dtype=np.float64
        )
        return raw.reshape(len(x.values), -1)

    def to_files(self) -> Mapping[str, bytes]:
        """Return CatBoost's binary format, the same bytes for the same model; one file for each part."""
        files = {"kind.txt": self.link.value.encode()}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.cbm"
            for number, part in enumerate(self.parts):
                facts = part.get_metadata()
                for name in _OF_THE_MOMENT:
                    facts[name] = ""
                part.save_model(str(path))
                files[_file(number)] = path.read_bytes()
        return files


def _file(number: int) -> str:
    return f"model.{number}.cbm" if number else "model.cbm"


def _summed(parts: Sequence[Any]) -> Any:
    """Return the mean of raw scores as one model that keeps all encodings of categories.

    CatBoost's other policies mix the encodings that the parts learned, and answer otherwise than the mean does.
    """
    if len(parts) == 1:
        return parts[0]
    return catboost.sum_models(list(parts), weights=[1.0 / len(parts)] * len(parts), ctr_merge_policy="KeepAllTables")


def model_from_files(files: Mapping[str, bytes]) -> CatBoostModel:
    """Load what ``CatBoostModel.to_files`` gave."""
    parts = []
    for number in range(sum(name.endswith(".cbm") for name in files)):
        part = catboost.CatBoost()
        part.load_model(blob=files[_file(number)], format="cbm")
        parts.append(part)
    return CatBoostModel(parts, Link(files["kind.txt"].decode()))


def boosted(request: FitRequest, most_rounds: int, usual_rounds: float) -> CatBoostModel:
    """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept."""
    settings = _settings(request)
    pool, valid = _pools(request)
    if valid is None:
        rounds = request.rounds or 200
        model = catboost.CatBoost({**settings, "iterations": rounds})
        model.fit(pool, callbacks=[_Watch(request.out_of_time, request.least_rounds)])
        return CatBoostModel([model], request.task.link, request.threads)
    model = catboost.CatBoost({**settings, "iterations": most_rounds, "use_best_model": True})
    model.fit(
        pool,
        eval_set=valid,
        early_stopping_rounds=round(20 + 4.0 / float(settings["learning_rate"])),
        callbacks=[_Watch(request.out_of_time)],
    )
    return CatBoostModel([model], request.task.link, request.threads, usual_rounds)


class _Watch:
    """A CatBoost callback: stops without time, though not before the least rounds."""

    def __init__(self, out_of_time: Callable[[], bool], least: int = 0) -> None:
        self.out_of_time = out_of_time
        self.least = least

    def after_iteration(self, info: Any) -> bool:
        """Return whether to go on."""
        return info.iteration < self.least or not self.out_of_time()


def features_data(x: Matrix) -> Any:
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
        pool = catboost.Pool(features_data(request.x), label=request.y, weight=request.weights)
        valid = None
        if request.valid_x is not None and request.valid_y is not None:
            valid = catboost.Pool(features_data(request.valid_x), label=request.valid_y, weight=request.valid_weights)
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
