"""Rows that belong together: repeats of one patient, machine, customer (DQ503)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Remedy, Severity, accept_option
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules import names
from journeyman.quality_rules.sampling import (
    candidate_columns,
    codes_of,
    not_applicable,
    numbers,
    share,
    target_numbers,
)

__all__ = ["GroupRule", "prefix_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ROWS = 30_000
_MOST_COLUMNS = 60
_SEPARATORS = "_-./: "


@dataclass(frozen=True)
class _Likeness:
    features: float
    label: float
    groups: int


@dataclass(frozen=True)
class GroupRule:
    """Look for columns, or beginnings of identifiers, whose rows are near copies of one another or share the target.

    Only a column that reads like an identifier or names a thing that is measured again can be a group; its rows must
    be alike in most columns (intraclass correlation of ranks, Fisher 1925) or share the target nearly always.
    """

    codes: tuple[str, ...] = ("DQ503",)
    scope: RuleScope = RuleScope.WHOLE

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one finding: the strongest group."""
        task = context.task
        found: list[tuple[float, Finding]] = []
        for column in candidate_columns(table, task):
            if column.kind in (Kind.NUMBER, Kind.DATETIME, Kind.BOOLEAN, Kind.CONSTANT):
                continue
            if not (names.is_entity(column.name) or column.kind is Kind.IDENTIFIER):
                continue
            for derive, codes in _keys(table, column):
                likeness = _judge(table, task, column, codes, context.seed)
                if likeness is not None:
                    strength = max(likeness.features, likeness.label) - (0.01 if derive else 0.0)
                    found.append((strength, _finding(column.name, derive, likeness)))
        if not found:
            return [not_applicable("DQ503", "no column names something that comes in several rows alike")]
        return [max(found, key=lambda item: item[0])[1]]


def prefix_of(values: pd.Series, separator: str, last: bool) -> pd.Series:
    """Return the part of each text before a separator: before its last occurrence, or before its first.

    Examples
    --------
    >>> prefix_of(pd.Series(["309_1", "309_2", None], dtype=object), "_", last=True).tolist()
    ['309', '309', None]
    """
    cut = str.rpartition if last else str.partition
    parts = [(cut(text, separator)[0] or text) if isinstance(text, str) else None for text in values.tolist()]
    return pd.Series(parts, index=values.index, dtype=object)


def _keys(table: Table, column: Column) -> list[tuple[str, IntArray]]:
    """Return the ways to read groups from a column: as it is, or by the beginnings of its values."""
    codes = codes_of(table, column)
    if codes.max(initial=-1) + 1 <= 0.5 * len(codes):
        return [("", codes)]
    if column.kind is Kind.INTEGER:
        return []
    texts = table.frame[column.name].astype(object)
    some = texts.iloc[:2000].dropna().astype(str)
    ways: list[tuple[str, IntArray]] = []
    for separator in _SEPARATORS:
        if len(some) and some.str.contains(separator, regex=False).mean() >= 0.99:
            for last in (True, False):
                derived, _ = prefix_of(texts, separator, last).factorize(use_na_sentinel=True)
                if not any(np.array_equal(derived, other) for _, other in ways):
                    word = "last" if last else "first"
                    ways.append((f"before the {word} '{separator}'", derived.astype(np.int64)))
    return ways


