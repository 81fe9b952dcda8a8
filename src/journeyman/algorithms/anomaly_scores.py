"""How odd a row is, without labels: the best rank that four detectors which err differently give it.

No detector is the best one on all tables (Han et al. 2022, ADBench), and nothing that can be measured without labels
tells which one is on this table (Ma et al. 2021): so there is one fixed ensemble, and nothing is selected. Ranks are
not averaged: a row that is odd in one way alone, such as one value far outside, is so to one or two detectors, and the
others would outvote them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.flat_trees import FlatTrees, flatten
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column
from journeyman.entities.metric import ANOMALY_LOSS
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["AnomalyModel", "AnomalyScores", "Detectors", "Distances", "Mixture", "Tail", "TailSums"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_ROWS = 20_000  # that detectors learn from: more of them cost time and move no rank
_NEIGHBOUR_ROWS, _NEIGHBOURS = 4_000, 10
_MIXTURE_ROWS, _COMPONENTS = 5_000, 4
_TREES, _TREE_ROWS = 100, 256  # as Liu et al. 2008 found enough
_MOST_CALIBRATING = 10_000
_TAIL_VALUES, _BODY_VALUES = 500, 1_000  # of each column that are kept: all of its tails, and some between them
_CELLS = 2_000_000  # distances held at a time
_OF_ALL = 0.01  # of what all detectors say: enough to break ties, too little to outvote one


class Tail(msgspec.Struct, frozen=True):
    """Which share of calibrating rows reaches a value; beyond the largest it goes on to fall.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        Those that occurred, ascending and different.
    shares : ndarray of shape (n_values,)
        Of rows that reach each, one row added (the p-value of conformal prediction, Vovk et al. 2005).
    reach : float
        At so much beyond the largest value the share is half of that at it.
    """

    values: np.ndarray
    shares: np.ndarray
    reach: float

    @staticmethod
    def of(values: FloatArray) -> Tail:
        """Return the tail of calibrating values, shape (n_samples,).

        Examples
        --------
        >>> Tail.of(np.array([1.0, 2.0, 3.0])).share(np.array([0.0, 3.0, 4.0, 5.0])).round(3).tolist()
        [1.0, 0.5, 0.25, 0.167]
        """
        different, counts = np.unique(values, return_counts=True)
        reached = np.cumsum(counts[::-1])[::-1]
        spread = float(different[-1] - np.median(values))
        return Tail(different, (reached + 1.0) / (len(values) + 1.0), spread if spread > 0 else 1.0)

    def share(self, values: FloatArray) -> FloatArray:
        """Return the share for each value, above 0 and at most 1; it falls strictly beyond the smallest."""
        inside = np.interp(values, self.values, self.shares, left=1.0)
        beyond = np.maximum(values - self.values[-1], 0.0) / self.reach
        return np.asarray(inside / (1.0 + beyond))


class TailSums(msgspec.Struct, frozen=True):
    """ECOD: how far in the tails of each feature a row lies (Li et al. 2022, arXiv:2201.00382).

    Attributes
    ----------
    values, below, above : ndarray of shape (n_kept,)
        Values of all features one after the other, each ascending; shares of rows up to, and from, each.
    starts : ndarray of int64, shape (n_features + 1,)
        Where the values of each feature begin.
    reach : ndarray of shape (n_features,)
        What counts as far beyond the ends.
    """

    values: np.ndarray
    below: np.ndarray
    above: np.ndarray
    starts: np.ndarray
    reach: np.ndarray

    @staticmethod
    def learned(x: FloatArray) -> TailSums:
        """Learn from ordinary rows, shape (n_samples, n_features)."""
        kept, below, above = [], [], []
        for column in x.T:
            different, counts = np.unique(column, return_counts=True)
            until = np.cumsum(counts)
            last = len(different) - 1
            places = np.unique(
                np.r_[
                    np.arange(min(_TAIL_VALUES, last + 1)),
                    np.linspace(0, last, min(_BODY_VALUES, last + 1)).astype(np.int64),
                    np.arange(max(0, last + 1 - _TAIL_VALUES), last + 1),
                ]
            )
            kept.append(different[places])
            below.append(until[places] / len(column))
            above.append((len(column) - until[places] + counts[places]) / len(column))
        spread = x.std(axis=0)
        return TailSums(
            np.concatenate(kept),
            np.concatenate(below),
            np.concatenate(above),
            np.cumsum([0, *map(len, kept)]).astype(np.int64),
            np.where(spread > 0, spread, 1.0),
        )

    def score(self, x: FloatArray) -> FloatArray:
        """Return the sum over features of the log share of the shorter tail, as the authors' own code has it."""
        total = np.zeros(len(x))
        for k, column in enumerate(x.T):
            own = slice(int(self.starts[k]), int(self.starts[k + 1]))
            values = self.values[own]
            rarest = np.minimum(np.interp(column, values, self.below[own]), np.interp(column, values, self.above[own]))
            past = np.maximum(values[0] - column, column - values[-1]).clip(0.0) / self.reach[k]
            total += past - np.log(rarest)  # beyond its ends a tail is taken to be exponential
        return total


