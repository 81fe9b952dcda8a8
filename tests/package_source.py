"""The package's files as syntax trees, read once a process: parsing all of them takes a second."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "journeyman"


@functools.cache
def parsed_files() -> list[tuple[Path, list[ast.AST]]]:
    """Return each file and every node of its tree, in the order of `ast.walk`."""
    return [
        (path, list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))) for path in sorted(SOURCE.rglob("*.py"))
    ]
