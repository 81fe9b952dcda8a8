"""What the order of the rows says: time without a time column (DQ502), drift (DQ504), sorting (DQ505)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules import names
from journeyman.quality_rules.cycles import calendar_cycle, forward_share, lag_one, month_numbers, sorted_stretches
from journeyman.quality_rules.sampling import (
    candidate_columns,
    codes_of,
    not_applicable,
    numbers,
    share,
    target_numbers,
)
from journeyman.quality_rules.strength import model_score

__all__ = ["DriftRule", "RowOrderRule"]

FloatArray = NDArray[np.float64]

_ROWS = 65_536
_MOST_COLUMNS = 40


@dataclass(frozen=True)
class RowOrderRule:
    """Tell time order from mere sorting by what only time has: calendar columns that tick, and calendar cycles.

    Neighbouring rows are alike in a table sorted by place or price as well. But hours that tick on from row to row, or
    a line in the spectrum at 24, 48, 168 or 365 rows, come from a clock.
    """

    codes: tuple[str, ...] = ("DQ502", "DQ505")
    scope: RuleScope = RuleScope.WHOLE

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one finding."""
        task = context.task
        n_rows = len(table.frame)
        if n_rows < 300 or table.sampled:
            return [not_applicable("DQ502", "order is looked for in whole tables of 300 rows and more")]
        columns = candidate_columns(table, task)
        ticking = [name for c in columns if (name := _ticks(table, c))]
        series = {c.name: values for c in columns[:_MOST_COLUMNS] if (values := _series(table, c)) is not None}
        y = _ranks(target_numbers(table, task)[:_ROWS])
        cycles = {name: found for name, values in series.items() if (found := calendar_cycle(values)) is not None}
        own = calendar_cycle(y) if y is not None and len(task.labels) <= 2 else None
        tied = lag_one(y) if y is not None else 0.0
        pieces = any(sorted_stretches(v) for name, v in series.items() if not names.is_calendar(name))
        pieces |= y is not None and sorted_stretches(y)
        cyclic = (own is not None or len(cycles) >= 2) and not pieces
        # A clock must also matter: somewhere, rows must be more like their neighbours than like any other rows.
        alike = max([tied, *(lag_one(v) for name, v in series.items() if name not in ticking)], default=0.0)
        # One series after another: the clock starts again with each.
        panel = any(_sorted_key(table, c) for c in columns)
        apart = task.labels and _classes_apart(target_numbers(table, task))
        if (ticking or cyclic) and not (panel or apart) and alike >= max(0.1, 5.0 / np.sqrt(min(n_rows, _ROWS))):
            period = own or next(iter(cycles.values()), None)
            why = [f"'{ticking[0]}' ticks on from row to row"] if ticking else []
            if period and cyclic:
                where = f"'{task.target}'" if own else ", ".join(f"'{name}'" for name in list(cycles)[:3])
                why.append(f"{where} repeats every {period:.0f} rows")
            return [
                Finding(
                    "DQ502",
                    Severity.WARNING,
                    (),
                    f"Rows seem to be in time order: {' and '.join(why)}.",
                    "Models are judged on later rows than they learned from; "
                    "if time does not matter, add `--accept DQ502`.",
                    {
                        "likeness of neighbours": round(alike, 4),
                        "period": round(period or 0.0, 2),
                        "why": "; ".join(why),
                    },
                    Remedy.USE_ROW_ORDER,
                )
            ]
        return _sorting(task.target, y, tied, n_rows)


def _sorting(target: str, y: FloatArray | None, tied: float, n_rows: int) -> list[Finding]:
    if y is None or tied < max(0.1, 6.0 / np.sqrt(min(n_rows, _ROWS))):
        return []
    ordered = tied >= 0.95
    return [
        Finding(
            "DQ505",
            Severity.NOTE,
            (target,),
            f"Rows are sorted by '{target}', or nearly so."
            if ordered
            else f"'{target}' of a row resembles that of the row before (rank correlation {tied:.2f}): rows are not in "
            "random order.",
            "Rows are divided at random all the same; if they are in time order, say --time, if neighbours belong "
            "together, --group.",
            {"likeness of neighbours": round(tied, 4)},
        )
    ]


