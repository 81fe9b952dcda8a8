"""The straight line: from a source to a decision. The one place that knows the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysis import Analysis
from journeyman.entities.anomaly import MarksGain
from journeyman.entities.artifacts import BuildArtifacts, BuildResult
from journeyman.entities.comparison import ChampionPredictions, Comparison, JudgedRows
from journeyman.entities.dataset import Dataset
from journeyman.entities.decision import Action
from journeyman.entities.experience import Experience
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.ingested import Ingested
from journeyman.entities.lake import SearchedLake
from journeyman.entities.outlook import Outlook
from journeyman.entities.repaired import Repaired
from journeyman.entities.search import Search, SearchLimits
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values
from journeyman.entities.task import Task
from journeyman.entities.text_summary import TextSummary
from journeyman.entities.trial import Ensemble
from journeyman.inference.champion import champion_predictions, learned_file
from journeyman.inference.example_rows import explained_examples
from journeyman.inference.following import history_of
from journeyman.inference.former_names import keep_names
from journeyman.inference.model_files import FittedEnsemble, ModelCard, make_scorer
from journeyman.interfaces import (
    ArrangesSeries,
    CombinesColumns,
    KeepsNames,
    Metric,
    PosesExamination,
    QualityRule,
    RuleScope,
    Run,
    SettlesTask,
    Source,
    scope_of,
)
from journeyman.pipelines.final_fits import choose_seed_replicas, fit_final, model_card, with_duplicate_lookup
from journeyman.pipelines.follow_analysis import check_reach, with_actions
from journeyman.pipelines.package_release import (
    BuildFacts,
    Illustrations,
    ReleasedModel,
    build_report,
    package_release,
)
from journeyman.pipelines.release_contract import learn_release_contract
from journeyman.pipelines.search import search
from journeyman.pipelines.whole_fits import fit_wholly
from journeyman.quality_rules.series_over_time import PROPOSES_FORECAST
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.components import Components
from journeyman.runtime.experience import load_experience, save_experience
from journeyman.runtime.holdout_readings import count_readings
from journeyman.runtime.machine_speed import measured_work, slowdown
from journeyman.runtime.time_budget import TimeBudget, measured_prediction_seconds, timed
from journeyman.settings import BuildSettings, bounded
from journeyman.stages.check import check
from journeyman.stages.conformal import calibrate_intervals
from journeyman.stages.decide import decide
from journeyman.stages.describe_texts import describe_texts
from journeyman.stages.duplicate_lookup import measure_lookup
from journeyman.stages.ensemble import EnsembleLimits, calibrate, ensemble, metric_losses
from journeyman.stages.evaluate import evaluate
from journeyman.stages.evaluate.compare_champion import compare_champion
from journeyman.stages.evaluate.judged_rows import predict_judged_rows
from journeyman.stages.evaluate.outlook import look_ahead
from journeyman.stages.evaluate.pictures import choose_pictures, has_images
from journeyman.stages.explain import EXPLAINING_SECONDS, MOST_DRAWN, explain
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.learn import learn
from journeyman.stages.leave_out import smaller_ensembles
from journeyman.stages.profile import profile
from journeyman.stages.rank import meta_features
from journeyman.stages.reference import make_reference
from journeyman.stages.repair import repair
from journeyman.stages.split import follow_split, split
from journeyman.stores.analysis_file import read_analysis
from journeyman.stores.workspace import Workspace
from journeyman.tasks import metric_of, task_type
from journeyman.transformers.derived import text_columns

__all__ = ["build", "keep_experience", "prepare_table"]


def build(
    source: Source,
    settings: BuildSettings,
    components: Components,
    run: Run,
    workspace: Workspace,
    lake: SearchedLake | None = None,
) -> BuildResult:
    """Go from a table to a released model, which looks up what the table's columns were fetched from.

    Every line below is a step, or a few, of the run: finished ones are replayed after a restart.
    """
    tell, asked = components.progress.stage, settings
    repaired, findings, division = prepare_table(source, BuildContext(components, run, asked))
    if isinstance(task_type(repaired.task), KeepsNames):
        repaired = run.step("keep names", partial(keep_names, workspace, run, asked), repaired)
    table, task = repaired.table, repaired.task
    metric = metric_of(task)
    settings = bounded(asked, len(table.frame), len(table.features))
    if settings.budget != asked.budget:
        components.progress.note(f"the search ends when more is not worth it, within {settings.budget:.0f} s at most")
    analysis = _analysis(run, asked, repaired, division)
    components = with_actions(components, analysis)
    context = BuildContext(components, run, settings)
    division = TimeBudget(Dataset(table, task, division), settings, components).affordable_split()
    data = Dataset(table, task, division)
    seed = settings.seed
    tell("profile")
    described = _as_given(table, task)
    statistics = run.step("profile", partial(profile, source, components.engine), described, task, division)

    lookups = () if lake is None else lake.lookups
    learned_contract = run.step("contract", partial(learn_release_contract, source, lookups), asked, repaired)
    findings = (*findings, *learned_contract.findings)

    tell("train")
    experience = run.step("load experience", partial(_earlier_experience, context, workspace))
    found = search(context, data, metric, experience, () if analysis is None else analysis.actions)
    labels = data.validated_labels
    chosen = run.step("calibrate", partial(calibrate, metric), found.ensemble, labels, task, using=[metric])

    tell("fit", "the chosen models, to be examined on the holdout, and on all rows")
    chosen = run.step("seed replicas", partial(_seed_replicas, context, task), chosen, found, table, division)
    conformal = calibrate_intervals(chosen, table, task, division)
    card = replace(model_card(data, chosen), conformal=conformal, style=source.style)
    everything = np.arange(len(table.frame), dtype=np.int64)
    parts = (division.train, everything) if len(division.train) < len(everything) else (everything,)
    after = TimeBudget(data, settings, components).seconds_after_fits(found, chosen)
    lookup = run.step("measure duplicate lookup", partial(measure_lookup, metric_losses), chosen, table, task, division)
    fitted = fit_final(context, data, chosen, parts, after)
    # Evaluate and explain without the duplicate lookup: new rows are mostly no duplicates.
    rehearsal, final = fitted[0], with_duplicate_lookup(data, fitted[-1], lookup)
    final, whole = fit_wholly(context, source, data, chosen, metric, final)
    tell("evaluate")
    scorer = make_scorer(card, rehearsal, components.algorithms, components.preparations)
    predict = scorer.predict
    readings = run.step("readings", partial(count_readings, workspace, run, asked), table.digest, division)
    planning = partial(_prediction_seconds, context, task, chosen, found)
    seconds = run.step("limit prediction time", planning, table, division)
    timed_ensemble = replace(chosen, answer_seconds=seconds)
    evaluating = partial(evaluate, predict)
    evaluation = run.step(
        "evaluate", evaluating, timed_ensemble, table, task, division, seed, conformal, using=[metric]
    )
    tell("explain")
    answers = timed_ensemble.answers_within(EXPLAINING_SECONDS, MOST_DRAWN)
    explanation = run.step("explain", partial(explain, predict), table, task, division, evaluation, answers, seed)
    outlook = run.step("outlook", partial(_look_ahead, components, card, predict, final), table, task, division)
    marks = run.step("marks", partial(_marks_gain, components, card, final), task)
    explanation = replace(explanation, outlook=outlook, marks=marks)
    examples = run.step("examples", partial(explained_examples, scorer), table, task, evaluation, statistics)
    shown = (
        run.step("pictures", partial(choose_pictures, predict), table, task, division, seed)
        if has_images(table)
        else None
    )
    tell("decide")
    judged = run.step("judged rows", partial(predict_judged_rows, predict), chosen, table, division, seed)
    champion = partial(champion_predictions, workspace, run, asked)
    incumbent = run.step("champion", champion, table, task, division, judged)
    number = run.step("number", workspace.registry.reserve, settings.name, run.id)
    comparison = run.step("compare", partial(_compare, number), judged, incumbent, table, task, division, seed)
    unlimited = run.step(
        "unlimited", partial(_unlimited_score, metric, found, task), labels, found.ensemble, using=[metric]
    )
    limits = SearchLimits(settings.latency, found.ensemble.score, unlimited, found.thin)
    decision = run.step("decide", decide, task, evaluation, findings, comparison, readings, limits)
    if settings.challenger and decision.action is Action.PROMOTE:
        decision = replace(decision, action=Action.KEEP)  # live labels decide, not this holdout
    reference = run.step("reference", make_reference, table, task, division, chosen, evaluation.importances, seed)

    tell("package")
    created = run.step("date", components.clock.now)
    built = BuildFacts(
        asked, number, created, repaired, findings, division, statistics, found, chosen, unlimited, lookup, whole
    )
    smaller = run.step(
        "leave out", partial(smaller_ensembles, metric), chosen.members, found.trials, labels, data.validated_weights
    )
    illustrations = Illustrations(_described_texts(run, data, chosen), shown, smaller)
    report = run.step(
        "report", partial(build_report, run), built, evaluation, explanation, decision, examples, illustrations
    )
    report = replace(report, analysis=analysis, contract_columns=len(learned_contract.contract.columns))
    report = report if lake is None else replace(report, lake=lake.search)
    learned = run.step("learned rows", learned_file, table, task, judged)
    model = ReleasedModel(card, final, asked, learned, lookups, learned_contract.contract)
    packaging = partial(package_release, workspace, run, components, model)
    released = run.step("release", packaging, report, table.digest, seed)
    tell("learn")
    run.step("learn", partial(_learn, context, workspace), repaired, found)
    artifacts = BuildArtifacts(run.store(repaired), run.store(reference))
    run.name_artifacts(artifacts)
    return BuildResult(released, artifacts)


def _analysis(run: Run, settings: BuildSettings, repaired: Repaired, division: Split) -> Analysis | None:
    """Return the analysis whose actions are tried; SettingsError where it has looked at other rows than this build may.

    What it found would else have been chosen by rows of the holdout.
    """
    if settings.analysis is None:
        return None
    analysis: Analysis = run.step("read analysis", partial(read_analysis, Path(settings.analysis)))
    check_reach(analysis, repaired, division)
    return analysis


def prepare_table(source: Source, context: BuildContext) -> tuple[Repaired, tuple[Finding, ...], Split]:
    """Read a table, look at it, divide its rows, and make it ready to learn from; return all findings, gravest first.

    Rules that judge columns by the target see the rows that teach alone, so that the holdout decides no column. What
    decides how rows are divided has to come before (docs/decisions/0036).
    """
    run, settings, tell = context.run, context.settings, context.components.progress.stage
    tell("ingest", source.name)
    ingested = run.step("ingest", partial(ingest, source), settings)
    draft = run.step("frame the task", frame_task, ingested.table, settings)
    metric_of(draft)
    kind = task_type(draft)
    if isinstance(kind, CombinesColumns):
        ingested = run.step("combine columns", partial(_combine, kind), ingested, draft)
    if isinstance(kind, PosesExamination):
        return _pose_examination(kind, ingested, draft, context)
    if isinstance(kind, ArrangesSeries):
        return _arrange_series(kind, ingested, draft, context)
    tell("check")
    rules = [rule for rule in context.components.rules if scope_of(rule) in (RuleScope.COLUMNS, RuleScope.WHOLE)]
    before = run.step("check", partial(_check, rules), ingested.table, draft, settings.seed, None, using=rules)
    for finding in (f for f in before if f.code == PROPOSES_FORECAST and f.severity is Severity.NOTE):
        context.components.progress.note(f"{finding.message} {finding.hint}")
    tell("split")
    division = run.step("split", _divide, ingested.table, draft, before, settings)
    labelled = np.flatnonzero(ingested.table.frame[draft.target].notna().to_numpy())
    teaching = (ingested.table, draft, settings.seed, labelled[division.train])
    rules = [rule for rule in context.components.rules if scope_of(rule) is RuleScope.TRAINING]
    checked = before + run.step("check training rows", partial(_check, rules), *teaching, using=rules)
    checked = tuple(sorted(checked, key=lambda f: (f.severity.rank, f.code, f.subject, f.message)))
    _tell_needless(context, checked)
    tell("repair")
    repaired = run.step("repair", repair, ingested.table, draft, checked, settings)
    found = sorted((*ingested.findings, *checked, *repaired.findings), key=lambda f: f.severity.rank)
    task, findings = follow_split(repaired.task, found, division)
    return replace(repaired, task=task), findings, division


def _combine(kind: CombinesColumns, ingested: Ingested, draft: Task) -> Ingested:
    """Put the label of each row into the target's column, where several columns tell it."""
    table, found = kind.combine(ingested.table, draft)
    return Ingested(table, (*ingested.findings, *found))


