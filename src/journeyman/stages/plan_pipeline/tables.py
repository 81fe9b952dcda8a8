"""How the tables of a prototype are read: the main one, and those that are joined to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from journeyman.entities.recording import RecordedTable
from journeyman.stages.plan_pipeline.imports import import_lines, unknown_names
from journeyman.stages.plan_pipeline.layout import indented
from journeyman.stages.plan_pipeline.places import loads, span_of
from journeyman.stages.plan_pipeline.program import Program

__all__ = ["TableReader", "project_path"]

_HEAD = '"""How tables are read."""\n\n'

_TEXTS = "pd.options.future.infer_string = False  # texts are objects, as they were when the prototype was written"
_FORMS = {
    "table": "return READ",
    "array": """
return pd.DataFrame(np.asarray(READ), columns=COLUMNS)
GIVEN_BACK
return rows.to_numpy()
""",
    "pair": """
features, target = READ
return pd.DataFrame(features, columns=COLUMNS).assign(target=target)
GIVEN_BACK
return rows[COLUMNS].to_numpy(), rows["target"].to_numpy()
""",
    "bunch": """
found = READ
return pd.DataFrame(np.asarray(found.data), columns=COLUMNS).assign(target=np.asarray(found.target))
GIVEN_BACK
found = READ
features = rows[COLUMNS]
found.data = features if isinstance(found.data, pd.DataFrame) else features.to_numpy()
found.target = rows["target"] if isinstance(found.target, pd.Series) else rows["target"].to_numpy()
if getattr(found, "images", None) is not None:
    found.images = features.to_numpy().reshape(-1, *found.images.shape[1:])
if getattr(found, "frame", None) is not None:
    found.frame = rows
return found
""",
}
"""How rows with names are made of what is read, and back."""


@dataclass(frozen=True)
class TableReader:
    """Writes the module that reads the main table."""

    program: Program
    table: RecordedTable

    @property
    def kind(self) -> str:
        """In which form the table is read: "table", "array", "bunch" or "pair" of features and target."""
        value = self.program.recording.values.get(self.table.span)
        name = value.type_name if value is not None else self.table.type_name
        if name.endswith("Bunch"):
            return "bunch"
        if name.startswith(("tuple", "builtins.tuple")):
            return "pair"
        return "array" if name.startswith("numpy.") else "table"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the rows that the pipeline is given."""
        return (*self._features, "target") if self.kind in ("bunch", "pair") else self.table.columns

    @property
    def _features(self) -> tuple[str, ...]:
        """Names of the columns of features: a Bunch that is asked for tables has one that holds its target as well."""
        return self.table.columns if self.kind != "bunch" else tuple(c for c in self.table.columns if c != "target")

    @property
    def given_rows(self) -> str:
        """What stands in the place of reading the table."""
        return "rows" if self.kind == "table" else "as_read(rows)"

    def module(self, imports: Mapping[str, str]) -> str:
        """Return the text of ``tables.py``."""
        lines, result = self._reading()
        form = _FORMS[self.kind].replace("READ", result)
        form = form.replace("COLUMNS", repr(list(self._features)))
        body = "\n".join(indented(line) for line in (*lines, form.split("GIVEN_BACK")[0].strip()))
        doc = "Return the rows of the main table, as the prototype reads them."
        place = 'DATA = Path(__file__).resolve().parents[2] / "data"'
        place = f"{_TEXTS}\n\n{place}"
        text = f'{place}\n\n\ndef read_rows(folder=DATA):\n    """{doc}"""\n{body}\n'
        if "GIVEN_BACK" in form:
            back = form.split("GIVEN_BACK")[1].strip()
            inside = "\n".join(indented(line) for line in ([*lines, back] if self.kind == "bunch" else [back]))
            doc = "Return rows in the form in which the prototype reads them."
            text += f'\n\ndef as_read(rows):\n    """{doc}"""\n{inside}\n'
        return f"{_HEAD}{import_lines(unknown_names(text), imports)}\n{text}"

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
            return self._before({one.id for one in loads(node)}, node), self.program.text(node)
        path = node.args[0] if node.args else next((k.value for k in node.keywords if "path" in (k.arg or "")), None)
        begin = ast.get_source_segment(self.program.source, node) or ""
        given = self.program.text(path) if path is not None else ""
        name = PurePosixPath(project_path(self.table.path)).name
        text = begin.replace(given, f'Path(folder) / "{name}"', 1) if given else begin
        before = self._before({one.id for one in loads(ast.parse(text.strip()))}, node)
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
