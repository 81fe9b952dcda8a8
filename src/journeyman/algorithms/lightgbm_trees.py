"""LightGBM: histogram-based gradient boosting (Ke et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.averaged_trees import average_texts
from journeyman.algorithms.lightgbm_library import BoostedTrees, StoredTrees
from journeyman.entities.candidate import Candidate, Parameter, Turn
from journeyman.entities.column import Column
from journeyman.entities.task import Task, TaskKind
from journeyman.interfaces import FitRequest, FittedModel, Matrix

__all__ = ["BoosterModel", "LightGBM", "categories_in_groups", "categories_one_by_one"]

FloatArray = NDArray[np.float64]
_MOST_SEARCHED = 40
_FEW_ROWS = 5_000  # of a prediction: for fewer, a second thread waits longer than it works (docs/decisions/0019)
_MANY_COLUMNS = 8  # of fewer, a tree needs all
_CACHED_LEAVES = 50_000
"""Leaves that an answer finds near at hand; from twice as many on, steps wait for memory."""


class BoosterModel:
    """Boosted trees, from training or from their text."""

    def __init__(
        self, trees: BoostedTrees, rounds: int, kind: TaskKind, threads: int = 0, usual_rounds: float = math.inf
    ) -> None:
        self._trees = trees
        self._threads = threads
        self._kind = kind
        self.rounds = rounds
        self.learned_long = rounds > usual_rounds

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: a step down a tree costs 13 nanoseconds.

        More where trees outgrow caches, and where many steps look a category up among more than a word's bits.
        """
        trees = self._trees.outputs * (self.rounds or self._trees.iterations)
        leaves = max(2, self._trees.leaves)
        step = 1.3e-8 * min(4.0, 1.0 + trees * leaves / _CACHED_LEAVES)
        return step * trees * math.log2(leaves) * (1.0 + min(1.0, 3.0 * self._trees.looked_up))

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        threads = 1 if len(x.values) < _FEW_ROWS else self._threads
        raw = self._trees.predict(x.values, rounds=self.rounds or -1, threads=threads)
        if self._kind is TaskKind.REGRESSION:
            return raw.reshape(-1, 1)
        return np.column_stack([1.0 - raw, raw]) if self._kind is TaskKind.BINARY else raw

    def to_files(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format."""
        return {"model.txt": self._trees.text(self.rounds), "kind.txt": self._kind.value.encode()}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> BoosterModel:
        """Load what ``to_files`` gave."""
        return BoosterModel(StoredTrees(files["model.txt"]), 0, TaskKind(files["kind.txt"].decode()))


@dataclass(frozen=True)
class LightGBM:
    """Boosted trees with native categories and missing values.

    Examples
    --------
    >>> [c.parameters["num_leaves"] for c in LightGBM().candidates(Task("y", TaskKind.BINARY, "roc_auc"), 5000, ())][:2]
    [31, 50]
    """

    name: str = "lightgbm"
    preparation: str = "native"
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return a quick one, the field's untuned best, and partners that differ from it (docs/decisions/0008)."""
        few = max(2, min(40, rows // 50))
        regression, many = task.kind is TaskKind.REGRESSION, len(columns) >= _MANY_COLUMNS
        groups, one_by_one = categories_in_groups(rows), categories_one_by_one(rows)
        proposals: list[tuple[dict[str, Parameter], str, str]] = [
            (
                {
                    "learning_rate": 0.1,
                    "num_leaves": 31,
                    "min_data_in_leaf": few,
                    "bagging_fraction": 0.8,
                    "feature_fraction": 0.8 if many else 1.0,
                    **one_by_one,
                },
                "quick",
                "boosted trees, quick settings",
            ),
            (
                {
                    "learning_rate": 0.05 if regression else 0.04,
                    "num_leaves": 100 if regression else 50,
                    "min_data_in_leaf": 3 if regression else min(40, few),
                    "bagging_fraction": 0.7 if regression else 0.75,
                    "feature_fraction": 0.7 if many else 1.0,
                    **one_by_one,
                },
                "deep",
                "boosted trees, slower and deeper",
            ),
            (
                {
                    "learning_rate": 0.06,
                    "num_leaves": 7,
                    "min_data_in_leaf": few,
                    "extra_trees": True,
                    "lambda_l1": 0.5,
                    "lambda_l2": 1.0,
                    "feature_fraction": 0.6,
                    "bagging_fraction": 0.8,
                    **one_by_one,
                },
                "small random",
                "many small random trees: errs elsewhere",
            ),
            (
                {
                    "learning_rate": 0.05,
                    "num_leaves": 16,
                    "min_data_in_leaf": few,
                    "feature_fraction": 0.5,
                    "bagging_fraction": 0.9,
                    "lambda_l2": 2.0,
                    "cat_smooth": 50.0,
                    **groups,
                },
                "narrow",
                "narrow trees on half of the columns",
            ),
            (
                {
                    "learning_rate": 0.06,
                    "num_leaves": 128,
                    "min_data_in_leaf": few,
                    "extra_trees": True,
                    "feature_fraction": 0.7,
                    "bagging_fraction": 0.8,
                    **groups,
                },
                "wide random",
                "wide random trees",
            ),
        ]
        untuned = [
            Candidate(self.name, p, reason, style, turn=Turn.EARLY if style == "deep" else Turn.RANKED)
            for p, style, reason in proposals
        ]
        return (*untuned, *_searched(self.name, rows, few))

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit (rounds x trees x a cost per cell and leaf seen on two cores)."""
        leaves = float(candidate.parameters.get("num_leaves", 31))
        trees = _usual_rounds(candidate.parameters) * task.outputs
        return 0.05 + trees * (1e-4 + 3e-9 * rows * (features + 5) + 6e-6 * leaves)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: bins of a byte, and 16 bytes a bin for every leaf that is open."""
        histogram = 16.0 * min(256, rows) * features
        leaves = float(candidate.parameters.get("num_leaves", 31))
        return int(2.5 * rows * features + histogram * leaves + 40.0 * rows * task.outputs)

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept."""
        # Late: a service loads this file to answer, and must not wait for what only training needs.
        from journeyman.algorithms.lightgbm_training import boosted  # noqa: PLC0415 - see above

        trees, rounds = boosted(request)
        return BoosterModel(trees, rounds, request.task.kind, request.threads, _usual_rounds(request.parameters))

    def average(self, models: Sequence[BoosterModel]) -> FittedModel:
        """Return the mean of several boosters' raw scores as one booster."""
        texts = [model.to_files()["model.txt"].decode() for model in models]
        kind = models[0].to_files()["kind.txt"]
        return BoosterModel.from_files({"model.txt": average_texts(texts).encode(), "kind.txt": kind})

    def varies(self, candidate: Candidate) -> bool:
        """Say whether rows, columns or cuts are drawn at random, so that fits from other seeds differ."""
        shares = (float(candidate.parameters.get(name, 1.0)) for name in ("bagging_fraction", "feature_fraction"))
        return min(shares) < 1.0 or bool(candidate.parameters.get("extra_trees", False))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return BoosterModel.from_files(files)


def _usual_rounds(parameters: Mapping[str, Parameter]) -> float:
    return 30.0 / float(parameters.get("learning_rate", 0.1))


def categories_in_groups(rows: int) -> dict[str, Parameter]:
    """Return settings under which a split divides a column's categories into two groups.

    A category counts from as many rows on as a table of that size can spare. LightGBM's own hundred would leave small
    tables without most of theirs.

    Examples
    --------
    >>> categories_in_groups(800), categories_in_groups(50_000)
    ({'min_data_per_group': 32}, {'min_data_per_group': 100})
    """
    return {"min_data_per_group": max(5, min(100, rows // 25))}


def categories_one_by_one(rows: int) -> dict[str, Parameter]:
    """Return settings under which a split asks for one category of a column that has up to sixteen.

    It fits chance less than groups do, of which there are many more. What is split so and what is split by groups err
    differently, so that an ensemble profits from having both.
    """
    return {**categories_in_groups(rows), "max_cat_to_onehot": 16, "cat_l2": 1.0}


def _searched(name: str, rows: int, few: int) -> list[Candidate]:
    """Return settings drawn from the ranges that benchmarks of the field search, the same draws on every table.

    More of them where there are more rows to choose by; on few, much choosing finds what is good by chance.

    References
    ----------
    Erickson et al. 2025, "TabArena" (search space of LightGBM), with quicker learning rates.
    """
    rng, of_categories = np.random.default_rng(20_25), np.random.default_rng(20_26)
    drawn = []
    for number in range(1, _MOST_SEARCHED + 1):
        rate, leaves, least, l1, l2, smooth, cat_l2, columns, share = rng.random(9)
        group, one_by_one = of_categories.random(2)
        parameters: dict[str, Parameter] = {
            "learning_rate": _between(0.02, 0.12, rate),
            "num_leaves": round(_between(4, 160, leaves)),
            "min_data_in_leaf": min(few, round(_between(1, 64, least))),
            "lambda_l1": _between(1e-4, 1.0, l1),
            "lambda_l2": _between(1e-4, 2.0, l2),
            "cat_smooth": _between(1e-3, 100.0, smooth),
            "cat_l2": _between(5e-3, 10.0, cat_l2),
            "min_data_per_group": round(_between(2, 100, group)),
            "max_cat_to_onehot": round(_between(4, 100, one_by_one)),
            "feature_fraction": round(0.4 + 0.6 * columns, 3),
            "bagging_fraction": round(0.7 + 0.3 * share, 3),
            "extra_trees": number % 2 == 0,
        }
        drawn.append(Candidate(name, parameters, "settings drawn from the usual ranges", f"searched {number}"))
    return drawn[: max(4, min(_MOST_SEARCHED, round(0.4 * rows**0.5)))]


def _between(low: float, high: float, share: float) -> float:
    """Return the number that lies that share of the way from low to high, by ratio."""
    return float(f"{low * (high / low) ** share:.4g}")