def _as_given(table: Table, task: Task) -> Table:
    """Return the table with its target as people know it, where labels hold more than that."""
    kind = task_type(task)
    if not isinstance(kind, CombinesColumns):
        return table
    plain = kind.separate(target_values(table, task.target), task)[task.target].astype(np.float64)
    return replace(table, frame=table.frame.assign(**{task.target: plain}))


def _pose_examination(
    kind: PosesExamination, ingested: Ingested, draft: Task, context: BuildContext
) -> tuple[Repaired, tuple[Finding, ...], Split]:
    """Make a table ready whose kind of task needs no target: rules that judge by a target have nothing to judge by."""
    run, settings, tell = context.run, context.settings, context.components.progress.stage
    tell("check")
    rules = [rule for rule in context.components.rules if scope_of(rule) is RuleScope.COLUMNS]
    checked = run.step("check", partial(_check, rules), ingested.table, draft, settings.seed, None, using=rules)
    _tell_needless(context, checked)
    tell("repair")
    prepared = run.step("repair", partial(_repair_and_pose, kind), ingested.table, draft, checked, settings)
    tell("split")
    division = run.step("split", split, prepared.table, prepared.task, settings.seed)
    if prepared.table.planted:
        division = replace(division, reason=f"{division.reason}; {prepared.table.planted:,} of the rows are planted")
    found = sorted((*ingested.findings, *checked, *prepared.findings), key=lambda f: f.severity.rank)
    task, findings = follow_split(prepared.task, found, division)
    return replace(prepared, task=task), findings, division