class Distances(msgspec.Struct, frozen=True):
    """How far the nearest rows are, in the mean (Ramaswamy et al. 2000; Angiulli and Pizzuti 2002)."""

    rows: np.ndarray
    number: int

    def score(self, x: FloatArray) -> FloatArray:
        """Return mean distances to the nearest rows."""
        squares = np.einsum("ij,ij->i", self.rows, self.rows)
        size = max(1, _CELLS // len(self.rows))
        found = [self._mean(x[start : start + size], squares) for start in range(0, len(x), size)]
        return np.concatenate(found) if found else np.empty(0)

    def _mean(self, asked: FloatArray, squares: FloatArray) -> FloatArray:
        rough = squares - 2.0 * (asked @ self.rows.T)
        taken = min(self.number + 2, len(self.rows))
        nearest = np.argpartition(rough, taken - 1, axis=1)[:, :taken]
        apart = self.rows[nearest] - asked[:, None, :]  # exact: the difference of two large squares is not
        exact = np.sort(np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)), axis=1)
        return np.asarray(exact[:, : self.number].mean(axis=1))


class Mixture(msgspec.Struct, frozen=True):
    """How thin a mixture of normal distributions is at a row.

    Attributes
    ----------
    means : ndarray of shape (n_components, n_features)
        Centres.
    factors : ndarray of shape (n_components, n_features, n_features)
        Cholesky factors of the precisions.
    constants : ndarray of shape (n_components,)
        Log weights, and what makes the densities sum to one.
    """

    means: np.ndarray
    factors: np.ndarray
    constants: np.ndarray

    def score(self, x: FloatArray) -> FloatArray:
        """Return negative log densities."""
        logs = np.empty((len(x), len(self.means)))
        for k, (mean, factor) in enumerate(zip(self.means, self.factors, strict=True)):
            logs[:, k] = self.constants[k] - 0.5 * (((x - mean) @ factor) ** 2).sum(axis=1)
        most = logs.max(axis=1)
        return np.asarray(-(most + np.log(np.exp(logs - most[:, None]).sum(axis=1))))


class Detectors(msgspec.Struct, frozen=True):
    """The four of them, fitted on the same ordinary rows."""

    tails: TailSums
    distances: Distances
    mixture: Mixture
    forest: FlatTrees

    def scores(self, x: FloatArray) -> FloatArray:
        """Return what each says of each row, more for odd ones, shape (n_samples, 4)."""
        folded = _folded(x)
        paths = self.forest.predict(Matrix(x, ()))[:, 0]
        scores = (self.tails.score(x), self.distances.score(folded), self.mixture.score(folded), -paths)
        return np.column_stack(scores)


