"""The preparation of forecasts: which series and step a row is, beside what all series have come to until now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.matrix import Matrix
from journeyman.entities.panel import Calendar, History, Panel, TimePart
from journeyman.entities.plan import ColumnStep, NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation
from journeyman.panels.calendars import ROWS
from journeyman.panels.holidays import count_holidays
from journeyman.panels.layout import grid, joined_keys, nearest_steps, split_key
from journeyman.panels.time_parts import joined_times, separated_times
from journeyman.transformers.steps import JoinedSteps, decode_array, encode_array

__all__ = ["FittedSeries", "SeriesPreparation", "SeriesStep"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_TEXTS = (Kind.TEXT, Kind.IDENTIFIER, Kind.CONSTANT)


class SeriesStep(msgspec.Struct, frozen=True, tag=True, dict=True):
    """Series keys and times to places in a history, which it holds.

    Attributes
    ----------
    series : tuple of str
        Columns that tell series apart.
    time : str
        Column of times, where one tells them.
    parts : tuple of TimePart
        Columns that tell the time together; empty where one does.
    holidays : tuple of int
        Days since 1970; where there are any, their number in a step is known ahead, too.
    known : tuple of str
        Columns that are known ahead.
    coded : tuple of int
        Positions among them that hold codes of categories.
    calendar : Calendar
        How times are counted.
    keys : tuple of str
        Of the series, in the order of the history's rows.
    values, ahead : ndarray of shape (n_series, n_steps) and (n_series, n_steps, n_known)
        The history.
    first : int
        Step of its first column.
    """

    kind: ClassVar[NodeKind] = NodeKind.HISTORY
    series: tuple[str, ...]
    time: str
    known: tuple[str, ...]
    coded: tuple[int, ...]
    calendar: Calendar
    keys: tuple[str, ...]
    values: np.ndarray
    ahead: np.ndarray
    first: int
    parts: tuple[TimePart, ...] = ()
    holidays: tuple[int, ...] = ()

    @property
    def times(self) -> tuple[str, ...]:
        """Columns that tell the time."""
        return tuple(part.column for part in self.parts) or (self.time,)

    def reads(self) -> tuple[str, ...]:
        """Return the columns taken."""
        return (*self.series, *self.times, *self.known)

    def times_of(self, block: Block) -> FloatArray:
        """Return the time of each row, shape (n_samples,); NaN where there is none."""
        return joined_times(self.parts, block) if self.parts else block[self.time].astype(np.float64)

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return ("series", "step", *self.known, *(["public holidays"] if self.holidays else []))

    def codes(self) -> tuple[int, ...]:
        """Return the positions of features that hold category codes."""
        return tuple(2 + k for k in self.coded)

    @cached_property
    def history(self) -> History:
        """What series have come to."""
        return History(self.values, self.first, self.ahead)

    @cached_property
    def _places(self) -> pd.Index:
        return pd.Index(list(self.keys), dtype=object)

    def rows_of(self, block: Block) -> IntArray:
        """Return the history's row of each asked row, -1 where the series is not known."""
        rows = len(block[self.times[0]])
        found = self._places.get_indexer(pd.Index(joined_keys(block, self.series, rows), dtype=object))
        return found.astype(np.int64)

    def steps_of(self, block: Block) -> IntArray:
        """Return the step of each row; the one after the history where a row has no time."""
        return nearest_steps(self.calendar, self.times_of(block), self.history.end)

    def transform(self, block: Block) -> FloatArray:
        """Return the row of the history (NaN where it has none), the step, and what is known ahead."""
        rows = self.rows_of(block)
        features = [np.where(rows >= 0, rows, np.nan), self.steps_of(block).astype(np.float64)]
        return np.column_stack([*features, *self._known_of(block).T])

    def extended(self, block: Block, y: FloatArray) -> SeriesStep:
        """Return the step with a longer history; rows without a value change nothing.

        Parameters
        ----------
        block : Block
            Rows that have happened; of a series and step that are known already the new value counts.
        y : ndarray of shape (n_samples,)
            Their values; NaN where there is none.
        """
        taken = np.isfinite(y)
        if not taken.any():
            return self
        own = {name: values[taken] for name, values in block.items()}
        joined = joined_keys(own, self.series, int(taken.sum()))
        keys = (*self.keys, *sorted(set(joined.tolist()) - set(self.keys)))
        codes = pd.Index(list(keys), dtype=object).get_indexer(pd.Index(joined, dtype=object)).astype(np.int64)
        old_row, old_step = np.nonzero(np.isfinite(self.values) | np.isfinite(self.ahead).any(axis=2))
        longer = grid(
            np.r_[old_row, codes].astype(np.int64),
            np.r_[old_step + self.first, self.steps_of(own)].astype(np.int64),
            np.r_[self.values[old_row, old_step], y[taken]],
            len(keys),
            np.vstack([self.ahead[old_row, old_step], self._known_of(own)]),
        )
        return msgspec.structs.replace(self, keys=keys, values=longer.values, ahead=longer.known, first=longer.first)

    def going_on(self, horizon: int) -> IntArray:
        """Return the history's rows of series that have a value among the last ``horizon`` steps."""
        return np.flatnonzero(self.history.last_steps() >= self.history.end - horizon)

    def following(self, rows: IntArray, horizon: int) -> Block:
        """Return the next steps of some series as rows that ask for them, series by series.

        All begin after the last step of the history, so that they are of the same times.

        Parameters
        ----------
        rows : ndarray of int64, shape (n_series,)
            Rows of the history.
        horizon : int
            Steps ahead.
        """
        steps = np.tile(np.arange(self.history.end, self.history.end + horizon), len(rows))
        parts = [split_key(self.keys[row], len(self.series)) for row in rows.tolist()]
        times = self.calendar.times(steps)
        block: Block = separated_times(self.parts, times) if self.parts else {self.time: times}
        for place, name in enumerate(self.series):
            values = np.empty(len(rows), dtype=object)
            values[:] = [part[place] for part in parts]
            block[name] = np.repeat(values, horizon)
        return block

    def _known_of(self, block: Block) -> FloatArray:
        rows = len(block[self.times[0]])
        found = np.array([block[name].astype(np.float64) for name in self.known]).reshape(len(self.known), rows).T
        found = found.copy()
        for place in self.coded:
            found[found[:, place] < 0, place] = np.nan
        if not self.holidays:
            return found
        return np.column_stack([found, count_holidays(self.calendar, self.steps_of(block), self.holidays)])


