"""The line for those who embed Journeyman: from features and a target to a fitted ensemble, with nothing on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.candidate import BASELINE
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.dataset import Dataset
from journeyman.entities.finding import Finding
from journeyman.entities.report import BuildReport
from journeyman.entities.search import Search
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound
from journeyman.errors import SourceError
from journeyman.inference.model_files import ModelCard, make_scorer
from journeyman.inference.release_frames import warn_of
from journeyman.inference.scorer import Scorer
from journeyman.interfaces import WeighsRows
from journeyman.metrics import find_metric
from journeyman.pipelines.build import keep_experience
from journeyman.pipelines.final_fits import choose_seed_replicas, fit_final, model_card, with_duplicate_lookup
from journeyman.pipelines.search import search
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import SystemClock, available_threads
from journeyman.runtime.components import Components, standard_components
from journeyman.runtime.durable_run import MemoryRun
from journeyman.runtime.experience import load_experience
from journeyman.runtime.finishing import embedded_finishing_seconds
from journeyman.runtime.machine import available_memory
from journeyman.runtime.time_budget import SecondsAfterFit, TimeBudget
from journeyman.settings import BuildSettings, bounded, parse_budget
from journeyman.sources import FrameSource
from journeyman.sources.parsing import RowReader
from journeyman.stages.conform import conform
from journeyman.stages.duplicate_lookup import measure_lookup
from journeyman.stages.ensemble import calibrate, metric_losses
from journeyman.stages.evaluate.importance import importances
from journeyman.stages.ingest import ingest
from journeyman.stages.split import folds_only
from journeyman.stores.workspace import Workspace
from journeyman.tasks import find_task_type, metric_of

__all__ = ["Learned", "Sample", "embedded_settings", "learn_from_frame"]

FloatArray = NDArray[np.float64]
_TARGET = "target"  # in settings; in a table, a name that none of the user's columns has
_WEIGHT = "weight"
_SAMPLED_ROWS = 2_000
_SHUFFLED_ANSWERS = 100_000  # predictions that importances may ask for: a second or two


@dataclass(frozen=True)
class Sample:
    """Rows as models read them, and their labels as class codes or values, shape (n_samples,)."""

    block: Block
    y: FloatArray


@dataclass(frozen=True)
class Learned:
    """A fitted ensemble in memory.

    Attributes
    ----------
    card : ModelCard
        Task and columns.
    search : Search
        Trials, expectations and outcomes; ``search.ensemble.score`` is the out-of-fold score.
    scorer : Scorer
        Answers for rows.
    sample : Sample
        Some of the rows it was fitted on, to see what it relies on.
    left_out : mapping of str to str
        Algorithms that were not tried, and why.
    findings : tuple of Finding
        What was noticed while the table was read.
    """

    card: ModelCard
    search: Search
    scorer: Scorer
    sample: Sample
    left_out: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Return one line: the task, the trials, and the score out of fold."""
        task, score = self.card.task, self.search.ensemble.score
        return f"<Learned {task.kind}: {len(self.search.trials)} trials, {task.metric} {score:.4g} out of fold>"

    def importances(self) -> dict[str, float]:
        """Return how much the score falls when a column is shuffled among rows it was fitted on; 0 where not at all.

        All columns of the model are there; the figures are in units of the task's metric.
        """
        model, task = self.scorer.without_lookup(), self.card.task
        metric = metric_of(task)
        block, y = self.sample.block, self.sample.y
        found = importances(model.predict, block, y, self.card.columns, metric, _SHUFFLED_ANSWERS, 0)
        measured = {one.column: max(0.0, one.mean) for one in found}
        return {column.name: measured.get(column.name, 0.0) for column in self.card.columns}

    def answers(self, frame: pd.DataFrame) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        conformed = conform(frame, RowReader(self.card.columns))
        warn_of(conformed.findings)
        return self.scorer.predict(conformed.block)

    def codes(self, answers: FloatArray) -> NDArray[np.int64]:
        """Return the class code of each row."""
        threshold = self.card.threshold
        if threshold is not None and threshold != 0.5:
            return np.asarray(answers[:, 1] >= threshold, dtype=np.int64)
        return np.asarray(answers.argmax(axis=1), dtype=np.int64)


