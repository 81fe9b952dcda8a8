"""Columns that give the target away alone (DQ301), and columns that may be known only afterwards (DQ303)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Remedy, Severity, accept_option
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules import names
from journeyman.quality_rules.sampling import (
    Rows,
    candidate_columns,
    codes_of,
    known_target,
    not_applicable,
    numbers,
    share,
)
from journeyman.quality_rules.signs import sign_of
from journeyman.quality_rules.strength import Strength, bins_of, model_score, one_column

__all__ = ["LeakRule"]

_ROWS = 20_000
_MODEL_ROWS = 8_000
_FEWEST = 50
_NEARLY = 0.98


@dataclass(frozen=True)
class LeakRule:
    """Ask of each column alone how well it predicts, out of fold, and of the strongest what the others can do without.

    Strength alone is no leak: a strong column stays, and where no other comes near, that is told. It is set aside only
    where something else speaks against it as well, see ``signs.sign_of``. A column whose name suggests that it is
    written down after the answer is known is asked about, and stays.
    """

    codes: tuple[str, ...] = ("DQ301", "DQ303")
    scope: RuleScope = RuleScope.TRAINING

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a suspicious column."""
        task = context.task
        columns = candidate_columns(table, task)
        rows, y = known_target(table, task, _ROWS, context.seed)
        classes = int(y.max()) + 1 if task.labels and len(y) else 0
        if len(y) < _FEWEST or len(np.unique(y)) < 2 or not columns:
            return [not_applicable("DQ301", f"fewer than {_FEWEST} rows with a target to look for leaks in")]
        folds = np.random.default_rng(context.seed).integers(0, 3, len(y))
        strengths = {c.name: one_column(bins_of(table, c, rows, 255), y, classes, folds) for c in columns}
        least = int(np.unique(y, return_counts=True)[1].min()) if classes else len(y)
        alone = _alone(table, task, columns, strengths, rows, y, classes) if least >= 2 else []
        told = {name for finding in alone for name in finding.subject}
        return [*alone, *_afterwards(task, columns, strengths, told)]


def _alone(
    table: Table,
    task: Task,
    columns: Sequence[Column],
    strengths: Mapping[str, Strength],
    rows: Rows,
    y: np.ndarray[tuple[int], np.dtype[np.float64]],
    classes: int,
) -> list[Finding]:
    suspects = [c for c in columns if strengths[c.name].skill >= 0.9]
    if not suspects:
        return []
    others = [c for c in columns if c not in suspects and c.kind not in (Kind.TEXT, Kind.IDENTIFIER, Kind.CONSTANT)]
    chosen = np.linspace(0, len(y) - 1, min(len(y), _MODEL_ROWS)).astype(np.int64)
    rest = 0.0
    if others:
        features = np.column_stack([_as_number(table, c, rows[chosen]) for c in others])
        folds = np.random.default_rng(1).integers(0, 3, len(chosen))
        rest = max(0.0, model_score(features, y[chosen], classes, folds).skill)
    findings = []
    for column in suspects:
        skill = min(1.0, strengths[column.name].skill)
        lonely = skill >= _NEARLY and 1.0 - rest >= 5.0 * (1.0 - skill) and rest <= 0.95
        # For a number with a long tail (a cost for a count) nine tenths against nothing by all others say as much.
        lonely |= not classes and skill >= 0.9 and rest <= 0.3
        if not (lonely or rest <= 0.5):
            continue
        sign = sign_of(table, task, column, rows, y) if lonely else ""
        findings.append(_strong_column(task.target, column.name, (skill, rest), sign, len(y)))
    return findings


def _strong_column(target: str, name: str, skills: tuple[float, float], sign: str, rows: int) -> Finding:
    """Return what is said of a strong column; ``skills`` are its own and that of all others together."""
    skill, rest = skills
    alone = f"'{name}' alone gives {share(skill)} of '{target}' away, all other columns together {share(rest)}"
    evidence: dict[str, str | int | float] = {
        "skill alone": round(float(skill), 4),
        "skill of the others": round(float(rest), 4),
        "rows looked at": rows,
    }
    if sign:
        use = f"`{accept_option('DQ301', name)}`"
        hint = f"It is not used, because it will hardly be known when predicting; if it will be, add {use}."
        sure = (Severity.ERROR, (name,), f"{alone}, and it {sign}.", hint, evidence | {"sign": sign})
        return Finding("DQ301", *sure, Remedy.IGNORE_COLUMN)
    hint = _ask(name)
    severity = Severity.WARNING if skill >= _NEARLY else Severity.NOTE
    message = f"{alone}. Nothing else speaks against it, so it is used."
    return Finding("DQ301", severity, (name,), message, hint, evidence, Remedy.NONE)


def _as_number(table: Table, column: Column, rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if column.kind.numeric or column.kind is Kind.DATETIME:
        return numbers(table, column, rows)
    return codes_of(table, column, rows).astype(np.float64)


def _afterwards(
    task: Task, columns: Sequence[Column], strengths: Mapping[str, Strength], told: set[str]
) -> list[Finding]:
    others = [s.share for name, s in strengths.items() if name not in told]
    strongest = max(others, default=0.0)
    why: dict[str, str] = {}
    for column in columns:
        strength = strengths[column.name].share
        if column.name in told or column.kind is Kind.CONSTANT:
            continue
        common = names.shared_words(column.name, task.target)
        certain = names.is_outcome(column.name)
        if common and strength >= max(0.05, 0.1 * strongest):
            why[column.name] = f"shares the word '{common[0]}' with the target"
        elif certain and strength >= max(0.03, 0.1 * strongest):
            why[column.name] = "has the name of something known only afterwards"
        elif names.is_afterwards(column.name) and strength >= max(0.1, 0.7 * strongest):
            why[column.name] = "has the name of something known only afterwards and is among the strongest columns"
    for column in columns:  # lesion2 and lesion3 are asked about where lesion1 is
        family = names.words(column.name)
        kin = next((other for other in why if names.words(other) == family), None)
        if family and kin and column.name not in why and column.name not in told and column.kind is not Kind.CONSTANT:
            why[column.name] = f"belongs with '{kin}'"
    findings = [
        Finding(
            "DQ303",
            Severity.WARNING,
            (name,),
            f"'{name}' may be known only after '{task.target}' is: it {reason} "
            f"(explains {share(max(0.0, strengths[name].share))} of the target alone).",
            _ask(name),
            {"explained alone": round(float(strengths[name].share), 4), "strongest column": round(float(strongest), 4)},
        )
        for name, reason in why.items()
    ]
    return [*findings, *_neighbours(task, columns, set(why) | told)]


def _neighbours(task: Task, columns: Sequence[Column], flagged: set[str]) -> list[Finding]:
    """Ask about columns that follow three flagged ones: what is filled in together lies together."""
    listed = [c.name for c in columns if c.kind is not Kind.CONSTANT]
    asked = [
        name
        for position, name in enumerate(listed)
        if name not in flagged and position >= 3 and all(n in flagged for n in listed[position - 3 : position])
    ]
    return [
        Finding(
            "DQ303",
            Severity.NOTE,
            (name,),
            f"'{name}' stands behind columns that may be known only after '{task.target}' is.",
            _ask(name),
        )
        for name in asked
    ]


def _ask(name: str) -> str:
    return f"Will '{name}' be known when predicting? If not, add `--ignore {shlex.quote(name)}`."
