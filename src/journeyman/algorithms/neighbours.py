"""Nearest neighbours: similar rows have similar targets, where alike is judged by the features that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate, Refusal
from journeyman.entities.column import Column
from journeyman.entities.metric import Loss
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.metrics import METRICS
from journeyman.transformers.encodings import target_outputs
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["Neighbours", "NeighboursModel", "association"]

FloatArray = NDArray[np.float64]
_MOST_ROWS = 6_000  # each answer looks at every row: with more of them it takes too long
_MOST_FEATURES = 30
_BINS = 16
_COUNTS = (1, 2, 4, 8, 16, 32, 64)
_SETTINGS = tuple((k, near) for k in _COUNTS for near in (True, False))
"""Neighbours, and whether near ones weigh more; a fit's ``rounds`` is 1 + the position of the one that was kept."""
_START = 1 + _SETTINGS.index((16, True))
_CELLS = 2_000_000  # distances held at a time
_MOST_ASKED = 2_000  # rows left out: more of them do not choose better


class NeighboursModel(msgspec.Struct, frozen=True):
    """Rows to compare with, and their answers.

    Attributes
    ----------
    columns : ndarray of int64, shape (n_features,)
        Features that are compared.
    scale : ndarray of shape (n_features,)
        What each difference is multiplied by: features that go along with the target weigh more.
    rows : ndarray of shape (n_rows, n_features)
        Scaled training rows; equal ones are one row.
    answers : ndarray of shape (n_rows, n_outputs)
        Their mean answers.
    copies : ndarray of shape (n_rows,)
        How many training rows each stands for.
    prior : ndarray of shape (n_outputs,)
        The mean answer, which counts as one more neighbour of a classifier.
    classifier : bool
        Whether answers are shares of classes.
    rounds : int
        1 + the position of the number of neighbours and their weighting in the list that is tried.
    """

    kind: ClassVar[NodeKind] = NodeKind.NEIGHBOURS
    columns: np.ndarray
    scale: np.ndarray
    rows: np.ndarray
    answers: np.ndarray
    copies: np.ndarray
    prior: np.ndarray
    classifier: bool
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: every row is looked at, and the nearest are picked."""
        return 1.5e-5 + len(self.rows) * (1.6e-8 + 3e-10 * len(self.columns))

    @property
    def setting(self) -> tuple[int, bool]:
        """How many neighbours count, and whether near ones weigh more."""
        return _SETTINGS[self.rounds - 1]

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        number, near = self.setting
        questions = x.values[:, self.columns] * self.scale
        found = [self.weigh(*nearest, number, near) for nearest in self.search(questions, number + 1)]
        return np.vstack(found) if found else np.empty((0, len(self.prior)))

    def search(self, questions: FloatArray, number: int) -> Iterator[tuple[FloatArray, NDArray[np.int64]]]:
        """Yield distances and positions of the rows nearest to scaled ones, ascending, some questions at a time."""
        number = min(number, len(self.rows))
        squares = np.einsum("ij,ij->i", self.rows, self.rows)
        size = max(1, _CELLS // len(self.rows))
        for start in range(0, len(questions), size):
            asked = questions[start : start + size]
            # Without the question's own square the order is the same.
            rough = squares - 2.0 * (asked @ self.rows.T)
            if number < len(self.rows):
                nearest = np.argpartition(rough, number - 1, axis=1)[:, :number]
            else:
                nearest = np.tile(np.arange(number), (len(asked), 1))
            nearest.sort(axis=1)
            distances = np.empty(nearest.shape)
            for i, question in enumerate(asked):  # exact: the difference of two large squares is not
                apart = self.rows[nearest[i]] - question
                distances[i] = np.sqrt((apart * apart).sum(axis=1))
            order = np.argsort(distances, axis=1, kind="stable")
            yield np.take_along_axis(distances, order, axis=1), np.take_along_axis(nearest, order, axis=1)

    def weigh(self, distances: FloatArray, nearest: NDArray[np.int64], number: int, near: bool) -> FloatArray:
        """Return the answers that the nearest rows give.

        The weight of a neighbour falls with its distance to nothing at the first that is no neighbour any more
        (Epanechnikov 1969), so that it hardly matters which of two equally distant rows is the last one.
        """
        reach = distances[:, min(number, distances.shape[1] - 1)][:, None]
        distances, nearest = distances[:, :number], nearest[:, :number]
        weights = self.copies[nearest].astype(np.float64)
        if near:
            weights *= np.maximum(1.0 - (distances / np.maximum(reach, 1e-12)) ** 2, 1e-6)
        total = np.einsum("nk,nko->no", weights, self.answers[nearest])
        weight = weights.sum(axis=1, keepdims=True)
        if not self.classifier:
            return np.asarray(total / weight)
        mean = total / weight
        # As many voices as there are neighbours, and one that knows the shares of the classes only.
        return np.asarray((mean * number + self.prior) / (number + 1.0))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"neighbours.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class Neighbours:
    """The mean of the nearest rows; how many is tried on rows that are left out in turn.

    Validation rows are not asked: of so many settings the best on few rows is the luckiest, and its answers there
    would look better than they are.

    Examples
    --------
    >>> Neighbours().candidates(Task("y", "binary", "roc_auc", ("no", "yes")), 1_000_000, ()).reason
    'more than 6,000 rows'
    """

    name: str = "neighbours"
    preparations: tuple[str, ...] = ("dense",)

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return comparison by the features that matter, and by all alike; a refusal where rows are many."""
        if rows > _MOST_ROWS:
            return Refusal(f"more than {_MOST_ROWS:,} rows")
        return (
            Candidate(
                self.name, {"weighted": True}, "similar rows have similar targets: errs elsewhere", preparation="dense"
            ),
            Candidate(self.name, {"weighted": False}, "similar rows, all features alike", "alike", preparation="dense"),
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit and its choice on rows left out."""
        return 0.05 + 2e-5 * rows + 8e-9 * rows * rows + 3e-8 * rows * features

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: the rows compared with, and the distances held at a time."""
        distances = 40 * min(rows * rows, _CELLS)
        return 8 * rows * features + 24 * rows * min(features, _MOST_FEATURES) + distances

    def fit(self, request: FitRequest) -> FittedModel:
        """Keep the rows; choose the number of neighbours on rows left out, or as an earlier fit did."""
        outputs = target_outputs(request.y, request.task)
        strength = association(request.x.values, outputs)
        columns = np.sort(np.argsort(-strength, kind="stable")[:_MOST_FEATURES])
        spread = request.x.values[:, columns].std(axis=0)
        scale = np.where(spread > 1e-12, 1.0 / np.maximum(spread, 1e-12), 0.0)
        if request.parameters["weighted"]:
            scale *= np.sqrt(strength[columns] / max(float(strength.max(initial=0.0)), 1e-12))
        answers = request.y[:, None]
        if request.task.labels:
            answers = (request.y[:, None] == np.arange(len(request.task.labels))).astype(np.float64)
        rows, place, copies = np.unique(
            request.x.values[:, columns] * scale, axis=0, return_inverse=True, return_counts=True
        )
        means = np.column_stack([np.bincount(place, weights=a, minlength=len(rows)) for a in answers.T])
        model = NeighboursModel(
            columns=columns.astype(np.int64),
            scale=scale,
            rows=np.ascontiguousarray(rows),
            answers=np.ascontiguousarray(means / copies[:, None]),
            copies=copies.astype(np.int64),
            prior=answers.mean(axis=0),
            classifier=bool(request.task.labels),
            rounds=request.rounds or _START,
        )
        if request.valid_x is None or request.valid_y is None:
            return model
        return msgspec.structs.replace(model, rounds=_best(model, place, request))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["neighbours.msgpack"], type=NeighboursModel, dec_hook=decode_array)