def _ticks(table: Table, column: Column) -> str | None:
    """Return the name of a column whose calendar values go forward from row to row, wrapping around."""
    if column.kind.categorical:
        values = month_numbers(table.frame[column.name].iloc[:_ROWS])
        if values is None:
            return None
    elif column.kind in (Kind.INTEGER, Kind.NUMBER) and names.is_clock(column.name):
        values = numbers(table, column)[:_ROWS]
    else:
        return None
    return column.name if forward_share(values) >= 0.85 else None


def _sorted_key(table: Table, column: Column) -> bool:
    """Say whether the rows are sorted by a key that is no time: each of five or more names in one stretch."""
    if not (column.kind.categorical or (column.kind is Kind.INTEGER and names.is_entity(column.name))):
        return False
    codes = codes_of(table, column)
    stretches = 1 + int((np.diff(codes) != 0).sum())
    return 5 <= stretches <= len(codes) // 5 and stretches == len(np.unique(codes))


def _classes_apart(labels: FloatArray) -> bool:
    """Say whether the rows are sorted by class: each class in a stretch or two, or most rows' class in one part only.

    Whatever ticks or repeats there, a model of the earlier rows would never have met the classes of the later ones.
    """
    known = np.flatnonzero(np.isfinite(labels))
    if not len(known):
        return False
    place = pd.Series(known).groupby(labels[known])
    extent, rows = place.max() - place.min(), place.size()
    stretches = 1 + int((np.diff(labels[known]) != 0).sum())
    return stretches <= 2 * len(rows) or bool(rows[extent < len(labels) / 3].sum() > len(known) / 2)


def _series(table: Table, column: Column) -> FloatArray | None:
    if column.kind not in (Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN):
        return None
    return _ranks(numbers(table, column)[:_ROWS])


def _ranks(values: FloatArray) -> FloatArray | None:
    known = np.isfinite(values)
    if known.mean() < 0.8:
        return None
    filled = np.where(known, values, np.median(values[known]))
    ranks = pd.Series(filled).rank().to_numpy()
    spread = float(ranks.std())
    standard: FloatArray = (ranks - ranks.mean()) / spread
    return standard if spread > 0 else None


@dataclass(frozen=True)
class DriftRule:
    """Ask a small model to tell the first fifth of the rows from the last (a classifier two-sample test, Lopez-Paz &
    Oquab 2017, arXiv:1610.06545)."""

    codes: tuple[str, ...] = ("DQ504",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one finding."""
        n_rows = len(table.frame)
        if n_rows < 500 or table.sampled:
            return [not_applicable("DQ504", "drift along the rows is looked for in whole tables of 500 rows and more")]
        fifth = n_rows // 5
        take = np.linspace(0, fifth - 1, min(fifth, 2_000)).astype(np.int64)
        rows = np.concatenate([take, n_rows - fifth + take])
        columns = [c for c in candidate_columns(table, context.task) if c.kind.numeric or c.kind.categorical][
            :_MOST_COLUMNS
        ]
        features, used = [], []
        for column in columns:
            values = (
                codes_of(table, column, rows).astype(np.float64)
                if column.kind.categorical
                else numbers(table, column, rows)
            )
            if not _counts_rows(values):
                features.append(values)
                used.append(column.name)
        if not features:
            return [not_applicable("DQ504", "no column to compare")]
        side = np.repeat([0.0, 1.0], len(take))
        # Blocks, not single rows, are held out: neighbours that resemble one another must not give the side away.
        folds = np.tile(np.arange(len(take)) * 9 // len(take) % 3, 2)
        matrix = np.column_stack(features)
        right = (1.0 + model_score(matrix, side, 2, folds, rounds=40).skill) / 2.0
        if right < 0.65:
            return []
        return [
            Finding(
                "DQ504",
                Severity.WARNING if right >= 0.8 else Severity.NOTE,
                (),
                f"Rows change along the table: a model tells the first fifth from the last in {share(right)} of cases.",
                "If rows are in time order, say --time or expect later rows to differ from those a model learned from.",
                {"told apart": round(float(right), 4)},
            )
        ]


def _counts_rows(values: FloatArray) -> bool:
    known = values[np.isfinite(values)]
    steps = np.diff(known)
    return len(steps) == 0 or bool((steps >= 0).mean() > 0.999 or (steps <= 0).mean() > 0.999)