def _arrange_series(
    kind: ArrangesSeries, ingested: Ingested, draft: Task, context: BuildContext
) -> tuple[Repaired, tuple[Finding, ...], Split]:
    """Make a table of series ready: rules that judge columns by the rows of a table know nothing of steps of series."""
    run, tell = context.run, context.components.progress.stage
    tell("arrange", "the series")
    arranged = run.step("arrange", kind.arrange, ingested.table, draft)
    told = run.step("found", kind.describe_series, arranged.table, arranged.task)
    context.components.progress.note(told)
    tell("split")
    division = run.step("split", kind.divide, arranged.table, arranged.task)
    found = sorted((*ingested.findings, *arranged.findings), key=lambda f: f.severity.rank)
    return replace(arranged, task=replace(arranged.task, reason=told)), tuple(found), division


def _repair_and_pose(
    kind: PosesExamination, table: Table, draft: Task, findings: Sequence[Finding], settings: BuildSettings
) -> Repaired:
    repaired = repair(table, draft, findings, settings)
    posed, task = kind.pose(repaired.table, repaired.task, settings.seed), repaired.task
    return replace(repaired, table=posed, task=kind.settle(posed, task) if isinstance(kind, SettlesTask) else task)


def _described_texts(run: Run, data: Dataset, chosen: Ensemble) -> tuple[TextSummary, ...]:
    """Return what texts are like; tables without any go on as they went before there was such a step."""
    if not text_columns(data.table.features):
        return ()
    return run.step("describe texts", describe_texts, data.table, data.task, data.split, chosen)


