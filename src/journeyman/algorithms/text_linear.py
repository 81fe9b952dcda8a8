"""Linear models on texts' n-grams, tens of thousands of sparse features: logistic regression and ridge regression."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate, Parameter, Refusal, Turn
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.metrics import METRICS
from journeyman.metrics.weighted import score_rows
from journeyman.transformers.derived import text_columns
from journeyman.transformers.steps import decode_array, encode_array
from journeyman.transformers.text_sparse import SPELLING

__all__ = ["TextLinear", "TextLinearModel"]

FloatArray = NDArray[np.float64]
_PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""In units of a row, the heaviest first, so that each fit starts where a simpler one ended; a fit's ``rounds`` is 1 +
the position of the one that was kept."""
_START = 4
_STRIDE, _MOST_STRIDES = 8, 4  # iterations between two looks at the clock, and how often
_TOLERANCE = 2e-5  # looser ones stop where the fit before began, along the path
_LOADED = 60_000_000  # bytes of scikit-learn and SciPy


class TextLinearModel(msgspec.Struct, frozen=True):
    """A linear model of dense and of sparse features.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
        Of dense features.
    sparse_weights : ndarray of float32, shape (n_sparse_features, n_outputs)
        Of sparse ones; no rows where there are none.
    offsets : ndarray of shape (n_outputs,)
        Added to them.
    classifier : bool
        Whether scores become probabilities.
    low, high : float
        Values are clipped to this range.
    rounds : int
        1 + the position of the penalty on the path.
    """

    kind: ClassVar[NodeKind] = NodeKind.SPARSE_LINES
    weights: np.ndarray
    sparse_weights: np.ndarray
    offsets: np.ndarray
    classifier: bool
    low: float
    high: float
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: n-grams of a text are looked up."""
        return 2e-4 + 1e-9 * self.weights.size

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        scores = x.values @ self.weights + self.offsets
        if x.sparse is not None and len(self.sparse_weights):
            scores = scores + x.sparse @ self.sparse_weights
        if self.classifier:
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float64)
        return np.asarray(np.clip(scores, self.low, self.high), dtype=np.float64)

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"text_linear.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class TextLinear:
    """Every n-gram has a weight of its own: what texts are learned best by, where there are rows enough.

    ``ratios`` multiplies each n-gram by the logarithm of how much more often rows of one of two classes hold it
    (NB-SVM, here with logistic loss).

    References
    ----------
    Wang and Manning 2012, "Baselines and bigrams: simple, good sentiment and topic classification".

    Examples
    --------
    >>> TextLinear().preparations
    ('text_sparse',)
    """

    name: str = "text_linear"
    preparations: tuple[str, ...] = ("text_sparse",)
    weighs_rows: bool = True
    example_columns: tuple[Column, ...] = ()

    def applies(self, columns: Sequence[Column]) -> bool:
        """Say whether there are texts."""
        return bool(text_columns(columns))

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return the path of penalties; for two classes also with n-grams weighed by their ratios."""
        proposals: list[tuple[dict[str, Parameter], str, str]] = [
            ({}, "default", "a weight for each word, pair of words and run of characters"),
            ({"spelling": False}, "words", "a weight for each word and pair of words, whatever their spelling"),
        ]
        if len(task.labels) == 2:
            told = "n-grams weighed by how much more often one class holds them (NB-SVM)"
            proposals.append(({"ratios": True}, "ratios", told))
            proposals.append(({"ratios": True, "spelling": False}, "ratios of words", told))
        return tuple(
            Candidate(self.name, p, reason, style, turn=Turn.EARLY, preparation=self.preparations[0])
            for p, style, reason in proposals
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: a pass over the n-grams an iteration."""
        outputs = max(len(task.labels), 1)
        return 0.1 + 4e-7 * rows * (features + 10) * (1 if outputs <= 2 else outputs)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: both matrices side by side and turned, and the solver's vectors."""
        return _LOADED + 40 * rows * features + 40 * rows * task.outputs

    def fit(self, request: FitRequest) -> FittedModel:
        """Go along the path of penalties while it helps the validation rows, or fit the one that was kept before."""
        path = _Path(request)
        valid_x, valid_y = request.valid_x, request.valid_y
        if valid_x is None or valid_y is None:
            return path.model(request.rounds - 1 if request.rounds else _START)
        metric = METRICS["log_loss" if request.task.labels else "rmse"]
        found: dict[int, tuple[float, TextLinearModel]] = {}

        def loss(position: int) -> float:
            if position not in found:
                model = path.model(position)
                score = score_rows(metric, valid_y, model.predict(valid_x), request.valid_weights)
                found[position] = (score, model)
            return found[position][0]

        here = _START
        for step in (1, -1):  # downhill on one side, then on the other: losses along the path have one valley
            while 0 <= here + step < len(_PENALTIES) and not request.out_of_time() and loss(here + step) < loss(here):
                here += step
        loss(here)
        return found[here][1]

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["text_linear.msgpack"], type=TextLinearModel, dec_hook=decode_array)


