"""Survival by boosted trees: LightGBM on Cox's partial likelihood, or on the hazard of each interval of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from journeyman.algorithms.lightgbm_candidates import plain_candidates
from journeyman.algorithms.lightgbm_library import BoostedTrees, StoredTrees
from journeyman.algorithms.lightgbm_trees import FEW_ROWS, LightGBM, answer_seconds, usual_rounds
from journeyman.algorithms.survival_hazards import RiskSets, survival_curves
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.metric import SURVIVAL_LOSS
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.metrics.survival import times_of, with_risk

__all__ = ["SurvivalTrees", "SurvivalTreesModel"]

FloatArray = NDArray[np.float64]
_HAZARD = "hazard"
"""A candidate's parameter: one factor of the hazard for all times, or a hazard for each interval of time."""
_FACTOR, _INTERVALS = "factor", "intervals"
_STYLES = ("quick", "narrow", "small random")
_SLOWER = 0.5  # of the usual learning rate: a label says little, and trees are quick to know rows by heart
_LEAST_IN_LEAF = 20  # rows
_LEAST_CURVATURE = 1e-6


class SurvivalTreesModel:
    """Boosted trees, and what makes curves of their scores.

    Parameters
    ----------
    trees : trees
        One score a row, or one for each interval of time.
    rounds : int
        How many of their rounds count.
    hazard : str
        "factor" or "intervals".
    base : ndarray of shape (n_times,)
        The baseline's cumulative hazard at each time, or the logit of each interval's hazard.
    """

    kind: ClassVar[NodeKind] = NodeKind.OTHER

    def __init__(self, trees: BoostedTrees, rounds: int, hazard: str, base: FloatArray, threads: int = 0) -> None:
        self._trees, self.rounds, self.hazard, self.base = trees, rounds, hazard, base
        self._threads = threads

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer."""
        return answer_seconds(self._trees, self.rounds or self._trees.iterations) + 1e-8 * len(self.base)

    def predict(self, x: Matrix) -> FloatArray:
        """Return the risk and the curve of survival, shape (n_samples, 1 + n_times)."""
        threads = 1 if len(x.values) < FEW_ROWS else self._threads
        raw = self._trees.predict(x.values, rounds=self.rounds or -1, threads=threads).reshape(len(x.values), -1)
        if self.hazard == _FACTOR:
            return with_risk(survival_curves(raw[:, 0], self.base))
        return with_risk(np.asarray(np.cumprod(expit(-(raw + self.base)), axis=1), dtype=np.float64))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format, and the base."""
        rest = msgspec.msgpack.encode((self.hazard, self.base.tolist()))
        return {"model.txt": self._trees.text(self.rounds), "curve.msgpack": rest}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> SurvivalTreesModel:
        """Load what ``to_files`` gave."""
        hazard, base = msgspec.msgpack.decode(files["curve.msgpack"], type=tuple[str, list[float]])
        return SurvivalTreesModel(StoredTrees(files["model.txt"]), 0, hazard, np.array(base))


