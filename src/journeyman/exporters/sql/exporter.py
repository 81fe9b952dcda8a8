"""Writes `model.sql` for one database, and answers rows by that database."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.project_files import source_text
from journeyman.exporters.sql.answers import Answer, read_rows, write_answers
from journeyman.exporters.sql.dialect import DUCKDB, LARGEST, POSTGRESQL, SQLITE, Dialect, identifier, text
from journeyman.exporters.sql.layers import CannotQuery, Layers
from journeyman.exporters.sql.steps import STEPS
from journeyman.interfaces.project_exporting import ProjectFacts
from journeyman.lazy_module import LazyModule

__all__ = ["DuckDBExporter", "PostgreSQLExporter", "SQLiteExporter"]

_ROWS = 500  # of one INSERT
_psycopg: Any = LazyModule("psycopg")  # comes with journeyman[postgres]


class _SqlExporter:
    """What the databases have in common."""

    name: str
    dialect: ClassVar[Dialect]
    operations = frozenset(STEPS)

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write `model.sql` and a README.

        Raises
        ------
        ReleaseError
            Where a step is of a form that no query says.
        """
        mark = _mark(folder)
        try:
            script = "".join([*_script(facts, self.dialect), f"-- plan {mark}\n"])
        except CannotQuery as reason:
            raise ReleaseError(
                f"{facts.plan.name} cannot be written to {self.name}: it has {reason}", hint="use the release itself"
            ) from None
        (folder / "model.sql").write_text(script, encoding="utf-8")
        words = {
            "DATABASE": self.dialect.name,
            "MODEL": facts.plan.name,
            "TARGET": facts.plan.target,
            "PACKAGE": facts.package,
            "COMMAND": _COMMANDS[self.dialect.name],
            "INSERT": _example(facts, self.dialect),
            "HINT": _HINTS.get(self.dialect.name, ""),
            "MOMENT": "seconds since 1970 in UTC" if self.dialect is SQLITE else "timestamps in UTC",
        }
        (folder / "README.md").write_text(source_text("sql", "README.md", words), encoding="utf-8")


_COMMANDS = {
    "DuckDB": "duckdb warehouse.duckdb < model.sql",
    "PostgreSQL": "psql -1 -v ON_ERROR_STOP=1 -f model.sql",
    "SQLite": "sqlite3 warehouse.sqlite < model.sql",
}


_HINTS = {"PostgreSQL": "\n- `SET jit = off` for the session: compiling the query takes longer than running it."}


@dataclass(frozen=True)
class DuckDBExporter(_SqlExporter):
    """For DuckDB.

    Examples
    --------
    >>> DuckDBExporter().toolchain() is None
    True
    """

    name: str = "sql_duckdb"
    dialect: ClassVar[Dialect] = DUCKDB

    def toolchain(self) -> Refusal | None:
        """Return None: DuckDB comes with Journeyman."""
        return None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in a database in memory."""
        with closing(duckdb.connect()) as database:
            _answer_rows(_Database(self.dialect, database, "?", duckdb.Error), folder, rows, answers)


@dataclass(frozen=True)
class SQLiteExporter(_SqlExporter):
    """For SQLite 3.35 or later with its functions of mathematics.

    Examples
    --------
    >>> "neighbours" in SQLiteExporter().operations
    False
    """

    name: str = "sql_sqlite"
    dialect: ClassVar[Dialect] = SQLITE

    def toolchain(self) -> Refusal | None:
        """Return None, or that Python's SQLite lacks the functions of mathematics."""
        with closing(sqlite3.connect(":memory:")) as database:
            try:
                database.execute("WITH a AS MATERIALIZED (SELECT exp(1.0)) SELECT * FROM a")
            except sqlite3.OperationalError as error:
                return Refusal(
                    f"SQLite {sqlite3.sqlite_version} cannot run it: {error}", "install SQLite 3.35 or later"
                )
        return None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in a database in memory."""
        with closing(sqlite3.connect(":memory:")) as database:
            _answer_rows(_Database(self.dialect, database, "?", sqlite3.Error), folder, rows, answers)


@dataclass(frozen=True)
class PostgreSQLExporter(_SqlExporter):
    """For PostgreSQL 12 or later; a check needs a server that libpq's variables name (PGHOST, PGUSER, ...).

    Examples
    --------
    >>> PostgreSQLExporter().name
    'sql_postgresql'
    """

    name: str = "sql_postgresql"
    dialect: ClassVar[Dialect] = POSTGRESQL

    def toolchain(self) -> Refusal | None:
        """Return None, or that no server answers."""
        if find_spec("psycopg") is None:
            return needs_extra("postgres")
        try:
            _postgres().close()
        except Exception as error:  # noqa: BLE001 - whatever keeps it from a server is a reason not to check
            said = str(error).strip().splitlines() or [type(error).__name__]
            return Refusal(
                f"no PostgreSQL server answers: {said[0]}", "name one by PGHOST, PGUSER, PGPASSWORD, PGDATABASE"
            )
        return None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in a transaction that is rolled back."""
        with closing(_postgres()) as database:
            cursor = database.cursor()
            cursor.execute("SET LOCAL jit = off")
            _answer_rows(_Database(self.dialect, cursor, "%s", _psycopg.Error), folder, rows, answers)
            database.rollback()


