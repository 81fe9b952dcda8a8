"""The package's files as syntax trees, read once a process: parsing all of them takes a second."""

from __future__ import annotations

import ast
import functools
import gc
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "journeyman"


@functools.cache
def parsed_files() -> dict[Path, list[ast.AST]]:
    """Return every node of each file's tree, in the order of `ast.walk`: the module comes first.

    They are kept from the garbage collector, which would go through a million of them again and again.
    """
    gc.disable()
    try:
        files = sorted(SOURCE.rglob("*.py"))
        return {path: list(ast.walk(ast.parse(path.read_text(encoding="utf-8")))) for path in files}
    finally:
        gc.freeze()
        gc.enable()
