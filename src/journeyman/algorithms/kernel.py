"""Kernel ridge regression with a Gaussian kernel on images: few rows, aligned images, nothing to install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate, Parameter, Refusal, Turn
from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.linear_algebra import on_one_thread
from journeyman.transformers.derived import image_columns
from journeyman.transformers.pictures import Size, edges, pixel_grid, size_of_names
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["Kernel", "KernelModel"]

FloatArray = NDArray[np.float64]
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # of the kernel, over the median squared distance
_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
_SETTINGS = tuple((w, p) for w in _WIDTHS for p in _PENALTIES)
"""A fit's ``rounds`` is 1 + the position of the one that was kept."""
_START = (2, 1)
_CHOOSING = 800  # rows that settings are chosen on
_LANDMARKS = 3_000
_PIECE = 2_000  # rows at a time
_LEAST_ROWS = 20


class KernelModel(msgspec.Struct, frozen=True, dict=True):
    """A weighted sum of likenesses to some training rows.

    Attributes
    ----------
    size : Size
        Of the images whose pixels are the features; a line where they are none.
    of_edges : bool
        Whether rows are compared by their edges, not by their pixels.
    center : ndarray of float32, shape (n_compared,)
        Taken off before rows are compared.
    rows : ndarray of float32, shape (n_landmarks, n_compared)
        What is compared with.
    width : float
        Likeness is ``exp(-width * squared distance)``.
    weights : ndarray of float64, shape (n_landmarks, n_outputs)
        Of each likeness.
    slope : float
        Scores are multiplied by it before they become logits, or values.
    offsets : ndarray of float64, shape (n_outputs,)
        Added to them.
    classifier : bool
        Whether logits become probabilities.
    low, high : float
        Values do not leave this range.
    rounds : int
        1 + the position of the setting that was chosen.
    """

    kind: ClassVar[NodeKind] = NodeKind.KERNELS
    size: Size
    of_edges: bool
    center: np.ndarray
    rows: np.ndarray
    width: float
    weights: np.ndarray
    slope: float
    offsets: np.ndarray
    classifier: bool
    low: float
    high: float
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many: a distance to every landmark."""
        return 2e-5 + 1.2e-9 * self.rows.size + (2e-7 * self.size.cells if self.of_edges else 0.0)

    @cached_property
    def _landmarks(self) -> tuple[FloatArray, FloatArray]:
        """The landmarks in double precision, and their squared lengths: made once, asked for often."""
        rows = self.rows.astype(np.float64)
        return rows, np.einsum("ij,ij->i", rows, rows)

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        pieces = [self._scores(x.values[i : i + _PIECE]) for i in range(0, max(len(x.values), 1), _PIECE)]
        scores = np.vstack(pieces) * self.slope + self.offsets
        if not self.classifier:
            return np.asarray(np.clip(scores, self.low, self.high))
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def _scores(self, values: FloatArray) -> FloatArray:
        compared = _compared(values, self.size, self.of_edges) - self.center
        rows, lengths = self._landmarks
        return np.asarray(_likeness(compared, rows, lengths, self.width) @ self.weights)

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"kernel.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class Kernel:
    """Least squares on likenesses (kernel ridge regression), made into probabilities on rows left out.

    What a row left out would have been answered is known without a further fit, and so are the best width and penalty,
    and the slope and offsets that make logits of scores. With more than 3,000 rows, as many of them stand for all.

    References
    ----------
    Rifkin and Lippert 2007, "Notes on regularized least squares"; Platt 1999 on probabilities of scores; Williams and
    Seeger 2001, "Using the Nyström method to speed up kernel machines".

    Examples
    --------
    >>> Kernel().applies([Column("photo", Kind.IMAGE)]), Kernel().applies([Column("age", Kind.INTEGER)])
    (True, False)
    """

    name: str = "kernel"
    preparations: tuple[str, ...] = ("pixels",)
    example_columns: tuple[Column, ...] = (Column("photo", Kind.IMAGE),)

    def applies(self, columns: Sequence[Column]) -> bool:
        """Say whether there are images."""
        return bool(image_columns(columns)) or pixel_grid(columns) is not None

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return images compared by their pixels, and by their edges."""
        if rows < _LEAST_ROWS:
            return Refusal(f"fewer than {_LEAST_ROWS} rows to learn from")
        proposals: tuple[tuple[dict[str, Parameter], str, str], ...] = (
            ({"edges": False}, "pixels", "images compared by their pixels: strong where they are aligned"),
            ({"edges": True}, "edges", "images compared by their edges: light and shifts matter less"),
        )
        return tuple(
            Candidate(self.name, p, reason, style, turn=Turn.SUITED, preparation="pixels")
            for p, style, reason in proposals
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: distances, and a system as large as there are landmarks."""
        landmarks, chosen = min(rows, _LANDMARKS), min(rows, _CHOOSING)
        work = 2.0 * rows * landmarks * (min(features, 128) if candidate.parameters.get("edges") else features)
        work += 3.0 * rows * landmarks**2 + 25.0 * chosen**3
        return 0.2 + work / 2.5e10 + (1e-8 * rows * features * 8 if candidate.parameters.get("edges") else 0.0)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: likenesses of rows to landmarks, and matrices among landmarks."""
        landmarks = min(rows, _LANDMARKS)
        compared = min(features, 128) if candidate.parameters.get("edges") else features
        return 20 * rows * landmarks + 24 * landmarks**2 + 12 * rows * compared + 40 * rows * task.outputs

    def fit(self, request: FitRequest) -> FittedModel:
        """Choose a setting on rows left out, or keep an earlier fit's; learn the weights and the probabilities."""
        with (
            on_one_thread()
        ):  # folds stand side by side, and threads that wait for each other cost more than they bring
            return _fitted(request)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["kernel.msgpack"], type=KernelModel, dec_hook=decode_array)