def _divide(table: Table, draft: Task, findings: Sequence[Finding], settings: BuildSettings) -> Split:
    """Return how rows are divided, as far as that can be told before any column is judged by the target."""
    repaired = repair(table, draft, findings, settings)
    return split(repaired.table, repaired.task, settings.seed)


def _tell_needless(context: BuildContext, checked: Sequence[Finding]) -> None:
    """Tell what was to be accepted and was not found: a typing error, or a table that has changed."""
    found = {f"{f.code}{about}" for f in checked for about in ("", *(f":{name}" for name in f.subject))}
    for code in context.settings.accept:
        if code not in found and not code.startswith("DQ0"):  # accepted while reading, those leave no finding
            context.components.progress.note(f"{code} was to be accepted, but nothing of the kind was found")


def _check(
    rules: Sequence[QualityRule], table: Table, task: Task, seed: int, training: NDArray[np.int64] | None
) -> tuple[Finding, ...]:
    return check(table, task, rules, seed, training)


def _earlier_experience(context: BuildContext, workspace: Workspace) -> tuple[Experience, ...]:
    """Return earlier jobs' experience; none where the number of trials is set, so that such a build is repeatable."""
    if context.settings.trials is not None:
        return ()
    return load_experience(workspace.experience, context.components.progress.note)