def embedded_settings(
    budget: str | float, trials: int | None, metric: str | None, threads: int | None, seed: int
) -> BuildSettings:
    """Return the settings of a fit inside an estimator.

    Parameters
    ----------
    threads : int or None
        Threads; all cores where it is None or, as scikit-learn has it, below 1.

    Raises
    ------
    SettingsError
        Where the budget is no time.
    """
    return BuildSettings(
        source="<frame>",
        target=_TARGET,
        name="embedded",
        budget=parse_budget(str(budget)),
        trials=trials,
        metric=metric,
        seed=seed,
        threads=threads if threads is not None and threads > 0 else available_threads(),
        memory=available_memory(repeatable=trials is not None),
    )


def learn_from_frame(
    frame: pd.DataFrame,
    y: NDArray[Any],
    task: str,
    settings: BuildSettings,
    workspace: str | Path | None,
    weights: FloatArray | None = None,
) -> Learned:
    """Search and fit on all rows; there is no holdout, since whoever embeds an estimator keeps rows for that.

    Parameters
    ----------
    frame : DataFrame of shape (n_samples, n_features)
        Features; columns of any kind.
    y : ndarray of shape (n_samples,)
        Class codes 0..n_classes-1, or values.
    task : str
        "binary", "multiclass" or "regression".
    workspace : str, Path or None
        Folder whose experience is read and added to; None keeps nothing.
    weights : ndarray of shape (n_samples,), or None
        How much each row counts: in every fit, in the scores that choose, and in the ensemble. Algorithms that cannot
        weigh rows are left out.

    Raises
    ------
    InputError
        Where the table or an option cannot be used.
    """
    seed = settings.seed
    components = standard_components(_no_report, SystemClock(), SilentProgress(), lambda: False)
    components = replace(components, finishing=embedded_finishing_seconds)
    run = MemoryRun(components.clock)
    table, posed, findings = _table(frame, y, weights, task, settings)
    left_out: dict[str, str] = {}
    if weights is not None:
        components, left_out = _weighing(components)
    settings = bounded(settings, len(table.frame), len(table.features))
    chosen_metric = metric_of(posed)
    split = TimeBudget(Dataset(table, posed, folds_only(table, posed, seed)), settings, components).affordable_split()
    context, data = BuildContext(components, run, settings), Dataset(table, posed, split)
    if workspace is None:
        found = search(context, data, chosen_metric, ())
    else:
        with Workspace(workspace) as place:
            # A set number of trials promises the same fit twice, whatever was learned in between.
            past = () if settings.trials is not None else load_experience(place.experience, components.progress.note)
            found = search(context, data, chosen_metric, past)
            keep_experience(context, place, f"embedded-{table.digest}-{seed}", table, posed, found)
    ensemble = calibrate(chosen_metric, found.ensemble, data.validated_labels, posed, data.validated_weights)
    ensemble = choose_seed_replicas(context, data, found, ensemble)
    card = model_card(data, ensemble)
    rows = np.arange(len(table.frame), dtype=np.int64)
    (fitted,) = fit_final(context, data, ensemble, (rows,), [SecondsAfterFit()] * len(ensemble.members))
    # Rows of one kind that weigh differently have no common label to look up.
    lookup = None if weights is not None else measure_lookup(metric_losses, ensemble, table, posed, split)
    fitted = with_duplicate_lookup(data, fitted, lookup)
    scorer = make_scorer(card, fitted, components.algorithms, components.preparations)
    return Learned(card, found, scorer, _sample(table, posed.target, seed), left_out, findings)


def _weighing(components: Components) -> tuple[Components, dict[str, str]]:
    """Return the parts without algorithms that cannot weigh rows, and those with the reason."""
    able = {
        name: part
        for name, part in components.algorithms.items()
        if name == BASELINE or (isinstance(part, WeighsRows) and part.weighs_rows)
    }
    left_out = {
        name: "it cannot weigh rows, and sample_weight was given" for name in components.algorithms if name not in able
    }
    return replace(components, algorithms=able), left_out


def _sample(table: Table, target: str, seed: int) -> Sample:
    rows = np.arange(len(table.frame), dtype=np.int64)
    if len(rows) > _SAMPLED_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _SAMPLED_ROWS, replace=False))
    block = to_block(table.frame.iloc[rows], table.features)
    return Sample(block, target_values(table, target)[rows])


