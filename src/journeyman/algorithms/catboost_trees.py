"""CatBoost: symmetric trees with ordered encodings of categories (Prokhorenkova et al. 2018); where it is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.symmetric_trees import SymmetricTrees, mean_of_trees
from journeyman.entities.candidate import Candidate, Parameter, Refusal, Turn, needs_extra
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan
from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.interfaces import FitRequest, FittedModel, Matrix

__all__ = ["CatBoost", "CatBoostModel"]

FloatArray = NDArray[np.float64]

_MOST_ROUNDS = 4000
_USUAL_LENGTH = 100.0  # rounds times learning rate
_ROUNDS_A_ROW = 20  # the loss of a few rows that one number tells apart would fall for ever
_NEEDED = needs_extra("catboost")


@dataclass(frozen=True)
class CatBoostModel:
    """Trees that CatBoost has grown, as arrays: they predict and are stored without it.

    Attributes
    ----------
    trees : SymmetricTrees
        What predicts.
    learned_long : bool
        Whether validation rows profited for longer than is usual.
    """

    trees: SymmetricTrees
    learned_long: bool = False

    @property
    def rounds(self) -> int:
        """The number of trees."""
        return self.trees.rounds

    @property
    def answer_seconds(self) -> float:
        """Those of the trees."""
        return self.trees.answer_seconds

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        return self.trees.predict(x)

    def plan(self) -> ModelPlan:
        """Return the trees as the one step, which predicts as the model does."""
        return (self.trees,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return self.trees.to_files()


@dataclass(frozen=True)
class CatBoost:
    """Boosted symmetric trees: the best first strong model without tuning.

    Proposes nothing where ``journeyman[catboost]`` is not installed, and says so.

    Examples
    --------
    >>> CatBoost().preparations
    ('native',)
    """

    name: str = "catboost"
    preparations: tuple[str, ...] = ("native",)
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return a quick one, the field's untuned best, a deeper and a shallower one; a refusal without it."""
        if find_spec("catboost") is None:
            return _NEEDED
        regression = not task.labels
        proposals: list[tuple[dict[str, Parameter], str, str]] = [
            ({"depth": 6, "learning_rate": 0.12}, "quick", "symmetric trees, strong without tuning"),
            ({"depth": 6, "learning_rate": 0.05}, "usual", "symmetric trees, slower"),
            (
                {"depth": 8 if regression else 7, "learning_rate": 0.05, "l2_leaf_reg": 2.0, "random_strength": 0.5},
                "deep",
                "deeper symmetric trees",
            ),
            ({"depth": 4, "learning_rate": 0.15, "l2_leaf_reg": 6.0}, "shallow", "shallow symmetric trees"),
        ]
        return tuple(
            Candidate(
                self.name,
                p,
                reason,
                style,
                turn=Turn.EARLY if style == "quick" else Turn.RANKED,
                preparation="native",
            )
            for p, style, reason in proposals
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit (rounds x a cost per row, column and level seen on two cores)."""
        depth = float(candidate.parameters.get("depth", 6))
        rate = float(candidate.parameters.get("learning_rate", 0.1))
        rounds = min(_MOST_ROUNDS, _USUAL_LENGTH / rate, _ROUNDS_A_ROW * rows)
        return 0.1 + rounds * (1e-3 + 1.2e-9 * rows * (features + 5) * depth) * (1 + 0.3 * (task.outputs - 1))

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: the pool, and a histogram for every leaf of the deepest level."""
        histogram = 16.0 * min(256, rows) * features * task.outputs
        leaves = float(2 ** int(candidate.parameters.get("depth", 6)))
        return int(7.0 * rows * features + histogram * leaves + 120.0 * rows * task.outputs)

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept.

        Raises
        ------
        SettingsError
            Where CatBoost is not installed.
        """
        most = min(_MOST_ROUNDS, _ROUNDS_A_ROW * len(request.y))
        usual = _USUAL_LENGTH / float(request.parameters["learning_rate"])
        trees = _library("it cannot be trained").boosted(request, most)
        return CatBoostModel(trees, request.valid_x is not None and trees.rounds > usual)

    def average(self, models: Sequence[CatBoostModel]) -> FittedModel:
        """Return the mean of several models' raw scores as one model that keeps all their encodings of categories."""
        return CatBoostModel(mean_of_trees([model.trees for model in models]))

    def varies(self, candidate: Candidate) -> bool:
        """Say that fits from other seeds differ: each tree sees other rows."""
        return True

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave.

        Raises
        ------
        SettingsError
            Where a release of an earlier version holds CatBoost's own format, and CatBoost is not installed.
        """
        return CatBoostModel(
            SymmetricTrees.from_files(files) or _library("a model of this release needs it").convert_files(files)
        )


def _library(wanted: str) -> Any:
    """Return the module that uses CatBoost; imported here, as it is an extra and takes most of a second to load."""
    if find_spec("catboost") is None:
        raise SettingsError(f"CatBoost is not installed, and {wanted}", hint=_NEEDED.hint)
    from journeyman.algorithms import catboost_library  # noqa: PLC0415  # see above

    return catboost_library
