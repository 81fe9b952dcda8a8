"""The doors of scoring: tables of any size, gone on with after a kill, and folders that are watched."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from journeyman.entities.conformed import Misfit
from journeyman.entities.finding import Finding
from journeyman.errors import JourneymanError, SettingsError, SourceError
from journeyman.settings import model_name
from journeyman.sources import open_source
from journeyman.sources.batches import raw_frames
from journeyman.stages.conform import conform_part, judge
from journeyman.stores.disk import Draft, disk_errors, sync_folder
from journeyman.workflow.predict_doors import PredictResult, Release, load
from journeyman.workflow.predictions_file import opened_predictions, prediction_columns

__all__ = ["ScoreJob", "score_file", "watch"]

_ROWS = 50_000
_TOLD = b"journeyman"
_JOB = "job.json"
_TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".xlsx", ".gz", ".zst")
_MARK = ".predictions."


@dataclass(frozen=True)
class ScoreJob:
    """What is scored, by what, where to; a job is gone on with only where all of it is the same.

    Attributes
    ----------
    release, source : str
        Digests.
    target : str
        Name of the file of predictions.
    rows : int
        Rows of a part.
    decimal : str or None
        The decimal sign that the user named.
    """

    release: str
    source: str
    target: str
    rows: int
    decimal: str | None = None


class _Part(msgspec.Struct):
    misfits: list[Misfit]
    findings: list[Finding]


def score_file(
    name: str,
    table: str | Path,
    tell: Callable[[int], None],
    *,
    out: str | Path | None = None,
    version: int | None = None,
    workspace: str | Path | None = None,
    query: str | None = None,
    decimal: str | None = None,
) -> PredictResult:
    """Predict the rows of a table of any size, in their order; after a kill the same call goes on where it was.

    Rows are read, scored and made durable some fifty thousand at a time, as files of a folder beside ``out``; the file
    itself appears when it is whole, and then the folder goes. A database must give its rows in the same order again.

    Parameters
    ----------
    tell : callable
        Gets the number of rows that are done, after each part.
    name, table, out, version, workspace, query, decimal
        As for ``predict_file``.

    Raises
    ------
    SourceError, SchemaError, SettingsError
        As for ``predict_file``.
    WorkspaceError
        Where the disk is full; what is done stays.
    """
    release = load(name, version=version, workspace=workspace, decimal=decimal)
    path = Path(out) if out is not None else Path(f"{model_name(str(table), name)}.predictions.csv")
    source = open_source(str(table), query)
    with opened_predictions(path) as keep:
        model = str(release.manifest["files"]["model.json"]["sha256"])
        job = ScoreJob(model, source.digest(), path.name, _ROWS, decimal)
        parts = _parts(path)
        with disk_errors(path.parent):
            done = _begun(parts, job)
            rows = 0
            for number, frame in enumerate(raw_frames(source.batches(), job.rows)):
                if number >= done:
                    _score(release, frame, parts, number)
                rows += len(frame)
                tell(rows)
        if rows == 0:
            raise SourceError(f"{source.name} has a header but no rows", hint="give a table with rows")
        files = sorted(parts.glob("*.parquet"))
        noticed = [_noticed(file) for file in files]
        findings = (*judge(misfit for part in noticed for misfit in part.misfits), *noticed[-1].findings)
        for file in files:
            keep(pq.read_table(file).to_pandas())
    shutil.rmtree(parts)
    return PredictResult(path, rows, findings)


def watch(
    name: str,
    folder: Path,
    tell: Callable[[str], None],
    *,
    version: int | None = None,
    workspace: str | Path | None = None,
    decimal: str | None = None,
    seconds: float = 2.0,
    rounds: int | None = None,
) -> None:
    """Score every table that appears in a folder, beside it, until interrupted.

    A table whose size still changes is left until it does not. One that cannot be scored is told, once, and again only
    when it has changed.

    Parameters
    ----------
    tell : callable
        Gets a line for each table.
    seconds : float
        Between two looks.
    rounds : int, optional
        Looks after which this ends; None for ever.

    Raises
    ------
    SettingsError
        Where there is no such folder, or no such model.
    """
    if not folder.is_dir():
        raise SettingsError(f"--watch {folder} is no folder", hint="make it first, or name another")
    load(name, version=version, workspace=workspace, decimal=decimal)
    seen: dict[Path, tuple[int, int]] = {}
    refused: dict[Path, tuple[int, int]] = {}
    round_number = 0
    while rounds is None or round_number < rounds:
        for table in sorted(folder.iterdir()):
            out = table.with_name(f"{table.name.partition('.')[0]}{_MARK}csv")
            if not table.is_file() or _is_ours(table):
                continue
            if out.exists():
                shutil.rmtree(_parts(out), ignore_errors=True)  # left where a kill came just after the file
                continue
            state = (table.stat().st_size, table.stat().st_mtime_ns)
            if seen.get(table) == state and refused.get(table) != state:
                try:
                    found = score_file(
                        name, table, lambda _: None, out=out, version=version, workspace=workspace, decimal=decimal
                    )
                    tell(f"{found.rows} rows predicted: {out}")
                except JourneymanError as error:
                    refused[table] = state
                    tell(f"{table}: {error}")
            seen[table] = state
        round_number += 1
        time.sleep(seconds)


def _parts(out: Path) -> Path:
    return out.with_name(f".{out.name[:200]}.parts")


def _is_ours(table: Path) -> bool:
    return table.name.startswith(".") or _MARK in table.name or not table.name.lower().endswith(_TABLES)


def _begun(parts: Path, job: ScoreJob) -> int:
    """Return how many parts are done; those of another job are thrown away."""
    note = parts / _JOB
    if note.is_file() and note.read_bytes() == msgspec.json.encode(job):
        for draft in parts.glob(".draft-*"):
            draft.unlink()
        return len(list(parts.glob("*.parquet")))
    if parts.exists():
        shutil.rmtree(parts)
    parts.mkdir()
    with Draft(parts) as draft_note:
        draft_note.write(msgspec.json.encode(job))
        draft_note.keep(_JOB)
    sync_folder(parts)
    return 0


def _score(release: Release, frame: pd.DataFrame, parts: Path, number: int) -> None:
    part = conform_part(frame, release.columns)
    answers = release.answer_block(part.block)
    columns = prediction_columns(answers, release.labels(answers), release.task)
    told = msgspec.json.encode(_Part(list(part.misfits), list(part.findings)))
    table = pa.Table.from_pandas(columns, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _TOLD: told})
    with Draft(parts) as draft:
        pq.write_table(table, draft)
        draft.keep(f"{number:08d}.parquet")
    sync_folder(parts)


def _noticed(part: Path) -> _Part:
    return msgspec.json.decode(pq.read_schema(part).metadata[_TOLD], type=_Part)
