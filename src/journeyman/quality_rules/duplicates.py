"""Rows that come twice: exact (DQ201), near (DQ202), on both sides of a division (DQ306), with other labels (DQ403)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.fingerprints import row_fingerprints
from journeyman.quality_rules.sampling import (
    candidate_columns,
    codes_of,
    not_applicable,
    numbers,
    sample_rows,
    share,
    target_numbers,
)

__all__ = ["DuplicateRule", "NearDuplicateRule"]

_NEAR_ROWS = 2_000


@dataclass(frozen=True)
class DuplicateRule:
    """Count rows that repeat another row exactly, and look at the labels of rows that agree in all else.

    Identifiers do not count: two rows that differ in their number only are the same row. Nothing is ever removed, for
    in a table of few values two customers may well look the same.
    """

    codes: tuple[str, ...] = ("DQ201", "DQ306", "DQ403")
    scope: RuleScope = RuleScope.WHOLE

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return up to three findings."""
        task = context.task
        # The same values at another time, or in another group, are no copy.
        compared = [c for c in table.columns if c.role in (Role.FEATURE, Role.TIME, Role.GROUP)]
        columns = [c for c in compared if c.name != task.target and not _names_rows(table, c)]
        if len(columns) < 2:
            return [not_applicable("DQ201", "fewer than two columns to compare rows by")]
        n_rows = len(table.frame)
        marks = row_fingerprints(table, columns)
        repeated = pd.Series(marks).duplicated(keep=False).to_numpy()
        if not repeated.any():
            return []
        places = np.flatnonzero(repeated)
        groups = np.unique(marks[places], return_inverse=True)[1].astype(np.int64)
        y = target_numbers(table, task, places)
        known = np.isfinite(y)
        _, same = np.unique(np.column_stack([groups, y]), axis=0, return_inverse=True)
        exact = len(places) - len(np.unique(same))
        findings = []
        if exact:
            findings.append(_exact(exact, n_rows))
        agree = _agreement(groups[known], y[known])
        part = float(repeated.mean())
        # Copies of a record agree in their label too, and are of many records; likenesses in a coarse table are not.
        if exact / n_rows >= 0.01 and agree >= 0.95 and len(np.unique(groups)) >= min(20, 0.01 * n_rows):
            findings.append(_on_both_sides(part, agree, places, groups))
        if task.labels:
            findings.extend(_conflicts(task, groups[known], y[known], n_rows))
        return findings


def _exact(exact: int, n_rows: int) -> Finding:
    return Finding(
        "DQ201",
        Severity.WARNING if exact / n_rows >= 0.01 else Severity.NOTE,
        (),
        f"{exact} {'row repeats' if exact == 1 else 'rows repeat'} an earlier row exactly ({share(exact / n_rows)}).",
        "They are kept; if they are errors of an export, remove them at the source.",
        {"rows": exact, "share": round(exact / n_rows, 6)},
    )


def _on_both_sides(part: float, agree: float, places: NDArray[np.int64], groups: NDArray[np.int64]) -> Finding:
    """Return DQ306, with how far apart copies stand: side by side, an export made them; far apart, rows come again."""
    order = np.lexsort((places, groups))
    gaps = np.diff(places[order])[np.diff(groups[order]) == 0]
    apart = float(np.median(gaps))
    away = f"half of them at most {apart:.0f} {'row' if apart == 1 else 'rows'} away"
    return Finding(
        "DQ306",
        Severity.WARNING,
        (),
        f"{share(part)} of the rows have a copy, {away}; divided at random, copies would stand on both sides "
        "and flatter the score.",
        "Copies are kept, and kept on one side of every division; "
        "add `--accept DQ306` if new rows will repeat known ones.",
        {"rows with a copy": len(places), "labels that agree": round(agree, 4), "rows between copies": apart},
    )