def _judge(table: Table, task: Task, own: Column, codes: IntArray, seed: int) -> _Likeness | None:
    counts = np.bincount(codes[codes >= 0])
    counts = counts[counts > 0]
    if len(counts) < 10 or counts.max() > 0.3 * len(codes) or (codes >= 0).mean() < 0.99:
        return None
    if counts[counts >= 2].sum() < 0.8 * len(codes) or len(counts) > 0.5 * len(codes):
        return None
    rows = _whole_groups(codes, seed)
    groups = np.unique(codes[rows], return_inverse=True)[1].astype(np.int64)
    alike = [
        _intraclass(groups, _ranks(numbers(table, c, rows)))
        for c in candidate_columns(table, task)
        if c.name != own.name and c.kind in (Kind.NUMBER, Kind.INTEGER)
    ][:_MOST_COLUMNS]
    alike = [value for value in alike if np.isfinite(value)]
    near = float(np.mean(np.array(alike) >= 0.5)) if len(alike) >= 3 else 0.0
    y = target_numbers(table, task, rows)
    label = _same_label(groups, y) if task.labels else _intraclass(groups, _ranks(y))
    if near >= 0.6 or label >= 0.95:
        return _Likeness(near, float(label), len(counts))
    return None


def _ranks(values: FloatArray) -> FloatArray:
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def _whole_groups(codes: IntArray, seed: int) -> IntArray:
    """Return the rows of randomly chosen whole groups, about 30,000."""
    if len(codes) <= _ROWS:
        return np.flatnonzero(codes >= 0)
    size = int(codes.max()) + 1
    order = np.random.default_rng(seed).permutation(size)
    running = np.cumsum(np.bincount(codes[codes >= 0], minlength=size)[order])
    chosen = np.zeros(size + 1, dtype=bool)
    chosen[order[: max(10, int(np.searchsorted(running, _ROWS)))]] = True
    return np.flatnonzero(chosen[codes])


def _intraclass(groups: IntArray, values: FloatArray) -> float:
    """Return the one-way intraclass correlation: 1 where rows of a group are equal, about 0 where they are any rows."""
    known = np.isfinite(values)
    groups, values = np.unique(groups[known], return_inverse=True)[1], values[known]
    if len(values) < 30 or np.ptp(values) == 0:
        return float("nan")
    counts = np.bincount(groups).astype(np.float64)
    size = len(counts)
    if size < 5 or size >= len(values):
        return float("nan")
    means = np.bincount(groups, weights=values) / counts
    within = float(((values - means[groups]) ** 2).sum()) / (len(values) - size)
    between = float((counts * (means - values.mean()) ** 2).sum()) / (size - 1)
    typical = (len(values) - float((counts**2).sum()) / len(values)) / (size - 1)
    return (between - within) / max(between + (typical - 1.0) * within, 1e-300)


def _same_label(groups: IntArray, y: FloatArray) -> float:
    """Return how much more often two rows of a group share their label than chance says (0: no more, 1: always)."""
    known = np.isfinite(y)
    groups, labels = np.unique(groups[known], return_inverse=True)[1], y[known].astype(np.int64)
    if not len(labels):
        return 0.0
    size = int(labels.max()) + 1
    counts = np.bincount(groups).astype(np.float64)
    cells = np.unique(groups * size + labels, return_counts=True)[1].astype(np.float64)
    pairs = float((counts * (counts - 1)).sum())
    same = float((cells * (cells - 1)).sum()) / max(pairs, 1.0)
    chance = float(((np.bincount(labels) / len(labels)) ** 2).sum())
    return (same - chance) / max(1.0 - chance, 1e-12)


def _finding(name: str, derive: str, likeness: _Likeness) -> Finding:
    what = f"the part of '{name}' {derive}" if derive else f"'{name}'"
    because = (
        f"they are near copies in {share(likeness.features)} of the other numbers"
        if likeness.features >= 0.6
        else "they nearly always share the target"
    )
    evidence: dict[str, str | int | float] = {
        "groups": likeness.groups,
        "columns alike": round(likeness.features, 4),
        "target shared": round(likeness.label, 4),
    }
    if derive:
        evidence["derive"] = derive
    return Finding(
        "DQ503",
        Severity.WARNING,
        (name,),
        f"Rows that share {what} belong together: {because} ({likeness.groups} groups).",
        "Rows of one group stay on one side of every division; "
        f"if they do not belong together, add `{accept_option('DQ503', name)}`.",
        evidence,
        Remedy.USE_AS_GROUP,
    )
