"""What ingestion gives: a table in canonical form and what was decided while reading it."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.finding import Finding
from journeyman.entities.table import Table

__all__ = ["Ingested"]


@dataclass(frozen=True)
class Ingested:
    """A table as read, with the decisions taken on the way as findings (codes DQ0xx)."""

    table: Table
    findings: tuple[Finding, ...]
