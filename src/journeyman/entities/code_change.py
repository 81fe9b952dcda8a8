"""Changes to a program's text."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CodeChange", "ModernCode"]


@dataclass(frozen=True)
class CodeChange:
    """What was written, what is written now, and why; ``line`` from 1, of the program before."""

    line: int
    before: str
    after: str
    reason: str


@dataclass(frozen=True)
class ModernCode:
    """A program that runs on libraries of today, as far as that is known, and how it was changed."""

    source: str
    changes: tuple[CodeChange, ...] = ()
