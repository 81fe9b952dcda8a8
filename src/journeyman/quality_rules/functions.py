"""Columns that follow from the target by arithmetic (DQ302) or by definition (DQ308)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Remedy, Severity, accept_option
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.sampling import (
    Rows,
    candidate_columns,
    codes_of,
    known_target,
    not_applicable,
    numbers,
    share,
)

__all__ = ["DefinitionRule", "IdentityRule"]

FloatArray = NDArray[np.float64]

_ROWS = 20_000
_MOST_COLUMNS = 100
_NEIGHBOURS = 20  # gaps on each side of a cut that it is compared with


@dataclass(frozen=True)
class IdentityRule:
    """Look for an account that balances: a column that is the target plus other columns, or the target their sum.

    The regression of each number on all others proposes which enter with weight +1 or -1; what is left over must take a
    few values only, as fixed fees do.
    """

    codes: tuple[str, ...] = ("DQ302",)
    scope: RuleScope = RuleScope.TRAINING

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column that contains the target."""
        task = context.task
        if task.labels:
            return [not_applicable("DQ302", "sums are looked for where the target is a number")]
        columns = [c for c in candidate_columns(table, task) if c.kind in (Kind.NUMBER, Kind.INTEGER)]
        rows, y = known_target(table, task, _ROWS, context.seed)
        if not 2 <= len(columns) <= _MOST_COLUMNS or len(y) < 50:
            return [not_applicable("DQ302", "needs 2 to 100 columns of numbers and 50 rows with a target")]
        x = np.column_stack([numbers(table, c, rows) for c in columns])
        signs = _balance(np.nan_to_num(x), y)
        if signs is None:
            return []
        wholes = [c.name for c, s in zip(columns, signs, strict=True) if s > 0]
        parts = [c.name for c, s in zip(columns, signs, strict=True) if s < 0]
        account = f"{task.target} = {' + '.join(wholes)}" + "".join(f" - {name}" for name in parts)
        return [
            Finding(
                "DQ302",
                Severity.ERROR,
                (name,),
                f"'{name}' contains '{task.target}': {account}, up to a few fixed amounts.",
                f"It is not used; if it is known when predicting, add `{accept_option('DQ302', name)}`.",
                {"account": account},
                Remedy.IGNORE_COLUMN,
            )
            for name in wholes
        ]


def _balance(x: FloatArray, y: FloatArray) -> NDArray[np.int64] | None:
    """Return +1, -1 or 0 for each column where the target is that sum of them, or None."""
    values = np.column_stack([x, y])
    spread = values.std(axis=0)
    if spread[-1] == 0:
        return None
    useful = spread > 1e-3 * spread[-1]
    standard = (values[:, useful] - values[:, useful].mean(axis=0)) / spread[useful]
    # Row i of the inverse correlation matrix holds the regression of column i on all others.
    inverse = np.linalg.pinv(standard.T @ standard / len(y) + 1e-10 * np.eye(int(useful.sum())), hermitian=True)
    scale = spread[useful]
    own = len(inverse) - 1
    for whole in range(len(inverse)):
        slopes = -inverse[whole] / inverse[whole, whole] * scale[whole] / scale
        # Fees that go with other columns bend the slopes a little; whether the account balances is decided below.
        near = np.where(np.abs(np.abs(slopes) - 1.0) < 0.15, np.sign(slopes), 0.0)
        near[whole] = -1.0  # 0 = sum of near[j] * column j, up to what is left
        if near[own] == 0 or np.abs(near).sum() < 3:
            continue
        signs = np.zeros(values.shape[1], dtype=np.int64)
        signs[useful] = (-near / near[own]).astype(np.int64)
        if _balances(x, y, signs[:-1]):
            return signs[:-1]
    return None


def _balances(x: FloatArray, y: FloatArray, signs: NDArray[np.int64]) -> bool:
    if not (signs > 0).any():
        return False
    left = y - x @ signs
    unit = max(1e-6 * float(np.abs(y).max()), 1e-9)
    explained = 1.0 - float(np.var(left)) / float(np.var(y))
    if explained > 0.9999:
        return True
    covered = _top_share(np.round(left / unit), 12)
    fixed = covered >= 0.9 and _top_share(np.round(y / unit), 12) < 0.75 * covered and explained > 0.5
    return fixed and bool((signs < 0).any())


def _top_share(values: FloatArray, most: int) -> float:
    counts = np.sort(np.unique(values, return_counts=True)[1])[::-1]
    return float(counts[:most].sum() / counts.sum())