def _seed_replicas(
    context: BuildContext, task: Task, chosen: Ensemble, found: Search, table: Table, division: Split
) -> Ensemble:
    return choose_seed_replicas(context, Dataset(table, task, division), found, chosen)


def _prediction_seconds(
    context: BuildContext, task: Task, chosen: Ensemble, found: Search, table: Table, division: Split
) -> float:
    """Return the assumed seconds per prediction. A step of its own because it reads the clock."""
    if not timed(context.settings):
        return chosen.answer_seconds
    answer, slow = measured_prediction_seconds(chosen, found.trials), slowdown([measured_work()])
    budget = TimeBudget(Dataset(table, task, division), context.settings, context.components)
    return budget.planned_prediction_seconds(answer, context.run.elapsed(), slow)


def _look_ahead(
    components: Components,
    card: ModelCard,
    predict: Callable[[Block], NDArray[np.float64]],
    final: FittedEnsemble,
    table: Table,
    task: Task,
    division: Split,
) -> Outlook | None:
    """Return forecasts beside what came and of the steps to come, where rows are steps of series."""
    if task.panel is None:
        return None
    released = make_scorer(card, final, components.algorithms, components.preparations)
    return look_ahead(predict, released.predict, history_of(released.plan), table, task, division)


def _marks_gain(components: Components, card: ModelCard, final: FittedEnsemble, task: Task) -> MarksGain | None:
    """Return what marks of odd rows were worth to the released model; None where there are none."""
    if not task_type(task).traits.marked:
        return None
    return make_scorer(card, final, components.algorithms, components.preparations).marks_gain


def _compare(
    number: int,
    judged: JudgedRows,
    incumbent: ChampionPredictions | None,
    table: Table,
    task: Task,
    division: Split,
    seed: int,
) -> Comparison | None:
    return None if incumbent is None else compare_champion(number, judged, incumbent, table, task, division, seed)


def _unlimited_score(metric: Metric, found: Search, task: Task, y: NDArray[np.float64], kept: Ensemble) -> float | None:
    """Return the score of the best ensemble whatever its predictions take, where it beats the one that was kept."""
    free = ensemble(metric, found.trials, y, task, kept, EnsembleLimits())
    return None if free is None or free is kept else free.score


def _learn(context: BuildContext, workspace: Workspace, repaired: Repaired, found: Search) -> tuple[Experience, ...]:
    return keep_experience(context, workspace, context.run.id, repaired.table, repaired.task, found)


def keep_experience(
    context: BuildContext, workspace: Workspace, job: str, table: Table, task: Task, found: Search
) -> tuple[Experience, ...]:
    """Add what a search has taught to the experience of the workspace and of the user; a repeated job counts once."""
    optimum = metric_of(task).optimum
    gained = learn(meta_features(table, task), found.trials, found.expectations, found.outcomes, optimum)
    save_experience(workspace.experience, job, gained, context.components.progress.note)
    return gained
