"""Look at a table with every quality rule; what is found is a finding, a rule that fails included."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import QualityRule, RuleContext

__all__ = ["check"]


def check(table: Table, task: Task, rules: Sequence[QualityRule], seed: int) -> tuple[Finding, ...]:
    """Apply rules to a table.

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

    Returns
    -------
    tuple of Finding
        Gravest first, then by code; the same for the same arguments. A rule that raises yields a finding DQ901.

    Examples
    --------
    >>> check(table=None, task=None, rules=[], seed=0)
    ()
    """
    context = RuleContext(task, seed)
    findings: list[Finding] = []
    for rule in rules:
        try:
            findings.extend(rule.check(table, context))
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