def _best(model: NeighboursModel, place: NDArray[np.int64], request: FitRequest) -> int:
    """Return 1 + the position of the best setting; the rows are searched once for all of them.

    Parameters
    ----------
    place : ndarray of shape (n_samples,)
        Which row of the model each training row is; a row is left out with all its copies.
    """
    absolute = request.task.loss in (Loss.ABSOLUTE, Loss.RELATIVE)
    metric = METRICS["log_loss" if model.classifier else "mae" if absolute else "rmse"]
    asked = np.linspace(0, len(model.rows) - 1, min(len(model.rows), _MOST_ASKED)).astype(np.int64)
    answers: list[list[FloatArray]] = [[] for _ in _SETTINGS]
    found = model.search(model.rows[asked], _COUNTS[-1] + 2)
    for distances, nearest in _while_there_is_time(found, request.out_of_time):
        if distances.shape[1] < 2:
            return _START  # one row, many times
        for several, (number, near) in zip(answers, _SETTINGS, strict=True):
            several.append(model.weigh(distances[:, 1:], nearest[:, 1:], number, near))  # the first is the row itself
    position = np.full(len(model.rows), -1)
    position[asked] = np.arange(len(asked))
    among = position[place]
    y, among = request.y[among >= 0], among[among >= 0]
    losses = [metric.score(y, np.vstack(several)[among]) for several in answers]
    return 1 + int(np.argmin(losses))


def _while_there_is_time(
    found: Iterator[tuple[FloatArray, NDArray[np.int64]]], out_of_time: Callable[[], bool]
) -> Iterator[tuple[FloatArray, NDArray[np.int64]]]:
    for piece in found:
        if out_of_time():
            raise TimeoutError
        yield piece


def association(x: FloatArray, outputs: FloatArray) -> FloatArray:
    """Return the share of the outputs' variance that each feature explains, cut into bins, shape (n_features,).

    The correlation ratio (Pearson 1905), corrected for the number of bins; 0 where a feature explains no more than
    chance would.

    Examples
    --------
    >>> x = np.column_stack([np.arange(400.0), np.arange(400) * 7 % 31])
    >>> association(x, (x[:, :1] - 200.0) ** 2).round(1).tolist()
    [1.0, 0.0]
    """
    rows = len(x)
    total = float(((outputs - outputs.mean(axis=0)) ** 2).sum())
    result = np.zeros(x.shape[1])
    if total <= 0.0:
        return result
    for i, values in enumerate(x.T):
        edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, _BINS + 1)[1:-1]))
        bins = np.searchsorted(edges, values, side="right")
        counts = np.bincount(bins).astype(np.float64)
        used = int((counts > 0).sum())
        if used < 2 or rows <= used:
            continue
        sums = np.column_stack([np.bincount(bins, weights=o) for o in outputs.T])
        between = float((sums**2 / np.maximum(counts, 1.0)[:, None]).sum() - rows * (outputs.mean(axis=0) ** 2).sum())
        result[i] = max(0.0, 1.0 - (1.0 - between / total) * (rows - 1) / (rows - used))
    return result
