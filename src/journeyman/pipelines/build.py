"""The straight line: from a source to a decision. The one place that knows the order."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.comparison import ChampionPredictions, Comparison, JudgedRows
from journeyman.entities.decision import Action, Decision
from journeyman.entities.evaluation import Evaluation, Example, Explanation
from journeyman.entities.experience import Experience
from journeyman.entities.finding import Finding
from journeyman.entities.ingested import Ingested
from journeyman.entities.lookup_gain import LookupGain
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.profile import Profile
from journeyman.entities.repaired import Repaired
from journeyman.entities.report import BuildReport
from journeyman.entities.search import Search, SearchLimits
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble
from journeyman.inference.champion import LEARNED, champion_predictions, learned_file
from journeyman.inference.example_rows import explained_examples
from journeyman.inference.model_files import FittedEnsemble, ModelCard, PlacedMember, make_scorer, release_files
from journeyman.interfaces import Averaging, Metric, PosesExamination, RuleScope, Run, Source, scope_of
from journeyman.pipelines.search import search
from journeyman.reports.model_card import model_card_text
from journeyman.runtime.components import Components
from journeyman.runtime.experience import load_experience, save_experience
from journeyman.runtime.holdout_readings import count_readings
from journeyman.runtime.machine_speed import measured_work, slowdown
from journeyman.runtime.memory_budget import fits_side_by_side
from journeyman.runtime.settings_file import readable, write_settings
from journeyman.runtime.time_budget import (
    measured_prediction_seconds,
    planned_prediction_seconds,
    seconds_after_fits,
    seconds_for_seed_replicas,
    seconds_of_fits,
    timed,
    within_budget,
)
from journeyman.settings import BuildSettings, bounded
from journeyman.stages.check import check
from journeyman.stages.conformal import calibrate_intervals
from journeyman.stages.decide import decide
from journeyman.stages.duplicate_lookup import measure_lookup
from journeyman.stages.ensemble import ReplicaCost, calibrate, ensemble, metric_losses, with_seed_replicas
from journeyman.stages.evaluate import evaluate
from journeyman.stages.evaluate.compare_champion import compare_champion
from journeyman.stages.evaluate.judged_rows import predict_judged_rows
from journeyman.stages.explain import EXPLAINING_SECONDS, MOST_DRAWN, explain
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.learn import learn
from journeyman.stages.profile import profile
from journeyman.stages.rank import meta_features
from journeyman.stages.reference import make_reference
from journeyman.stages.repair import repair
from journeyman.stages.split import follow_split, split
from journeyman.stages.train import FittedPart, PreparedRows, fit_member, fit_preparation
from journeyman.stores.facts import encode
from journeyman.stores.releases import write_release
from journeyman.stores.workspace import Workspace
from journeyman.tasks import metric_of, task_type
from journeyman.transformers.derived import TEXTS, text_columns
from journeyman.transformers.duplicate_lookup import build_lookup

__all__ = [
    "build",
    "choose_seed_replicas",
    "fit_all",
    "keep_experience",
    "model_card",
    "prepare_table",
    "with_duplicate_lookup",
]

FloatArray = NDArray[np.float64]
_LIBRARIES = ("journeyman", "numpy", "pandas", "scikit-learn", "lightgbm", "catboost")


def build(
    source: Source, settings: BuildSettings, components: Components, run: Run, workspace: Workspace
) -> ModelVersion:
    """Go from a table to a released model.

    Every line below is a step, or a few, of the run: finished ones are replayed after a restart.
    """
    tell = components.progress.stage
    repaired, findings, division = prepare_table(source, settings, components, run)
    table, task = repaired.table, repaired.task
    metric = metric_of(task)
    asked, settings = settings, bounded(settings, len(table.frame), len(table.features))
    if settings.budget != asked.budget:
        components.progress.note(f"the search ends when more is not worth it, within {settings.budget:.0f} s at most")

    division = within_budget(components, table, task, division, settings)
    tell("profile")
    statistics = run.step("profile", partial(profile, source), table, task, division)

    tell("train")
    past = run.step("remember", partial(_earlier_experience, components, workspace, settings))
    found = search(components, run, table, task, division, metric, settings, past)
    y = target_values(table, task.target)
    validated = y[np.concatenate([fold.validate for fold in division.folds])]
    chosen = run.step("calibrate", partial(calibrate, metric), found.ensemble, validated, task)

    tell("fit", "the chosen models, to be examined on the holdout, and on all rows")
    chosen = run.step(
        "copies", partial(choose_seed_replicas, components, run, settings), chosen, found, table, division
    )
    card = replace(
        model_card(components, chosen, table, task), conformal=calibrate_intervals(chosen, table, task, division)
    )
    card = replace(card, style=source.style)
    everything = np.arange(len(table.frame), dtype=np.int64)
    parts = (division.train, everything) if len(division.train) < len(everything) else (everything,)
    after = seconds_after_fits(found, chosen, table, division, settings.threads)
    known = run.step("recollect", partial(measure_lookup, metric_losses), chosen, table, task, division)
    fitted = fit_all(components, run, chosen, table, task, parts, settings, after)
    # Evaluate and explain without the duplicate lookup: new rows are mostly no duplicates.
    rehearsal, final = fitted[0], with_duplicate_lookup(fitted[-1], known, table, task)
    tell("evaluate")
    scorer = make_scorer(card, rehearsal, components.algorithms, components.preparations)
    readings = run.step("readings", partial(count_readings, workspace, run, asked), table.digest, division)
    seconds = partial(_prediction_seconds, run, settings, chosen, found)
    timed_ensemble = replace(chosen, answer_seconds=run.step("hurry", seconds, table, division))
    facts = (timed_ensemble, table, task, division, settings.seed, card.conformal)
    evaluation = run.step("evaluate", partial(evaluate, scorer.predict), *facts)
    tell("explain")
    answers = timed_ensemble.answers_within(EXPLAINING_SECONDS, MOST_DRAWN)
    why = run.step(
        "explain", partial(explain, scorer.predict), table, task, division, evaluation, answers, settings.seed
    )
    explained = partial(explained_examples, scorer.predict)
    examples = run.step("examples", explained, table, task, evaluation, statistics)
    tell("decide")
    judged = run.step(
        "judged rows", partial(predict_judged_rows, scorer.predict), chosen, table, division, settings.seed
    )
    champion = partial(champion_predictions, workspace, run, asked)
    incumbent = run.step("champion", champion, table, task, division, judged)
    number = run.step("number", workspace.registry.reserve, settings.name, run.id)
    comparison = run.step("compare", partial(_compare, number), judged, incumbent, table, task, division, settings.seed)
    unlimited = run.step("unlimited", partial(_unlimited, metric, found, task), validated, found.ensemble)
    limits = SearchLimits(settings.latency, found.ensemble.score, unlimited, found.thin)
    decision = run.step("decide", decide, task, evaluation, findings, comparison, readings, limits)
    if settings.challenger and decision.action is Action.PROMOTE:
        decision = replace(decision, action=Action.KEEP)  # live truths decide, not this holdout

    run.step("reference", make_reference, table, task, division, chosen, evaluation.importances, settings.seed)

    tell("package")
    created = run.step("date", components.clock.now)
    built = _Built(asked, number, created, repaired, findings, division, statistics, found, chosen, unlimited, known)
    report = run.step("report", partial(_report, run), built, evaluation, why, decision, examples)
    rows = run.step("learned rows", learned_file, table, task, judged)
    files = partial(_files, components, card, final, asked, rows)
    released = run.step("release", partial(_release, workspace, run, files), report, table.digest, settings.seed)
    tell("learn")
    run.step("learn", partial(_learn, components, workspace, run), repaired, found)
    return released


def prepare_table(
    source: Source, settings: BuildSettings, components: Components, run: Run
) -> tuple[Repaired, tuple[Finding, ...], Split]:
    """Read a table, look at it, divide its rows, and make it ready to learn from; return all findings, gravest first.

    Rules that judge columns by the target see the rows that teach alone, so that the holdout decides no column. What
    decides how rows are divided has to come before (docs/decisions/0036).
    """
    tell = components.progress.stage
    tell("ingest", source.name)
    ingested = run.step("ingest", partial(ingest, source), settings)
    draft = run.step("frame the task", frame_task, ingested.table, settings)
    metric_of(draft)
    kind = task_type(draft)
    if isinstance(kind, PosesExamination):
        return _pose_examination(kind, ingested, draft, settings, components, run)
    tell("check")
    first = partial(_check, components, (RuleScope.COLUMNS, RuleScope.WHOLE))
    before = run.step("check", first, ingested.table, draft, settings.seed, None)
    tell("split")
    division = run.step("split", _divide, ingested.table, draft, before, settings)
    known = np.flatnonzero(ingested.table.frame[draft.target].notna().to_numpy())
    then = partial(_check, components, (RuleScope.TRAINING,))
    seen = before + run.step("check training rows", then, ingested.table, draft, settings.seed, known[division.train])
    seen = tuple(sorted(seen, key=lambda f: (f.severity.rank, f.code, f.subject, f.message)))
    _tell_needless(components, settings, seen)
    tell("repair")
    repaired = run.step("repair", repair, ingested.table, draft, seen, settings)
    found = sorted((*ingested.findings, *seen, *repaired.findings), key=lambda f: f.severity.rank)
    task, findings = follow_split(repaired.task, found, division)
    return replace(repaired, task=task), findings, division


def _pose_examination(
    kind: PosesExamination, ingested: Ingested, draft: Task, settings: BuildSettings, components: Components, run: Run
) -> tuple[Repaired, tuple[Finding, ...], Split]:
    """Make a table ready whose kind of task needs no target: rules that judge by a target have nothing to judge by."""
    tell = components.progress.stage
    tell("check")
    seen = run.step(
        "check", partial(_check, components, (RuleScope.COLUMNS,)), ingested.table, draft, settings.seed, None
    )
    _tell_needless(components, settings, seen)
    tell("repair")
    prepared = run.step("repair", partial(_repair_and_pose, kind), ingested.table, draft, seen, settings)
    tell("split")
    division = run.step("split", split, prepared.table, prepared.task, settings.seed)
    division = replace(division, reason=f"{division.reason}; {prepared.table.planted:,} of the rows are planted")
    found = sorted((*ingested.findings, *seen, *prepared.findings), key=lambda f: f.severity.rank)
    task, findings = follow_split(prepared.task, found, division)
    return replace(prepared, task=task), findings, division


def _repair_and_pose(
    kind: PosesExamination, table: Table, draft: Task, findings: Sequence[Finding], settings: BuildSettings
) -> Repaired:
    repaired = repair(table, draft, findings, settings)
    return replace(repaired, table=kind.pose(repaired.table, repaired.task, settings.seed))


def _divide(table: Table, draft: Task, findings: Sequence[Finding], settings: BuildSettings) -> Split:
    """Return how rows are divided, as far as that can be told before any column is judged by the target."""
    repaired = repair(table, draft, findings, settings)
    return split(repaired.table, repaired.task, settings.seed)


def _tell_needless(components: Components, settings: BuildSettings, seen: Sequence[Finding]) -> None:
    """Tell what was to be accepted and was not found: a typing error, or a table that has changed."""
    found = {f"{f.code}{about}" for f in seen for about in ("", *(f":{name}" for name in f.subject))}
    for code in settings.accept:
        if code not in found and not code.startswith("DQ0"):  # accepted while reading, those leave no finding
            components.progress.note(f"{code} was to be accepted, but nothing of the kind was found")


def model_card(components: Components, chosen: Ensemble, table: Table, task: Task) -> ModelCard:
    """Return what a release of this ensemble must know to predict."""
    members = tuple(PlacedMember(m.candidate.algorithm, m.candidate.preparation, m.weight) for m in chosen.members)
    return ModelCard(task, table.features, members, chosen.temperature, chosen.threshold)


def choose_seed_replicas(
    components: Components,
    run: Run,
    settings: BuildSettings,
    chosen: Ensemble,
    found: Search,
    table: Table,
    division: Split,
) -> Ensemble:
    """Let members be fitted several times where time and the limit on answers allow; a step: it looks at the clock."""
    trials = {t.candidate.key: t for t in found.trials}
    seconds = seconds_of_fits(found, chosen, table, division, settings.threads)
    costs = []
    for member, once in zip(chosen.members, seconds, strict=True):
        candidate, algorithm = member.candidate, components.algorithms[member.candidate.algorithm]
        averaged = isinstance(algorithm, Averaging) and candidate.treatment is None and algorithm.varies(candidate)
        costs.append(ReplicaCost(once, trials[candidate.key].answer_seconds, averaged))
    left = seconds_for_seed_replicas(components, found, table, division, settings, run.elapsed())
    return with_seed_replicas(chosen, costs, settings.latency, left)


def fit_all(
    components: Components,
    run: Run,
    chosen: Ensemble,
    table: Table,
    task: Task,
    parts: Sequence[NDArray[np.int64]],
    settings: BuildSettings,
    after: Sequence[tuple[float, float]],
) -> tuple[FittedEnsemble, ...]:
    """Fit an ensemble's preparations and members on each of some parts of the rows; each is a step.

    ``after`` is the seconds of the budget that must be left when each member is done: boosting that takes longer than
    its trial promised stops where it is then; and the seconds from which no further copy of it is begun.
    """
    names = sorted({m.candidate.preparation for m in chosen.members})
    texts = [TEXTS] if text_columns(table.features) else []

    # Fitted once for the part that is stored and for the models that learn from it, and only if a step needs it; where
    # memory is short, again for each of them, one part after the other.
    short = not fits_side_by_side(settings, chosen, table, task, components)
    threads = 1 if short else settings.threads

    def prepare(name: str, number: int) -> PreparedRows:
        derived = fitted(TEXTS, number).x if texts and name != TEXTS else None
        return fit_preparation(components.preparations[name], table, task, parts[number], settings.seed, derived)

    fitted = prepare if short else cache(prepare)

    def each(name: str) -> tuple[partial[PreparedRows], ...]:
        return tuple(partial(fitted, name, number) for number in range(len(parts)))

    preparations = [
        run.step(f"prepare {name}", partial(_stored, each(name)), name, settings.seed, *parts) for name in texts + names
    ]
    members = []
    for member, (least, whole) in zip(chosen.members, after, strict=True):
        left = partial(_seconds_left, run, settings, least) if timed(settings) else None
        enough = partial(_is_out_of_time, run, settings, whole)
        algorithm = components.algorithms[member.candidate.algorithm]
        fit = partial(fit_member, algorithm, each(member.candidate.preparation), threads, left, enough)
        members.append(run.step(f"fit {member.candidate.name}", fit, member, task, settings.seed))
    return tuple(
        FittedEnsemble(tuple(p[number] for p in preparations), tuple(m[number] for m in members))
        for number in range(len(parts))
    )


def with_duplicate_lookup(fitted: FittedEnsemble, known: LookupGain | None, table: Table, task: Task) -> FittedEnsemble:
    """Give an ensemble that was fitted on all rows their truths, where they are worth looking up."""
    if known is None:
        return fitted
    names = [column.name for column in table.features]
    met = build_lookup(to_block(table.frame, table.features), names, target_values(table, task.target), known.prior)
    return replace(fitted, known=met.to_file())


def _prediction_seconds(
    run: Run, settings: BuildSettings, chosen: Ensemble, found: Search, table: Table, division: Split
) -> float:
    """Return the assumed seconds per prediction. A step of its own because it reads the clock."""
    if not timed(settings):
        return chosen.answer_seconds
    answer, slow = measured_prediction_seconds(chosen, found.trials), slowdown([measured_work()])
    return planned_prediction_seconds(table, division, settings, answer, run.elapsed(), slow)


def _is_out_of_time(run: Run, settings: BuildSettings, needed: float) -> bool:
    return timed(settings) and _seconds_left(run, settings, needed) < 0.0


def _seconds_left(run: Run, settings: BuildSettings, needed: float) -> float:
    assert settings.budget is not None  # timed
    return settings.budget - needed - run.elapsed()


def _stored(
    parts: Sequence[Callable[[], PreparedRows]], name: str, seed: int, *rows: NDArray[np.int64]
) -> tuple[FittedPart, ...]:
    """Return a preparation, fitted on each part, as files; ``seed`` and ``rows`` are what it was fitted with."""
    return tuple(FittedPart(name, part().fitted.to_files()) for part in parts)


def _check(
    components: Components,
    scopes: Sequence[RuleScope],
    table: Table,
    task: Task,
    seed: int,
    training: NDArray[np.int64] | None,
) -> tuple[Finding, ...]:
    return check(table, task, [rule for rule in components.rules if scope_of(rule) in scopes], seed, training)


def _earlier_experience(
    components: Components, workspace: Workspace, settings: BuildSettings
) -> tuple[Experience, ...]:
    """Return earlier jobs' experience; none where the number of trials is set, so that such a build is repeatable."""
    return () if settings.trials is not None else load_experience(workspace.experience, components.progress.note)


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


