"""How the tables of a prototype are read: the main one, and those that are joined to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from journeyman.entities.recording import RecordedTable
from journeyman.stages.plan_pipeline.layout import indented
from journeyman.stages.plan_pipeline.program import Program, loads, span_of

__all__ = ["TableReader", "project_path"]

_HEAD = '''"""How tables are read."""

from pathlib import Path
'''


@dataclass(frozen=True)
class TableReader:
    """Writes the module that reads the main table."""

    program: Program
    table: RecordedTable

    def module(self, imports: Mapping[str, str]) -> str:
        """Return the text of ``tables.py``."""
        lines, result = self._reading()
        body = "\n".join(indented(line) for line in (*lines, f"return {result}"))
        doc = "Return the rows of the main table, as the prototype reads them."
        text = f'DATA = Path(__file__).resolve().parents[2] / "data"\n\n\ndef read_rows(folder=DATA):\n    """{doc}"""\n{body}\n'
        used = {one.id for one in loads(ast.parse(text))}
        needed = dict.fromkeys(line for name, line in imports.items() if name in used)
        if "pd" in used and "pd" not in imports:
            needed["import pandas as pd"] = None
        between = "\n" + "\n".join(needed) + "\n\n" if needed else "\n"
        return f"{_HEAD}{between}{text}"

    def _reading(self) -> tuple[list[str], str]:
        """Return the statements before, and the expression that reads the table."""
        node = next(
            (
                inner
                for statement in self.program.statements
                for inner in ast.walk(statement.node)
                if isinstance(inner, ast.Call) and span_of(inner) == self.table.span
            ),
            None,
        )
        if node is None:
            return [], f'pd.read_csv(Path(folder) / "{project_path(self.table.path or "rows.csv")}")'
        if self.table.path is None:
            return self._of_library(node)
        path = node.args[0] if node.args else next((k.value for k in node.keywords if "path" in (k.arg or "")), None)
        begin = ast.get_source_segment(self.program.source, node) or ""
        given = self.program.text(path) if path is not None else ""
        name = PurePosixPath(project_path(self.table.path)).name
        text = begin.replace(given, f'Path(folder) / "{name}"', 1) if given else begin
        before = self._before({one.id for one in loads(ast.parse(text.strip()))}, node)
        return before, text

    def _of_library(self, node: ast.Call) -> tuple[list[str], str]:
        text = self.program.text(node)
        before = self._before({one.id for one in loads(node)}, node)
        if self.table.type_name.endswith("DataFrame"):
            return before, text
        return before, text

    def _before(self, needed: set[str], node: ast.AST) -> list[str]:
        """Return the plain statements that an expression depends on."""
        found: list[str] = []
        known = self.program.imported | {"folder", "Path", "pd"}
        needed = needed - known
        for statement in reversed(self.program.statements):
            if statement.node.lineno >= getattr(node, "lineno", 0) or statement.shown:
                continue
            if isinstance(statement.node, ast.Assign | ast.FunctionDef) and statement.makes & needed:
                found.insert(0, statement.text)
                needed = (needed - statement.makes) | (statement.reads - known)
        return found


def project_path(path: str) -> str:
    """Return where a file lies in the project."""
    name = PurePosixPath(re.sub(r"[\\]+", "/", path).partition("?")[0]).name
    return f"data/{name}"
