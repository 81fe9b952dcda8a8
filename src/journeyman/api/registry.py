"""The api of commands that only look at what was released, or move a pointer: they load no library that learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from journeyman.entities.model_version import ModelVersion
from journeyman.errors import ReleaseError, WorkspaceError
from journeyman.inference.lookup import find_release, models
from journeyman.runtime.clock import SystemClock
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.stores.catalogue import opened_journal, opened_registry
from journeyman.stores.journal import RunStatus
from journeyman.stores.lock import locked
from journeyman.stores.releases import read_release

__all__ = ["find_release", "has_unfinished", "judging_rows", "models", "promote", "removed", "report_path", "rollback"]

_REPORT = "report.html"


def has_unfinished(workspace: Path) -> bool:
    """Say whether a build was begun there and did not end, so that it can be resumed."""
    from journeyman.runtime.durable_run import is_build  # noqa: PLC0415  # asked after Ctrl+C only; it loads pandas

    try:
        with opened_journal(workspace) as journal:
            return any(is_build(run.id) for run in journal.runs(RunStatus.RUNNING))
    except WorkspaceError:
        return False


def judging_rows(versions: Sequence[ModelVersion], workspace: str | Path | None = None) -> Mapping[str, str]:
    """Return by run what names the rows that judged its release; runs that the journal does not know are left out."""
    with opened_journal(Path(workspace or DEFAULT_WORKSPACE)) as journal:
        read = {version.run: journal.events(version.run, "holdout") for version in versions}
    return {run: events[-1].detail for run, events in read.items() if events}


def removed(workspace: str | Path | None = None) -> tuple[ModelVersion, ...]:
    """Return the versions of a workspace that housekeeping has removed."""
    with opened_registry(Path(workspace or DEFAULT_WORKSPACE)) as registry:
        return registry.removed()


def report_path(name_or_folder: str | Path, *, version: int | None = None, workspace: str | Path | None = None) -> Path:
    """Return where a release's page for people is, after every byte of the release was checked.

    Raises
    ------
    SettingsError, ReleaseError
        As for ``find_release``; where a byte was changed, and where there is no page.
    """
    folder, digest = find_release(name_or_folder, version=version, workspace=workspace)
    _, files = read_release(folder, digest)
    if _REPORT not in files:
        raise ReleaseError(f"the release {folder} has no {_REPORT}", hint="build the model again")
    return folder / _REPORT


def rollback(name: str, *, to: int | None = None, workspace: str | Path | None = None) -> ModelVersion:
    """Make an earlier version the champion again; return it."""
    place = Path(workspace or DEFAULT_WORKSPACE)
    with opened_registry(place) as registry, locked(place):
        return registry.rollback(name, to, now=SystemClock().now())


def promote(name: str, version: int, *, workspace: str | Path | None = None) -> ModelVersion:
    """Make a version the champion, whatever its build decided; return it.

    Raises
    ------
    SettingsError
        For an unknown name or version.
    """
    place = Path(workspace or DEFAULT_WORKSPACE)
    with opened_registry(place) as registry, locked(place):
        return registry.promote(name, version, now=SystemClock().now())
