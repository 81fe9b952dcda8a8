"""The api of the search for data: which tables of a lake help to predict a column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from journeyman.engines.frames import raw_frames
from journeyman.entities.lake import JoinVerdict, LakeRequest, LakeSearch, SearchedLake
from journeyman.errors import SettingsError
from journeyman.inference.predictions_file import opened_predictions
from journeyman.interfaces import Progress, Source
from journeyman.joiners.joined_source import JoinedSource
from journeyman.pipelines.search_lake import lake_parts, search_lake
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.sources import FrameSource, open_source
from journeyman.sources.lake import lake_address

__all__ = ["check_places", "found_json", "open_source", "search", "search_source", "write_found", "write_joined"]

_ROWS = 50_000
_ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl")


def search(
    lake: str | Path,
    frame_or_path: object,
    *,
    target: str,
    time: str | None = None,
    seed: int = 0,
    workspace: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[SearchedLake, Source]:
    """Find the tables of a lake that help to predict a column; return them, and the table with what they bring.

    Parameters
    ----------
    lake : str or Path
        A folder of tables, a SQLite file or a database URL.
    frame_or_path : frame, str or Path
        The table, as for :func:`journeyman.build`.
    target : str
        Column to predict.
    time : str, optional
        Column that says when a row happened: only what was known before it is joined.
    seed : int
        Of samples and noise.
    workspace : str or Path, optional
        Folder in which the lake's profile is kept; "journeyman-workspace" by default.
    progress : Progress, optional
        Where it is told how far the search is.

    Raises
    ------
    InputError
        Where the table, the lake or a column cannot be used.
    WorkspaceError
        Where the profile cannot be written.
    """
    is_path = isinstance(frame_or_path, str | Path)
    source = open_source(str(frame_or_path), None) if is_path else FrameSource(frame_or_path)
    return search_source(source, LakeRequest(str(lake), target, time, seed), workspace, progress)


def search_source(
    source: Source, request: LakeRequest, workspace: str | Path | None = None, progress: Progress | None = None
) -> tuple[SearchedLake, Source]:
    """Do the same for a table that is open already; errors as for ``search``."""
    request = replace(request, lake=lake_address(request.lake))
    folder = Path(workspace or DEFAULT_WORKSPACE)
    parts = lake_parts(folder, request.lake, SystemClock(), progress or SilentProgress())
    found = search_lake(source, parts, request)
    return found, JoinedSource(source, found.lookups)


def check_places(out: Path | None, json: Path | None) -> None:
    """Refuse files that could not be written, before a search of minutes.

    Raises
    ------
    SettingsError
        Where an ending is of no known format, or a place is a folder or in none.
    """
    if out is not None and out.suffix.lower() not in _ENDINGS:
        raise SettingsError(
            f"--out {out}: tables are written as {', '.join(_ENDINGS)}", hint="name a file, as joined.parquet"
        )
    for option, path in (("--out", out), ("--json", json)):
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            raise SettingsError(f"{option} {path} is no file in a folder that is there", hint="make the folder first")


def write_joined(joined: Source, path: Path) -> int:
    """Write a table with what was fetched for its rows; return how many they are. The file appears when it is whole.

    Raises
    ------
    SettingsError
        Where the ending is of no known format, or the place is in no folder.
    """
    rows = 0
    with opened_predictions(path) as write:
        for frame in raw_frames(joined.batches(), _ROWS):
            write(frame)
            rows += len(frame)
    return rows


def write_found(found: LakeSearch, path: Path) -> None:
    """Write what was found as JSON, whole or not at all.

    Raises
    ------
    SettingsError
        Where the place is a folder or in none, or may not be written.
    """
    check_places(None, path)
    draft = path.with_name(f".{path.name[:200]}.part")
    try:
        draft.write_bytes(found_json(found))
        draft.replace(path)
    except OSError as error:
        raise SettingsError(f"--json {path} cannot be written: {error.strerror}", hint="name another file") from error
    finally:
        draft.unlink(missing_ok=True)


def found_json(found: LakeSearch) -> bytes:
    """Return what was found as JSON: one entry a table and way to join it, in a list named "tables"."""
    content = {
        "lake": found.lake,
        "table": found.base,
        "target": found.target,
        "rows": found.rows,
        "measure": found.measure,
        "loss": _number(found.loss),
        "joined_loss": _number(found.joined_loss),
        "seconds": round(found.seconds, 3),
        "notes": list(found.notes),
        "tables": [_entry(verdict) for verdict in found.verdicts],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _entry(verdict: JoinVerdict) -> dict[str, object]:
    join = verdict.join
    return {
        "table": verdict.table,
        "on": [] if join is None else [[key.base.name, key.other.name] for key in join.keys],
        "kind": None if join is None else join.kind,
        "via": None if join is None or not join.via else join.via,
        "time": None if join is None or join.time is None else [join.time.name, *(c.name for c in join.starts)],
        "match_rate": round(verdict.match_rate, 6),
        "lost_rows": verdict.lost,
        "unused_rows": verdict.unused,
        "gain": _number(verdict.gain),
        "p_value": _number(verdict.p_value),
        "accepted": verdict.accepted,
        "reason": verdict.reason,
        "newest": verdict.newest or None,
        "licence": verdict.licence or None,
        "seconds": round(verdict.seconds, 3),
    }


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(f"{value:.6g}")
