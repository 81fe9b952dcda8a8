"""Rows to predict, read as the model's columns."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.column import Column
from journeyman.entities.finding import Finding
from journeyman.entities.table import Block

__all__ = ["Conformed", "ConformedPart", "Misfit"]


@dataclass(frozen=True)
class Conformed:
    """Rows as plain arrays and what did not fit, as findings (codes PR1xx)."""

    block: Block
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Misfit:
    """How much of a column did not fit: rows refused, rows that hold a value, and a few refused texts."""

    column: Column
    refused: int
    present: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConformedPart:
    """Some rows of a table as plain arrays, what did not fit in them, and findings that hold for the whole table."""

    block: Block
    misfits: tuple[Misfit, ...]
    findings: tuple[Finding, ...]
