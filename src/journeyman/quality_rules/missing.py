"""Values that are not there: by column (DQ101), in blocks (DQ102), tied to the target (DQ103), as zeros (DQ106)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.sampling import candidate_columns, numbers, sample_rows, share, target_numbers

__all__ = ["HiddenZeroRule", "MissingRule", "MissingTieRule"]

_ROWS = 50_000


@dataclass(frozen=True)
class MissingRule:
    """Count missing values, and group the columns that lack them together."""

    codes: tuple[str, ...] = ("DQ101", "DQ102")
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column and a block."""
        absent = _absent(table, context.task)
        shares = {name: float(mask.mean()) for name, mask in absent.items()}
        findings = [
            Finding(
                "DQ101",
                Severity.WARNING if part >= 0.5 else Severity.NOTE,
                (name,),
                f"{share(part)} of '{name}' is missing.",
                "Models here cope with missing values; find out why they are missing."
                if part < 0.95
                else "Hardly anything is left to learn from; consider ignoring it.",
                {"missing": round(part, 6)},
            )
            for name, part in shares.items()
            if part >= 0.05
        ]
        few = tuple(name for name, part in shares.items() if part < 0.05)
        if few:
            most = max(shares[name] for name in few)
            findings.append(
                Finding(
                    "DQ101",
                    Severity.NOTE,
                    few,
                    f"{len(few)} {'column lacks' if len(few) == 1 else 'columns lack'} a few values "
                    f"(at most {share(most)} of the rows).",
                    "Models here cope with missing values.",
                    {"columns": len(few), "most missing": round(most, 6)},
                )
            )
        return [*findings, *_blocks(_sampled(absent, sample_rows(len(table.frame), _ROWS, context.seed)))]


@dataclass(frozen=True)
class MissingTieRule:
    """Test whether that a value is missing tells something of the target."""

    codes: tuple[str, ...] = ("DQ103",)
    scope: RuleScope = RuleScope.TRAINING

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a tied column."""
        rows = sample_rows(len(table.frame), _ROWS, context.seed)
        rows = rows[~table.frame.iloc[rows].duplicated().to_numpy()]  # copies of a row say nothing new
        return _ties(table, context.task, _sampled(_absent(table, context.task), rows), rows)


def _absent(table: Table, task: Task) -> dict[str, NDArray[np.bool_]]:
    """Return which rows lack a value, by column that lacks any."""
    columns = [c for c in candidate_columns(table, task) if c.kind is not Kind.CONSTANT]
    absent = {c.name: table.frame[c.name].isna().to_numpy() for c in columns}
    return {name: mask for name, mask in absent.items() if mask.any()}


def _sampled(absent: dict[str, NDArray[np.bool_]], rows: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Return the sampled rows of columns that lack some values and have some."""
    return {name: mask[rows] for name, mask in absent.items() if 0.005 <= float(mask.mean()) <= 0.995}


def _blocks(masks: dict[str, NDArray[np.bool_]]) -> list[Finding]:
    """Group columns whose gaps coincide (Jaccard index of 0.95 or more with the first of the group)."""
    findings, left = [], list(masks)
    while left:
        first = left.pop(0)
        same = [
            name
            for name in left
            if (masks[name] & masks[first]).sum() >= 0.95 * max(1, (masks[name] | masks[first]).sum())
        ]
        left = [name for name in left if name not in same]
        if len(same) >= 1:
            block = (first, *same)
            findings.append(
                Finding(
                    "DQ102",
                    Severity.NOTE,
                    block,
                    f"{len(block)} columns are missing together, in {share(float(masks[first].mean()))} of the rows.",
                    "They probably come from one source that had nothing for these rows.",
                    {"columns": len(block), "rows": round(float(masks[first].mean()), 6)},
                )
            )
    return findings


def _ties(table: Table, task: Task, masks: dict[str, NDArray[np.bool_]], rows: NDArray[np.int64]) -> list[Finding]:
    y = target_numbers(table, task, rows)
    known = np.isfinite(y)
    findings: list[Finding] = []
    for name, mask in masks.items():
        gone, here = y[known & mask], y[known & ~mask]
        if min(len(gone), len(here)) < 20:
            continue
        if task.labels:
            size = int(np.nanmax(y)) + 1
            counts = np.stack([np.bincount(part.astype(np.int64), minlength=size) for part in (gone, here)])
            counts = counts[:, counts.sum(axis=0) > 0]
            if counts.shape[1] < 2:
                continue
            p_value = float(stats.chi2_contingency(counts).pvalue)
            rates = counts / counts.sum(axis=1, keepdims=True)
            effect = float(np.abs(rates[0] - rates[1]).sum() / 2)
            said = f"the labels' shares differ by {share(effect)} between rows with and without it"
        else:
            p_value = float(stats.mannwhitneyu(gone, here).pvalue)
            spread = float(np.std(y[known])) or 1.0
            effect = abs(float(gone.mean() - here.mean())) / spread
            said = f"the mean differs by {effect:.2g} standard deviations between rows with and without it"
        if p_value * len(masks) < 1e-4 and effect >= (0.1 if task.labels else 0.25):
            findings.append(
                Finding(
                    "DQ103",
                    Severity.NOTE,
                    (name,),
                    f"That '{name}' is missing tells something of '{task.target}': {said}.",
                    "Make sure that it will be missing for the same reasons when predicting.",
                    {"effect": round(effect, 4), "p": p_value},
                )
            )
    return findings


@dataclass(frozen=True)
class HiddenZeroRule:
    """Find zeros that probably stand for "not measured": far below all other values, which never come near zero."""

    codes: tuple[str, ...] = ("DQ106",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column."""
        rows = sample_rows(len(table.frame), _ROWS, context.seed)
        findings = []
        for column in candidate_columns(table, context.task):
            if column.kind not in (Kind.NUMBER, Kind.INTEGER):
                continue
            part = _zeros(column, table, rows)
            if part is not None:
                findings.append(
                    Finding(
                        "DQ106",
                        Severity.WARNING,
                        (column.name,),
                        f"{share(part)} of '{column.name}' is 0 while no other value comes near it: 0 may stand for "
                        "missing, or for none.",
                        "If 0 stands for missing, empty those cells or name 0 among the missing markers.",
                        {"zeros": round(part, 6)},
                    )
                )
        return findings


def _zeros(column: Column, table: Table, rows: NDArray[np.int64]) -> float | None:
    values = numbers(table, column, rows)
    values = values[np.isfinite(values)]
    zeros = values == 0
    others = np.sort(values[~zeros])
    if len(others) < 50 or not zeros.any() or others[0] < 0 or len(np.unique(others)) < 15:
        return None
    # Zero is out of line where it lies further below the low tail than that tail is long, and many steps away.
    low, tail = np.quantile(others, [0.005, 0.05])
    step = float(np.median(np.diff(np.unique(others))))
    if low >= 2.0 * (tail - low) and low >= 5.0 * step and 0.0005 <= zeros.mean() <= 0.4:
        return float(zeros.mean())
    return None
