"""Edits of a text by the places of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Edit", "Text", "apply_edits"]


@dataclass(frozen=True)
class Edit:
    """What stands from ``begin`` to ``end`` becomes ``after``; ``line`` from 1."""

    begin: int
    end: int
    after: str
    reason: str
    line: int


class Text:
    """A program's text, by the places that its syntax tree names."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def at(self, line: int, column: int) -> int:
        """Return the place of a line from 1 and a column in bytes of UTF-8."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        inside = column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + inside

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.alias) -> tuple[int, int]:
        """Return where a node begins and ends."""
        last, column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.at(node.lineno, node.col_offset), self.at(last, column)

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node."""
        begin, end = self.span(node)
        return self.source[begin:end]

    def edit(self, node: ast.expr | ast.stmt | ast.keyword | ast.alias, after: str, reason: str) -> Edit:
        """Return an edit of a whole node."""
        begin, end = self.span(node)
        return Edit(begin, end, after, reason, node.lineno)


def apply_edits(source: str, edits: Sequence[Edit]) -> str:
    """Return a text with edits that do not lie within one another.

    Examples
    --------
    >>> apply_edits("a + b", [Edit(0, 1, "x", "", 1), Edit(4, 5, "yy", "", 1)])
    'x + yy'
    """
    for edit in sorted(edits, key=lambda e: -e.begin):
        source = source[: edit.begin] + edit.after + source[edit.end :]
    return source