def _table(
    frame: pd.DataFrame, y: NDArray[Any], weights: FloatArray | None, kind: str, settings: BuildSettings
) -> tuple[Table, Task, tuple[Finding, ...]]:
    """Return the features and the target as a table, the task, and what was noticed.

    The target and the weights are columns of the table from the start, so that whatever leaves out rows takes features,
    labels and weights together. Numbers are taken as they are. Other columns are read as a build reads them; what
    cannot be learned from (identifiers, constants) is left out, and nothing else: no rule judges columns that a caller
    has chosen.
    """
    target = _free_name(frame.columns, _TARGET)
    weight = _free_name((*frame.columns, target), _WEIGHT)
    given = {target: y.astype(np.float64)} | ({} if weights is None else {weight: weights})
    table, findings = _read_table(frame.assign(**given), replace(settings, target=target), tuple(given))
    if weights is not None:
        taken = table.frame[weight].to_numpy(dtype=np.float64)
        columns = tuple(c for c in table.columns if c.name != weight)
        table = replace(table, frame=table.frame.drop(columns=weight), columns=columns, weights=taken / taken.mean())
    does = find_task_type(kind)
    metric = settings.metric or does.default_metric
    posed = Task(target, kind, metric, metric_loss=find_metric(metric, kind).loss)
    column = Column(target, Kind.NUMBER, Role.TARGET)
    if does.traits.bound is Bound.LABELS:
        labels = tuple(str(code) for code in range(int(y.max()) + 1))
        posed = replace(posed, labels=labels)
        column = replace(column, kind=Kind.CATEGORY, categories=labels)
        codes = table.frame[target].to_numpy().astype(np.int64)
        values = pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(labels)))
        table = replace(table, frame=table.frame.assign(**{target: values}))
    columns = tuple(column if c.name == target else c for c in table.columns)
    # The digest only names the embedded table in the experience store, where rows of one fit replace their like.
    digest = hashlib.sha256(repr((frame.shape, [str(t) for t in frame.dtypes], settings.seed)).encode()).hexdigest()
    return replace(table, columns=columns, digest=digest), posed, findings


def _free_name(taken: Iterable[str], name: str) -> str:
    """Return a name for a column of ours that is none of the user's.

    Examples
    --------
    >>> _free_name(["a", "target"], "target")
    'target_'
    """
    names = set(taken)
    while name in names:
        name += "_"
    return name


def _read_table(rows: pd.DataFrame, settings: BuildSettings, given: Sequence[str]) -> tuple[Table, tuple[Finding, ...]]:
    """Read features and given columns of numbers (the target, weights); each useful column is a feature."""
    if all(pd.api.types.is_numeric_dtype(t) or pd.api.types.is_bool_dtype(t) for t in rows.dtypes):
        numbers = rows.astype(np.float64).reset_index(drop=True)
        columns = tuple(Column(str(name), Kind.NUMBER, native=True) for name in numbers.columns)
        return Table("<frame>", numbers, columns, "", len(numbers)), ()
    # Those are read as they were given: no number of them stands for a missing one, and no row is a second header.
    accept = (*(f"DQ004:{name}" for name in given), "DQ018")
    asked = replace(settings, kinds=dict.fromkeys(given, Kind.NUMBER.value), accept=accept)
    ingested = ingest(FrameSource(rows, "<frame>"), asked)
    useless = (Kind.IDENTIFIER, Kind.CONSTANT)
    columns = tuple(
        replace(c, role=Role.IGNORED if c.kind in useless else Role.FEATURE) for c in ingested.table.columns
    )
    if not any(c.role is Role.FEATURE and c.name not in given for c in columns):
        # nothing else is left: what names rows may still say something by its spelling
        columns = tuple(
            replace(c, role=Role.FEATURE, kind=Kind.TEXT) if c.kind is Kind.IDENTIFIER else c for c in columns
        )
    if not any(c.role is Role.FEATURE and c.name not in given for c in columns):
        raise SourceError("no column is left to predict from", hint="give X a column that differs between rows")
    findings = tuple(f for f in ingested.findings if not set(given).intersection(f.subject))
    return replace(ingested.table, columns=columns), findings


def _no_report(report: BuildReport) -> str:
    return ""
