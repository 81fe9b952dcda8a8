"""Rows that a retraining learns from: the training table of the first build, then logged rows by when truths came."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.anomaly import MARKED_ODD, MARKED_ORDINARY
from journeyman.entities.column import Column, Kind
from journeyman.entities.labelled import Labelled
from journeyman.entities.logged import LoggedRow
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operation import WindowKind, WindowPlan
from journeyman.entities.repaired import Repaired
from journeyman.entities.table import Block, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.errors import InputError, JournalError
from journeyman.inference.release import Release
from journeyman.interfaces import CombinesColumns, KeepsOutputs, Stream
from journeyman.joiners.joined_source import JoinedSource
from journeyman.operations.traffic import ReadRows, raw_rows, read_rows
from journeyman.settings import FRAME, BuildSettings
from journeyman.sources import open_wanted
from journeyman.sources.parsing.texts import clean, text_of
from journeyman.stages.retrain import window_rows
from journeyman.stages.split import holdout_rows
from journeyman.stores.run_artifacts import build_artifacts
from journeyman.stores.workspace import Workspace
from journeyman.tasks import task_type
from journeyman.tasks.planted_rows import read_mark
from journeyman.tasks.typed_labels import typed_labels

__all__ = ["LearningRows", "TrainingTable", "plain_columns"]

IntArray = NDArray[np.int64]
_WHOLE = re.compile("[+-]?[0-9]+")
_MARKS = "marks"
_LEAST_FIRST = 500  # rows of the first build that stay, where it had so many


@dataclass(frozen=True)
class TrainingTable:
    """A table to build from, the settings that fit it, and what is to be said about it."""

    frame: pd.DataFrame
    settings: BuildSettings
    notes: tuple[str, ...]


@dataclass(frozen=True)
class LearningRows:
    """What can be learned from, as it was at a moment; depends on the log's content and the first build alone.

    Attributes
    ----------
    workspace : Workspace
        Where the first build is journalled.
    base : ModelVersion
        The first build's release.
    stream : Stream
        Of the model.
    release : Release
        By whose columns rows are read.
    before : int
        Milliseconds since 1970: truths that came later are not known yet.
    most : int
        Latest labelled rows that are read.
    broken : tuple of (int, int)
        Spans whose rows arrived broken.
    given_up : tuple of str
        Columns that a retraining leaves out, since they hold nothing any more.
    read : callable
        Reads logged rows as the release's columns; ``ReleaseCache.read_rows`` does not read the same row twice.
    """

    workspace: Workspace
    base: ModelVersion
    stream: Stream
    release: Release
    before: int
    most: int
    broken: tuple[tuple[int, int], ...] = ()
    given_up: tuple[str, ...] = ()
    read: Callable[[Sequence[LoggedRow], Release], ReadRows] = read_rows

    @cached_property
    def repaired(self) -> Repaired:
        """The first build's table.

        Raises
        ------
        JournalError
            Where the journal does not hold it.
        """
        artifacts = build_artifacts(self.workspace.journal, self.base.run)
        if artifacts is None:
            raise JournalError(
                f"the build of {self.base.name} {self.base.version} is not in the journal",
                hint="build the model anew in this workspace",
            )
        found: Repaired = self.workspace.artifacts.get(artifacts.repaired, Repaired)
        return found

    @cached_property
    def logged(self) -> ReadRows:
        """Logged rows in the order in which their truths came, broken spans left out."""
        rows = [row for row in self.stream.labelled(self.before, self.most) if not self._is_broken(row.id >> 20)]
        rows.sort(key=lambda row: (row.labelled, row.id))
        return self.read(rows, self.release)

    def labelled(self, known: int) -> Labelled:
        """Return exactly so many rows: the policy counts truths, and of a very busy log not all of them are kept.

        Where more are here, evenly chosen ones; where fewer, the earliest ones are repeated.
        """
        read, old = self.logged, self._first()
        usable = np.flatnonzero(np.isfinite(read.truths))
        asked = [read.rows[i].id >> 20 for i in usable]
        came = [read.rows[i].labelled for i in usable]
        whole = Labelled(
            {name: np.concatenate([values, read.block[name][usable]]) for name, values in old.rows.items()},
            np.concatenate([old.truths, read.truths[usable]]),
            np.concatenate([old.asked, np.array(asked, dtype=np.int64)]),
            np.concatenate([old.labelled, np.array(came, dtype=np.int64)]),
        )
        return whole if len(whole) == known else whole.take(_resample_positions(len(old), len(usable), known))

    def regained(self, kept_out: Sequence[tuple[int, int]], before: int) -> int:
        """Return how many rows with a truth from before a moment lie in spans that were kept out until now."""
        back = (
            row.labelled < before and any(begin <= row.id >> 20 < end for begin, end in kept_out)
            for row in self.logged.rows
        )
        return int((np.fromiter(back, dtype=bool) & np.isfinite(self.logged.truths)).sum())

    def first(self) -> Labelled:
        """Return the rows of the first build that have a truth among the classes known now."""
        old = self._first()
        return old.take(np.flatnonzero(np.isfinite(old.truths)))

    def table(self, plan: WindowPlan, settings: BuildSettings) -> TrainingTable:
        """Return the table that a retraining by a plan is built from.

        Parameters
        ----------
        plan : WindowPlan
            Which rows. Weights become chances: of rows whose weight is a half, every other one is taken.
        settings : BuildSettings
            Of the first build.

        Raises
        ------
        InputError
            Where that had no target, and no rows came since the plan's moment.
        """
        if settings.target is None:
            return self._without_labels(plan, settings)
        first, notes = self._first_rows(settings)
        task, hidden = self.repaired.task, self.logged.hidden
        left_out = {*hidden, *self.given_up}
        wanted = [c for c in self.release.columns if c.name in first.columns and c.name not in left_out]
        extra = [name for name in (task.time_column, task.group_column) if name is not None]
        names = [c.name for c in wanted] + [
            n for n in extra if n in first.columns and n not in {c.name for c in wanted}
        ]
        later = self._logged_frame(first, wanted, [n for n in names if n not in {c.name for c in wanted}])
        kept = [name for name in names if name in later.columns]
        timed = settings.time if settings.time in kept else None
        taken = _window_rows(plan, len(first) + len(later))
        ordered = timed is None and task.scheme is not Scheme.GROUPED and _enough_logged(taken, len(first))
        if ordered:  # nothing orders those rows in time: what their table was sorted by must not divide them
            first = first.sample(frac=1.0, random_state=settings.seed)
        told = [task.target, *task.label_columns]
        both = pd.concat([first[[*kept, *told]], later[[*kept, *told]]], ignore_index=True)
        both[task.target] = _as_labels(both[task.target], task)
        if hidden:
            notes += (
                f"the log does not hold {', '.join(map(repr, hidden))} as it came (--hash, --leave-out): "
                "what was learned from that is lost in this retraining",
            )
        lost = [name for name in self.given_up if name in first.columns and name not in hidden]
        notes += tuple(f"column {name!r} was left out: for long it has arrived without usable values" for name in lost)
        lacking = {*names} - {*kept}
        kind = task_type(self.release.task)
        same = kind.same_outputs(self.release.task) if isinstance(kind, KeepsOutputs) else {}
        fitted = replace(
            _reading(settings, wanted, kept, (*wanted, self._target)),
            task_options={**settings.task_options, **same},
            delay=self._rows_behind() if ordered else settings.delay if timed is not None else None,
            in_order=ordered,
        )
        notes += (f"{len(first):,} rows of the first build and {len(later):,} labelled rows of the log were at hand",)
        notes += tuple(f"column {name!r} is not in the log and was left out" for name in sorted(lacking))
        if ordered:
            notes += ("its rows are divided in the order in which their labels came",)
        return TrainingTable(both.iloc[taken].reset_index(drop=True), fitted, notes)

    def _without_labels(self, plan: WindowPlan, settings: BuildSettings) -> TrainingTable:
        """Return logged rows since a moment and as many of the first build's, with the marks that either have.

        Rows that were there before stay ordinary as long as they are half of the table; labels teach where the kind of
        task takes marks, and tell nothing else.
        """
        first, notes = self._first_rows(settings)
        span = self.stream.poll(plan.since, self.before, self.most)
        recent = {row.id: row for row in span.rows if not self._is_broken(row.id >> 20)}
        marked = task_type(self.release.task).traits.marked
        recent |= {row.id: row for row in self.logged.rows if marked and row.truth is not None}
        read = self.read([recent[i] for i in sorted(recent)], self.release)
        if not read.rows:
            raise InputError(
                f"no row of the log can be learned from since {self.release.name} began to change",
                hint="build it anew from a table of recent rows",
            )
        left_out = {*read.hidden, *self.given_up}
        wanted = [c for c in self.release.columns if c.name in first.columns and c.name not in left_out]
        names = [c.name for c in wanted]
        extra = [n for n in (settings.time, settings.group) if n is not None and n in first.columns and n not in names]
        every = np.arange(len(read.rows), dtype=np.int64)
        later = pd.DataFrame(self._logged_columns(first, read, every, wanted, extra), index=range(len(read.rows)))
        kept = [n for n in (*names, *extra) if n in later.columns]
        fitted, options = _reading(settings, wanted, kept, wanted), dict(settings.task_options)
        if marked:
            column = options.get(_MARKS, _free(_MARKS, first.columns))
            before = _marks_before(first, column)
            marks = pd.concat([before, pd.Series(_marks(read.truths))], ignore_index=True)
            if {"true", "false"} <= {*marks.dropna().str.lower()}:
                options[_MARKS], kept = column, [*kept, column]
                first, later = first.copy(), later.copy()
                first[column], later[column] = before.to_numpy(), _marks(read.truths)
            else:
                options.pop(_MARKS, None)
            told = int(np.isfinite(read.truths).sum())
            notes += (f"{told:,} of the log's rows are marked" if told else "no row of the log is marked",)
        most = max(len(later), _LEAST_FIRST)
        if len(first) > most:
            first = first.sample(most, random_state=settings.seed).sort_index()
        both = pd.concat([first[kept], later[kept]], ignore_index=True)
        notes += (f"{len(first):,} rows of the first build and {len(later):,} rows of the log were at hand",)
        return TrainingTable(both, replace(fitted, task_options=options), notes)

    @property
    def _target(self) -> Column:
        return self.repaired.table.column(self.repaired.task.target)

    def _rows_behind(self) -> str | None:
        """Return how many labels come, nine times of ten, between a row and its own; None where none does."""
        read = self.logged
        usable = np.flatnonzero(np.isfinite(read.truths))
        asked = np.array([read.rows[i].id >> 20 for i in usable], dtype=np.int64)
        came = np.array([read.rows[i].labelled for i in usable], dtype=np.int64)
        behind = np.arange(len(came)) - np.searchsorted(came, asked, side="right")
        rows = int(np.quantile(np.maximum(behind, 0), 0.9)) if len(came) else 0
        # more than a fifth of the rows cannot be spared: what is learned then is worth more than how it is judged
        return str(min(rows, len(came) // 5)) if rows else None

    def _first(self) -> Labelled:
        table = self.repaired.table
        rows = _recoded(to_block(table.frame, table.features), table.features, self.release.columns)
        never = np.zeros(len(table.frame), dtype=np.int64)
        return Labelled(rows, self._first_truths(), never, never)

    def _is_broken(self, moment: int) -> bool:
        return any(begin <= moment < end for begin, end in self.broken)

    def _first_truths(self) -> NDArray[np.float64]:
        """Return the truths of the first build in codes of the release that reads now."""
        truths = target_values(self.repaired.table, self.repaired.task.target)
        old, new = self.repaired.task.labels, self.release.task.labels
        if not self.repaired.task.labels or old == new:
            return truths
        codes = np.array([new.index(label) if label in new else np.nan for label in old])
        return codes[truths.astype(np.int64)]

    def _first_rows(self, settings: BuildSettings) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Return the first build's rows raw, as its source gives them; where that is gone, as they were read."""
        table = self.repaired.table
        table = replace(table, frame=table.frame.iloc[: table.real_rows])  # without what was planted
        if settings.source == FRAME or (settings.query is None and not Path(settings.source).exists()):
            return plain_columns(table.frame, table.columns, self.repaired), ()
        try:
            source = open_wanted(settings)
            source = JoinedSource(source, self.release.joins.files) if self.release.joins.files else source
            if source.digest() != table.digest:
                return plain_columns(table.frame, table.columns, self.repaired), (
                    f"{source.name} has changed since the first build: its rows were taken as they were then",
                )
            limit = None if not table.sampled else len(table.frame)
            return source.read(limit, settings.seed).rename(columns=str), ()
        except InputError:
            return plain_columns(table.frame, table.columns, self.repaired), ()

    def _logged_frame(self, first: pd.DataFrame, wanted: Sequence[Column], extra: Sequence[str]) -> pd.DataFrame:
        """Return the logged rows in the form that the first rows have."""
        read, task = self.logged, self.release.task
        usable = np.flatnonzero(np.isfinite(read.truths))
        columns = self._logged_columns(first, read, usable, wanted, extra)
        truths, kind = read.truths[usable], task_type(task)
        if isinstance(kind, CombinesColumns):
            for name, values in kind.separate(truths, task).items():
                native = pd.api.types.is_numeric_dtype(first[name])
                columns[name] = values if native else [_text(value) for value in values.tolist()]
        elif task.labels:
            labels = typed_labels(task)[truths.astype(np.int64)]
            texts = np.array(task.labels, dtype=object)[truths.astype(np.int64)]
            columns[task.target] = texts if _is_text(first[task.target]) else labels
        else:
            written = [str(v).replace(".", self._target.decimal) for v in truths]
            columns[task.target] = written if _is_text(first[task.target]) else truths
        return pd.DataFrame(columns, index=range(len(usable)))

    def _logged_columns(
        self, first: pd.DataFrame, read: ReadRows, usable: IntArray, wanted: Sequence[Column], extra: Sequence[str]
    ) -> dict[str, object]:
        """Return the columns of some logged rows, without a label, in the form that the first rows have."""
        raw = self.release.joins.fetched_rows(raw_rows([read.rows[i] for i in usable]))
        columns: dict[str, object] = {
            c.name: _as_type_of(first[c.name], c, read.block[c.name][usable], [row.get(c.name) for row in raw])
            for c in wanted
        }
        for name in extra:
            if pd.api.types.is_datetime64_any_dtype(first[name]):
                moments = np.array([read.rows[i].id >> 20 for i in usable], dtype="datetime64[ms]")
                columns[name] = pd.Series(moments).astype(first[name].dtype)
            elif len(usable) and all(name in row for row in raw):
                columns[name] = [_text(row[name]) for row in raw]
        return columns