def _agreement(groups: NDArray[np.int64], y: NDArray[np.float64]) -> float:
    """Return the share of rows with a copy whose target is the group's most frequent one."""
    if not len(groups):
        return 0.0
    pairs, counts = np.unique(np.column_stack([groups, y]), axis=0, return_counts=True)
    most = np.zeros(int(groups.max()) + 1)
    np.maximum.at(most, pairs[:, 0].astype(np.int64), counts)
    return float(most.sum() / len(groups))


def _conflicts(task: Task, groups: NDArray[np.int64], y: NDArray[np.float64], n_rows: int) -> list[Finding]:
    if not len(groups):
        return []
    size = int(groups.max()) + 1
    lowest, highest = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(lowest, groups, y)
    np.maximum.at(highest, groups, y)
    rows = int((lowest < highest)[groups].sum())
    if not rows:
        return []
    least_errors = 1.0 - _agreement(groups, y)
    return [
        Finding(
            "DQ403",
            Severity.WARNING if rows / n_rows >= 0.01 else Severity.NOTE,
            (task.target,),
            f"{rows} rows ({share(rows / n_rows)}) agree with another row in every column but not in '{task.target}'.",
            "No model can tell them apart; a further column may, or some labels are wrong.",
            {"rows": rows, "share": round(rows / n_rows, 6), "errors among copies at best": round(least_errors, 4)},
        )
    ]


def _names_rows(table: Table, column: Column) -> bool:
    if column.kind in (Kind.IDENTIFIER, Kind.CONSTANT):
        return True
    if column.kind is not Kind.INTEGER:
        return False
    values = numbers(table, column, sample_rows(len(table.frame), 20_000, 0))
    values = values[np.isfinite(values)]
    return len(values) > 20 and len(np.unique(values)) == len(values)


@dataclass(frozen=True)
class NearDuplicateRule:
    """Look for rows whose nearest neighbour is far nearer than chance allows, on a sample of rows.

    Numbers are compared by rank, so that units and long tails do not matter.
    """

    codes: tuple[str, ...] = ("DQ202",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one finding."""
        columns = [
            c
            for c in candidate_columns(table, context.task)
            if (c.kind.numeric or c.kind.categorical) and not _names_rows(table, c)
        ]
        if len(columns) < 4 or len(table.frame) < 100:
            return [not_applicable("DQ202", "needs 4 columns of numbers or categories and 100 rows")]
        # Neighbours in the file are where near copies are found cheaply, and where exports leave them.
        start = (len(table.frame) - min(len(table.frame), _NEAR_ROWS)) // 2
        rows = np.arange(start, start + min(len(table.frame), _NEAR_ROWS))
        near, exact = 0, 0
        sides = [self._side(table, c, rows) for c in columns[:40]]
        for place in range(len(rows) - 1):
            gaps = np.zeros(min(20, len(rows) - 1 - place))
            for side, nominal in sides:
                ahead = side[place + 1 : place + 1 + len(gaps)]
                gaps += (ahead != side[place]) if nominal else np.minimum(1.0, 50.0 * np.abs(ahead - side[place]))
            gaps /= len(sides)
            if (gaps == 0).any():
                exact += 1
            elif (gaps < 0.1).any():
                near += 1
        part = near / len(rows)
        if part < 0.02:
            return []
        return [
            Finding(
                "DQ202",
                Severity.NOTE,
                (),
                f"About {share(part)} of the rows have a near copy among the 20 rows that follow.",
                "If near copies belong together (repeats of one thing), name the column that tells which: --group.",
                {"near": near, "exact": exact, "rows looked at": len(rows)},
            )
        ]

    def _side(self, table: Table, column: Column, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], bool]:
        if column.kind.categorical or column.kind is Kind.BOOLEAN:
            return codes_of(table, column, rows).astype(np.float64), True
        ranks = pd.Series(numbers(table, column, rows)).rank(pct=True)
        return np.asarray(ranks.fillna(-1.0), dtype=np.float64), False
