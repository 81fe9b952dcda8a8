"""The api of scoring: tables of any size, gone on with after a kill, and folders that are watched."""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

import msgspec
import pandas as pd

from journeyman.api.predict import PredictResult, Release, check_rows, forecast_file, in_own_style, load
from journeyman.api.watched_folder import (
    MARK,
    NOTE,
    FileState,
    ScoredTables,
    file_state,
    is_being_written,
    watching,
)
from journeyman.arrow import pa, pq
from journeyman.engines.frames import raw_frames
from journeyman.entities.conformed import Misfit
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import JourneymanError, SchemaError, SettingsError, SourceError
from journeyman.filesystems import Remote, place_of
from journeyman.inference.following import history_of
from journeyman.inference.predictions_file import Layout, opened_predictions, prediction_columns
from journeyman.inference.score_series import score_series
from journeyman.interfaces import Source
from journeyman.settings import predictions_name
from journeyman.sources import is_table, open_source
from journeyman.stages.conform import conform_part, judge
from journeyman.stores.disk import Draft, disk_errors, sync_folder

__all__ = ["Layout", "ScoreJob", "load", "score_file", "watch"]

_PLAIN = Layout()
_ROWS = 50_000
_EVERY_TWO_SECONDS = repeat(2.0)
_TOLD = b"journeyman"
_JOB = "job.json"


@dataclass(frozen=True)
class ScoreJob:
    """What is scored, by what, where to; a job is gone on with only where all of it is the same.

    Attributes
    ----------
    release, source : str
        Digests.
    target : str
        Name of the file of predictions, or its address.
    rows : int
        Rows of a part.
    layout : Layout
        What is written besides predictions.
    style : FileStyle
        What the user said of how the table is written.
    """

    release: str
    source: str
    target: str
    rows: int
    layout: Layout = _PLAIN
    style: FileStyle = AS_FOUND


class _Part(msgspec.Struct):
    misfits: list[Misfit]
    findings: list[Finding]


def score_file(
    release: Release,
    table: str | Path,
    tell: Callable[[int], None],
    *,
    out: str | Path | Remote | None = None,
    query: str | None = None,
    layout: Layout = _PLAIN,
    style: FileStyle = AS_FOUND,
) -> PredictResult:
    """Predict the rows of a table of any size, in their order; after a kill the same call goes on where it was.

    Rows are read, scored and made durable some fifty thousand at a time, as files of a folder beside ``out``, or in
    this folder where ``out`` is an address; the file itself appears when it is whole, and then the folder goes.
    A database must give its rows in the same order again.

    Parameters
    ----------
    tell : callable
        Gets the number of rows that are done, after each part.
    layout : Layout
        What is written besides predictions; by default the columns that named the rows of the training table.
    table, out, query, style
        As for ``predict_file``.

    Raises
    ------
    SourceError, SchemaError, SettingsError
        As for ``predict_file``.
    WorkspaceError
        Where the disk is full; what is done stays.
    """
    path = Path(predictions_name(str(table))) if out is None else place_of(out)
    source = open_source(str(table), query, style, release.file_style)
    if release.task.panel is not None:
        return _score_series_source(release, source, path, layout, style)
    return _score_source(release, source, path, tell, layout, style, lambda: None)


def _score_series_source(
    release: Release, source: Source, path: Path | Remote, layout: Layout, style: FileStyle
) -> PredictResult:
    """Write what would have been forecast of rows whose values came; where none has one, what predict would write."""
    release, noticed = in_own_style(
        release if style.decimal is None else release.with_decimal(style.decimal), source, style
    )
    rows = pd.concat(list(raw_frames(source.batches(), _ROWS)), ignore_index=True)
    check_rows(source, len(rows))
    scored = score_series(release, rows)
    if scored is None:
        return forecast_file(release, source, path, layout, style)
    step, target = history_of(release.plan), release.task.target
    keep = tuple(name for name in (*layout.keep, *step.series, *step.times) if name in scored.rows.columns)
    told = replace(layout, keep=tuple(dict.fromkeys(keep)))
    frame = prediction_columns(release, scored.rows, scored.block, scored.answers, told)
    came = {f"{target} as it came": scored.truths, f"{target} by repeating the past": scored.naive.round(6)}
    with opened_predictions(path) as write:
        write(frame.assign(**came))
    return PredictResult(path, len(frame), (*source.findings, *noticed, *release.findings), scored.words)


