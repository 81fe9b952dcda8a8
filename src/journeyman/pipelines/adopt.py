"""Adopt: a model that was made elsewhere becomes a release, judged by labelled rows where some are given."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.artifacts import BuildArtifacts
from journeyman.entities.column import Column, Role
from journeyman.entities.contract import Contract
from journeyman.entities.decision import Action, Decision, Verdict
from journeyman.entities.evaluation import Evaluation, Explanation, Score
from journeyman.entities.foreign_model import AnswersRows, ForeignModel, OfferedModel, class_text
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.profile import Profile
from journeyman.entities.repaired import Repaired
from journeyman.entities.report import BuildReport
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference
from journeyman.entities.trial import Ensemble
from journeyman.errors import SettingsError, SourceError, TargetError
from journeyman.inference.foreign.scorer import ForeignScorer, matched_labels
from journeyman.inference.model_files import FittedEnsemble, ModelCard, release_files
from journeyman.inference.open_scorer import foreign_files
from journeyman.interfaces import Metric, Run, Source
from journeyman.pipelines.release_contract import learn_release_contract
from journeyman.reports.model_card import model_card_text
from journeyman.runtime.components import Components
from journeyman.runtime.settings_file import readable, write_settings
from journeyman.settings import BuildSettings
from journeyman.stages.evaluate import evaluate
from journeyman.stages.foreign_columns import plain_column, read_foreign_columns
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest, proper_rows
from journeyman.stages.profile import profile
from journeyman.stages.reference import make_reference
from journeyman.stages.repair import repair
from journeyman.stages.split import split
from journeyman.stores.contract_files import CONTRACT, contract_text
from journeyman.stores.facts import encode
from journeyman.stores.workspace import Workspace
from journeyman.tasks import find_task_type, metric_of

__all__ = ["JudgedModel", "adopt", "judge_log", "judge_model", "untold_model"]

FloatArray = NDArray[np.float64]
_UNKNOWN = "prediction"
_LIKE = "whether it has learned from these rows is not known, so that its score may flatter it"


@dataclass(frozen=True)
class JudgedModel:
    """A foreign model and what labelled rows say of it; without any, what it says of itself.

    Attributes
    ----------
    model : ForeignModel
        With its columns, target and classes.
    card : ModelCard
        How rows are read, and what predictions are of.
    repaired : Repaired or None
        The labelled rows; None without any, as are the next three.
    reference : Reference or None
        What its predictions were like there.
    contract : Contract or None
    statistics : Profile
    evaluation : Evaluation
    reason : str
        How rows were divided, and why.
    """

    model: ForeignModel
    card: ModelCard
    statistics: Profile
    evaluation: Evaluation
    reason: str
    repaired: Repaired | None = None
    reference: Reference | None = None
    contract: Contract | None = None


def adopt(
    offered: OfferedModel,
    judged: JudgedModel,
    settings: BuildSettings,
    components: Components,
    run: Run,
    place: Workspace,
) -> ModelVersion:
    """Write the release and make it known; it becomes the champion where its name has none yet.

    The run's journal holds what ``operate`` asks for: the labelled rows, and the reference that live rows are compared
    with.
    """
    number = place.registry.reserve(settings.name, run.id)
    created = components.clock.now()
    report = _report(offered, judged, settings, number, created, run, place.registry.champion(settings.name) is None)
    main, table = report.evaluation.main, None if judged.repaired is None else judged.repaired.table
    digest = "" if table is None else table.digest
    facts = {
        "run": run.id,
        "name": report.name,
        "version": number,
        "created": created,
        "verdict": report.decision.verdict.value,
        "reason": report.decision.reason,
        "schema": [{"name": c.name, "kind": c.kind, "role": c.role, "unit": c.unit} for c in report.columns],
        "task": {"target": report.task.target, "kind": report.task.kind, "labels": list(report.task.labels)},
        "adopted": {"kind": judged.model.kind.value, "origin": judged.model.origin, "loader": judged.model.loader},
        "members": [],
        "evaluation": {
            "rows": report.evaluation.rows,
            "on_holdout": report.evaluation.on_holdout,
            "scores": {s.metric: [s.value, s.low, s.high, s.baseline] for s in report.evaluation.scores},
        },
        "seed": settings.seed,
        "data_digest": digest,
        "versions": dict(report.versions),
    }
    files = {
        **release_files(judged.card, FittedEnsemble((), ())),
        **foreign_files(judged.model, offered.files),
        **({} if judged.contract is None else {CONTRACT: contract_text(judged.contract).encode()}),
        "settings.toml": write_settings(settings),
        "report.msgpack": encode(report),
        "report.html": components.render(report).encode(),
        "model_card.md": model_card_text(report).encode(),
    }
    path, sealed = place.write_release(report.name, number, files, facts)
    version = ModelVersion(
        name=report.name,
        version=number,
        path=path,
        digest=sealed,
        created=created,
        metric=main.metric,
        score=main.value,
        verdict=report.decision.verdict.value,
        champion=report.decision.action is Action.PROMOTE,
        run=run.id,
        data_digest=digest,
    )
    place.registry.register(version)
    if judged.repaired is not None and judged.reference is not None:
        run.name_artifacts(BuildArtifacts(run.store(judged.repaired), run.store(judged.reference)))
    return version


def untold_model(model: ForeignModel, known: Mapping[str, Any]) -> JudgedModel:
    """Return a model of which no labelled rows are at hand: it can predict, and nothing is known of how well.

    Raises
    ------
    SettingsError
        Where it does not say which columns it reads.
    """
    model = _completed(model, known)
    if not model.columns:
        raise SettingsError(
            f"{model.origin} does not say which columns it reads, and of what kind they are",
            hint="add --data TABLE --target COLUMN: a table as the one that it learned from",
        )
    labels = tuple(class_text(one) for one in model.classes)
    kind = find_task_type("regression" if len(labels) < 2 else "binary" if len(labels) == 2 else "multiclass")
    types = {type(one).__name__ for one in model.classes}
    task = Task(
        target=model.target or _UNKNOWN,
        kind=kind.name,
        metric=kind.default_metric,
        labels=labels if len(labels) > 1 else (),
        label_types=types.pop() if len(types) == 1 else "str",
        reason="as the model says",
    )
    metric = metric_of(task)
    task = replace(task, metric_loss=metric.loss)
    columns = tuple(plain_column(one) for one in model.columns)
    score = _score(metric, float("nan"))
    evaluation = Evaluation(0, False, (score,))
    card = ModelCard(task, columns, (), 1.0, _threshold(task))
    return JudgedModel(model, card, Profile(0, 0, ()), evaluation, "no labelled rows were given")


def judge_model(
    model: ForeignModel, asked: AnswersRows, source: Source, settings: BuildSettings, components: Components
) -> JudgedModel:
    """Return a model with what labelled rows say of it: scores with intervals, a contract, and a reference for drift.

    Raises
    ------
    InputError
        Where the table lacks a column that the model reads, or its target holds other classes than the model knows.
    ModelError
        Where the model does not answer the rows.
    """
    tell = components.progress.stage
    tell("ingest", source.name)
    model = _completed(model, asked.describe())
    ingested = ingest(source, settings)
    raw = source.read(len(ingested.table.frame) if ingested.table.sampled else None, settings.seed)
    raw, _ = proper_rows(raw, settings, not ingested.table.sampled)
    target = settings.target_column
    table, model = read_foreign_columns(raw, ingested.table, replace(model, target=target), (), target)
    features = tuple(c for c in table.columns if c.name != target)
    settings = replace(settings, roles={**settings.roles, **{c.name: Role.FEATURE.value for c in features}})
    draft = frame_task(table, _as_answered(table, features, model, asked, settings))
    repaired = repair(table, draft, (), settings)
    table, task = repaired.table, repaired.task
    if model.classes and task.labels:
        _check_classes(model, task)
    scorer = ForeignScorer(settings.name, model, table.features, task, asked)
    tell("split")
    division = split(table, task, settings.seed)
    tell("evaluate", "the model's predictions")
    chosen = _answered(scorer, table, task, division, components)
    evaluation = evaluate(scorer.predict, chosen, table, task, division, settings.seed)
    reference = make_reference(table, task, division, chosen, evaluation.importances, settings.seed)
    statistics = profile(source, components.engine, table, task, division)
    contract = learn_release_contract(source, (), settings, repaired).contract
    card = ModelCard(task, table.features, (), 1.0, _threshold(task), style=source.style)
    reason = f"{division.reason}; {_LIKE}"
    return JudgedModel(model, card, statistics, evaluation, reason, repaired, reference, contract)


def judge_log(
    model: ForeignModel,
    answered: Callable[[Task], FloatArray],
    source: Source,
    settings: BuildSettings,
    components: Components,
) -> JudgedModel:
    """Return a model of which the log alone is to be had: the first of its rows are what later ones are compared with.

    Parameters
    ----------
    answered : callable
        Returns what was answered of these rows, (n_samples, n_outputs), as a task has it.
    source : Source
        The rows in order of time, each with its label, and without predictions.

    Raises
    ------
    InputError
        Where the rows tell no task, or the predictions are none of its.
    """
    target = settings.target_column
    ingested = ingest(source, settings)
    raw, _ = proper_rows(source.read(None, settings.seed), settings, True)
    table, model = read_foreign_columns(raw, ingested.table, model, (), target)
    roles = {c.name: Role.FEATURE.value for c in table.columns if c.name != target}
    settings = replace(settings, in_order=True, roles={**settings.roles, **roles})
    repaired = repair(table, frame_task(table, settings), (), settings)
    table, task = repaired.table, repaired.task
    predictions = answered(task)
    if len(predictions) != len(table.frame):
        raise SourceError(
            f"{len(predictions)} predictions stand beside {len(table.frame)} rows of the log that can be read",
            hint="leave empty rows and rows of remarks out of it",
        )
    rows = np.flatnonzero(np.isfinite(predictions).all(axis=1))
    division = Split(task.scheme, rows, rows[:0], (Fold(rows, rows),), "the first rows of the log, in their order")
    metric = metric_of(task)
    score = float(metric.score(target_values(table, task.target)[rows], predictions[rows]))
    chosen = Ensemble((), score, predictions[rows], threshold=_threshold(task))
    told = _score(metric, score)
    reference = make_reference(table, task, division, chosen, (), settings.seed)
    statistics = profile(source, components.engine, table, task, division)
    contract = learn_release_contract(source, (), settings, repaired).contract
    card = ModelCard(task, table.features, (), 1.0, _threshold(task), style=source.style)
    evaluation = Evaluation(len(rows), False, (told,))
    return JudgedModel(model, card, statistics, evaluation, division.reason, repaired, reference, contract)


def _completed(model: ForeignModel, known: Mapping[str, Any]) -> ForeignModel:
    """Return the model with what it told of itself when it was opened."""
    classes, able = known.get("classes"), bool(known.get("probabilities"))
    return model if classes is None else replace(model, classes=tuple(classes), probabilities=able)


def _score(metric: Metric, value: float) -> Score:
    """Return a score of which neither interval nor baseline is known."""
    none = float("nan")
    sides = metric.greater_is_better, metric.optimum, metric.words
    return Score(metric.name, value, none, none, none, none, none, none, none, *sides)


def _threshold(task: Task) -> float | None:
    return 0.5 if len(task.labels) == 2 else None


def _as_answered(
    table: Table, features: tuple[Column, ...], model: ForeignModel, asked: AnswersRows, settings: BuildSettings
) -> BuildSettings:
    """Return settings whose kind of task is that of what the model says: a number, or a value of the target."""
    if settings.task is not None:
        return settings
    if model.classes:
        return replace(settings, task="binary" if len(model.classes) == 2 else "multiclass")
    task = frame_task(table, settings)
    if not task.labels:
        return settings
    rows = table.frame.iloc[:200]
    scorer = ForeignScorer(settings.name, model, features, replace(task, labels=()), asked)
    told = scorer.said(to_block(rows, features)).values
    is_class = all(code >= 0 for code in matched_labels([class_text(one) for one in told], task.labels))
    return settings if is_class else replace(settings, task="regression")


def _check_classes(model: ForeignModel, task: Task) -> None:
    classes = [class_text(one) for one in model.classes]
    places = matched_labels(classes, task.labels)
    strange = [one for one, place in zip(classes, places, strict=True) if place < 0]
    untold = [label for code, label in enumerate(task.labels) if code not in places]
    if strange or untold:
        raise TargetError(
            f"the model's classes are {', '.join(classes[:6])}, and those of {task.target!r} are "
            f"{', '.join(task.labels[:6])}",
            hint="give a table whose target holds the model's classes, each of them",
        )


def _answered(scorer: ForeignScorer, table: Table, task: Task, division: Split, components: Components) -> Ensemble:
    """Return the model's predictions for the rows that folds would have validated, as an ensemble of none has them."""
    rows = np.concatenate([fold.validate for fold in division.folds])
    began = components.clock.monotonic()
    predictions = scorer.predict(to_block(table.frame.iloc[rows], table.features))
    seconds = (components.clock.monotonic() - began) / max(1, len(rows))
    score = metric_of(task).score(target_values(table, task.target)[rows], predictions)
    return Ensemble((), float(score), predictions, threshold=_threshold(task), answer_seconds=seconds)


