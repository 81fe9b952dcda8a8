"""A release with predicted rows for people: a workbook, a data source or a project, read back before it appears."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from journeyman.api.export_request import Exported, ExportRequest, ExportTarget, Family
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.entities.repaired import Repaired
from journeyman.entities.traffic import Traffic
from journeyman.errors import JournalError, ReleaseError, SettingsError, WorkspaceError
from journeyman.inference.release import Release
from journeyman.inference.release_tables import release_facts
from journeyman.inference.scored_rows import ScoredRows, score_following, score_frame, score_trained
from journeyman.interfaces import ReleaseExporter
from journeyman.operations.logged_scores import live_traffic, monitoring_table, score_logged
from journeyman.runtime.clock import SystemClock
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.sources import open_source
from journeyman.stores.logs import log_is_there, usual_log
from journeyman.stores.run_artifacts import build_artifacts
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import open_tables

__all__ = ["LIVE", "NOTE", "RELEASES", "gather_facts", "trained_table"]

LIVE = "log"
"""What ``rows_from`` says for the live log's predictions."""
NOTE = "journeyman-export.json"
"""The file of an export that says what it is, so that the same export may refresh it."""
_LIVE_ROWS = 1_000_000


def _write(exporter: ReleaseExporter, request: ExportRequest) -> Exported:
    to, rows_from = request.to, request.options.rows_from
    refusal = exporter.can_write()
    if refusal is not None:
        raise ReleaseError(f"{to} cannot be written: {refusal.reason}", hint=refusal.hint or "install what it needs")
    release = request.release()
    target = Path(f"{release.name}-{to}" if request.folder is None else request.folder)
    before = _earlier(target, to, release.name)
    facts = gather_facts(release, rows_from, request.workspace, exporter.most_rows, request.seed)
    note = {"format": to, "model": release.name, "columns": _layout(facts)}
    if before is not None and before.get("columns") != note["columns"] and exporter.refreshed != ("*",):
        raise SettingsError(
            f"{target} holds an export with other columns, which {release.name} {release.version} would break",
            hint="name another folder with --out",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as held:
        made = Path(held, target.name)
        made.mkdir()
        exporter.write(facts, made)
        exporter.check(facts, made)
        (made / NOTE).write_text(json.dumps(note, indent=1, ensure_ascii=False) + "\n", "utf-8")
        files = _place(made, target, (*exporter.refreshed, NOTE) if before is not None else ("*",))
    return Exported(target, facts.scores.rows.num_rows, files=files, shown=facts.rows_from)


def _describe(exporter: ReleaseExporter) -> ExportTarget:
    refusal = exporter.can_write()
    needs = "" if refusal is None else f"; {refusal.reason}"
    return ExportTarget(exporter.name, f"scores, drivers, findings and rows of a release{needs}")


RELEASES = Family("journeyman.release_exporters", frozenset({"rows_from"}), _describe, _write)


def gather_facts(
    release: Release, rows_from: str | None, workspace: str | Path | None, most: int, seed: int = 0
) -> ReleaseFacts:
    """Return what is known of a release, with at most so many predicted rows.

    Raises
    ------
    SettingsError
        Where the rows that are asked for are not there.
    SourceError, SchemaError
        Where a table cannot be read, or does not fit.
    """
    place = Path(workspace or DEFAULT_WORKSPACE)
    traffic = _live(release, place, most if rows_from == LIVE else _LIVE_ROWS)
    scored = _scored(release, rows_from, place, traffic, most, seed)
    written = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return release_facts(release, scored, monitoring_table(release, traffic), written)


def _scored(
    release: Release, rows_from: str | None, place: Path, traffic: Traffic | None, most: int, seed: int
) -> ScoredRows:
    if rows_from == LIVE:
        if traffic is None or not len(traffic.ids):
            raise SettingsError(
                f"no live prediction of {release.name} is in {place / 'predictions' / release.name}",
                hint=f"serve it first: journeyman serve {release.name}; or leave --from out",
            )
        return score_logged(traffic, release.name)
    if rows_from is not None:
        source = open_source(rows_from, None, expected=release.file_style)
        frame = source.read(None if release.task.panel is not None else most, seed)
        if release.task.panel is not None:
            return score_following(release, frame)
        return score_frame(release, frame, source.name)
    if release.task.panel is not None:
        return score_following(release, None)
    return score_trained(release, trained_table(release, place), most, seed)


def trained_table(release: Release, place: Path, option: str = "--from") -> Repaired:
    """Return the training table as the build left it in its workspace.

    Parameters
    ----------
    option : str
        That names another table, for the hint.

    Raises
    ------
    SettingsError
        Where it is not there.
    """
    lacking = SettingsError(
        f"the training table of {release.name} {release.version} is not in the workspace {place}",
        hint=f"name the table whose rows are wanted: {option} TABLE",
    )
    try:
        with Workspace.existing(place) as opened:
            known = [v for v in opened.registry.versions(release.name) if v.version == release.version]
            artifacts = build_artifacts(opened.journal, known[0].run) if known else None
            if artifacts is None:
                raise lacking
            found: Repaired = opened.artifacts.get(artifacts.repaired, Repaired)
            return found
    except (JournalError, WorkspaceError) as error:
        raise lacking from error


def _live(release: Release, place: Path, most: int) -> Traffic | None:
    """Return live rows of the log in its usual place; None where there is none."""
    address = usual_log(place, release.name)
    if release.task.panel is not None or not log_is_there(address):
        return None
    now = int(np.datetime64(SystemClock().now().replace("Z", "").removesuffix("+00:00"), "ms").astype(np.int64))
    with closing(open_tables(address)) as stream:
        return live_traffic(release, stream, now + 1, most)


def _layout(facts: ReleaseFacts) -> list[list[str]]:
    return [[f"{column.name}: {column.kind}" for column in table.columns] for table in facts.tables]


def _earlier(target: Path, to: str, name: str) -> dict[str, object] | None:
    """Return what the note of an earlier export says; None where there is nothing.

    Raises
    ------
    SettingsError
        Where the folder holds something else.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return None
    note: dict[str, object] = {}
    if (target / NOTE).is_file():
        try:
            note = json.loads((target / NOTE).read_text("utf-8"))
        except ValueError:
            note = {}
    if (note.get("format"), note.get("model")) != (to, name):
        raise SettingsError(
            f"{target} holds something that is no export of {name} to {to}", hint="name another folder with --out"
        )
    return note


def _place(made: Path, target: Path, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Move what was made to its place, each file in one move; of an earlier export only files of these patterns."""
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    moved = [f for f in files if any(f.match(p) for p in patterns) or not (target / f).exists()]
    for file in moved:  # all are tried before the first is moved, so that an export is not half new
        _refuse_locked(target / file)
    for file in moved:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        try:
            (made / file).replace(target / file)
        except PermissionError as error:
            raise _locked(target / file) from error
    return tuple(f.as_posix() for f in moved)


def _refuse_locked(path: Path) -> None:
    """Refuse a file that another program holds open: Windows lets nobody replace it."""
    try:
        if path.exists():
            with path.open("r+b"):
                pass
    except PermissionError as error:
        raise _locked(path) from error


def _locked(path: Path) -> WorkspaceError:
    return WorkspaceError(
        f"{path} cannot be replaced: it is open in another program, or not yours to write",
        hint="close it there, then export again",
    )