@dataclass(frozen=True)
class _Built:
    """What the report tells besides the judgement."""

    settings: BuildSettings
    number: int
    created: str
    repaired: Repaired
    findings: tuple[Finding, ...]
    division: Split
    statistics: Profile
    found: Search
    chosen: Ensemble
    unlimited: float | None
    known: LookupGain | None


def _unlimited(metric: Metric, found: Search, task: Task, y: FloatArray, kept: Ensemble) -> float | None:
    """Return the score of the best ensemble whatever its answers take, where it beats the one that was kept."""
    free = ensemble(metric, found.trials, y, task, kept, None)
    return None if free is None or free is kept else free.score


def _report(
    run: Run,
    built: _Built,
    evaluation: Evaluation,
    why: Explanation,
    decision: Decision,
    examples: tuple[Example, ...],
) -> BuildReport:
    table, found = built.repaired.table, built.found
    return BuildReport(
        name=built.settings.name,
        version=built.number,
        created=built.created,
        source=built.settings.source,
        rows=table.source_rows,
        trained_rows=table.real_rows,
        holdout_rows=len(built.division.holdout) - _planted_holdout_rows(built),
        planted_rows=table.planted,
        columns=table.without_planted().columns,
        task=built.repaired.task,
        split_reason=built.division.reason,
        findings=built.findings,
        profile=built.statistics,
        trials=tuple(replace(trial, predictions=None) for trial in found.trials),
        members=built.chosen.members,
        ensemble_scores=found.scores,
        expectations=found.expectations,
        outcomes=found.outcomes,
        stop_reason=found.stop_reason,
        search_seconds=found.stopped,
        thin=found.thin,
        evaluation=evaluation,
        explanation=why,
        decision=decision,
        seconds=run.elapsed(),
        stage_seconds=dict(run.stage_seconds()),
        settings=readable(built.settings),
        unlimited_score=built.unlimited,
        limited=found.limited,
        weaknesses=found.weaknesses,
        attempts=found.attempts,
        recollection=built.known,
        not_tried=found.not_tried,
        examples=examples,
        versions={"python": platform.python_version(), **_installed()},
    )