def _report(
    offered: OfferedModel,
    judged: JudgedModel,
    settings: BuildSettings,
    number: int,
    created: str,
    run: Run,
    first: bool,
) -> BuildReport:
    table = None if judged.repaired is None else judged.repaired.table
    model, task = judged.model, judged.card.task
    reasons = [f"it was adopted: {model.kind} in {model.origin}", *offered.notes]
    reasons.append(_LIKE if table is not None else "no labelled rows were given, so that nothing says how good it is")
    place = "" if first else f"`journeyman promote {settings.name} --version {number}` makes it the champion"
    action = Action.PROMOTE if first else Action.KEEP
    decision = Decision(
        Verdict.RELEASE_WITH_CARE, action, "; ".join([reasons[0], reasons[-1]]), tuple(reasons), {}, place
    )
    target = Column(task.target, judged.card.columns[0].kind, Role.TARGET, "the model's answer")
    return BuildReport(
        name=settings.name,
        version=number,
        created=created,
        source=settings.source,
        rows=0 if table is None else table.source_rows,
        trained_rows=0 if table is None else len(table.frame),
        holdout_rows=judged.evaluation.rows if judged.evaluation.on_holdout else 0,
        columns=(*judged.card.columns, target) if table is None else table.columns,
        task=task,
        split_reason=judged.reason,
        findings=() if judged.repaired is None else judged.repaired.findings,
        profile=judged.statistics,
        trials=(),
        members=(),
        ensemble_scores=(),
        stop_reason="nothing was searched: the model was adopted",
        evaluation=judged.evaluation,
        explanation=Explanation(()),
        decision=decision,
        seconds=run.elapsed(),
        stage_seconds=dict(run.stage_seconds()),
        versions={"python": platform.python_version()},
        settings=readable(settings),
        contract_columns=0 if judged.contract is None else len(judged.contract.columns),
    )
