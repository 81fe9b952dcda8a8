"""What a prototype's score is worth: as told, as it repeats, without its leaks, and what a build reaches."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.conversion import PipelineCode
from journeyman.entities.finding import Finding
from journeyman.entities.honest_split import HonestSplit, PredictedRows
from journeyman.entities.recording import Recording
from journeyman.errors import JourneymanError
from journeyman.interfaces import Clock, Progress
from journeyman.pipelines.probe_case import prepare_case
from journeyman.pipelines.run_build import run_build
from journeyman.reports.html import render_html
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import available_threads
from journeyman.runtime.components import standard_components
from journeyman.runtime.confined_program import Limits
from journeyman.runtime.durable_run import MemoryRun
from journeyman.runtime.machine import available_memory
from journeyman.runtime.pipeline_runs import PartPredictions, predict_parts, read_main_table
from journeyman.settings import FRAME, BuildSettings
from journeyman.sources import FrameSource
from journeyman.stages.compare_parts import (
    MainTable,
    candidate_scores,
    compare_parts,
    divided_rows,
    judged_call,
    leaks_of_chance,
)
from journeyman.stages.judge_predictions import judge_predictions
from journeyman.stages.split_honestly import split_honestly, without_columns

__all__ = ["LaidOutCode", "Scores", "honest_scores"]

_LEAST_BUDGET, _MOST_BUDGET = 20.0, 60.0
_ALIKE = 1e-9


@dataclass(frozen=True)
class Scores:
    """Scores of one metric on rows of one table.

    Attributes
    ----------
    leaks : tuple of CodeLeak
        Of the model that is scored.
    metric : str or None
    told, repeated, honest, low, high, build : float or None
        ``low`` and ``high`` are of an interval of 95% around ``honest``.
    reasons : tuple of str
        How the honest score was made, or why there is none.
    """

    leaks: tuple[CodeLeak, ...]
    metric: str | None = None
    told: float | None = None
    repeated: float | None = None
    honest: float | None = None
    low: float | None = None
    high: float | None = None
    build: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class LaidOutCode:
    """Where the code of a pipeline lies, and what it may take."""

    place: Path
    package: str
    limits: Limits
    budget: float | None = None
    """Seconds of a build; none where it is 0, and as long as the prototype ran where it is None."""


def honest_scores(
    code: PipelineCode,
    recording: Recording,
    leaks: Sequence[CodeLeak],
    laid: LaidOutCode,
    clock: Clock,
    progress: Progress,
) -> Scores:
    """Return what a prototype's score is worth. What fails on the way is told in ``reasons`` and is no reason to stop.

    Parameters
    ----------
    code : PipelineCode
    recording : Recording
    leaks : sequence of CodeLeak
        Of the whole program.
    laid : LaidOutCode
        Its folder may be written to.
    clock : Clock
    progress : Progress
    """
    found = Scores(tuple(leaks), code.model.metric, code.model.score)
    try:
        table = read_main_table(laid.place, laid.package, laid.limits)
        main = MainTable(code.table, table, code.target, code.columns, _findings(table, code.target, clock))
        found = replace(found, leaks=compare_parts(leaks, recording, code.model.number, main))
        judged = judged_call(recording, code.model.number, code.table)
        metric = code.model.metric
        if judged is not None and judged.value is not None:
            metric = judged.name.rpartition(".")[2]
            found = replace(found, metric=metric, told=judged.value)
        if metric is None:
            return replace(found, reasons=("The prototype tells no score of this model.",))
        rows = divided_rows(recording, code.model.number, code.table)
        # a fresh part has to keep groups together and times apart, though nobody has torn them yet
        chance = () if len(rows.test) else leaks_of_chance(recording, code.model.number, main)
        split = split_honestly((*found.leaks, *chance), rows, table, code.target)
        found = replace(found, reasons=split.reasons)
        told, *parts = predict_parts(
            laid.place, laid.package, code.model.name, [None, *split.parts], split.left_out, laid.limits
        )
        predicted = [_part(one, split.clusters) for one in parts]
        chosen = LeakKind.CHOSEN in {leak.kind for leak in found.leaks}
        candidates = candidate_scores(recording, code.model.number, code.table) if chosen else None
        score = judge_predictions(metric, predicted, candidates=candidates)
        found = replace(found, metric=score.metric, honest=score.value, low=score.low, high=score.high)
        if len(rows.test):
            own = _of_rows(told, rows.test)
            found = replace(found, repeated=judge_predictions(metric, [_part(own, split.clusters)]).value)
        if laid.budget == 0.0:
            return found
        progress.stage("build", "what Journeyman reaches on the same rows")
        return replace(
            found, build=_built(_Asked(code, table, split, metric), parts[0], laid, recording.seconds, clock)
        )
    except JourneymanError as error:
        return replace(found, reasons=(*found.reasons, f"{error.message[:1].upper()}{error.message[1:]}."))


def _findings(table: pd.DataFrame, target: str | None, clock: Clock) -> tuple[Finding, ...]:
    """Return what a build would find in the table: columns that give the target away, groups, times."""
    if target is None:
        return ()
    components = standard_components(render_html, clock, SilentProgress(), lambda: False)
    settings = BuildSettings(
        FRAME, target, "prototype", threads=available_threads(), memory=available_memory(repeatable=True)
    )
    try:
        return prepare_case(table, "prototype", BuildContext(components, MemoryRun(clock), settings)).findings
    except JourneymanError:
        return ()


def _part(told: PartPredictions, clusters: NDArray[np.int64]) -> PredictedRows:
    return PredictedRows(told.truth, told.predicted, clusters[told.rows], told.probabilities)


def _of_rows(told: PartPredictions, rows: NDArray[np.int64]) -> PartPredictions:
    kept = np.isin(told.rows, rows)
    chances = None if told.probabilities is None else told.probabilities[kept]
    return PartPredictions(told.rows[kept], told.truth[kept], told.predicted[kept], chances)


@dataclass(frozen=True)
class _Asked:
    """What a build is compared with: a pipeline, its table, how its rows are divided, and by what it is judged."""

    code: PipelineCode
    table: pd.DataFrame
    split: HonestSplit
    metric: str


def _built(asked: _Asked, judged: PartPredictions, laid: LaidOutCode, seconds: float, clock: Clock) -> float | None:
    """Return the score of a build on the rows that judge the honest pipeline, in the time that the prototype took."""
    target, table, split = asked.code.target, asked.table, asked.split
    if target is None or target not in table.columns:
        return None
    rows = without_columns(table, split.left_out)
    training = rows.iloc[split.parts[0].training].reset_index(drop=True)
    settings = BuildSettings(
        FRAME,
        target,
        "prototype",
        budget=float(np.clip(seconds, _LEAST_BUDGET, _MOST_BUDGET)) if laid.budget is None else laid.budget,
        threads=available_threads(),
        memory=available_memory(repeatable=False),
    )
    try:
        began = clock.monotonic()
        release = run_build(FrameSource(training, FRAME), settings, laid.place / "workspace", SilentProgress(), began)
        new = rows.iloc[judged.rows].drop(columns=target).reset_index(drop=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unseen categories: the build is judged as it is
            values = release.predict(new)
        predicted = _as_the_prototype(values, table[target].iloc[judged.rows], judged.truth)
        if predicted is None:
            return None
        part = PredictedRows(judged.truth, predicted, split.clusters[judged.rows])
        value = judge_predictions(asked.metric, [part]).value
    except JourneymanError:
        return None
    return value if math.isfinite(value) else None


def _as_the_prototype(
    predicted: NDArray[np.generic], raw: pd.Series, truth: NDArray[np.generic]
) -> NDArray[np.generic] | None:
    """Return predictions of the target as it was read, in the prototype's own values; None where these are others."""
    pairs = pd.DataFrame({"raw": raw.astype(str).to_numpy(), "own": truth}).drop_duplicates()
    if truth.dtype.kind in "fiu" and raw.dtype.kind in "fiu":
        same = np.allclose(raw.to_numpy(dtype=float), truth.astype(float), rtol=_ALIKE)
        return np.asarray(predicted, dtype=float).astype(truth.dtype) if same else _mapped(predicted, pairs)
    return _mapped(predicted, pairs)


def _mapped(predicted: NDArray[np.generic], pairs: pd.DataFrame) -> NDArray[np.generic] | None:
    if pairs["raw"].duplicated().any() or len(pairs) > len(predicted) // 2 + 2:
        return None
    own = dict(zip(pairs["raw"], pairs["own"], strict=True))
    found = [own.get(str(value)) for value in predicted]
    return None if any(value is None for value in found) else np.asarray(found)
