"""Members of the ensemble that learn from all rows of a source, where one machine holds a sample of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import msgspec
import numpy as np

from journeyman.arrow import pa
from journeyman.engines.frames import to_frame
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column
from journeyman.entities.dataset import Dataset
from journeyman.entities.matrix import Matrix
from journeyman.entities.metric import Loss
from journeyman.entities.table import Block, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble, Member
from journeyman.entities.whole_fit import WholeFit
from journeyman.errors import EngineError, InputError
from journeyman.inference.model_files import FittedEnsemble
from journeyman.interfaces import (
    Algorithm,
    FitRequest,
    FitsTogether,
    FittedPreparation,
    LearnsFromAllRows,
    Metric,
    Prepared,
    Source,
    WholeTask,
)
from journeyman.metrics.weighted import score_rows
from journeyman.plugins import load_parts
from journeyman.runtime.build_context import BuildContext
from journeyman.sources.batches import plain_table
from journeyman.sources.parsing import encode, read
from journeyman.stages.train import FittedPart
from journeyman.transformers.derived import deriving

__all__ = ["fit_wholly"]

_JUDGED = 100_000  # rows that a fit on all rows is judged by
_LOSSES = frozenset(Loss) - {Loss.RELATIVE}  # which weighs rows by their values
_LEAST_JUDGED = 20  # of all rows, one in so many at most is held out


@dataclass(frozen=True)
class _Fitted:
    """What a step gives: what came of it, and the model where it is kept."""

    fit: WholeFit
    part: FittedPart | None


@dataclass(frozen=True)
class _Preparing:
    """Raw rows to features and labels, by what the sample has taught."""

    columns: tuple[Column, ...]
    target: Column
    name: str
    files: Mapping[str, bytes]

    @cached_property
    def fitted(self) -> FittedPreparation:
        """The preparation, loaded once a worker."""
        loaded: FittedPreparation = load_parts("journeyman.preparations", {self.name})[self.name].from_files(self.files)
        return loaded

    def matrix(self, table: pa.Table) -> Matrix:
        """Return the features of raw rows."""
        return self.fitted.transform(_block(table, self.columns))

    def __call__(self, table: pa.Table) -> Prepared:
        """Return prepared rows; a label that training did not know is none."""
        labels = _block(table, (self.target,))[self.target.name]
        y = labels.astype(np.float64)
        known = y >= 0 if self.target.kind.categorical else np.isfinite(y)
        return Prepared(self.matrix(table).values, np.where(known, y, np.nan))


def _block(table: pa.Table, columns: tuple[Column, ...]) -> Block:
    frame = to_frame(plain_table(table.select([c.name for c in columns]), "the table"))
    return to_block({c.name: read(encode(frame[c.name]), c).values for c in columns}, columns)


@dataclass(frozen=True)
class _Fitting:
    """A candidate's fit on the rows of one machine, and on those of the others through the network."""

    algorithm: Algorithm
    candidate: Candidate
    task: Task
    names: tuple[str, ...]
    categorical: tuple[int, ...]
    rounds: int
    seed: int

    def request(self, rows: Prepared, threads: int) -> FitRequest:
        """Return a fit of fixed length on some rows."""
        return FitRequest(
            x=Matrix(rows.x, self.names, self.categorical),
            y=rows.y,
            valid_x=None,
            valid_y=None,
            task=self.task,
            parameters=self.candidate.parameters,
            rounds=self.rounds,
            seed=self.seed,
            threads=threads,
            out_of_time=_never,
        )

    def __call__(self, rows: Prepared, machines: Sequence[str], rank: int) -> bytes:
        """Return the model's files as bytes."""
        assert isinstance(self.algorithm, FitsTogether)  # else it was not asked
        model = self.algorithm.fit_together(self.request(rows, 1), machines, rank)
        return msgspec.msgpack.encode(dict(model.to_files()))


def _never() -> bool:
    return False


@dataclass(frozen=True)
class _Whole:
    """What all fits on all rows share."""

    engine: LearnsFromAllRows
    source: Source
    context: BuildContext
    data: Dataset
    metric: Metric


