"""How odd a row is, without labels or with a few: by detectors that err differently.

No detector is the best one on all tables (Han et al. 2022, ADBench), and nothing that can be measured without labels
tells which one is on this table (Ma et al. 2021): so there is one fixed ensemble, and nothing is selected. Logs of
ranks are averaged, not ranks: a row that is odd in one way alone, such as one value far outside, is so to one or two
detectors, and the others would outvote them. An isolation forest is not among them: in the mean of seventeen tables
every ensemble was better without it (docs/decisions/0064).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.anomaly_detectors import Detectors, Tail, fit_detectors
from journeyman.algorithms.marked_rows import MarkedModel, MarkedRows, fit_marked, marks_gain
from journeyman.entities.anomaly import MARKED_ODD, MARKED_ORDINARY, PLANTED, MarksGain
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column
from journeyman.entities.metric import ANOMALY_LOSS
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.transformers.steps import CALENDAR_PARTS, decode_array, encode_array

__all__ = ["AnomalyModel", "AnomalyScores"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_ROWS = 20_000  # that detectors learn from: more of them cost time and move no rank
_MOST_CALIBRATING = 10_000
_MOST_MARKED, _UNMARKED = 5_000, 1_000
_OF_MOST = 0.2  # of the detector that is most alarmed; the rest is what all say
_WEIGHTS = np.array([0.2, 0.2, 0.4, 0.2])
"""Of both forms of ECOD, of neighbours and of the mixture, chosen on seventeen tables (docs/decisions/0064), on which
weights matter little: 0.676 to 0.688 in the mean area under the ROC curve."""


class AnomalyModel(msgspec.Struct, frozen=True):
    """Detectors, and what their scores are among ordinary rows that they did not learn from.

    Attributes
    ----------
    detectors : Detectors
        Fitted.
    each : tuple of Tail
        Of each detector's scores.
    together : Tail
        Of the oddness of rows.
    marked : MarkedModel or None
        What marked rows taught; None where they were too few, or did not help.
    gain : MarksGain or None
        What marks were worth; None where there are none.
    """

    kind: ClassVar[NodeKind] = NodeKind.DETECTORS
    detectors: Detectors
    each: tuple[Tail, ...]
    together: Tail
    marked: MarkedModel | None = None
    rounds: int = 0
    gain: MarksGain | None = None

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many: the rows that it is compared with, and trees."""
        rows, features = self.detectors.distances.rows.shape
        compared = rows * (1.6e-8 + 5e-10 * features) + 4e-7 * features
        return float(compared) + (0.0 if self.marked is None else self.marked.forest.answer_seconds)

    def predict(self, x: Matrix) -> FloatArray:
        """Return the share of ordinary rows that are less odd, below 1, shape (n_samples, 1)."""
        surprises = _surprises(self.each, self.detectors.scores(x.values))
        return 1.0 - self._share(_oddness(surprises, self.marked, x.values))[:, None]

    def opinions(self, x: Matrix) -> FloatArray:
        """Return the share of ordinary rows that are less odd to each detector, shape (n_samples, n_detectors)."""
        return 1.0 - np.exp(-_surprises(self.each, self.detectors.scores(x.values)))

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
    """ECOD in both of its forms, distances to neighbours and a Gaussian mixture, and what marked rows teach.

    Labels are those of ``journeyman.entities.anomaly``. Planted rows teach nothing, and marked ones nothing to the
    detectors, so that these can be judged by them.

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
        why = "detectors that err differently; none is best on all tables"
        return (Candidate(self.name, {}, why, preparation=self.preparations[0]),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit, and of the scores that calibrate."""
        learned, scored = min(rows, _ROWS), min(rows // 3, _MOST_CALIBRATING)
        fit = 0.4 + 1e-6 * learned * features + 5e-9 * learned * features**2
        return fit + scored * (1.2e-4 + 2e-6 * features)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: copies of the rows, the distances held at a time, the components."""
        learned = min(rows, _ROWS)
        held = min(2_000_000, rows * 4_000) * 24 + 2 * 10 * 8 * features * 600
        return 8 * rows * features + 6 * 8 * learned * features + held + 3 * 4 * 8 * features**2 + 40_000_000

    def fit(self, request: FitRequest) -> FittedModel:
        """Fit on two thirds of the ordinary rows; the others calibrate, so that shares hold for new rows."""
        x, y = np.ascontiguousarray(request.x.values), request.y
        rng = np.random.default_rng(request.seed)
        odd, ordinary = np.flatnonzero(y == MARKED_ODD), np.flatnonzero(y == MARKED_ORDINARY)
        unmarked = np.flatnonzero((y != PLANTED) & (y != MARKED_ODD) & (y != MARKED_ORDINARY))
        # of many marked as ordinary, most teach as unmarked rows do
        most = min(_MOST_MARKED, len(unmarked) // 3)
        ordinary = ordinary if len(ordinary) <= most else np.sort(rng.choice(ordinary, most, replace=False))
        unmarked = np.setdiff1d(np.flatnonzero(y != PLANTED), np.r_[odd, ordinary])
        order = unmarked[rng.permutation(len(unmarked))]
        spared = min(_MOST_CALIBRATING, max(1, len(order) // 3))
        calibrating = np.sort(order[:spared])
        parts_of_dates = [name.rpartition(": ")[2] in CALENDAR_PARTS for name in request.x.names] or [False] * x.shape[
            1
        ]
        detectors = fit_detectors(x[np.sort(order[spared:][:_ROWS])], ~np.array(parts_of_dates), rng)
        scores = detectors.scores(x[calibrating])
        each = tuple(Tail.of(own) for own in scores.T)
        surprises = _surprises(each, scores)
        marked, gain = None, None
        if len(odd):
            marks = np.r_[odd, ordinary]
            told = _surprises(each, detectors.scores(x[marks]))
            half = rng.permutation(len(calibrating)) < min(_UNMARKED, len(calibrating) // 2)
            # one part of the spared rows stands for ordinary ones, the other tells how high those score
            taught = MarkedRows(
                np.vstack([x[marks], x[calibrating[half]]]),
                np.vstack([told, surprises[half]]),
                np.arange(len(marks) + int(half.sum())) < len(odd),
                np.arange(len(marks) + int(half.sum())) < len(marks),
            )
            gain = marks_gain(taught, _oddness(taught.surprises), request.seed)
            if gain.used:
                calibrating, surprises = calibrating[~half], surprises[~half]
                marked = fit_marked(taught, request.seed).calibrated(x[calibrating], surprises)
        return AnomalyModel(detectors, each, Tail.of(_oddness(surprises, marked, x[calibrating])), marked, gain=gain)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["anomaly.msgpack"], type=AnomalyModel, dec_hook=decode_array)


def _surprises(each: Sequence[Tail], scores: FloatArray) -> FloatArray:
    """Return negative logs of the share of ordinary rows that score as high, shape (n_samples, n_detectors)."""
    return -np.log(np.column_stack([tail.share(own) for tail, own in zip(each, scores.T, strict=True)]))


def _oddness(surprises: FloatArray, marked: MarkedModel | None = None, x: FloatArray | None = None) -> FloatArray:
    """Return how odd rows are, shape (n_samples,): mostly what all detectors say, and what the most alarmed one does.

    Surprises of independent detectors would add up (Fisher 1932); these are not independent, and a row that is odd in
    one way may be so to one of them alone. What marked rows teach is added.
    """
    found = _OF_MOST * surprises.max(axis=1) + (1.0 - _OF_MOST) * surprises @ _WEIGHTS
    if marked is not None and x is not None:
        found = found + marked.surprise(x, surprises)
    return np.asarray(found)