def _fitted(request: FitRequest) -> KernelModel:
    rng = np.random.default_rng(request.seed)
    edged = bool(request.parameters.get("edges"))
    size = size_of_names(request.x.names)
    compared = _compared(request.x.values, size, edged)
    center = compared.mean(axis=0).astype(np.float32)
    compared -= center
    target = _target(request)
    some = rng.permutation(len(compared))[:_CHOOSING]
    distances = _squares(compared[some], compared[some])
    typical = float(np.median(distances[~np.eye(len(some), dtype=bool)])) if len(some) > 1 else 1.0
    typical = typical if typical > 0 else 1.0
    # As large a share of them are landmarks as of all rows: a narrow kernel needs more of them.
    standing = np.arange(max(1, round(len(some) * min(1.0, _LANDMARKS / len(compared)))))
    rounds = request.rounds or 1 + _best(compared[some] / typical**0.5, standing, _only(target, some), request)
    width, penalty = _SETTINGS[rounds - 1]
    width /= typical
    if request.out_of_time():
        raise TimeoutError("no time was left after a setting was chosen")
    landmarks = np.sort(rng.permutation(len(compared))[:_LANDMARKS])
    weights, left_out = _solve(compared, landmarks, width, penalty, target.outputs)
    slope, offsets = _probable(left_out, target) if target.classifier else (target.spread, np.array([target.mean]))
    return KernelModel(
        size=size,
        of_edges=edged,
        center=center,
        rows=compared[landmarks].astype(np.float32),
        width=width,
        weights=weights,
        slope=slope,
        offsets=offsets,
        classifier=target.classifier,
        low=float(request.y.min()),
        high=float(request.y.max()),
        rounds=rounds,
    )


class _Target(NamedTuple):
    """What least squares are fitted to, shape (n_samples, n_outputs), and how it becomes the target again."""

    outputs: FloatArray
    y: FloatArray
    classifier: bool
    mean: float
    spread: float


def _target(request: FitRequest) -> _Target:
    y = request.y
    if request.task.labels:
        hot = (y[:, None] == np.arange(len(request.task.labels))).astype(np.float64)
        return _Target(hot - hot.mean(axis=0), y, True, 0.0, 1.0)
    spread = float(y.std())
    spread = spread if spread > 0 else 1.0
    return _Target(((y - y.mean()) / spread)[:, None], y, False, float(y.mean()), spread)


def _only(target: _Target, rows: NDArray[np.int64]) -> _Target:
    return target._replace(outputs=target.outputs[rows], y=target.y[rows])


def _compared(values: FloatArray, size: Size, edged: bool) -> FloatArray:
    """Return what rows are compared by, shape (n_samples, n_compared)."""
    if not edged:
        return values.astype(np.float64)
    shape = (len(values), size.height, size.width, size.channels)
    return np.vstack([edges(piece) for piece in _pieces(values.reshape(shape))])


def _pieces(values: FloatArray) -> list[FloatArray]:
    return [values[i : i + _PIECE] for i in range(0, max(len(values), 1), _PIECE)]