@dataclass(frozen=True)
class SurvivalTrees:
    """Boosted trees for survival.

    A factor of the hazard learns from who met the event before whom, whenever that was; the baseline is Breslow's.
    Hazards of intervals are those of meeting the event in each, of rows that were there at its begin: they may change
    sides as time goes on, and need no baseline.

    References
    ----------
    Ridgeway 1999, "The state of boosting" (Cox's likelihood); Gensheimer and Narasimhan 2019, "A scalable discrete-time
    survival model" (hazards of intervals).

    Examples
    --------
    >>> task = Task("t", "survival", "c_index", output_names=("risk", "survival at 6"), metric_loss="survival")
    >>> [c.style for c in SurvivalTrees().candidates(task, 5000, ())][:2]
    ['quick, one factor', 'quick, by intervals']
    """

    name: str = "survival_trees"
    preparations: tuple[str, ...] = ("native",)
    losses: frozenset[str] = frozenset({SURVIVAL_LOSS})

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return settings with few leaves and slow rates, for one factor and for intervals."""
        found = []
        for candidate in plain_candidates(self.name, replace(task, labels=("no", "yes")), rows, columns):
            if candidate.style not in _STYLES:
                continue
            for hazard, words in ((_FACTOR, "one factor"), (_INTERVALS, "by intervals")):
                parameters = {
                    **candidate.parameters,
                    _HAZARD: hazard,
                    "learning_rate": _SLOWER * float(candidate.parameters["learning_rate"]),
                    "num_leaves": min(15, int(candidate.parameters["num_leaves"])),
                    "min_data_in_leaf": max(_LEAST_IN_LEAF, int(candidate.parameters["min_data_in_leaf"])),
                }
                reason = f"{candidate.reason}; hazards {words}"
                turn = Turn.EARLY if candidate.style == "quick" else Turn.RANKED
                style = f"{candidate.style}, {words}"
                found.append(replace(candidate, parameters=parameters, style=style, turn=turn, reason=reason))
        return tuple(found)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit; slopes are computed outside of LightGBM."""
        trees = 1 if candidate.parameters.get(_HAZARD) == _FACTOR else task.outputs - 1
        one = LightGBM().seconds(candidate, replace(task, output_names=()), rows, features)
        return trees * one + 2e-7 * rows * usual_rounds(candidate.parameters)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: scores and slopes of every interval besides the trees."""
        return LightGBM().memory(candidate, task, rows, features) + 64 * rows * task.outputs

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept."""
        # Late: a service loads this file to answer, and must not wait for what only training needs.
        from journeyman.algorithms.lightgbm_training import boosted_by  # noqa: PLC0415 - see above

        hazard = str(request.parameters[_HAZARD])
        parameters = {name: value for name, value in request.parameters.items() if name != _HAZARD}
        plain, times = replace(request, parameters=parameters), times_of(request.task)
        valid_y = np.ones(1) if request.valid_y is None else request.valid_y
        if hazard == _FACTOR:
            sets, judged = RiskSets.of(request.y), RiskSets.of(valid_y)

            def down(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
                first, second = sets.slopes(scores[:, 0])
                return first[:, None], np.maximum(second, _LEAST_CURVATURE)[:, None]

            trees, rounds = boosted_by(plain, down, lambda scores: judged.loss(scores[:, 0]))
            scores = trees.predict(request.x.values, rounds=rounds, threads=request.threads)
            # Around 0, so that what is stored is the hazard of a usual row.
            return SurvivalTreesModel(trees, rounds, hazard, sets.cumulative(scores, times), request.threads)
        there, met = _intervals(request.y, times)
        base = np.asarray(logit((met.sum(axis=0) + 0.5) / (there.sum(axis=0) + 1.0)), dtype=np.float64)
        valid_there, valid_met = _intervals(valid_y, times)

        def slopes(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
            chance = expit(scores + base)
            return (chance - met) * there, np.maximum(chance * (1.0 - chance), _LEAST_CURVATURE) * there

        def loss(scores: FloatArray) -> float:
            margin = scores + base
            return float(((np.logaddexp(0.0, margin) - valid_met * margin) * valid_there).sum() / len(valid_y))

        trees, rounds = boosted_by(plain, slopes, loss, len(times))
        return SurvivalTreesModel(trees, rounds, hazard, base, request.threads)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return SurvivalTreesModel.from_files(files)


def _intervals(y: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return whether each row says something of each interval up to a time, and whether it met the event in it.

    A row that is censored within an interval counts as there where it has seen more than half of it.

    Examples
    --------
    >>> there, met = _intervals(np.array([3.0, -3.5, 1.0]), np.array([2.0, 4.0]))
    >>> there.tolist(), met.tolist()
    ([[1.0, 1.0], [1.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    """
    ends, begins = np.abs(y)[:, None], np.concatenate([[0.0], times[:-1]])
    met = (y[:, None] > begins) & (y[:, None] <= times)
    there = met | (ends > times) | ((y[:, None] < 0) & (ends > (begins + times) / 2.0))
    return there.astype(np.float64), met.astype(np.float64)
