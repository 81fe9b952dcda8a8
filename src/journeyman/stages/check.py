"""Look at a table with every quality rule; what is found is a finding, a rule that fails included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import QualityRule, RuleContext, RuleScope, scope_of

__all__ = ["check"]

_BEFORE_THE_SPLIT = frozenset(
    {Remedy.DROP_ROWS, Remedy.MERGE_LABELS, Remedy.USE_AS_TIME, Remedy.USE_AS_GROUP, Remedy.USE_ROW_ORDER}
)


def check(
    table: Table, task: Task, rules: Sequence[QualityRule], seed: int, training: NDArray[np.int64] | None = None
) -> tuple[Finding, ...]:
    """Apply rules to a table, each to what its scope allows it to see.

    Parameters
    ----------
    table : Table
        The table as ingested, target included.
    task : Task
        What is to be predicted.
    rules : sequence of QualityRule
        What to look for.
    seed : int
        Seed of the rules' sampling.
    training : ndarray of int64, shape (n_train,), optional
        Rows that teach: all that a rule sees which sets columns aside for what they say of the target. All rows where
        it is left out.

    Returns
    -------
    tuple of Finding
        Gravest first, then by code; the same for the same arguments. A rule that raises yields a finding DQ901, and so
        does one that sets a column aside after it has seen all targets.

    Examples
    --------
    >>> check(table=None, task=None, rules=[], seed=0)
    ()
    """
    context = RuleContext(task, seed)
    views: dict[RuleScope, Table] = {}
    findings: list[Finding] = []
    for rule in rules:
        scope = scope_of(rule)
        try:
            if scope not in views:
                views[scope] = _view(table, task, scope, training)
            found = list(rule.check(views[scope], context))
            if scope is RuleScope.WHOLE and any(f.remedy is Remedy.IGNORE_COLUMN for f in found):
                raise PermissionError("a rule that sees all targets may set no column aside")
            if scope is RuleScope.TRAINING and any(f.remedy in _BEFORE_THE_SPLIT for f in found):
                raise PermissionError("a rule that decides which rows there are, or how they are divided, needs WHOLE")
            findings.extend(found)
        except Exception as error:  # noqa: BLE001 - rules are plug-in parts, and none may stop a build
            findings.append(
                Finding(
                    "DQ901",
                    Severity.WARNING,
                    (type(rule).__name__,),
                    f"The rule {type(rule).__name__} ({', '.join(rule.codes)}) failed: {type(error).__name__}: {error}",
                    "The other rules were applied; please report this with the table's column types.",
                    {"codes": ", ".join(rule.codes)},
                )
            )
    return tuple(sorted(findings, key=lambda f: (f.severity.rank, f.code, f.subject, f.message)))


def _view(table: Table, task: Task, scope: RuleScope, training: NDArray[np.int64] | None) -> Table:
    """Return what a scope may see of a table."""
    if scope is RuleScope.COLUMNS and task.target in table.frame:
        hidden = table.frame[task.target].iloc[:0].reindex(table.frame.index)  # of the same type, missing throughout
        return replace(table, frame=table.frame.assign(**{task.target: hidden}))
    if scope is not RuleScope.TRAINING or training is None:
        return table
    rows = table.frame.iloc[training].reset_index(drop=True)
    return replace(table, frame=rows, source_rows=table.source_rows if table.sampled else len(rows))