class AnomalyModel(msgspec.Struct, frozen=True):
    """Detectors, and what their scores are among ordinary rows that they did not learn from.

    Attributes
    ----------
    detectors : Detectors
        Fitted.
    each : tuple of Tail
        Of each detector's scores.
    together : Tail
        Of their oddness.
    """

    kind: ClassVar[NodeKind] = NodeKind.DETECTORS
    detectors: Detectors
    each: tuple[Tail, ...]
    together: Tail
    rounds: int = 0

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many: trees, and the rows that it is compared with."""
        rows, features = self.detectors.distances.rows.shape
        compared = rows * (1.6e-8 + 5e-10 * features) + 3e-7 * features
        return self.detectors.forest.answer_seconds + float(compared)

    def predict(self, x: Matrix) -> FloatArray:
        """Return the share of ordinary rows that are less odd, below 1, shape (n_samples, 1)."""
        return 1.0 - self._share(_oddness(self.each, self.detectors.scores(x.values)))[:, None]

    def _share(self, odd: FloatArray) -> FloatArray:
        """Return the share of rows that are as odd; beyond the oddest of them it falls as the least share does."""
        oddest = self.together.values[-1]
        return np.asarray(self.together.share(np.minimum(odd, oddest)) * np.exp(np.minimum(oddest - odd, 0.0)))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"anomaly.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class AnomalyScores:
    """The best rank by ECOD, an isolation forest, distances to neighbours and a Gaussian mixture.

    Rows whose label is 1 were planted to examine the model, and teach nothing.

    Examples
    --------
    >>> AnomalyScores().losses == {ANOMALY_LOSS}
    True
    """

    name: str = "anomaly_scores"
    preparations: tuple[str, ...] = ("unlabelled",)
    losses: frozenset[str] = frozenset({ANOMALY_LOSS})

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the one there is: which detector is best cannot be told without labels."""
        why = "four detectors that err differently; none is best on all tables"
        return (Candidate(self.name, {}, why, preparation=self.preparations[0]),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit, and of the scores that calibrate."""
        learned, scored = min(rows, _ROWS), min(rows // 3, _MOST_CALIBRATING)
        fit = 0.4 + 1e-6 * learned * features + 5e-9 * learned * features**2
        return fit + scored * (1.2e-4 + 2e-6 * features)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: copies of the rows, the distances held at a time, the components."""
        learned = min(rows, _ROWS)
        held = min(_CELLS, rows * _NEIGHBOUR_ROWS) * 24 + 2 * _NEIGHBOURS * 8 * features * 600
        return 8 * rows * features + 6 * 8 * learned * features + held + 3 * _COMPONENTS * 8 * features**2 + 40_000_000

    def fit(self, request: FitRequest) -> FittedModel:
        """Fit on two thirds of the ordinary rows; the others calibrate, so that shares hold for new rows."""
        x = np.ascontiguousarray(request.x.values[request.y != 1.0])
        rng = np.random.default_rng(request.seed)
        order = rng.permutation(len(x))
        spared = min(_MOST_CALIBRATING, max(1, len(x) // 3))
        detectors = _fit(x[np.sort(order[spared:][:_ROWS])], rng)
        scores = detectors.scores(x[np.sort(order[:spared])])
        each = tuple(Tail.of(own) for own in scores.T)
        return AnomalyModel(detectors, each, Tail.of(_oddness(each, scores)))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["anomaly.msgpack"], type=AnomalyModel, dec_hook=decode_array)


def _oddness(each: Sequence[Tail], scores: FloatArray) -> FloatArray:
    """Return how odd rows are to the detector that finds them oddest, shape (n_samples,): -log of the share as odd.

    Each detector has an oddest row of its own, so that the least shares alone tie among the oddest rows, and no score
    would tell the oddest hundredth of a few hundred rows. What all detectors say breaks the ties.
    """
    surprise = -np.log(np.array([tail.share(own) for tail, own in zip(each, scores.T, strict=True)]))
    return np.asarray(surprise.max(axis=0) + _OF_ALL * surprise.mean(axis=0))


def _folded(x: FloatArray) -> FloatArray:
    """Return scaled features with long tails drawn in, so that one of them does not outweigh all others."""
    return np.arcsinh(x)


def _fit(x: FloatArray, rng: np.random.Generator) -> Detectors:
    """Fit the detectors on ordinary rows, shape (n_samples, n_features), 2 of them or more."""
    folded, seed = _folded(x), int(rng.integers(2**31))
    near = rng.permutation(len(x))[:_NEIGHBOUR_ROWS]
    return Detectors(
        TailSums.learned(x),
        Distances(np.ascontiguousarray(folded[near]), min(_NEIGHBOURS, len(near))),
        _mixture(folded[rng.permutation(len(x))[:_MIXTURE_ROWS]], seed),
        _forest(x, seed),
    )


def _mixture(x: FloatArray, seed: int) -> Mixture:
    """Fit as many components as there are rows for, without covariances where there are too few for one."""
    # Late: a service loads this file to answer, and must not wait for scikit-learn.
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415 - see above

    rows, features = x.shape
    full = rows >= 5 * features
    components = int(np.clip(rows // (10 * features), 1, _COMPONENTS)) if full else 1
    kind = "full" if full else "diag"
    asked = GaussianMixture(components, covariance_type=kind, reg_covar=1e-3, random_state=seed, max_iter=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of too few steps, or of equal rows: what it found is a density all the same
        found = asked.fit(x)
    factors = found.precisions_cholesky_
    if not full:
        factors = np.array([np.diag(line) for line in factors])
    sizes = np.log(np.array([np.diag(factor) for factor in factors])).sum(axis=1)
    constants = np.log(found.weights_) + sizes - 0.5 * features * np.log(2 * np.pi)
    return Mixture(found.means_, factors, constants)


def _forest(x: FloatArray, seed: int) -> FlatTrees:
    """Grow an isolation forest (Liu et al. 2008); a leaf answers with the length of the path that ends in it."""
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415 - see _mixture

    most = min(_TREE_ROWS, len(x))
    grown = IsolationForest(n_estimators=_TREES, max_samples=most, random_state=seed).fit(x.astype(np.float32))
    trees = [tree.tree_ for tree in grown.estimators_]
    return flatten(trees, [_path_lengths(t.children_left, t.children_right, t.n_node_samples) for t in trees])


def _path_lengths(left: IntArray, right: IntArray, rows: IntArray) -> FloatArray:
    """Return each node's depth, and how much deeper its rows would lie if they were parted, shape (n_nodes, 1)."""
    depth = np.zeros(len(left))
    for node in range(len(left)):  # children come after their parent
        if left[node] >= 0:
            depth[left[node]] = depth[right[node]] = depth[node] + 1.0
    many = np.maximum(rows, 2).astype(np.float64)
    deeper = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return np.asarray(depth + np.where(rows > 2, deeper, np.where(rows == 2, 1.0, 0.0)))[:, None]