def _planted_holdout_rows(built: _Built) -> int:
    """Return how many planted rows are in the holdout: those that do not teach."""
    table = built.repaired.table
    return table.planted - int((built.division.train >= table.real_rows).sum())


def _installed() -> dict[str, str]:
    """Return the versions of the libraries that are there."""
    found = {}
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _files(
    components: Components,
    card: ModelCard,
    final: FittedEnsemble,
    settings: BuildSettings,
    rows: bytes,
    report: BuildReport,
) -> dict[str, bytes]:
    return {
        **release_files(card, final),
        LEARNED: rows,
        "settings.toml": write_settings(settings),
        "report.msgpack": encode(report),
        "report.html": components.render(report).encode(),
        "model_card.md": model_card_text(report).encode(),
    }


def _release(
    workspace: Workspace,
    run: Run,
    files: Callable[[BuildReport], dict[str, bytes]],
    report: BuildReport,
    data_digest: str,
    seed: int,
) -> ModelVersion:
    """Write the release's folder and make it known; both may be repeated."""
    main = report.evaluation.main
    path = workspace.release_path(report.name, report.version)
    facts = {
        "run": run.id,
        "name": report.name,
        "version": report.version,
        "created": report.created,
        "verdict": report.decision.verdict.value,
        "reason": report.decision.reason,
        "schema": [{"name": c.name, "kind": c.kind, "role": c.role, "unit": c.unit} for c in report.columns],
        "task": {"target": report.task.target, "kind": report.task.kind, "labels": list(report.task.labels)},
        "members": [{"candidate": m.candidate.name, "weight": m.weight, "rounds": m.rounds} for m in report.members],
        "evaluation": {
            "rows": report.evaluation.rows,
            "on_holdout": report.evaluation.on_holdout,
            "scores": {s.metric: [s.value, s.low, s.high, s.baseline] for s in report.evaluation.scores},
        },
        "seed": seed,
        "data_digest": data_digest,
        "versions": dict(report.versions),
    }
    digest = write_release(workspace.path / path, files(report), facts)
    released = ModelVersion(
        name=report.name,
        version=report.version,
        path=path,
        digest=digest,
        created=report.created,
        metric=main.metric,
        score=main.value,
        verdict=report.decision.verdict.value,
        champion=report.decision.action is Action.PROMOTE,
        run=run.id,
        data_digest=data_digest,
    )
    workspace.registry.register(released)
    return released


def _learn(
    components: Components, workspace: Workspace, run: Run, repaired: Repaired, found: Search
) -> tuple[Experience, ...]:
    return keep_experience(components, workspace, run.id, repaired.table, repaired.task, found)


def keep_experience(
    components: Components, workspace: Workspace, job: str, table: Table, task: Task, found: Search
) -> tuple[Experience, ...]:
    """Add what a search has taught to the experience of the workspace and of the user; a repeated job counts once."""
    optimum = metric_of(task).optimum
    gained = learn(meta_features(table, task), found.trials, found.expectations, found.outcomes, optimum)
    save_experience(workspace.experience, job, gained, components.progress.note)
    return gained
