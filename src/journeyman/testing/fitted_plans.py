"""Small plans of fitted parts, with every kind of column and every adjustment: what exporters are checked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.neural import NeuralModel
from journeyman.algorithms.neural.model import Inputs, Waves
from journeyman.entities.candidate import offered
from journeyman.entities.column import Column, Kind
from journeyman.entities.conformal import Conformal, ErrorFactor, ErrorScale
from journeyman.entities.plan import ParseStep, Plan, SpreadStep, TemperatureStep
from journeyman.entities.spread import QuantileSpread
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.weakness import Condition
from journeyman.inference.release_plan import FittedMember, label_step, prediction_plan, with_ends
from journeyman.interfaces import Algorithm, FitRequest, FittedModel, FittedPreparation, Matrix, Preparation
from journeyman.plugins import load_parts
from journeyman.tasks import find_task_type, metric_of
from journeyman.transformers.correction import learn_correction
from journeyman.transformers.derived import derived_columns, deriving, with_derived
from journeyman.transformers.duplicate_lookup import build_lookup
from journeyman.transformers.target_scale import ScaledModel, TargetScale
from journeyman.transformers.treated import CorrectedModel, SliceCorrection

__all__ = ["NET", "FittedPlan", "fitted_plan", "made_net"]

FloatArray = NDArray[np.float64]
NET = "net"
"""Stands for a net with random weights: none is trained here."""

_ROWS = 240
_COLUMNS = (
    Column("size, m", Kind.NUMBER, unit="m", missing_markers=("-9", "none")),
    Column("rooms", Kind.INTEGER, decimal=","),
    Column("old", Kind.BOOLEAN, categories=("no", "yes")),
    Column("city", Kind.CATEGORY, categories=tuple(f"city {i}\n" for i in range(11))),
    Column("grade", Kind.ORDERED, categories=("1", "2.5", "3")),
    Column("zip", Kind.CATEGORY, categories=("01234", "10001", "99999")),
    Column("day", Kind.DATETIME, date_formats=("%d.%m.%Y",)),
)
_TEXTS = (Column("note", Kind.TEXT, missing_markers=("Nothing",)), Column("reply, short", Kind.TEXT))
_SPEECH = """
good Good GOOD bad BAD don't straße STRAẞE İstanbul ırmak ΟΔΟΣ οδός Σ café café Å Å 我爱北京 北京 😀 😀😀 3.5
7 under_score ﬁne ǅ K K Привет привет ! ... -
"""
_SPOKEN = _SPEECH.split()
_LABELS = {"binary": ("no", "yes"), "multiclass": ("a", "b b", "ç"), "ordered": ("1", "2", "3", "4")}


@dataclass(frozen=True, eq=False)
class FittedPlan:
    """A plan, the task, its columns and what its members are called; equal to itself only."""

    plan: Plan
    task: Task
    columns: tuple[Column, ...]
    members: tuple[str, ...]


def fitted_plan(
    kind: str, algorithms: Sequence[tuple[str, str]], *, adjusted: bool = True, seed: int = 0
) -> FittedPlan:
    """Return a plan of several fitted members.

    Parameters
    ----------
    kind : str
        "binary", "multiclass", "regression", "ordered" or "quantiles"; "texts" is "binary" with free texts.
    algorithms : sequence of (str, str)
        Names of algorithms, or "net", each with a preparation.
    adjusted : bool
        Whether predictions are corrected in a slice, scaled, calibrated and looked up, as the kind allows.

    Examples
    --------
    >>> fitted_plan("binary", [("linear", "dense")], adjusted=False).members
    ('linear',)
    """
    rng = np.random.default_rng(seed)
    columns = (*_COLUMNS, *_TEXTS) if kind == "texts" else _COLUMNS
    kind = "binary" if kind == "texts" else kind
    block, task = _rows(rng), _task(kind)
    y = _target(block, kind, rng)
    preparations: dict[str, FittedPreparation] = {}
    members = []
    read = columns
    for name in deriving(columns):
        block |= {column.name: _spoken(y, rng) for column in _TEXTS}
        texts: Preparation = load_parts("journeyman.preparations", {name})[name]
        preparations[name], made = texts.fit(block, columns, y, task, seed)
        block, read = with_derived(block, made), (*columns, *derived_columns(made))
    for number, (name, preparation) in enumerate(algorithms):
        part: Preparation = load_parts("journeyman.preparations", {preparation})[preparation]
        fitted, matrix = part.fit(block, read, y, task, seed)
        preparations.setdefault(preparation, fitted)
        model = made_net(matrix, task, rng) if name == NET else _fitted(name, preparation, matrix, y, task)
        if adjusted and number == 0:
            model = _adjusted(model, matrix, y, kind)
        members.append(FittedMember(preparation, model, 0.0))
    shares = rng.dirichlet(np.ones(len(members)))
    members = [replace(member, weight=float(share)) for member, share in zip(members, shares, strict=True)]
    known = build_lookup(block, tuple(c.name for c in _COLUMNS), y, 2.0) if adjusted and kind != "quantiles" else None
    plan = prediction_plan(ParseStep(columns), preparations, members, _calibration(kind) if adjusted else None, known)
    threshold = 0.375 if kind == "binary" else None
    plan = with_ends(plan, label_step(task, threshold), _conformal(kind))
    return FittedPlan(plan, task, columns, tuple(name for name, _ in algorithms))


def _rows(rng: np.random.Generator) -> Block:
    gaps = rng.random((6, _ROWS)) < 0.1
    city = np.array([c.name for c in _COLUMNS]).tolist().index("city")
    block: Block = {
        "size, m": np.where(gaps[0], np.nan, rng.normal(size=_ROWS) * 10.0),
        "rooms": np.where(gaps[1], np.nan, rng.integers(0, 9, _ROWS) / 4.0),
        "old": np.where(gaps[2], np.nan, rng.integers(0, 2, _ROWS)).astype(np.float64),
        "city": np.where(gaps[3], -1, rng.integers(0, len(_COLUMNS[city].categories), _ROWS)).astype(np.int32),
        "grade": rng.integers(-1, 3, _ROWS).astype(np.int32),
        "zip": rng.integers(-1, 3, _ROWS).astype(np.int32),
        "day": np.where(gaps[4], np.nan, 86_400.0 * rng.integers(-9_000, 20_000, _ROWS)),
    }
    return block


def _spoken(y: FloatArray, rng: np.random.Generator) -> NDArray[np.object_]:
    """Return texts that tell something of a target, some of them missing."""
    drawn = rng.integers(0, len(_SPOKEN), (len(y), 9))
    told = np.where(rng.random(len(y)) < 0.5, np.where(y > 0, " good", " bad"), "")
    texts = [" ".join(_SPOKEN[i] for i in row[: row[0] % 9]) + end for row, end in zip(drawn, told, strict=True)]
    return np.array([text or None for text in texts], dtype=object)


def _target(block: Block, kind: str, rng: np.random.Generator) -> FloatArray:
    size = np.nan_to_num(block["size, m"].astype(np.float64)) / 10.0
    signal = size + (block["city"] % 3 == 1) + rng.normal(scale=0.3, size=_ROWS)
    classes = len(_LABELS.get(kind, ()))
    if not classes:
        return np.asarray(np.exp(signal))
    ends = np.quantile(signal, np.arange(1, classes) / classes)
    return np.asarray(np.searchsorted(ends, signal), dtype=np.float64)


def _task(kind: str) -> Task:
    task = Task("y", kind, find_task_type(kind).default_metric, _LABELS.get(kind, ()))
    if kind == "quantiles":
        task = replace(task, output_names=("0.5", "0.1", "0.9"))
    return replace(task, metric_loss=metric_of(task).loss)


def _fitted(name: str, preparation: str, x: Matrix, y: FloatArray, task: Task) -> FittedModel:
    algorithm: Algorithm = load_parts("journeyman.algorithms", {name})[name]
    candidates = [c for c in offered(algorithm.candidates(task, 5_000, _COLUMNS)) if c.preparation == preparation]
    model = algorithm.fit(
        FitRequest(
            x=x,
            y=y,
            valid_x=None,
            valid_y=None,
            task=task,
            parameters=candidates[0].parameters,
            rounds=0 if "linear" in name or name in ("baseline", "neighbours") else 12,
            seed=0,
            threads=1,
            out_of_time=lambda: False,
        )
    )
    return algorithm.from_files(model.to_files())  # as a release holds it


def _adjusted(model: FittedModel, x: Matrix, y: FloatArray, kind: str) -> FittedModel:
    """Return the model on a scale of its own, and corrected where its first feature is small."""
    if kind == "quantiles":
        return model
    scaled = ScaledModel(model, TargetScale("log", float(y.min()), float(y.max()))) if kind == "regression" else model
    answers = scaled.predict(x)
    missed = (y[:, None] == np.arange(answers.shape[1])) - answers if _LABELS.get(kind) else y[:, None] - answers
    condition = Condition(x.names[0], low=-0.5, high=0.5)
    slice_of = SliceCorrection(condition, learn_correction(x, answers, missed), bool(_LABELS.get(kind)))
    return CorrectedModel(scaled, slice_of)


def _calibration(kind: str) -> TemperatureStep | SpreadStep | None:
    if kind == "quantiles":
        return SpreadStep(QuantileSpread((0.5, 0.1, 0.9), (1.0, 1.3, 0.8), 0.5))
    return TemperatureStep(1.25) if _LABELS.get(kind) else None


def _conformal(kind: str) -> Conformal | None:
    if kind == "quantiles":
        return Conformal(0.9, -0.01, 0.02, low_output=1, high_output=2)
    if kind != "regression":
        return None
    by_city = ErrorFactor("city", (), (0.1, -0.2), 0.05)
    by_size = ErrorFactor("size, m", (-5.0, 0.0, 7.5), (0.3, 0.0, 0.4), 0.1)
    by_value = ErrorFactor("", (1.0, 2.0), (-0.1, 0.2))
    return Conformal(0.9, 1.5, 2.5, ErrorScale(-1.0, (by_city, by_size, by_value), -1.4, -0.5))


def made_net(x: Matrix, task: Task, rng: np.random.Generator) -> NeuralModel:
    """Return a net with random weights for prepared features."""
    codes = np.array(x.categorical, dtype=np.int64)
    plain = np.setdiff1d(np.arange(len(x.names)), codes)
    numbers, flats = plain[::2], plain[1::2]
    sizes = tuple(int(np.nanmax(x.values[:, i])) + 2 for i in codes)
    waves, mixtures, units = 4, 3, 8
    outputs = max(1, len(task.labels))
    width = len(plain) + len(numbers) * mixtures + 2 * len(codes)

    def drawn(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    return NeuralModel(
        inputs=Inputs(numbers, flats, codes, drawn(len(plain)), np.abs(drawn(len(plain))), sizes),
        waves=Waves(
            drawn(len(numbers), waves),
            drawn(len(numbers), waves),
            drawn(len(numbers), waves, mixtures),
            drawn(len(numbers), mixtures),
        ),
        tables=tuple(drawn(size, 2) for size in sizes),
        weights=(drawn(width, units) / 4, drawn(units, units) / 2, drawn(units, outputs)),
        offsets=(drawn(units), drawn(units), drawn(outputs)),
        slopes=(np.abs(drawn(units)), np.abs(drawn(units))),
        activation="selu" if task.labels else "mish",
        classifier=bool(task.labels),
        center=1.0,
        spread=0.5,
        low=0.0,
        high=9.0,
        rounds=1,
    )
