"""Imports of a module: those of the names that its text uses, in the usual order."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Mapping

from journeyman.stages.plan_pipeline.places import loads
from journeyman.stages.plan_pipeline.program import Program

__all__ = ["import_lines", "imports_of", "unknown_names"]

_SUPPLIED = {
    "pd": "import pandas as pd",
    "np": "import numpy as np",
    "clone": "from sklearn.base import clone",
    "preprocessing": "from sklearn import preprocessing",
    "Path": "from pathlib import Path",
    "DATA": "from .tables import DATA",
    "as_read": "from .tables import as_read",
    "clean_rows": "from .preparation import clean_rows",
}
"""Names that the written code uses by itself."""

_BUILTINS = frozenset(dir(builtins))


def imports_of(program: Program) -> dict[str, str]:
    """Return each imported name of a program with the line that imports it."""
    found: dict[str, str] = {}
    for statement in program.statements:
        if statement.shown:
            continue
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Import):
                for one in node.names:
                    line = f"import {one.name}" + (f" as {one.asname}" if one.asname else "")
                    found[one.asname or one.name.partition(".")[0]] = line
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for one in node.names:
                    line = f"from {node.module} import {one.name}" + (f" as {one.asname}" if one.asname else "")
                    found[one.asname or one.name] = line
    return found


def unknown_names(text: str) -> set[str]:
    """Return the names that a module reads and does not define at its top."""
    tree = ast.parse(text)
    made = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            made |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return {one.id for one in loads(tree)} - made - _BUILTINS


def import_lines(used: Iterable[str], imports: Mapping[str, str], shared: Iterable[str] = ()) -> str:
    """Return the imports of a module: the standard library, others, and the project's own, parted by empty lines.

    Parameters
    ----------
    used : iterable of str
        Names that the module needs.
    imports : mapping of str to str
        Name to line, of the program.
    shared : iterable of str
        Names that ``preparation.py`` defines.

    Examples
    --------
    >>> print(import_lines({"pd", "sqrt"}, {"sqrt": "from math import sqrt"}), end="")
    from math import sqrt
    <BLANKLINE>
    import pandas as pd
    """
    own = frozenset(shared)
    lines = [imports["*"]] if "*" in imports else []
    for name in sorted(used):
        if name in own:
            lines.append(f"from .preparation import {name}")
        elif name in imports:
            lines.append(imports[name])
        elif name in _SUPPLIED:
            lines.append(_SUPPLIED[name])
    groups: tuple[list[str], list[str], list[str]] = ([], [], [])
    for line in _join_lines(lines):
        module = line.split()[1]
        place = 2 if module.startswith(".") else 0 if module.partition(".")[0] in sys.stdlib_module_names else 1
        groups[place].append(line)
    return "\n\n".join("\n".join(group) for group in groups if group) + ("\n" if any(groups) else "")


def _join_lines(lines: Iterable[str]) -> list[str]:
    """Return import lines in order, with one line for each module that names are taken from."""
    whole = sorted({line for line in lines if line.startswith("import ")})
    taken: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, names = line.removeprefix("from ").partition(" import ")
            taken.setdefault(module, set()).add(names)
    return [*whole, *(f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(taken.items()))]
