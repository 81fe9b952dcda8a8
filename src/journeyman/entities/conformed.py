"""Rows to predict, read as the model's columns."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.finding import Finding
from journeyman.entities.table import Block

__all__ = ["Conformed"]


@dataclass(frozen=True)
class Conformed:
    """Rows as plain arrays and what did not fit, as findings (codes PR1xx)."""

    block: Block
    findings: tuple[Finding, ...]
