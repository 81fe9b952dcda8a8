"""Fits with a treatment: rows that count more or less, or answers corrected in a slice, judged on the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.table import Block
from journeyman.entities.weakness import Condition, Treatment, TreatmentKind
from journeyman.interfaces import Algorithm, FitRequest, FittedModel, Matrix
from journeyman.transformers.correction import Correction, learn_correction
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["CorrectedModel", "SliceCorrection", "fit_treated", "with_correction"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_FILE = "correction.msgpack"
_LEAST_IN_SLICE = 20
_HALVED_AFTER = {TreatmentKind.FADING: 0.3, TreatmentKind.FADING_FAST: 0.1}
"""Share of the rows after which a row counts half."""

_DOUBTED_WEIGHT = 0.1
_LEAST_WEIGHT = 0.02  # of a noisy slice
_INNER_FOLDS = 3
_GROSS = 4.0  # robust standard deviations of an error from which on a value is doubted


@dataclass(frozen=True)
class SliceCorrection:
    """Predictions corrected in a slice, which a feature of the matrix tells; all others stay as they are."""

    kind: ClassVar[NodeKind] = NodeKind.CORRECTION
    condition: Condition
    correction: Correction
    classifier: bool

    def adjust(self, predictions: Sequence[FloatArray], x: Matrix | None, block: Block) -> FloatArray:
        """Return predictions, shape (n_samples, n_outputs)."""
        assert x is not None  # a correction reads the features that its model reads
        inside = _inside(self.condition, x)
        if not inside.any():
            return predictions[0]
        corrected = predictions[0].copy()
        corrected[inside] = self.correction.apply(x.take(inside), corrected[inside], self.classifier)
        return corrected


@dataclass(frozen=True)
class CorrectedModel:
    """A model whose predictions are corrected in a slice."""

    usual: FittedModel
    slice: SliceCorrection

    @property
    def rounds(self) -> int:
        """The model's own."""
        return self.usual.rounds

    @property
    def answer_seconds(self) -> float:
        """The model's own, and a multiplication a weight."""
        return self.usual.answer_seconds + 2e-7 + 1e-9 * self.slice.correction.weights.size

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        return self.slice.adjust([self.usual.predict(x)], x, {})

    def plan(self) -> ModelPlan:
        """Return the model's steps, and the correction."""
        return (*self.usual.plan(), self.slice)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the model's files, and one with the slice and its correction."""
        facts = (self.slice.condition, self.slice.correction, self.slice.classifier)
        return {**self.usual.to_files(), _FILE: msgspec.msgpack.encode(facts, enc_hook=encode_array)}


def with_correction(model: FittedModel, files: Mapping[str, bytes]) -> FittedModel:
    """Return a loaded model as it was stored: with its correction in a slice, where it has one."""
    if _FILE not in files:
        return model
    kind = tuple[Condition, Correction, bool]
    condition, correction, classifier = msgspec.msgpack.decode(files[_FILE], type=kind, dec_hook=decode_array)
    return CorrectedModel(model, SliceCorrection(condition, correction, classifier))


def fit_treated(
    algorithm: Algorithm, request: FitRequest, treatment: Treatment | None, when: FloatArray | None
) -> FittedModel:
    """Fit as a treatment asks, which changes nothing but the training rows' weights and what is learned from them.

    Parameters
    ----------
    when : ndarray of shape (n_samples,), or None
        Times of the training rows, where they are divided by time.

    Raises
    ------
    ValueError
        Where a slice has too few training rows for a correction, or rows without times should fade.
    """
    if treatment is None:
        return algorithm.fit(request)
    if treatment.kind is TreatmentKind.CORRECTED:
        return _corrected(algorithm, request, _slice(treatment))
    # Bins and pools of plain fits carry no weights: these fits share none with them.
    request = replace(request, shared={})
    weights = _weights(algorithm, request, treatment, when)
    weights = weights if request.weights is None else weights * request.weights
    return algorithm.fit(replace(request, weights=weights / weights.mean()))


def _weights(algorithm: Algorithm, request: FitRequest, treatment: Treatment, when: FloatArray | None) -> FloatArray:
    if treatment.kind is TreatmentKind.BALANCED:
        codes = request.y.astype(np.int64)
        return np.asarray(1.0 / np.bincount(codes)[codes])
    if treatment.kind is TreatmentKind.DOUBT:
        return np.where(_doubtful(algorithm, request, treatment.condition), _DOUBTED_WEIGHT, 1.0)
    if treatment.kind is TreatmentKind.QUIETED:
        return np.where(_inside(_slice(treatment), request.x), max(_LEAST_WEIGHT, treatment.weight), 1.0)
    if when is None:
        raise ValueError("rows without times cannot fade")
    place = np.argsort(np.argsort(when, kind="stable"), kind="stable")
    age = 1.0 - place / max(1, len(when) - 1)
    return np.asarray(0.5 ** (age / _HALVED_AFTER[treatment.kind]))


def _slice(treatment: Treatment) -> Condition:
    if treatment.condition is None:
        raise ValueError(f"{treatment.kind.value!r} needs a slice")
    return treatment.condition


def _inside(condition: Condition, x: Matrix) -> BoolArray:
    return condition.holds(x.values[:, x.names.index(condition.column)])


def _corrected(algorithm: Algorithm, request: FitRequest, condition: Condition) -> CorrectedModel:
    """Fit, and learn what models of the other training rows missed in the slice."""
    inside = _inside(condition, request.x)
    within = int(inside.sum())
    if within < _LEAST_IN_SLICE:
        raise ValueError(f"the slice has {within} rows here, too few for a correction")
    usual, classifier = algorithm.fit(request), bool(request.task.labels)
    answers = _inner_answers(algorithm, request, usual.rounds)[inside]
    truth = request.y[inside, None]
    if classifier:
        truth = (truth == np.arange(answers.shape[1])).astype(np.float64)
    correction = learn_correction(request.x.take(inside), answers, truth - answers)
    return CorrectedModel(usual, SliceCorrection(condition, correction, classifier))


def _doubtful(algorithm: Algorithm, request: FitRequest, condition: Condition | None) -> BoolArray:
    """Return the rows whose values are far from what models of the other training rows say."""
    errors = np.abs(_inner_answers(algorithm, request, 0)[:, 0] - request.y)
    doubtful = errors > _GROSS * 1.4826 * np.median(errors)
    return np.asarray(doubtful if condition is None else doubtful & _inside(condition, request.x))


def _inner_answers(algorithm: Algorithm, request: FitRequest, rounds: int) -> FloatArray:
    """Return what models of the other training rows answer to each training row, shape (n_samples, n_outputs)."""
    folds = np.random.default_rng(request.seed).permutation(np.arange(len(request.y)) % _INNER_FOLDS)
    answers = np.zeros((len(request.y), max(1, len(request.task.labels))))
    for fold in range(_INNER_FOLDS):
        learn, told = folds != fold, folds == fold
        x, y = request.x.take(learn), request.y[learn]
        weights = None if request.weights is None else request.weights[learn]
        inner = replace(
            request, x=x, y=y, valid_x=None, valid_y=None, rounds=rounds, shared={}, weights=weights, valid_weights=None
        )
        answers[told] = algorithm.fit(inner).predict(request.x.take(told))
    return answers