def fit_wholly(
    context: BuildContext, source: Source, data: Dataset, chosen: Ensemble, metric: Metric, final: FittedEnsemble
) -> tuple[FittedEnsemble, tuple[WholeFit, ...]]:
    """Fit the members that can on all rows, and keep each that scores at least as well on rows held out.

    Nothing is done where the table is no sample, or the engine cannot. The same candidate learns from as many rows as
    the sample has, drawn from the same ones, so that both are judged by rows that neither has seen. The search's budget
    does not count: how long it takes depends on the rows alone.
    """
    engine = context.components.engine
    if not data.table.sampled or not isinstance(engine, LearnsFromAllRows):
        return final, ()
    whole = _Whole(engine, source, context, data, metric)
    parts, told = list(final.members), []
    for number, member in enumerate(chosen.members):
        refused = _refusal(context, data, member)
        if refused:
            told.append(WholeFit(member.candidate.name, refused))
            continue
        context.components.progress.stage("fit", f"{member.candidate.name} on all {data.table.source_rows:,} rows")
        algorithm = context.components.algorithms[member.candidate.algorithm]
        prepared = next(p for p in final.preparations if p.name == member.candidate.preparation)
        function = partial(_fit, whole, prepared)
        name = f"fit {member.candidate.name} on all rows"
        done = context.run.step(name, function, member, data.task, context.settings.seed, using=[algorithm, metric])
        told.append(done.fit)
        context.components.progress.note(_message(done.fit))
        if done.part is not None:
            parts[number] = done.part
    return replace(final, members=tuple(parts)), tuple(told)


def _message(fit: WholeFit) -> str:
    """Say what came of a fit on all rows, in one line."""
    if fit.reason:
        return f"{fit.candidate}: {fit.reason}"
    better = "kept" if fit.kept else "not kept"
    return (
        f"{fit.candidate} on {fit.rows:,} rows: {fit.metric} {fit.score:.5g} on {fit.judged:,} rows held out, "
        f"{fit.sampled_score:.5g} on {fit.sampled:,} rows; {better}"
    )


def _refusal(context: BuildContext, data: Dataset, member: Member) -> str:
    """Say why a member learns from the sample alone; empty where it can learn from all rows."""
    candidate, task = member.candidate, data.task
    if not isinstance(context.components.algorithms[candidate.algorithm], FitsTogether):
        return "its algorithm learns on one machine"
    if task.scheme is not Scheme.SHUFFLED:
        return "rows are not divided at random, and held-out rows would be"
    if task.loss not in _LOSSES or data.table.weights is not None or data.table.planted:
        return "its loss is learned on one machine"
    if candidate.treatment is not None or candidate.target_scale != "plain":
        return "it is corrected, or learns on another scale of the target, on one machine"
    return "texts and images are learned from on one machine" if deriving(data.table.features) else ""


def _fit(whole: _Whole, prepared: FittedPart, member: Member, task: Task, seed: int) -> _Fitted:
    table, metric, candidate = whole.data.table, whole.metric, member.candidate
    preparing = _Preparing(table.features, table.column(task.target), prepared.name, prepared.files)
    first = preparing.fitted.transform(to_block(table.frame.head(2), table.features))
    algorithm = whole.context.components.algorithms[candidate.algorithm]
    fitting = _Fitting(algorithm, candidate, task, first.names, first.categorical, member.rounds, seed)
    names = tuple(dict.fromkeys([*(c.name for c in table.features), task.target]))
    judged = min(_JUDGED, table.source_rows // _LEAST_JUDGED)
    try:
        found = whole.engine.learn(whole.source, WholeTask(names, preparing, fitting, judged, len(table.frame)))
    except (EngineError, InputError) as error:  # the model of the sample is there, and is worth more than none
        return _Fitted(WholeFit(candidate.name, f"on all rows it could not be fitted ({error.message})"), None)
    files = msgspec.msgpack.decode(found.model, type=dict[str, bytes])
    judging = Matrix(found.judged.x, first.names, first.categorical)
    alone = algorithm.fit(fitting.request(found.sampled, whole.context.settings.threads))
    score, other = (
        score_rows(metric, found.judged.y, model.predict(judging), None)
        for model in (algorithm.from_files(files), alone)
    )
    kept = bool(score >= other if metric.greater_is_better else score <= other)
    fit = WholeFit(
        candidate.name, "", found.rows, len(found.sampled.y), len(found.judged.y), metric.name, score, other, kept
    )
    return _Fitted(fit, FittedPart(candidate.key, files) if kept else None)
