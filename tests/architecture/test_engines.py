"""One module knows DuckDB, and one room Spark, so that another engine is another file (docs/decisions/0059, 0079)."""

from __future__ import annotations

import ast
from typing import Any

HOME = "journeyman.engines.duckdb"
TRIED = "journeyman.exporters.sql.exporter"
"""Tries in DuckDB, SQLite and PostgreSQL the SQL that it wrote for them."""


SPARK, SPARK_FACE, SPARK_TRIED = "journeyman.engines.spark", "journeyman.spark", "journeyman.exporters.sql.spark"


def library_lines(tree: ast.AST, library: str = "duckdb") -> list[int]:
    """Return where a library is imported, at once or later, or asked for as Ibis's backend."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = any(alias.name.partition(".")[0] == library for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = (node.module or "").partition(".")[0]
            found = home == library or (home == "ibis" and any(a.name == library for a in node.names))
        elif isinstance(node, ast.Attribute):
            found = node.attr == library
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [a.value for a in node.args if isinstance(a, ast.Constant)]
            found = called in ("LazyModule", "import_module", "__import__") and any(
                str(g).partition(".")[0] == library for g in given
            )
        else:
            continue
        if found:
            lines.append(node.lineno)
    return lines


def test_one_module_knows_duckdb(modules: list[Any]) -> None:
    found = {module.name: library_lines(module.tree) for module in modules}
    assert [name for name, lines in found.items() if lines] == [HOME, TRIED]


def test_the_scan_sees_each_way_to_duckdb() -> None:
    ways = [
        "import duckdb",
        "from duckdb import connect",
        "from ibis import duckdb",
        "ibis.duckdb.connect()",
        "LazyModule('duckdb')",
        "importlib.import_module('duckdb')",
    ]
    assert [library_lines(ast.parse(way)) for way in ways] == [[1]] * len(ways)
    assert library_lines(ast.parse("from journeyman.engines.duckdb import JsonLines\nmake_part('g', 'duckdb')")) == []


def test_one_room_knows_spark(modules: list[Any]) -> None:
    found = {module.name for module in modules if library_lines(module.tree, "pyspark")}
    assert {name for name in found if not f"{name}.".startswith(f"{SPARK}.")} == {SPARK_FACE, SPARK_TRIED}
    assert f"{SPARK}.session" in found, "the scan sees it"


def test_a_protocol_has_at_most_60_lines(modules: list[Any]) -> None:
    classes = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for module in modules
        if module.inside(*(f"journeyman.interfaces.{file}" for file in ("cluster", "engine", "relation", "stream")))
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
    }
    assert set(classes) >= {"Cluster", "Engine", "Stream", "TableReader"}
    assert max(classes.values()) <= 60