def _squares(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return squared distances, shape (n_first, n_second)."""
    lengths = np.einsum("ij,ij->i", first, first)[:, None] + np.einsum("ij,ij->i", second, second)
    return np.asarray(np.maximum(lengths - 2.0 * (first @ second.T), 0.0))


def _likeness(compared: FloatArray, rows: FloatArray, lengths: FloatArray, width: float) -> FloatArray:
    squares = np.einsum("ij,ij->i", compared, compared)[:, None] + lengths - 2.0 * (compared @ rows.T)
    return np.asarray(np.exp(-width * np.maximum(squares, 0.0)))


def _best(compared: FloatArray, landmarks: NDArray[np.int64], target: _Target, request: FitRequest) -> int:
    """Return the position of the best setting, judged by rows left out, downhill from the middle of both lists."""
    losses: dict[tuple[int, int], float] = {}

    def loss(at: tuple[int, int]) -> float:
        if at not in losses:
            _, left_out = _solve(compared, landmarks, _WIDTHS[at[0]], _PENALTIES[at[1]], target.outputs)
            losses[at] = _loss(left_out, target)
        return losses[at]

    here, before = _START, (-1, -1)
    loss(here)
    while here != before:
        before = here
        for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            there = (before[0] + step[0], before[1] + step[1])
            if not (0 <= there[0] < len(_WIDTHS) and 0 <= there[1] < len(_PENALTIES)) or request.out_of_time():
                continue
            here = min(here, there, key=loss)
    return here[0] * len(_PENALTIES) + here[1]


def _loss(left_out: FloatArray, target: _Target) -> float:
    if not target.classifier:
        return float(((left_out - target.outputs) ** 2).mean())
    slope, offsets = _probable(left_out, target)
    return _log_loss(left_out * slope + offsets, target.y.astype(np.int64))


def _solve(
    compared: FloatArray, landmarks: NDArray[np.int64], width: float, penalty: float, outputs: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the weights of landmarks, and what each row would be answered if it were left out.

    References
    ----------
    Allen 1974 for rows left out of least squares: the error, over one minus the row's own leverage.
    """
    # Here and not above: a stored model predicts without SciPy.
    from scipy.linalg import cho_factor, cho_solve, solve_triangular  # noqa: PLC0415  # heavy: imported where it is used

    rows = compared[landmarks]
    lengths = np.einsum("ij,ij->i", rows, rows)
    among = _likeness(rows, rows, lengths, width)
    if len(landmarks) == len(compared):
        among[np.diag_indices_from(among)] += penalty
        factor = cho_factor(among, lower=True, overwrite_a=True)
        inverse = cho_solve(factor, np.eye(len(rows)), overwrite_b=True)
        weights = inverse @ outputs
        return weights, outputs - weights / np.diag(inverse)[:, None]
    among[np.diag_indices_from(among)] += 1e-6
    lower = np.linalg.cholesky(among)
    features = np.empty((len(compared), len(rows)), dtype=np.float32)
    for start in range(0, len(compared), _PIECE):
        piece = _likeness(compared[start : start + _PIECE], rows, lengths, width)
        features[start : start + _PIECE] = solve_triangular(lower, piece.T, lower=True, overwrite_b=True).T
    system = (features.T @ features).astype(np.float64)
    system[np.diag_indices_from(system)] += penalty
    factor = cho_factor(system, lower=True, overwrite_a=True)
    found = cho_solve(factor, features.T @ outputs)
    leverage = np.empty(len(compared))
    for start in range(0, len(compared), _PIECE):
        own = solve_triangular(factor[0], features[start : start + _PIECE].T, lower=True)
        leverage[start : start + _PIECE] = (own**2).sum(axis=0)
    errors = (outputs - features @ found) / np.maximum(1.0 - leverage, 1e-3)[:, None]
    return np.asarray(solve_triangular(lower, found, lower=True, trans="T")), outputs - errors


def _probable(scores: FloatArray, target: _Target) -> tuple[float, FloatArray]:
    """Return the slope and the offsets with which scores are the best logits of rows that were left out.

    Offsets are drawn towards the logarithms of the shares of classes, as if by one row.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  # heavy: imported where it is used

    y = target.y.astype(np.int64)
    classes = scores.shape[1]
    counts = np.bincount(y, minlength=classes)
    start = np.log((counts + 0.1) / (counts + 0.1).sum())
    hot = y[:, None] == np.arange(classes)

    def loss(at: FloatArray) -> tuple[float, FloatArray]:
        slope, offsets = np.exp(at[0]), at[1:]
        logits = scores * slope + offsets
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1)
        wrong = odds / total[:, None] - hot
        value = float((np.log(total) - logits[hot]).mean()) + float(((offsets - start) ** 2).sum()) / len(y)
        away = np.r_[(wrong * scores).sum() * slope / len(y), wrong.mean(axis=0) + 2.0 * (offsets - start) / len(y)]
        return value, away

    found = minimize(
        loss, np.r_[np.log(4.0), start], jac=True, method="L-BFGS-B", bounds=[(-3, 5)] + [(None, None)] * classes
    )
    return float(np.exp(found.x[0])), np.asarray(found.x[1:])


def _log_loss(logits: FloatArray, y: NDArray[np.int64]) -> float:
    logits = logits - logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]).mean())