class _Path:
    """Fits of one request with several penalties; features are put together once for all of them."""

    def __init__(self, request: FitRequest) -> None:
        from scipy import sparse  # noqa: PLC0415  # heavy: a stored model predicts without it

        self._request = request
        values = request.x.values
        self._center = values.mean(axis=0) if len(values) else np.zeros(values.shape[1])
        spread = values.std(axis=0) if len(values) else np.ones(values.shape[1])
        spread[spread <= 1e-12] = 1.0
        # All dense features together are as long as the n-grams of a text, so that one penalty suits both.
        self._scale = 1.0 / (spread * np.sqrt(max(values.shape[1], 1)))
        dense = sparse.csr_array(((values - self._center) * self._scale).astype(np.float32))
        given = request.x.sparse
        self._used = _used_features(request)
        self._ratios = np.ones(len(self._used), dtype=np.float32)
        if given is not None and not self._used.all():
            given = given[:, np.flatnonzero(self._used)]
        if given is not None and request.parameters.get("ratios"):
            self._ratios[self._used] = _log_ratios(given, request.y)
            given = given.multiply(self._ratios[self._used][None, :]).tocsr()
        self._x = dense if given is None else sparse.hstack([dense, given], format="csr", dtype=np.float32)
        self._classes = np.unique(request.y).astype(np.int64) if request.task.labels else np.zeros(0, dtype=np.int64)
        self._classifier = self._make_classifier()

    def model(self, position: int) -> TextLinearModel:
        """Return the model with a penalty of the path."""
        task, y = self._request.task, self._request.y
        if not task.labels:
            return self._ridge(position)
        if len(self._classes) == 1:
            offsets = np.full(len(task.labels), -18.0)
            offsets[self._classes] = 0.0
            return self._split(np.zeros((self._x.shape[1], len(task.labels))), offsets, position)
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  # heavy: imported where it is used

        model = self._classifier.set_params(C=1.0 / _PENALTIES[position])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # an unfinished fit is judged by its score like any
            for _ in range(_MOST_STRIDES):
                model.fit(self._x, y, sample_weight=self._request.weights)
                if model.n_iter_.max() < _STRIDE or self._request.out_of_time():
                    break
        weights = np.zeros((self._x.shape[1], len(task.labels)))
        offsets = np.full(len(task.labels), -18.0)  # a class without rows: one in 65 million
        if len(self._classes) == 2:
            weights[:, self._classes] = np.vstack([-model.coef_[0] / 2, model.coef_[0] / 2]).T
            offsets[self._classes] = np.array([-model.intercept_[0] / 2, model.intercept_[0] / 2])
        else:
            weights[:, self._classes] = model.coef_.T
            offsets[self._classes] = model.intercept_
        return self._split(weights, offsets, position)

    def _make_classifier(self) -> Any:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # heavy: imported where it is used

        return LogisticRegression(solver="newton-cg", max_iter=_STRIDE, tol=_TOLERANCE, warm_start=True)

    def _ridge(self, position: int) -> TextLinearModel:
        from sklearn.linear_model import Ridge  # noqa: PLC0415  # heavy: imported where it is used

        y = self._request.y
        middle, spread = float(y.mean()), float(y.std()) or 1.0
        model = Ridge(alpha=_PENALTIES[position], solver="sparse_cg", max_iter=_STRIDE * _MOST_STRIDES, tol=1e-4)
        model.fit(self._x, ((y - middle) / spread).astype(np.float32), sample_weight=self._request.weights)
        weights = np.asarray(model.coef_, dtype=np.float64).reshape(-1, 1) * spread
        return self._split(weights, np.atleast_1d(float(model.intercept_) * spread + middle), position)

    def _split(self, weights: FloatArray, offsets: FloatArray, position: int) -> TextLinearModel:
        """Return a model of features as they come, from weights of scaled ones."""
        width = len(self._center)
        dense = weights[:width] * self._scale[:, None]
        sparse = np.zeros((len(self._used), weights.shape[1]), dtype=np.float32)
        sparse[self._used] = weights[width:] * self._ratios[self._used][:, None]
        y, classifier = self._request.y, bool(self._request.task.labels)
        margin = 0.1 * float(np.ptp(y))  # a line leaves the range of what was seen; not by much
        low, high = (0.0, 0.0) if classifier else (float(y.min()) - margin, float(y.max()) + margin)
        return TextLinearModel(dense, sparse, offsets - self._center @ dense, classifier, low, high, position + 1)


def _used_features(request: FitRequest) -> NDArray[np.bool_]:
    """Return which sparse features a candidate takes, shape (n_sparse_features,)."""
    x = request.x
    if x.sparse is None:
        return np.zeros(0, dtype=np.bool_)
    spelled = bool(request.parameters.get("spelling", True))
    kept = [np.full(size, spelled or name != SPELLING) for name, size in x.blocks]
    return np.concatenate(kept) if kept else np.ones(x.sparse.shape[1], dtype=np.bool_)


def _log_ratios(x: Any, y: FloatArray) -> NDArray[np.float32]:
    """Return the logarithm of how much more of the second class's n-grams each is than of the first's."""
    second = y == y.max()
    counts = [np.asarray((x[rows] > 0).sum(axis=0), dtype=np.float64).ravel() + 1.0 for rows in (second, ~second)]
    more, less = (c / c.sum() for c in counts)
    return np.asarray(np.log(more / less), dtype=np.float32)