def _postgres() -> Any:
    return _psycopg.connect("", connect_timeout=3)


@dataclass(frozen=True)
class _Database:
    """A connection, how its parameters are marked, and what it raises."""

    dialect: Dialect
    connection: Any
    mark: str
    error: type[Exception]

    def run(self, script: str) -> None:
        """Run statements."""
        run = getattr(self.connection, "executescript", self.connection.execute)
        run(script)

    def insert(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        """Insert rows."""
        held = list(rows)
        marks = ", ".join([self.mark] * len(held[0])) if held else ""
        if held:
            self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", held)

    def select(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return list(self.connection.execute(query).fetchall())


def _answer_rows(database: _Database, folder: Path, rows: Path, answers: Path) -> None:
    script = (folder / "model.sql").read_text(encoding="utf-8")
    if f"-- plan {_mark(folder)}\n" not in script:
        raise ReleaseError("model.sql was made of another plan than plan.txt", hint="export it again")
    plan, typed = read_rows(folder / "plan.txt", rows, database.dialect)
    package = script.partition(" -- package ")[2].partition("\n")[0]
    try:
        database.run(script)
        database.insert(f"{package}_rows", typed)
        names = [*(f"score_{i}" for i in range(plan.scores)), *(f"prediction_{i}" for i in range(plan.outputs))]
        names += ["low", "high"] if plan.interval else []
        names += ["label"] if plan.labels else []
        told = database.select(f"SELECT {', '.join(names)} FROM {package}_predictions ORDER BY row_id")
    except database.error as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReleaseError(f"{database.dialect.name} did not answer: {said}", hint="look at model.sql") from error
    write_answers(answers, Answer(names, told))


def _mark(folder: Path) -> str:
    """Return what tells one plan from another."""
    return hashlib.sha256((folder / "plan.txt").read_bytes()).hexdigest()


def _script(facts: ProjectFacts, dialect: Dialect) -> Iterator[str]:
    """Yield the parts of `model.sql`."""
    plan, package = facts.plan, facts.package
    query = Layers(dialect, package, plan.arrays, plan.registers, dict.fromkeys(range(len(plan.columns)), 0))
    for step in plan.steps:
        STEPS[step.operation](query, step.arguments)
    query.keep([*plan.scores, *plan.outputs, *(plan.interval or ())])
    view = query.query(_rows_query(plan, package, dialect), _answers_query(plan))
    yield f"-- {plan.name}, version {plan.version}, for {dialect.name}\n"
    yield f"-- Rows go into {package}_rows, predictions come out of {package}_predictions.\n"
    yield f"-- written by Journeyman -- package {package}\n\n"
    columns = [f"{identifier(c.name)} {_type(c, dialect)}" for c in plan.columns]
    yield f"CREATE TABLE IF NOT EXISTS {package}_rows (row_id BIGINT PRIMARY KEY, {', '.join(columns)});\n"
    yield from _tables(plan, query, dialect)
    yield f"CREATE VIEW {package}_predictions AS\n{view};\n"


def _tables(plan: ScoringPlan, query: Layers, dialect: Dialect) -> Iterator[str]:
    package = query.package
    names = [
        (str(i), text(name), str(code))
        for i, c in enumerate(plan.columns)
        if c.kind == "category"
        for code, name in enumerate(c.categories)
    ]
    arrays = [
        (str(i), str(place), dialect.number(float(value)))
        for i in sorted(query.looked_up)
        for place, value in enumerate(plan.arrays[i])
    ]
    tables: dict[str, tuple[str, Sequence[tuple[str, ...]]]] = {
        "names": ("position INTEGER, name TEXT, code INTEGER, PRIMARY KEY (position, name)", names),
        "arrays": ("list INTEGER, place BIGINT, value DOUBLE PRECISION, PRIMARY KEY (list, place)", arrays),
        "nodes": (
            "place BIGINT PRIMARY KEY, feature INTEGER, threshold DOUBLE PRECISION, instead DOUBLE PRECISION,"
            " zero_left INTEGER, codes TEXT, place_left BIGINT, place_right BIGINT",
            query.nodes,
        ),
        "leaves": ("place BIGINT, output INTEGER, value DOUBLE PRECISION, PRIMARY KEY (place, output)", query.leaves),
        "roots": ("step INTEGER, tree INTEGER, place BIGINT, PRIMARY KEY (step, tree)", query.roots),
        **query.tables,
    }
    for name, (columns, rows) in tables.items():
        yield f"CREATE TABLE {package}_{name} ({columns});\n"
        for first in range(0, len(rows), _ROWS):
            values = ",\n".join(f"({', '.join(row)})" for row in rows[first : first + _ROWS])
            yield f"INSERT INTO {package}_{name} VALUES\n{values};\n"


def _example(facts: ProjectFacts, dialect: Dialect) -> str:
    """Return a call that inserts a row of usual values."""
    columns = facts.plan.columns
    usual = [fact.usual for fact in facts.columns] or [None] * len(columns)
    words = [_value(column, value, dialect) for column, value in zip(columns, usual, strict=True)]
    names = ", ".join(["row_id", *(identifier(column.name) for column in columns)])
    return f"INSERT INTO {facts.package}_rows ({names})\nVALUES (1, {', '.join(words)});"


def _value(column: PlanColumn, value: float | str | None, dialect: Dialect) -> str:
    if value is None:
        return "NULL"
    if column.kind == "date" and dialect.moment == "TIMESTAMP" and isinstance(value, float):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(value))
        return f"TIMESTAMP {text(moment.strftime('%Y-%m-%d %H:%M:%S'))}"
    if column.kind == "boolean" and not _is_bit(column):
        yes = value in column.categories[1::2]
        return str(int(yes)) if dialect.boolean == "INTEGER" else str(yes).upper()
    return text(value) if isinstance(value, str) and column.kind in ("category", "text") else str(value)


def _type(column: PlanColumn, dialect: Dialect) -> str:
    if column.kind == "boolean" and not _is_bit(column):
        return dialect.boolean
    return {"category": "TEXT", "text": "TEXT", "date": dialect.moment}.get(column.kind, "DOUBLE PRECISION")


def _is_bit(column: PlanColumn) -> bool:
    """Whether a column of 0 and 1 may hold other numbers too."""
    return column.categories[:2] == ("0", "1")


def _rows_query(plan: ScoringPlan, package: str, dialect: Dialect) -> str:
    words = []
    for i, column in enumerate(plan.columns):
        name = f"t.{identifier(column.name)}"
        if column.kind == "category":
            found = f"(SELECT n.code FROM {package}_names n WHERE n.position = {i} AND n.name = {name})"
            word = f"COALESCE({found}, -1) * {dialect.number(1)}"
        elif column.kind == "text":
            word = "CAST(NULL AS DOUBLE PRECISION)"
        elif column.kind == "date":
            word = dialect.seconds.format(name)
        elif column.kind == "boolean" and not _is_bit(column):
            word = f"CASE WHEN {name} THEN {dialect.number(1)} WHEN NOT {name} THEN {dialect.number(0)} END"
        else:
            word = f"CASE WHEN abs({name}) <= {dialect.number(LARGEST)} THEN {name} END"
        words.append(f"{word} AS r{i}")
    return f"SELECT t.row_id, {', '.join(words)} FROM {package}_rows t"


def _answers_query(plan: ScoringPlan) -> str:
    words = [f"r{r} AS score_{i}" for i, r in enumerate(plan.scores)]
    words += [f"r{r} AS prediction_{i}" for i, r in enumerate(plan.outputs)]
    if plan.interval:
        words += [f"r{plan.interval[0]} AS low", f"r{plan.interval[1]} AS high"]
    if plan.labels:
        words.append(f"{_label(plan)} AS label")
    return f"SELECT row_id, {', '.join(words)} FROM {{layer}}"


def _label(plan: ScoringPlan) -> str:
    """Return an expression for the predicted label; braces are doubled, since the layer is filled in later."""
    labels = [text(label).replace("{", "{{").replace("}", "}}") for label in plan.labels]
    outputs = [f"r{r}" for r in plan.outputs]
    if plan.ordered:
        half = f"0.5 * ({' + '.join(outputs)}) - 1e-12"
        whens = [f"WHEN {' + '.join(outputs[: i + 1])} >= {half} THEN {label}" for i, label in enumerate(labels)]
        return f"CASE {' '.join(whens)} END"
    if plan.threshold is not None and len(labels) == 2:
        return f"CASE WHEN {outputs[1]} >= {plan.threshold!r} THEN {labels[1]} ELSE {labels[0]} END"
    whens = [
        f"WHEN {' AND '.join(f'{own} >= {other}' for other in outputs if other != own) or '1 = 1'} THEN {label}"
        for own, label in zip(outputs, labels, strict=True)
    ]
    return f"CASE {' '.join(whens)} END"