def _score_source(
    release: Release,
    source: Source,
    path: Path | Remote,
    tell: Callable[[int], None],
    layout: Layout,
    style: FileStyle,
    check: Callable[[], None],
) -> PredictResult:
    """Score a table; ``check`` is called before the file appears, and where it raises, none does."""
    release = release if style.decimal is None else release.with_decimal(style.decimal)
    with opened_predictions(path) as keep:
        model = str(release.manifest["files"]["model.json"]["sha256"])
        target = path.name if isinstance(path, Path) else path.address
        job = ScoreJob(model, source.digest(), target, _ROWS, layout, style)
        release, own_style = in_own_style(release, source, style)
        parts = _parts(path)
        with disk_errors(parts.parent):
            done = _count_done_parts(parts, job)
            rows = 0
            for number, frame in enumerate(raw_frames(source.batches(), job.rows)):
                if number >= done:
                    _score(release, parts, job.layout, number, frame)
                rows += len(frame)
                tell(rows)
        if rows == 0:
            raise SourceError(f"{source.name} has a header but no rows", hint="give a table with rows")
        check_rows(source, rows)
        files = sorted(parts.glob("*.parquet"))
        noticed = [_noticed(file) for file in files]
        findings = (
            *source.findings,
            *own_style,
            *judge(misfit for part in noticed for misfit in part.misfits),
            *noticed[-1].findings,
        )
        for file in files:
            keep(pq.read_table(file).to_pandas())
        check()
    shutil.rmtree(parts)
    return PredictResult(path, rows, findings)


def watch(
    name: str,
    folder: Path,
    tell: Callable[[str], None],
    *,
    version: int | None = None,
    workspace: str | Path | None = None,
    style: FileStyle = AS_FOUND,
    pauses: Iterable[float] = _EVERY_TWO_SECONDS,
) -> None:
    """Score every table that appears in a folder, beside it, until interrupted.

    Each is scored once by its content: one that is replaced is scored again, one that is only touched is not. A table
    that somebody still writes, or that has changed between two looks, is left until it is whole; where it changes while
    it is read, nothing appears. One that cannot be read is told, once, and again only when it has changed; whatever
    else is wrong is told once and tried again.

    Parameters
    ----------
    tell : callable
        Gets a line for each table.
    pauses : iterable of float
        Seconds to wait after each look, by default two for ever; watching ends with them.

    Raises
    ------
    SettingsError
        Where there is no such folder, or no such model, or another process watches it.
    """
    if not folder.is_dir():
        raise SettingsError(f"--watch {folder} is no folder", hint="make it first, or name another")
    load(name, version=version, workspace=workspace)

    def score(table: Path, out: Path, check: Callable[[], None]) -> int:
        release = load(name, version=version, workspace=workspace)
        source = open_source(str(table), None, style, release.file_style)
        return _score_source(release, source, out, lambda _: None, _PLAIN, style, check).rows

    with watching(folder):
        watched = _Watched(ScoredTables(folder), score, tell)
        for seconds in pauses:
            try:
                tables = sorted(folder.iterdir())
            except OSError as error:
                raise SettingsError(
                    f"--watch {folder} cannot be looked at any more: {error.strerror}", hint="make it again"
                ) from error
            for table in tables:
                if _is_table(table):
                    watched.look(table)
            time.sleep(seconds)


class _Changed(Exception):
    """A table changed while it was read."""


