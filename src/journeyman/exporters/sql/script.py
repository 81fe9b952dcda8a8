"""The statements of `model.sql`: tables, their rows, and the view that predicts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.exporters.sql.dialect import LARGEST, SPARK, SQLITE, Dialect
from journeyman.exporters.sql.layers import Layers, Row, Table
from journeyman.exporters.sql.steps import SPARK_STEPS, STEPS
from journeyman.exporters.sql.trees import NODE_COLUMNS
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["insert_example", "script", "statements"]

_ROWS = 500  # of one INSERT


def script(facts: ProjectFacts, dialect: Dialect) -> Iterator[str]:
    """Yield the parts of `model.sql`; no statement has a semicolon before a line feed but at its end.

    Raises
    ------
    CannotQuery
        Where a row would have more numbers at a time than databases hold.
    """
    plan, package = facts.plan, facts.package
    query = Layers(dialect, package, plan.arrays, plan.registers, dict.fromkeys(range(len(plan.columns)), 0))
    steps = SPARK_STEPS if dialect is SPARK else STEPS
    for step in plan.steps:
        steps[step.operation](query, step.arguments)
    query.keep([*plan.scores, *plan.outputs, *(plan.interval or ())])
    view = query.query(_rows_query(plan, query), _answers_query(plan, dialect))
    title = " ".join(plan.name.split())
    yield f"-- {title}, version {plan.version}, for {dialect.name}\n"
    yield f"-- Rows go into {package}_rows, predictions come out of {package}_predictions.\n"
    yield f"-- written by Journeyman -- package {package}\n\n"
    key = "row_id BIGINT" if dialect is SPARK else "row_id BIGINT PRIMARY KEY"
    columns = ", ".join([key, *(f"{dialect.identifier(c.name)} {_type(c, dialect)}" for c in plan.columns)])
    stored = " USING parquet" if dialect is SPARK else ""
    yield f"CREATE TABLE IF NOT EXISTS {package}_rows ({columns}){stored};\n"
    yield from _lists(query) if dialect is SPARK else ()
    for name, table in _tables(plan, query).items():
        yield from _loaded(query, f"{package}_{name}", table)
    yield f"CREATE VIEW {package}_predictions AS\n{view};\n"


def statements(text: str) -> list[str]:
    """Return the statements of a script.

    Examples
    --------
    >>> statements("-- a;b\\nSELECT 1;\\nSELECT 2;\\n-- plan 1\\n")
    ['SELECT 1', 'SELECT 2']
    """
    lines = (line for line in text.splitlines(keepends=True) if not line.startswith("--"))
    return [one.strip() for one in re.split(r";\n", "".join(lines)) if one.strip()]


def _tables(plan: ScoringPlan, query: Layers) -> dict[str, Table]:
    if query.dialect is SPARK:
        return query.tables
    names: list[Row] = [
        (i, name, code)
        for i, column in enumerate(plan.columns)
        if column.kind == "category"
        for code, name in enumerate(column.categories)
    ]
    arrays: list[Row] = [
        (i, place, value) for i in sorted(query.looked_up) for place, value in enumerate(plan.arrays[i].tolist())
    ]
    return {
        "names": Table({"position": "INTEGER", "name": "TEXT", "code": "INTEGER"}, names, ("position", "name")),
        "arrays": Table({"list": "INTEGER", "place": "BIGINT", "value": "DOUBLE"}, arrays, ("list", "place")),
        "nodes": Table(NODE_COLUMNS, query.nodes, ("place",)),
        "leaves": Table({"place": "BIGINT", "output": "INTEGER", "value": "DOUBLE"}, query.leaves, ("place", "output")),
        "roots": Table({"step": "INTEGER", "tree": "INTEGER", "place": "BIGINT"}, query.roots, ("step", "tree")),
        **query.tables,
    }


def _loaded(query: Layers, name: str, table: Table) -> Iterator[str]:
    """Yield the statements that make a table and its rows."""
    dialect = query.dialect
    if dialect is SPARK:  # its parser takes seconds for some hundred rows of values
        named = [dict(zip(table.columns, map(_finite, row), strict=True)) for row in table.rows]
        fields = ", ".join(f"{column}: {dialect.type_of(kind)}" for column, kind in table.columns.items())
        told = f"from_json({dialect.text(json.dumps(named))}, 'ARRAY<STRUCT<{fields}>>')"
        yield f"CREATE TABLE {name} USING parquet AS SELECT inline({told});\n"
        return
    columns = ", ".join(f"{column} {dialect.type_of(kind)}" for column, kind in table.columns.items())
    stored = " WITHOUT ROWID" if dialect is SQLITE and len(table.key) > 1 else ""
    yield f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({', '.join(table.key)})){stored};\n"
    doubles = [kind == "DOUBLE" for kind in table.columns.values()]
    for first in range(0, len(table.rows), _ROWS):
        rows = table.rows[first : first + _ROWS]
        values = ",\n".join(f"({', '.join(map(dialect.cell, row, doubles))})" for row in rows)
        yield f"INSERT INTO {name} VALUES\n{values};\n"


def _lists(query: Layers) -> Iterator[str]:
    """Yield the statement that makes Spark's table of one row, which holds arrays."""
    dialect = query.dialect
    words = ["1 AS one"]
    for name, values in query.columns_of_lists.items():
        kinds = {type(value) for value in values} - {type(None)}
        kind = "STRING" if str in kinds else "DOUBLE" if float in kinds else "INT"
        words.append(f"from_json({dialect.text(json.dumps([*map(_finite, values)]))}, 'ARRAY<{kind}>') AS {name}")
    columns = ",\n".join(words)
    yield f"CREATE TABLE {query.package}_lists USING parquet AS SELECT {columns};\n"


