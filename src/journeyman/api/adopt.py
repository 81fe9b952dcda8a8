"""The api of adoption: a model that was made elsewhere, in a folder or at an address, becomes a release."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from journeyman.entities.foreign_model import (
    AnswersRows,
    ForeignKind,
    ForeignModel,
    OfferedModel,
    told_model,
)
from journeyman.errors import SettingsError
from journeyman.importers.models import read_model
from journeyman.inference.foreign.served import find_served
from journeyman.inference.open_scorer import answering
from journeyman.inference.release import Release, open_release
from journeyman.interfaces import Progress
from journeyman.pipelines.adopt import adopt as adopt_model
from journeyman.pipelines.adopt import judge_model, untold_model
from journeyman.reports.html import render_html
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import Components, standard_components
from journeyman.runtime.durable_run import ADOPTION, JournalRun
from journeyman.settings import DEFAULT_WORKSPACE, BuildSettings, is_address, model_name
from journeyman.sources import open_wanted
from journeyman.stores.registry import check_name
from journeyman.stores.workspace import Workspace

__all__ = ["Adopted", "adopt", "look_at_model"]


@dataclass(frozen=True)
class Adopted:
    """What an adoption made: the release, and what is to be said about it, a sentence each."""

    release: Release
    notes: tuple[str, ...]


def look_at_model(where: str | Path) -> OfferedModel:
    """Return what can be told of a model without running its code.

    Parameters
    ----------
    where : str or Path
        A folder (a project of ``journeyman convert``, an MLflow model), or the address of a served model.

    Raises
    ------
    SourceError
        Where there is no model, or a file of it is gone.
    ModelError
        Where an address does not answer, or in no protocol that is known.
    """
    if is_address(str(where)):
        return OfferedModel(find_served(str(where)))
    return read_model(Path(where))


def adopt(
    where: str | Path,
    *,
    name: str | None = None,
    run_code: bool = False,
    data: str | Path | None = None,
    target: str | None = None,
    workspace: str | Path | None = None,
    progress: Progress | None = None,
) -> Adopted:
    """Make a release of a model that was made elsewhere; it predicts, is served and operated as any other.

    The code of a model in a folder runs in a process of its own, without network, that sees the model's folder alone.

    Parameters
    ----------
    where : str or Path
        As for ``look_at_model``.
    name : str, optional
        Of the release; by default that of the folder, or of the host.
    run_code : bool
        Whether the code of an MLflow model, which is a pickle as a rule, may run in that process.
    data : str or Path, optional
        A table with labels: scores, a contract and the reference that live rows are compared with come from it.
    target : str, optional
        Its column of labels; by default the one that the model names.
    workspace : str or Path, optional

    Raises
    ------
    InputError
        Where the model, the table or an option cannot be used; nothing is written then.
    ModelError
        Where the model cannot be opened, or does not answer.
    """
    offered = look_at_model(where)
    if offered.model.kind is ForeignKind.MLFLOW and not run_code:
        raise SettingsError(
            f"{told_model(offered.model)}; {'; '.join(offered.notes)}: to go on, its code has to run",
            hint="add --run-code where you trust it: it runs confined, without network, in a process of its own",
        )
    settings = _settings(offered.model, name, data, target)
    asked = answering(offered.model, Path(where))
    try:
        return _adopted(offered, asked, settings, data is not None, workspace, progress or SilentProgress())
    finally:
        asked.close()


def _settings(model: ForeignModel, name: str | None, data: str | Path | None, target: str | None) -> BuildSettings:
    column = target or model.target or None
    if data is not None and column is None:
        raise SettingsError(f"{model.origin} does not say what it predicts", hint="add --target COLUMN")
    source = model.origin if data is None else str(data) if is_address(str(data)) else str(Path(data).resolve())
    usual = model.arguments.get("name") or model_name(str(Path(model.origin).name), column or "model")
    return BuildSettings(source=source, target=column, name=check_name(name or usual))


def _adopted(
    offered: OfferedModel,
    asked: AnswersRows,
    settings: BuildSettings,
    labelled: bool,
    workspace: str | Path | None,
    progress: Progress,
) -> Adopted:
    clock = SystemClock()
    components: Components = standard_components(render_html, clock, progress, lambda: False)
    model = offered.model
    if labelled:
        judged = judge_model(model, asked, open_wanted(settings, True), settings, components)
    else:
        judged = untold_model(model, asked.describe())
        if settings.target is None:
            settings = replace(settings, target=judged.card.task.target)
    with Workspace(workspace or DEFAULT_WORKSPACE) as place, place.lock():
        record = place.journal.start(f"{settings.name}{ADOPTION}", settings, clock.now())
        with JournalRun(place, record, clock) as run:
            version = adopt_model(offered, judged, settings, components, run, place)
        release = open_release(place.path / version.path, version.digest)
    return Adopted(release, (*offered.notes, *_missing_words(release, labelled), *_champion_words(release)))


def _missing_words(release: Release, labelled: bool) -> tuple[str, ...]:
    if labelled:
        return ("its scores are of rows that it may have learned from",)
    return (
        "without --data TABLE --target COLUMN it predicts and can be served; scores, a contract and a reference for "
        f"drift are missing, so that `journeyman operate {release.name}` cannot watch it",
    )


def _champion_words(release: Release) -> tuple[str, ...]:
    place = release.report.decision.place
    return (place,) if place else ()
