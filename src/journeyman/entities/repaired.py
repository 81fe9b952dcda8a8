"""What goes on to the split: the table with roles set, and the task as it will be solved."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.finding import Finding
from journeyman.entities.table import Table
from journeyman.entities.task import Task

__all__ = ["Repaired"]


@dataclass(frozen=True)
class Repaired:
    """A table without rows that lack the target, roles set, labels merged.

    A classification target is a ``Categorical`` whose categories are the task's labels, in code order; a regression
    target is float64.
    """

    table: Table
    task: Task
    findings: tuple[Finding, ...]
