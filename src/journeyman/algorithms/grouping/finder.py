"""The algorithm that finds groups, and the frozen model that assigns rows to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.anomaly_detectors import Tail
from journeyman.algorithms.grouping.partition import METHODS, Method, Partition, partition
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column
from journeyman.entities.metric import GROUPS_LOSS
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["GroupFinder", "GroupModel", "fit_groups"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_ROWS = 20_000  # that groups are learned from
_CALIBRATING = 10_000
_FOLDS = 5
_STARTS = 5


class GroupModel(msgspec.Struct, frozen=True):
    """Groups, and how far ordinary rows lie from them.

    Attributes
    ----------
    groups : Partition
        Frozen; group j is label j.
    reach : Tail
        Of distances to the nearest group, of rows that the groups were not learned from.
    outside : float
        Share of ordinary rows that may be told to be in none of the groups.
    """

    kind: ClassVar[NodeKind] = NodeKind.CENTRES
    groups: Partition
    reach: Tail
    outside: float
    rounds: int = 0

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many, judged by sizes alone."""
        k, width = self.groups.means.shape
        return float(1e-7 + 2e-9 * k * width**2)

    def predict(self, x: Matrix) -> FloatArray:
        """Return the probability of each group, and last that of none of them, shape (n_samples, n_groups + 1).

        Of two rows as likely in their group the one further out is likelier in none. None is the likeliest answer
        exactly where at most a share ``outside`` of ordinary rows lies as far from all groups.
        """
        shares = self.groups.memberships(x.values)
        as_far = self.reach.share(np.sqrt(self.groups.distances(x.values).min(axis=1)))
        odds = shares.max(axis=1) * self.outside / as_far
        none = odds / (1.0 + odds)
        return np.column_stack([shares * (1.0 - none)[:, None], none])

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"groups.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class GroupFinder:
    """Groups rows anew wherever it is fitted, in the way and the number that the task says.

    Codes of rows give groups their names, by the greatest overlap, and teach nothing else: so a model of a part of the
    rows agrees with other models only as far as the groups are there.

    Examples
    --------
    >>> GroupFinder().losses == {GROUPS_LOSS}
    True
    """

    name: str = "group_finder"
    preparations: tuple[str, ...] = ("grouped",)
    losses: frozenset[str] = frozenset({GROUPS_LOSS})

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the one there is: the way of grouping was chosen with the number of groups."""
        why = f"the way whose groups are found again on other rows: {_method(task).value}"
        return (Candidate(self.name, {}, why, preparation=self.preparations[0]),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit, and of those that say how far ordinary rows lie out."""
        learned = min(rows, _ROWS)
        return float(0.5 + 6e-7 * learned * max(2, len(task.labels)) * features**1.3 * (_FOLDS + 1))

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: copies of the rows, a tree of some, and covariances."""
        learned, groups = min(rows, _ROWS), max(2, len(task.labels))
        return (
            8 * rows * features + 8 * learned * (6 * features + 4 * groups) + 8 * groups * features**2 * 6 + 60_000_000
        )

    def fit(self, request: FitRequest) -> FittedModel:
        """Group training rows, and measure on rows left out how far ordinary ones lie from their group."""
        groups = max(1, len(request.task.labels) - 1)
        x, y = np.ascontiguousarray(request.x.values), request.y.astype(np.int64)
        options = request.task.options
        outside = float(options.get("outside", 0.01))
        return fit_groups(x, y, groups, _method(request.task), outside, request.seed)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["groups.msgpack"], type=GroupModel, dec_hook=decode_array)


def fit_groups(x: FloatArray, names: IntArray | None, k: int, method: Method, outside: float, seed: int) -> GroupModel:
    """Return the model of rows.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Prepared rows.
    names : ndarray of shape (n_samples,), or None
        Codes that name groups; None orders them by size.
    k : int
        Groups.
    method : Method
        How rows are grouped.
    outside : float
        Share of ordinary rows that may be in none of them.
    seed : int
        Of samples and starts.
    """
    order = np.random.default_rng([seed, 5]).permutation(len(x))
    rows = np.sort(order[:_ROWS])
    learned = x[rows]
    found = partition(learned, k, method, seed, _STARTS)
    codes = found.assign(learned)
    if names is None:
        place = np.argsort(-np.bincount(codes, minlength=k), kind="stable")
    else:
        place = _group_of_each_name(codes, names[rows], k)
    found = Partition(found.means[place], found.factors[place], found.constants[place])
    calibrating = x[order[: min(_CALIBRATING, len(x))]]
    return GroupModel(found, Tail.of(_left_out_distances(calibrating, k, method, seed)), outside)


def _group_of_each_name(codes: IntArray, names: IntArray, k: int) -> IntArray:
    """Return the group found that takes each name, shape (n_groups,)."""
    # Late: scipy's matching is not needed to answer.
    from journeyman.algorithms.grouping.stability import matched  # noqa: PLC0415 - see above
    from journeyman.metrics.agreement import contingency  # noqa: PLC0415 - see above

    return matched(contingency(names, codes, k, k))


def _left_out_distances(x: FloatArray, k: int, method: Method, seed: int) -> FloatArray:
    """Return each row's distance to the nearest group of a model that did not learn from it, shape (n_samples,)."""
    fold = np.arange(len(x)) % _FOLDS
    far = np.empty(len(x))
    for number in range(_FOLDS):
        model = partition(x[fold != number], k, method, seed, 1)
        far[fold == number] = np.sqrt(model.distances(x[fold == number]).min(axis=1))
    return far


def _method(task: Task) -> Method:
    return METHODS[int(task.options.get("method", 0))]
