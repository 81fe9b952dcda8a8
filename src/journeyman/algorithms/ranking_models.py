"""Ranking: LightGBM's LambdaRank, trees of relevances row by row, and a line within queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.lightgbm_candidates import plain_candidates
from journeyman.algorithms.lightgbm_library import BoostedTrees, StoredTrees
from journeyman.algorithms.lightgbm_trees import FEW_ROWS, LightGBM, answer_seconds
from journeyman.algorithms.linear import LinearModel
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.metric import RANKING_LOSS
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.metrics.ranking import RANKING, queries_of, relevance_of
from journeyman.transformers.steps import decode_array

__all__ = ["RankingLinear", "RankingTrees", "RankingTreesModel"]

FloatArray = NDArray[np.float64]
_GOAL = "goal"
"""A candidate's parameter: the order within queries, or the relevance of each row."""
_ORDER, _RELEVANCE = "order", "relevance"
_STYLES = ("quick", "deep", "small random", "narrow")
_PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""In units of a row; a fit's ``rounds`` is 1 + the position of the one that was kept."""
_START = 1


class RankingTreesModel:
    """Boosted trees whose scores are moved and scaled, so that those of other models can be added.

    Parameters
    ----------
    trees : trees
        One score a row.
    rounds : int
        How many of their rounds count.
    middle, spread : float
        Mean and standard deviation of the scores of training rows.
    """

    kind: ClassVar[NodeKind] = NodeKind.OTHER

    def __init__(self, trees: BoostedTrees, rounds: int, middle: float, spread: float, threads: int = 0) -> None:
        self._trees, self.rounds, self.middle, self.spread = trees, rounds, middle, spread
        self._threads = threads

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer."""
        return answer_seconds(self._trees, self.rounds or self._trees.iterations)

    def predict(self, x: Matrix) -> FloatArray:
        """Return scores, shape (n_samples, 1)."""
        threads = 1 if len(x.values) < FEW_ROWS else self._threads
        raw = self._trees.predict(x.values, rounds=self.rounds or -1, threads=threads)
        return np.asarray((raw.reshape(-1, 1) - self.middle) / self.spread)

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format, and the scale."""
        scale = msgspec.msgpack.encode((self.middle, self.spread))
        return {"model.txt": self._trees.text(self.rounds), "scale.msgpack": scale}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> RankingTreesModel:
        """Load what ``to_files`` gave."""
        middle, spread = msgspec.msgpack.decode(files["scale.msgpack"], type=tuple[float, float])
        return RankingTreesModel(StoredTrees(files["model.txt"]), 0, middle, spread)


@dataclass(frozen=True)
class RankingTrees:
    """Boosted trees for rankings: LambdaRank (Burges 2010), or the relevance of each row whatever its query.

    Examples
    --------
    >>> task = Task("y", "ranking", "ndcg_at_10", metric_loss="ranking")
    >>> [c.style for c in RankingTrees().candidates(task, 5000, ())][:2]
    ['quick, order', 'quick, relevance']
    """

    name: str = "ranking_trees"
    preparations: tuple[str, ...] = ("native",)
    losses: frozenset[str] = frozenset({RANKING_LOSS})

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return settings for the order within queries and for relevances."""
        found: list[Candidate] = []
        for candidate in plain_candidates(self.name, replace(task, labels=("no", "yes")), rows, columns):
            if candidate.style not in _STYLES:
                continue
            found += [
                replace(
                    candidate,
                    parameters={**candidate.parameters, _GOAL: goal},
                    style=f"{candidate.style}, {goal}",
                    turn=Turn.EARLY if candidate.style == "quick" else Turn.RANKED,
                    reason=f"{candidate.reason}; learns the {goal}",
                )
                for goal in (_ORDER, _RELEVANCE)
            ]
        return tuple(found)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: rounds are judged by their NDCG."""
        return 1.5 * LightGBM().seconds(candidate, task, rows, features) + 5e-6 * rows

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: sorted rows besides the trees."""
        return LightGBM().memory(candidate, task, rows, features) + 8 * rows * (features + 8)

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost until the NDCG of the validation rows stops rising, or for the rounds that an earlier fit kept."""
        # Late: a service loads this file to answer, and must not wait for what only training needs.
        from journeyman.algorithms.lightgbm_training import boosted_ranking  # noqa: PLC0415 - see above

        parameters = {name: value for name, value in request.parameters.items() if name != _GOAL}
        queries = queries_of(request.y)
        order = np.argsort(queries, kind="stable")
        plain = replace(
            request,
            parameters=parameters,
            x=replace(request.x, values=np.ascontiguousarray(request.x.values[order])),
            y=relevance_of(request.y)[order],
            weights=None,
            valid_weights=None,
            shared=request.shared.setdefault("ranking", {}),
        )
        valid_y = request.valid_y

        def lacking(scores: FloatArray) -> float:
            assert valid_y is not None  # asked for only where there are validation rows
            return 1.0 - RANKING[0].score(valid_y, scores)

        sizes = np.unique(queries[order], return_counts=True)[1]
        trees, rounds = boosted_ranking(plain, sizes, lacking, by_order=request.parameters[_GOAL] == _ORDER)
        raw = trees.predict(request.x.values, rounds=rounds, threads=request.threads)
        return RankingTreesModel(trees, rounds, float(raw.mean()), float(raw.std()) or 1.0, request.threads)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return RankingTreesModel.from_files(files)