@dataclass(frozen=True)
class DefinitionRule:
    """Look for columns that the target determines: parts of a compound label, bands of a number.

    A trait that all members of a class share (milk, in mammals) is also determined by the class; parts of the label
    are told from traits by their number of values jointly spelling the label out, row by row.
    """

    codes: tuple[str, ...] = ("DQ308",)
    scope: RuleScope = RuleScope.TRAINING

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column that follows from the target."""
        task = context.task
        rows, y = known_target(table, task, _ROWS, context.seed)
        if len(y) < 100:
            return [not_applicable("DQ308", "fewer than 100 rows with a target")]
        columns = [
            c
            for c in candidate_columns(table, task)
            if c.kind.categorical or c.kind in (Kind.BOOLEAN, Kind.INTEGER) or c.kind is Kind.NUMBER
        ]
        if task.labels:
            return _parts(table, task.target, columns, rows, y.astype(np.int64))
        return _bands(table, task.target, columns, rows, y)


def _parts(table: Table, target: str, columns: Sequence[Column], rows: Rows, y: NDArray[np.int64]) -> list[Finding]:
    classes = int(y.max()) + 1
    if classes < 3:
        return []  # with two classes, a column that the target determines determines the target: DQ301
    found: list[tuple[str, NDArray[np.int64]]] = []
    for column in columns:
        codes = codes_of(table, column, rows) + 1
        levels = int(codes.max()) + 1
        if levels > 200:
            continue
        cross = np.bincount(y * levels + codes, minlength=classes * levels).reshape(classes, levels)
        mixed = 1.0 - cross.max(axis=1).sum() / len(y)
        second = np.sort(cross.sum(axis=0))[-2] if levels > 1 else 0
        if mixed <= 0.001 and second >= max(20, 0.02 * len(y)):
            found.append((column.name, codes))
    if not found:
        return []
    joint = np.zeros(len(y), dtype=np.int64)
    for _, codes in found:
        joint = np.unique(joint * (int(codes.max()) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    cells = int(joint.max()) + 1
    cross = np.bincount(joint * classes + y, minlength=cells * classes).reshape(cells, classes)
    spelled = float(cross.max(axis=1).sum() / len(y))
    sure = spelled >= 0.999
    return [
        Finding(
            "DQ308",
            Severity.ERROR if sure else Severity.WARNING,
            (name,),
            f"'{name}' follows from '{target}' in every row"
            + (f", and {len(found) - 1} more of the kind spell it out with it." if sure else "."),
            f"It is not used; if it is known when predicting, add `{accept_option('DQ308', name)}`."
            if sure
            else f"Will '{name}' be known when predicting? If not, add `--ignore {shlex.quote(name)}`.",
            {"rows that the columns together decide": share(spelled)},
            Remedy.IGNORE_COLUMN if sure else Remedy.NONE,
        )
        for name, _ in found
    ]


def _bands(table: Table, target: str, columns: Sequence[Column], rows: Rows, y: FloatArray) -> list[Finding]:
    findings = []
    values, place = np.unique(y, return_inverse=True)
    if len(values) < 20:
        return []
    for column in columns:
        codes = codes_of(table, column, rows) + 1
        counts = np.bincount(codes)
        levels = int((counts > 0).sum())
        if not 3 <= levels <= 50 or np.sort(counts)[-3] < max(5, 0.01 * len(y)):
            continue
        lowest = np.full(len(values), np.iinfo(np.int64).max)
        highest = np.full(len(values), -1)
        np.minimum.at(lowest, place, codes)
        np.maximum.at(highest, place, codes)
        cuts = np.flatnonzero(np.diff(lowest) != 0)
        if (lowest == highest).all() and len(cuts) == levels - 1 and not _lie_apart(values, cuts):
            findings.append(
                Finding(
                    "DQ308",
                    Severity.ERROR,
                    (column.name,),
                    f"'{column.name}' is '{target}' cut into {levels} bands, without an exception.",
                    f"It is not used; if it is known when predicting, add `{accept_option('DQ308', column.name)}`.",
                    {"bands": levels},
                    Remedy.IGNORE_COLUMN,
                )
            )
    return findings


def _lie_apart(values: FloatArray, cuts: NDArray[np.int64]) -> bool:
    """Say whether bands of sorted values lie apart: then they are groups of rows that differ, not a number cut up.

    Where a number is cut, the gap at a cut is like those around it.

    Examples
    --------
    >>> _lie_apart(np.arange(100.0), np.array([30, 60])), _lie_apart(np.r_[0:1:9j, 5:6:9j, 10:11:9j], np.array([8, 17]))
    (False, True)
    """
    gaps = np.diff(values)
    inside = np.delete(np.arange(len(gaps)), cuts)
    wide = 0
    for cut in cuts:
        near = inside[np.abs(inside - cut) <= _NEIGHBOURS]
        wide += bool(len(near)) and bool(gaps[cut] > gaps[near].max())
    return 2 * wide > len(cuts)
