"""Columns that were computed from the target of other rows: means by group, with or without the row itself (DQ307)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Kind
from journeyman.entities.finding import Finding, Remedy, Severity, accept_option
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.sampling import candidate_columns, codes_of, not_applicable, numbers, target_numbers

__all__ = ["AggregateRule"]

FloatArray = NDArray[np.float64]

_MOST_ROWS = 300_000
_MOST_KEYS = 12


@dataclass(frozen=True)
class AggregateRule:
    """Compare every number with the target's mean, by every plausible key, with and without the row itself."""

    codes: tuple[str, ...] = ("DQ307",)
    scope: RuleScope = RuleScope.TRAINING

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column that holds the target's group means."""
        task = context.task
        n_rows = len(table.frame)
        if n_rows > _MOST_ROWS or table.sampled or n_rows < 50:
            return [not_applicable("DQ307", f"group means are compared exactly on tables of 50 to {_MOST_ROWS} rows")]
        y = target_numbers(table, task)
        if task.labels and len(np.unique(y[np.isfinite(y)])) != 2:
            return [
                not_applicable("DQ307", "group means are looked for where the target is a number or has two classes")
            ]
        columns = candidate_columns(table, task)
        values = [(c.name, numbers(table, c)) for c in columns if c.kind is Kind.NUMBER]
        keys = [
            (c.name, codes_of(table, c))
            for c in columns
            if c.kind.categorical or c.kind in (Kind.INTEGER, Kind.TEXT, Kind.IDENTIFIER)
        ]
        keys = [(name, codes) for name, codes in keys if 3 <= codes.max() + 1 <= n_rows // 2][:_MOST_KEYS]
        findings = []
        for name, column in values:
            if len(np.unique(column[:5000])) < 3:
                continue
            for key, codes in keys:
                how = _mean_by(codes, column, y)
                if how is not None:
                    findings.append(
                        Finding(
                            "DQ307",
                            Severity.ERROR,
                            (name,),
                            f"'{name}' is the mean of '{task.target}' by '{key}'{how}: it comes from the target.",
                            "It is not used; "
                            f"if it was computed from earlier rows only, add `{accept_option('DQ307', name)}`.",
                            {"by": key},
                            Remedy.IGNORE_COLUMN,
                        )
                    )
                    break
        return findings


def _mean_by(codes: NDArray[np.int64], column: FloatArray, y: FloatArray) -> str | None:
    usable = (codes >= 0) & np.isfinite(column) & np.isfinite(y)
    if usable.sum() < 50:
        return None
    codes, column, y = codes[usable], column[usable], y[usable]
    size = int(codes.max()) + 1
    counts = np.bincount(codes, minlength=size)[codes]
    sums = np.bincount(codes, weights=y, minlength=size)[codes]
    several = counts > 2
    if several.sum() < 50 or np.ptp(column[several]) == 0:
        return None
    means = sums / counts
    without = (sums - y) / np.maximum(counts - 1, 1)
    spread = max(float(np.std(means[several])), 1e-12)
    if spread < 1e-9 * max(1.0, float(np.abs(y).max())):
        return None
    if float(np.mean(np.abs(column - means)[several] <= 0.01 * spread)) > 0.95:
        return ""
    if float(np.mean(np.abs(column - without)[several] <= 0.01 * spread)) > 0.95:
        return " without the row itself"
    return None
