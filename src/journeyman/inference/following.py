"""Forecasts of a release: newer rows lengthen the history that it holds, without a refit; the next steps are asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.panel import StepUnit
from journeyman.entities.plan import Plan
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.errors import SchemaError, SettingsError
from journeyman.panels.words import step_words, write_clocks, write_times
from journeyman.sources.parsing import parse
from journeyman.sources.parsing.clocks import CLOCKS
from journeyman.transformers.series import SeriesStep

__all__ = [
    "Asked",
    "Forecasts",
    "asked_of",
    "following_rows",
    "history_of",
    "lengthened_plan",
    "series_findings",
    "with_rows_numbered",
]

FloatArray = NDArray[np.float64]
_SHOWN = 3


@dataclass(frozen=True)
class Asked:
    """Rows of a table of series.

    Attributes
    ----------
    happened : DataFrame
        Rows with a value of the target.
    values : ndarray of shape (n_happened,)
        Their values.
    rows : DataFrame
        Rows without one: those that are to be forecast.
    """

    happened: pd.DataFrame
    values: FloatArray
    rows: pd.DataFrame


@dataclass(frozen=True)
class Forecasts:
    """Rows that were forecast.

    Attributes
    ----------
    rows : DataFrame
        As they are given.
    block : Block
        As the model reads them.
    answers : ndarray of shape (n_samples, n_outputs)
        Quantiles, the median first, and the scale.
    """

    rows: pd.DataFrame
    block: Block
    answers: FloatArray


def history_of(plan: Plan) -> SeriesStep:
    """Return the step of a plan that holds the history of series."""
    return next(node.step for node in plan.nodes if isinstance(node.step, SeriesStep))


def lengthened_plan(plan: Plan, block: Block, values: FloatArray) -> Plan:
    """Return the plan with a history that holds these rows, too; models are what they were.

    Parameters
    ----------
    block : Block
        Rows that have happened, as the plan reads them.
    values : ndarray of shape (n_samples,)
        The target's values.
    """
    nodes = tuple(
        replace(node, step=node.step.extended(block, values)) if isinstance(node.step, SeriesStep) else node
        for node in plan.nodes
    )
    return replace(plan, nodes=nodes)


def with_rows_numbered(rows: pd.DataFrame, step: SeriesStep, task: Task) -> pd.DataFrame:
    """Return rows with the place of each, where the order of the rows is their time: they go on after the history."""
    panel = task.panel
    assert panel is not None  # of forecasts alone
    if panel.calendar.unit is not StepUnit.ROW or step.time in rows.columns:
        return rows
    lacking = [name for name in step.series if name not in rows.columns]
    if lacking:
        raise SchemaError(f"the table has no column {lacking[0]!r}", hint="it tells series apart: give it in every row")
    names = rows[list(step.series)].astype(str)
    place = names.groupby(list(step.series)).cumcount() if step.series else pd.Series(range(len(rows)))
    return rows.assign(**{step.time: place.to_numpy() + step.history.end})


def asked_of(rows: pd.DataFrame, task: Task, target: Column) -> Asked:
    """Part rows by whether they have a value of the target."""
    if task.target not in rows.columns:
        return Asked(rows.iloc[:0], np.empty(0), rows)
    values = parse(rows[task.target], replace(target, kind=Kind.NUMBER)).to_numpy(np.float64)
    known = np.isfinite(values)
    return Asked(rows[known], values[known], rows[~known])


def following_rows(step: SeriesStep, task: Task, columns: Sequence[Column]) -> pd.DataFrame:
    """Return rows that ask for the next steps of every series that goes on, as the training table would write them.

    Raises
    ------
    SettingsError
        Where columns that are known ahead are needed.
    """
    panel = task.panel
    assert panel is not None  # of forecasts alone
    if panel.known:
        raise SettingsError(
            f"forecasts of {task.target!r} need the values of {', '.join(map(repr, panel.known))} in the steps to come",
            hint=f"give a table with them, one row a series and step, and no value of {task.target!r}",
        )
    block = step.following(step.going_on(panel.horizon), panel.horizon)
    rows = {name: block[name] for name in step.series}
    for column in (c for c in columns if c.name in step.times):
        rows[column.name] = np.array(_as_table_writes(block[column.name], column), dtype=object)
    return pd.DataFrame(rows)


def _as_table_writes(values: NDArray[np.generic], column: Column) -> Sequence[object]:
    """Return a part of times, or whole ones, as the table writes them."""
    if values.dtype == object:
        return list(values)
    numbers = values.astype(np.float64)
    return write_clocks(numbers) if column.unit in CLOCKS else write_times(numbers, column)


def series_findings(step: SeriesStep, task: Task, block: Block) -> tuple[Finding, ...]:
    """Return what is to be said of asked rows: series that are not known, and times that lie on no step."""
    panel = task.panel
    assert panel is not None  # of forecasts alone
    found = []
    unknown = step.rows_of(block) < 0
    if unknown.any():
        names = [", ".join(str(block[n][i] or "(none)") for n in step.series) for i in np.flatnonzero(unknown)]
        different = list(dict.fromkeys(names))
        shown = "; ".join(different[:_SHOWN]) + (
            f" and {len(different) - _SHOWN:,} more" if len(different) > _SHOWN else ""
        )
        message = f"{len(different):,} series have no history and are forecast as the others go: {shown}."
        hint = f"Give rows with their values of '{task.target}', or look for a misspelt name."
        found.append(Finding("PR108", Severity.WARNING, step.series, message, hint, {"rows": int(unknown.sum())}))
    times = step.times_of(block)
    off = ~np.isfinite(step.calendar.steps(times))
    if off.any():
        steps = step_words(step.calendar)
        message = f"{int(off.sum()):,} rows have no time on the grid of {steps}: each counts as the nearest one."
        found.append(Finding("PR109", Severity.WARNING, step.times, message, "", {"rows": int(off.sum())}))
    far = step.steps_of(block) > step.history.end - 1 + panel.horizon
    if far.any():
        message = (
            f"{int(far.sum()):,} rows ask for more than {panel.horizon:,} {step_words(step.calendar)} ahead, further "
            "than the model was examined."
        )
        hint = f"Give newer rows with their values of '{task.target}', or build with a longer horizon."
        found.append(Finding("PR110", Severity.WARNING, step.times, message, hint, {"rows": int(far.sum())}))
    return tuple(found)