class _Watched:
    """What is known of the tables of a watched folder from one look to the next."""

    def __init__(
        self,
        scored: ScoredTables,
        score: Callable[[Path, Path, Callable[[], None]], int],
        tell: Callable[[str], None],
    ) -> None:
        self._scored, self._score, self._tell = scored, score, tell
        self._seen: dict[Path, FileState | None] = {}
        self._refused: dict[Path, FileState] = {}
        self._troubles: dict[Path, str] = {}  # what was told of a table and is tried again

    def look(self, table: Path) -> None:
        """Score a table where it is new and whole."""
        state = file_state(table)
        before, self._seen[table] = self._seen.get(table), state
        if state is None or state != before or self._refused.get(table) == state or self._scored.has(table, state):
            return
        if is_being_written(table):
            return
        try:
            self._take(table, state)
            self._troubles.pop(table, None)
        except _Changed:
            self._seen.pop(table)
            self._sweep(table)
        except (SourceError, SchemaError) as error:
            self._refused[table] = state
            self._sweep(table)
            self._tell(f"{table}: {error}")
        except (JourneymanError, OSError) as error:
            if self._troubles.get(table) != str(error):
                self._troubles[table] = str(error)
                self._tell(f"{table}: {error}; it is tried again")
        except Exception as error:  # noqa: BLE001 - one table must not keep the others from their answers
            traceback.print_exc(file=sys.stderr)
            self._refused[table] = state
            self._tell(f"{table}: {type(error).__name__}, a fault of Journeyman")

    def _take(self, table: Path, state: FileState) -> None:
        out = self._scored.out(table)
        digest = open_source(str(table), None).digest()
        if not self._scored.has_content(table, digest) and not self._has_unnoted_predictions(table, out, state):

            def check() -> None:
                if file_state(table) != state:
                    raise _Changed

            self._tell(f"{self._score(table, out, check)} rows predicted: {out}")
        self._scored.add(table, state, digest)

    def _sweep(self, table: Path) -> None:
        """Take away what was begun of a table that will not be gone on with."""
        shutil.rmtree(_parts(self._scored.out(table)), ignore_errors=True)

    def _has_unnoted_predictions(self, table: Path, out: Path, state: FileState) -> bool:
        """Return whether predictions lie there of a table that nothing was noted of: a kill came, or an old version."""
        there = file_state(out)
        if there is None or not out.is_file() or there[1] < state[1] or self._scored.knows(table):
            return False
        shutil.rmtree(_parts(out), ignore_errors=True)
        return True


def _parts(out: Path | Remote) -> Path:
    if isinstance(out, Remote):  # in this folder, and not where others of that name leave theirs
        return Path(f".{out.name[:180]}-{hashlib.sha256(out.address.encode()).hexdigest()[:8]}.parts")
    return out.with_name(f".{out.name[:200]}.parts")


def _is_table(path: Path) -> bool:
    name = path.name
    ours = name == NOTE or name.lower().endswith(MARK)
    return is_table(name) and not ours and not name.startswith(".") and path.is_file()


def _count_done_parts(parts: Path, job: ScoreJob) -> int:
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


def _score(release: Release, parts: Path, layout: Layout, number: int, frame: pd.DataFrame) -> None:
    part = conform_part(release.joins.fetched(frame), release.columns, release.left_out)
    answers = release.answer_block(part.block)
    columns = prediction_columns(release, frame, part.block, answers, layout)
    told = msgspec.json.encode(_Part(list(part.misfits), list(part.findings)))
    table = pa.Table.from_pandas(columns, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _TOLD: told})
    with Draft(parts) as draft:
        pq.write_table(table, draft)
        draft.keep(f"{number:08d}.parquet")
    sync_folder(parts)


def _noticed(part: Path) -> _Part:
    return msgspec.json.decode(pq.read_schema(part).metadata[_TOLD], type=_Part)