def _reading(
    settings: BuildSettings, wanted: Sequence[Column], kept: Sequence[str], written: Sequence[Column]
) -> BuildSettings:
    """Return settings that read a table of these columns as the first build read its own."""
    kinds = {c.name: c.kind.value for c in wanted if c.kind.categorical or c.kind in (Kind.TEXT, Kind.IMAGE)}
    return replace(
        settings,
        query=None,
        kinds={**{k: v for k, v in settings.kinds.items() if k in kept}, **kinds},
        roles={},
        decimals={c.name: c.decimal for c in written if c.kind.numeric and not c.native},
        markers={c.name: c.missing_markers for c in wanted if c.missing_markers},
        time=settings.time if settings.time in kept else None,
        group=settings.group if settings.group in kept else None,
    )


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _marks(truths: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return marks as a table has them: true, false, or nothing."""
    return np.array([None if not np.isfinite(t) else "true" if t else "false" for t in truths], dtype=object)


def _marks_before(first: pd.DataFrame, column: str) -> pd.Series:
    """Return the marks of the first build's rows as texts; none where it had none."""
    if column not in first.columns:
        return pd.Series([None] * len(first), dtype=object)
    known = {MARKED_ODD: "true", MARKED_ORDINARY: "false"}
    marks = [read_mark(_text(value) or "") for value in first[column]]
    return pd.Series([None if mark is None else known.get(mark) for mark in marks], dtype=object)


def _window_rows(plan: WindowPlan, rows: int) -> IntArray:
    if plan.kind is not WindowKind.WEIGHTED:
        return window_rows(plan, rows)[0]
    age = np.arange(rows)[::-1]
    return np.flatnonzero(np.random.default_rng(0).random(rows) < 0.5 ** (age / max(1, plan.rows)))


def _enough_logged(taken: IntArray, first: int) -> bool:
    """Return whether so many logged rows are taken that they fill the holdout: only they are in order of time."""
    kept = holdout_rows(len(taken))
    return kept > 0 and int((taken >= first).sum()) >= kept


def _as_labels(values: pd.Series, task: Task) -> pd.Series:
    """Return texts as whole numbers where labels are such: a text file's are, and the stored table has types."""
    if not task.labels or task.label_types != "int" or not _is_text(values):
        return values
    texts = [_text(value) for value in values]
    numbers = [None if text is None else clean(text) for text in texts]
    if any(text and not _WHOLE.fullmatch(text) for text in numbers):
        return values
    return pd.Series([int(text) if text else None for text in numbers], index=values.index, dtype="Int64")


def _resample_positions(first: int, later: int, known: int) -> IntArray:
    """Return positions of exactly ``known`` rows, in order; the first build's rows are left whole where possible."""
    wanted = known - first
    if later and wanted > 0:
        return np.concatenate([np.arange(first), first + np.linspace(0, later - 1, wanted).astype(np.int64)])
    return np.linspace(0, first + later - 1, known).astype(np.int64)


def _recoded(block: Block, old: Sequence[Column], new: Sequence[Column]) -> Block:
    """Return rows that one release has read as another one's columns; unknown categories are missing."""
    by_name = {column.name: column for column in old}
    rows = len(next(iter(block.values()))) if block else 0
    recoded: Block = {}
    for column in new:
        before = by_name.get(column.name)
        if before is None or before.kind.categorical is not column.kind.categorical:
            recoded[column.name] = _missing(column, rows)
        elif column.kind.categorical and before.categories != column.categories:
            places = {name: code for code, name in enumerate(column.categories)}
            codes = np.array([places.get(name, -1) for name in before.categories] + [-1], dtype=np.int32)
            recoded[column.name] = codes[block[column.name].astype(np.int64)]
        else:
            recoded[column.name] = block[column.name]
    return recoded


def _missing(column: Column, rows: int) -> NDArray[np.generic]:
    if column.kind.categorical:
        return np.full(rows, -1, dtype=np.int32)
    if column.kind.numeric or column.kind is Kind.DATETIME:
        return np.full(rows, np.nan)
    return np.full(rows, None, dtype=object)


def plain_columns(frame: pd.DataFrame, columns: Sequence[Column], repaired: Repaired) -> pd.DataFrame:
    """Return a canonical frame with plain columns: categories as texts, numbers and dates as they are."""
    plain = {c.name: frame[c.name].astype(object) if c.kind.categorical else frame[c.name] for c in columns}
    task = repaired.task
    if task.labels:
        codes = frame[task.target].cat.codes.to_numpy()
        plain[task.target] = pd.Series(typed_labels(task)[codes], index=frame.index)
    kind = task_type(task)
    if isinstance(kind, CombinesColumns):
        separated = kind.separate(target_values(repaired.table, task.target), task)
        plain |= {name: pd.Series(values, index=frame.index) for name, values in separated.items()}
    return pd.DataFrame(plain)


def _as_type_of(
    first: pd.Series, column: Column, values: NDArray[np.generic], raw: Sequence[object]
) -> pd.Series | list[str | None]:
    """Return logged values of a column in the form that the first rows have: texts beside texts."""
    if column.kind is Kind.DATETIME:
        moments = pd.to_datetime(pd.Series(values.astype(np.float64)), unit="s")
        if not _is_text(first):
            return moments.astype(first.dtype) if first.dt.tz is None else moments.dt.tz_localize("UTC")
        style = column.date_formats[0] if column.date_formats and "%" in column.date_formats[0] else "%Y-%m-%d %H:%M:%S"
        known = "%q" not in style
        return [
            None if pd.isna(m) else m.strftime(style) if known else _text(r) for m, r in zip(moments, raw, strict=True)
        ]
    if not _is_text(first):
        if pd.api.types.is_bool_dtype(first):
            return (
                pd.Series(values.astype(np.float64)).astype(object).where(np.isfinite(values.astype(np.float64)), None)
            )
        return pd.Series(values.astype(np.float64)) if column.kind.numeric else pd.Series([_text(r) for r in raw])
    if column.kind in (Kind.NUMBER, Kind.INTEGER) and column.decimal == ",":
        return [
            None if r is None else str(_text(r)).replace(".", ",") if isinstance(r, float) else _text(r) for r in raw
        ]
    return [_text(r) for r in raw]


def _text(value: object) -> str | None:
    try:
        return text_of(value)
    except (TypeError, ValueError):
        return None


def _is_text(series: pd.Series) -> bool:
    return bool(pd.api.types.is_object_dtype(series) or pd.api.types.is_string_dtype(series))
