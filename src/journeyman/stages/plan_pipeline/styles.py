"""Styles of the emitted code, and what the code of a single call asks of the whole rewriting."""

from __future__ import annotations

import ast
from enum import Enum
from typing import Protocol

from journeyman.entities.recording import RecordedValue, Span
from journeyman.stages.plan_pipeline.program import Program

__all__ = ["Style", "WritesCode"]


class Style(Enum):
    """For which module a text is written."""

    BOTH = "learns and predicts"
    LEARN = "learns"
    TRAIN = "is needed in learning alone"
    PREDICT = "predicts"


class WritesCode(Protocol):
    """Writes parts of a program anew."""

    program: Program
    fitted_before: set[Span]

    def on_path(self, value: RecordedValue | None) -> bool:
        """Whether a value holds rows that may be among those predicted."""
        ...

    def text(self, node: ast.AST, style: Style) -> str:
        """Return a node as it is written in a style."""
        ...

    def inner_text(self, node: ast.AST, style: Style) -> str:
        """Return a node of which the parts are written in a style."""
        ...

    def learned(self, node: ast.AST, compute: str, style: Style, name: str = "") -> str:
        """Return the text that keeps a value in learning, and gives it back in predicting."""
        ...

    def name_of(self, key: object, asked: str) -> str:
        """Return a name for what is kept, which no other has."""
        ...