@dataclass(frozen=True)
class RankingLinear:
    """The simple model of rankings: a ridge regression of what differs within queries.

    Examples
    --------
    >>> RankingLinear().preparations
    ('dense',)
    """

    name: str = "ranking_linear"
    preparations: tuple[str, ...] = ("dense",)
    losses: frozenset[str] = frozenset({RANKING_LOSS})

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the path of penalties, as one candidate."""
        reason = "the simple model of rankings: one weight a column"
        return (Candidate(self.name, {}, reason, turn=Turn.EARLY, preparation="dense"),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit."""
        return 0.05 + rows * (3e-9 * features**2 + 5e-8 * features + 3e-6)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: rows less the means of their queries."""
        return 32 * rows * features + 40 * rows + 16 * features**2

    def fit(self, request: FitRequest) -> FittedModel:
        """Learn with each penalty and keep the best for the validation rows, or the one that an earlier fit kept."""
        x = request.x.values
        spread = x.std(axis=0)
        spread[spread <= 1e-12] = 1.0
        query = np.unique(queries_of(request.y), return_inverse=True)[1]
        inside = _within(x / spread, query)
        towards = _within(relevance_of(request.y)[:, None], query)[:, 0]
        second, first = inside.T @ inside, inside.T @ towards

        def solved(position: int) -> LinearModel:
            found = np.linalg.solve(second + _PENALTIES[position] * np.eye(x.shape[1]), first)
            raw = x @ (found / spread)
            scale = float(raw.std()) or 1.0
            weights, offset = (found / spread / scale)[:, None], np.array([-float(raw.mean()) / scale])
            reach = 2.0 * float(np.abs(raw / scale + offset[0]).max())
            return LinearModel(weights, offset, False, -reach, reach, position + 1)

        if request.valid_x is None or request.valid_y is None:
            return solved((request.rounds or _START + 1) - 1)
        models = [solved(position) for position in range(len(_PENALTIES))]
        valid_x, valid_y = request.valid_x, request.valid_y
        return max(models, key=lambda model: RANKING[0].score(valid_y, model.predict(valid_x)))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["linear.msgpack"], type=LinearModel, dec_hook=decode_array)


def _within(values: FloatArray, query: NDArray[np.intp]) -> FloatArray:
    """Return values less the mean of their query, shape (n_samples, n_columns)."""
    order = np.argsort(query, kind="stable")
    starts = np.flatnonzero(np.diff(query[order], prepend=-1))
    means = np.add.reduceat(values[order], starts, axis=0) / np.bincount(query)[:, None]
    return np.asarray(values - means[query])
