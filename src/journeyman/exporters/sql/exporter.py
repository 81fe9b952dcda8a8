"""Writes `model.sql` for one database, and answers rows by that database."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.errors import ReleaseError
from journeyman.exporters.project_files import source_text
from journeyman.exporters.sql.answers import Answer, Shape, read_rows, write_answers
from journeyman.exporters.sql.dialect import DUCKDB, POSTGRESQL, SQLITE, Dialect
from journeyman.exporters.sql.layers import CannotQuery
from journeyman.exporters.sql.local_server import local_server, server_programs
from journeyman.exporters.sql.script import insert_example, script
from journeyman.exporters.sql.steps import STEPS
from journeyman.interfaces.project_exporting import ProjectFacts
from journeyman.lazy_module import LazyModule

__all__ = ["DuckDBExporter", "PostgreSQLExporter", "SQLiteExporter", "SqlExporter", "asked_columns", "read_script"]

_psycopg: Any = LazyModule("psycopg")  # comes with journeyman[postgres]


class SqlExporter:
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
            made = "".join([*script(facts, self.dialect), f"-- plan {mark}\n"])
        except CannotQuery as reason:
            members = dict.fromkeys(m.algorithm for m in facts.training.members) if facts.training else {}
            options = " or ".join(f"--without {name}" for name in members) if len(members) > 1 else ""
            raise ReleaseError(
                f"{facts.plan.name} cannot be written to {self.name}: it has {reason}",
                hint=f"leave the member out that has most: {options}"
                if options
                else "choose another target: --to python",
            ) from None
        (folder / "model.sql").write_text(made, encoding="utf-8")
        words = {
            "DATABASE": self.dialect.name,
            "MODEL": facts.plan.name,
            "TARGET": facts.plan.target,
            "PACKAGE": facts.package,
            "COMMAND": _COMMANDS[self.dialect.name],
            "INSERT": insert_example(facts, self.dialect),
            "HINT": _HINTS.get(self.dialect.name, ""),
            "MOMENT": "seconds since 1970 in UTC" if self.dialect is SQLITE else "timestamps in UTC",
        }
        (folder / "README.md").write_text(source_text("sql", "README.md", words), encoding="utf-8")


_COMMANDS = {
    "DuckDB": "duckdb warehouse.duckdb < model.sql",
    "PostgreSQL": "psql -1 -v ON_ERROR_STOP=1 -f model.sql",
    "SQLite": "sqlite3 warehouse.sqlite < model.sql",
    "Spark": "spark-sql -f model.sql",
}


_HINTS = {"PostgreSQL": "\n- `SET jit = off` for the session: compiling the query takes longer than running it."}


@dataclass(frozen=True)
class DuckDBExporter(SqlExporter):
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
class SQLiteExporter(SqlExporter):
    """For SQLite 3.35 or later with its functions of mathematics.

    Examples
    --------
    >>> "neighbours" in SQLiteExporter().operations
    True
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
class PostgreSQLExporter(SqlExporter):
    """For PostgreSQL 12 or later; a check asks the server that libpq's variables name, or one of its own.

    Examples
    --------
    >>> PostgreSQLExporter().name
    'sql_postgresql'
    """

    name: str = "sql_postgresql"
    dialect: ClassVar[Dialect] = POSTGRESQL

    def toolchain(self) -> Refusal | None:
        """Return None, or that no server answers and none can be started."""
        if find_spec("psycopg") is None:
            return needs_extra("postgres")
        said = _unanswered()
        if said is None or (not _server_is_named() and server_programs() is not None):
            return None
        return Refusal(f"no PostgreSQL server answers: {said}", "name one by PGHOST, PGUSER, PGPASSWORD, PGDATABASE")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in a transaction that is rolled back."""
        programs = server_programs()
        own = programs is not None and not _server_is_named() and _unanswered() is not None
        with (
            local_server(programs) if programs and own else nullcontext("") as address,
            closing(_psycopg.connect(address, connect_timeout=10)) as database,
        ):
            cursor = database.cursor()
            cursor.execute("SET LOCAL jit = off")
            _answer_rows(_Database(self.dialect, cursor, "%s", _psycopg.Error), folder, rows, answers)
            database.rollback()


def _server_is_named() -> bool:
    """Return whether the user names a server."""
    return any(os.environ.get(name) for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE"))


def _unanswered() -> str | None:
    """Return why no server answers; None where one does."""
    try:
        _psycopg.connect("", connect_timeout=3).close()
    except Exception as error:  # noqa: BLE001 - whatever keeps it from a server is a reason not to check
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return None


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
    made, package = read_script(folder)
    plan, typed = read_rows(folder / "plan.txt", rows, database.dialect)
    names = asked_columns(plan)
    try:
        database.run(made)
        database.insert(f"{package}_rows", typed)
        told = database.select(f"SELECT {', '.join(names)} FROM {package}_predictions ORDER BY row_id")
    except database.error as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReleaseError(f"{database.dialect.name} did not answer: {said}", hint="look at model.sql") from error
    write_answers(answers, Answer(names, told))


def read_script(folder: Path) -> tuple[str, str]:
    """Return a folder's `model.sql`, and what the names of its tables begin with.

    Raises
    ------
    ReleaseError
        Where it was made of another plan.
    """
    made = (folder / "model.sql").read_text(encoding="utf-8")
    if f"-- plan {_mark(folder)}\n" not in made:
        raise ReleaseError("model.sql was made of another plan than plan.txt", hint="export it again")
    return made, made.partition(" -- package ")[2].partition("\n")[0]


def asked_columns(plan: Shape) -> list[str]:
    """Return the names of the columns of predictions."""
    names = [*(f"score_{i}" for i in range(plan.scores)), *(f"prediction_{i}" for i in range(plan.outputs))]
    names += ["low", "high"] if plan.interval else []
    return names + (["label"] if plan.labels else [])


def _mark(folder: Path) -> str:
    """Return what tells one plan from another."""
    return hashlib.sha256((folder / "plan.txt").read_bytes()).hexdigest()