def _finite(value: object) -> object:
    """Return what JSON has: no NaN, and no infinite number."""
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else min(max(value, -LARGEST), LARGEST)


def insert_example(facts: ProjectFacts, dialect: Dialect) -> str:
    """Return a call that inserts a row of usual values."""
    columns = facts.plan.columns
    usual = [fact.usual for fact in facts.columns] or [None] * len(columns)
    words = [_value(column, value, dialect) for column, value in zip(columns, usual, strict=True)]
    names = ", ".join(["row_id", *(dialect.identifier(column.name) for column in columns)])
    return f"INSERT INTO {facts.package}_rows ({names})\nVALUES (1, {', '.join(words)});"


def _value(column: PlanColumn, value: float | str | None, dialect: Dialect) -> str:
    if value is None:
        return "NULL"
    if column.kind == "date" and dialect.moment == "TIMESTAMP" and isinstance(value, float):
        zone = "%Y-%m-%d %H:%M:%SZ" if dialect is SPARK else "%Y-%m-%d %H:%M:%S"
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(value))
        return f"TIMESTAMP {dialect.text(moment.strftime(zone))}"
    if column.kind == "boolean" and not _is_bit(column):
        yes = value in column.categories[1::2]
        return str(int(yes)) if dialect.boolean == "INTEGER" else str(yes).upper()
    return dialect.text(value) if isinstance(value, str) and column.kind in ("category", "text") else str(value)


def _type(column: PlanColumn, dialect: Dialect) -> str:
    if column.kind == "boolean" and not _is_bit(column):
        return dialect.boolean
    if column.kind == "date":
        return dialect.moment
    return dialect.type_of("TEXT" if column.kind in ("category", "text") else "DOUBLE")


def _is_bit(column: PlanColumn) -> bool:
    """Whether a column of 0 and 1 may hold other numbers too."""
    return column.categories[:2] == ("0", "1")


def _rows_query(plan: ScoringPlan, q: Layers) -> str:
    words, package, dialect = [], q.package, q.dialect
    for i, column in enumerate(plan.columns):
        name = f"t.{dialect.identifier(column.name)}"
        if column.kind == "category":
            found = f"(SELECT n.code FROM {package}_names n WHERE n.position = {i} AND n.name = {name})"
            if dialect is SPARK:
                names = q.lists("names", {"all": list(column.categories)}).removeprefix("m.")
                found = f"array_position((SELECT {names}_all FROM {package}_lists), {name}) - 1"
            word = f"COALESCE({found}, -1) * {dialect.number(1)}"
        elif column.kind == "text":
            word = dialect.number(math.nan)
        elif column.kind == "date":
            word = dialect.seconds.format(name)
        elif column.kind == "boolean" and not _is_bit(column):
            word = f"CASE WHEN {name} THEN {dialect.number(1)} WHEN NOT {name} THEN {dialect.number(0)} END"
        else:
            word = f"CASE WHEN abs({name}) <= {dialect.number(LARGEST)} THEN {name} END"
        words.append(f"{word} AS r{i}")
    return f"SELECT t.row_id, {', '.join(words)} FROM {package}_rows t"


def _answers_query(plan: ScoringPlan, dialect: Dialect) -> str:
    words = [f"r{r} AS score_{i}" for i, r in enumerate(plan.scores)]
    words += [f"r{r} AS prediction_{i}" for i, r in enumerate(plan.outputs)]
    if plan.interval:
        words += [f"r{plan.interval[0]} AS low", f"r{plan.interval[1]} AS high"]
    if plan.labels:
        words.append(f"{_label(plan, dialect)} AS label")
    return f"SELECT row_id, {', '.join(words)} FROM {{layer}}"


def _label(plan: ScoringPlan, dialect: Dialect) -> str:
    """Return an expression for the predicted label; braces are doubled, since the layer is filled in later."""
    labels = [dialect.text(label).replace("{", "{{").replace("}", "}}") for label in plan.labels]
    outputs = [f"r{r}" for r in plan.outputs]
    if plan.ordered:
        half = f"{dialect.number(0.5)} * ({' + '.join(outputs)}) - {dialect.number(1e-12)}"
        whens = [f"WHEN {' + '.join(outputs[: i + 1])} >= {half} THEN {label}" for i, label in enumerate(labels)]
        return f"CASE {' '.join(whens)} END"
    if plan.threshold is not None and len(labels) == 2:
        return f"CASE WHEN {outputs[1]} >= {dialect.number(plan.threshold)} THEN {labels[1]} ELSE {labels[0]} END"
    whens = [
        f"WHEN {' AND '.join(f'{own} >= {other}' for other in outputs if other != own) or '1 = 1'} THEN {label}"
        for own, label in zip(outputs, labels, strict=True)
    ]
    return f"CASE {' '.join(whens)} END"