@dataclass(frozen=True)
class FittedSeries:
    """Series that were learned: their names and their history."""

    step: SeriesStep

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return JoinedSteps((self.step,)).transform(block)

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the one step."""
        return (self.step,)

    def to_files(self) -> dict[str, bytes]:
        """Return what a release stores: MessagePack with arrays as raw numbers."""
        return {"series.msgpack": msgspec.msgpack.encode(self.step, enc_hook=encode_array)}


@dataclass(frozen=True)
class SeriesPreparation:
    """For forecasts: what a model knows of a series is its history, and rows ask for steps of it."""

    name: str = "series"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the features that it makes: series, step, and what is known ahead."""
        return 2 + (len(task.panel.known) + bool(task.panel.holidays) if task.panel is not None else 0)

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn the names and the history of the series; the rows come back as they would be asked for."""
        # Tasks without series have their rows counted by a column of theirs: there is nothing to learn from it.
        panel = task.panel if task.panel is not None else Panel(ROWS, 1)
        time = task.time_column or next(c.name for c in columns if c.kind not in _TEXTS)
        kinds = {column.name: column.kind for column in columns}
        coded = tuple(k for k, name in enumerate(panel.known) if kinds[name].categorical)
        none = np.empty((0, 0)), np.empty((0, 0, len(panel.known) + bool(panel.holidays)))
        told = panel.time_parts, panel.holidays
        empty = SeriesStep(panel.series, time, panel.known, coded, panel.calendar, (), *none, 0, *told)
        fitted = FittedSeries(empty.extended(block, y))
        return fitted, fitted.transform(block)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return FittedSeries(msgspec.msgpack.decode(files["series.msgpack"], type=SeriesStep, dec_hook=decode_array))
