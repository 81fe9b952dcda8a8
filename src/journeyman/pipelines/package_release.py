"""Package: what a build has found becomes a report, and with its model an immutable release."""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from journeyman.entities.contract import Contract
from journeyman.entities.decision import Action, Decision
from journeyman.entities.evaluation import Evaluation, Example, Explanation
from journeyman.entities.finding import Finding
from journeyman.entities.lake import LookupFile
from journeyman.entities.lookup_gain import LookupGain
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.pictures import Pictures
from journeyman.entities.profile import Profile
from journeyman.entities.repaired import Repaired
from journeyman.entities.report import BuildReport
from journeyman.entities.search import Search
from journeyman.entities.split import Split
from journeyman.entities.text_summary import TextSummary
from journeyman.entities.trial import Ensemble, SmallerEnsemble
from journeyman.entities.whole_fit import WholeFit
from journeyman.inference.champion import LEARNED
from journeyman.inference.model_files import FittedEnsemble, ModelCard, release_files
from journeyman.inference.release_joins import lookup_files
from journeyman.interfaces import Run
from journeyman.reports.model_card import model_card_text
from journeyman.runtime.components import Components
from journeyman.runtime.settings_file import readable, write_settings
from journeyman.settings import BuildSettings
from journeyman.stores.contract_files import CONTRACT, contract_text
from journeyman.stores.facts import encode
from journeyman.stores.workspace import Workspace

__all__ = ["BuildFacts", "Illustrations", "ReleasedModel", "build_report", "package_release"]

_LIBRARIES = ("journeyman", "numpy", "pandas", "scikit-learn", "lightgbm", "catboost")


@dataclass(frozen=True)
class BuildFacts:
    """What a report tells of a build besides the judgement of its model.

    Builds that an earlier version began know this fact by its digest, which covers the names of its fields.
    """

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
    whole: tuple[WholeFit, ...] = ()


@dataclass(frozen=True)
class Illustrations:
    """What a report shows besides: of columns of texts, of images, and of the ensemble without some members."""

    texts: tuple[TextSummary, ...] = ()
    pictures: Pictures | None = None
    smaller: tuple[SmallerEnsemble, ...] = ()


@dataclass(frozen=True)
class ReleasedModel:
    """What a release stores besides its report.

    Attributes
    ----------
    card : ModelCard
        What it must know to predict.
    fitted : FittedEnsemble
        Fitted on all rows.
    settings : BuildSettings
        That repeat the build.
    learned : bytes
        Fingerprints of the rows it learned from, as a file.
    lookups : tuple of LookupFile
        Tables in which rows are looked up before it predicts them.
    contract : Contract or None
        What its training table was; None in builds that an earlier version began.
    """

    card: ModelCard
    fitted: FittedEnsemble
    settings: BuildSettings
    learned: bytes
    lookups: tuple[LookupFile, ...] = ()
    contract: Contract | None = None


def build_report(
    run: Run,
    built: BuildFacts,
    evaluation: Evaluation,
    explanation: Explanation,
    decision: Decision,
    examples: tuple[Example, ...],
    illustrations: Illustrations,
) -> BuildReport:
    """Return all that people read of a build; its seconds are those that the run has worked."""
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
        explanation=explanation,
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
        posed=table.posed,
        texts=illustrations.texts,
        pictures=illustrations.pictures,
        smaller=illustrations.smaller,
        whole_fits=built.whole,
        versions={"python": platform.python_version(), **_installed()},
    )


def _planted_holdout_rows(built: BuildFacts) -> int:
    """Return how many planted rows are in the holdout: those that do not teach."""
    table = built.repaired.table
    return table.planted - int((built.division.train >= table.real_rows).sum())


def package_release(
    workspace: Workspace,
    run: Run,
    components: Components,
    model: ReleasedModel,
    report: BuildReport,
    data_digest: str,
    seed: int,
) -> ModelVersion:
    """Write the release's folder and make it known; both may be repeated."""
    main = report.evaluation.main
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
    path, digest = workspace.write_release(report.name, report.version, _files(components, model, report), facts)
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


def _files(components: Components, model: ReleasedModel, report: BuildReport) -> dict[str, bytes]:
    return {
        **release_files(model.card, model.fitted),
        **lookup_files(model.lookups),
        **({} if model.contract is None else {CONTRACT: contract_text(model.contract).encode()}),
        LEARNED: model.learned,
        "settings.toml": write_settings(model.settings),
        "report.msgpack": encode(report),
        "report.html": components.render(report).encode(),
        "model_card.md": model_card_text(report).encode(),
    }


def _installed() -> dict[str, str]:
    """Return the versions of the libraries that are there."""
    found = {}
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
