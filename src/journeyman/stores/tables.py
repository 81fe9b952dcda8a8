"""The tables behind journal, registry, experience and the loop, on SQLite by default and PostgreSQL when shared."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from journeyman.errors import LeaseError, WorkspaceError
from journeyman.stores.disk import disk_errors

__all__ = [
    "Database",
    "Fence",
    "champions",
    "events",
    "experience",
    "files",
    "leases",
    "models",
    "notices",
    "operated",
    "operations",
    "requests",
    "rounds",
    "runs",
    "steps",
]

_VERSION = 5
_metadata = sa.MetaData()

_layout = sa.Table("layout", _metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))

runs = sa.Table(
    "runs",
    _metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("finished", sa.Text),
)

steps = sa.Table(
    "steps",
    _metadata,
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),  # digests, separated by spaces
    sa.Column("output", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("elapsed", sa.Float, nullable=False),
    sa.Column("peak_mb", sa.Float, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("finished", sa.Text, nullable=False),
)

events = sa.Table(
    "events",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)

models = sa.Table(
    "models",
    _metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("released", sa.Boolean, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("data_digest", sa.Text, nullable=False),
    sa.Column("removed", sa.Text),  # from layout 4 on: when its folder was given up, ISO 8601 in UTC
    sa.UniqueConstraint("name", "run"),
)

champions = sa.Table(
    "champions",
    _metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("move", sa.Text, nullable=False),  # promoted, rolled back
    sa.Column("since", sa.Text, nullable=False),
)

experience = sa.Table(
    "experience",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("context", sa.Text, nullable=False),
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("candidate", sa.Text, nullable=False),
    sa.Column("expected_probability", sa.Float, nullable=False),
    sa.Column("expected_gain", sa.Float, nullable=False),
    sa.Column("expected_seconds", sa.Float, nullable=False),
    sa.Column("succeeded", sa.Boolean, nullable=False),
    sa.Column("gain", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("solo", sa.Float),  # from layout 2 on
)

# From layout 3 on: the loop.

leases = sa.Table(
    "leases",
    _metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),  # rises with each holder; every write of a holder names it
    sa.Column("holder", sa.Text, nullable=False),  # empty: nobody
    sa.Column("until", sa.BigInteger, nullable=False),  # milliseconds since 1970
)

operated = sa.Table(
    "operated",
    _metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("settings", sa.Text, nullable=False),  # JSON
    sa.Column("begun", sa.BigInteger, nullable=False),  # milliseconds since 1970: where the grid of spans begins
)

rounds = sa.Table(
    "rounds",
    _metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("round", sa.Text, nullable=False),  # JSON
)

operations = sa.Table(
    "operations",
    _metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("champion", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),  # JSON of all of it, the outcome left out
    sa.Column("outcome", sa.Text),  # JSON, once it could be measured
)

requests = sa.Table(
    "requests",
    _metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("request", sa.Text, nullable=False),  # JSON
)

notices = sa.Table(
    "notices",
    _metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("operation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("notifier", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("failure", sa.Text, nullable=False),  # empty: it arrived
)

# From layout 5 on: what machines with folders of their own share.

files = sa.Table(
    "files",
    _metadata,
    sa.Column("path", sa.Text, primary_key=True),  # relative to the workspace
    sa.Column("content", sa.LargeBinary, nullable=False),
)

_OF_LAYOUT_3 = (leases, operated, rounds, operations, requests, notices)


@dataclass(frozen=True)
class Fence:
    """Which lease a writer holds; what it writes is refused once another worker has taken the lease over."""

    model: str
    number: int


@dataclass(frozen=True)
class Database:
    """A place that holds the tables.

    Attributes
    ----------
    engine : sqlalchemy.Engine
        From ``connect``.
    place : str
        How the user knows it, for messages.
    fence : Fence or None
        The lease that has to be held whenever something is written; None where no lease is asked for.
    scratch : TemporaryDirectory or None
        Holds the copy that is read where the database itself cannot be.
    """

    engine: sa.Engine
    place: str
    fence: Fence | None = None
    scratch: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def connect(cls, url: str | sa.URL, place: str) -> Database:
        """Open a database, making the tables where they are missing.

        Raises
        ------
        WorkspaceError
            Where it cannot be reached or written, or was made by a newer Journeyman.
        """
        try:
            engine = sa.create_engine(url)
        except (ModuleNotFoundError, ArgumentError) as error:
            # SQLAlchemy loads a database's driver here; the address itself may hold a password and is not repeated.
            raise WorkspaceError(
                f"the database of {place} cannot be opened: {type(error).__name__}",
                hint="check its address; PostgreSQL needs: pip install 'journeyman[postgres]'",
            ) from error
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _on_connect)
            sa.event.listen(engine, "begin", _on_begin)
        return cls(engine, place)._prepared()

    @classmethod
    def connect_to_read(cls, file: Path, place: str) -> Database:
        """Open a SQLite database whose file or folder cannot be written; whatever is written to it is refused.

        SQLite wants files beside a database even to read it. Where they are not there, and nothing was written ahead,
        it is read as one that does not change; where something was, a copy is read.

        Raises
        ------
        WorkspaceError
            As for ``connect``.
        """
        scratch: tempfile.TemporaryDirectory[str] | None = None
        mode = "mode=ro"
        ahead = file.with_name(f"{file.name}-wal")
        if not ahead.exists() or not ahead.stat().st_size:
            mode = "mode=ro&immutable=1"
        elif not _can_read_ahead(file):
            scratch = tempfile.TemporaryDirectory(prefix="journeyman-")
            file = Path(shutil.copy(file, scratch.name))
            shutil.copy(ahead, scratch.name)
            mode = "mode=rw"
        address = f"{file.absolute().as_uri()}?{mode}"
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
            poolclass=sa.NullPool,
        )
        sa.event.listen(engine, "connect", _on_connect_to_read)
        sa.event.listen(engine, "begin", _on_begin)
        return cls(engine, place, scratch=scratch)._prepared()

    def _prepared(self) -> Database:
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise
        return self

    def _prepare(self) -> None:
        with disk_errors(self.place):
            ready = sa.inspect(self.engine).has_table(_layout.name)
        if not ready:
            with self.writing() as connection:
                # Two processes may open a new workspace at once; the second one finds the tables made.
                for table in _metadata.sorted_tables:
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
                if connection.scalar(sa.select(_layout.c.version)) is None:
                    connection.execute(_layout.insert().values(version=_VERSION))
        with self.reading() as connection:
            version = connection.scalar(sa.select(_layout.c.version))
        if version is not None and version < _VERSION:
            version = self._upgrade()
        if version != _VERSION:
            raise WorkspaceError(
                f"the journal of {self.place} has layout {version}, this Journeyman reads layout {_VERSION}",
                hint="upgrade Journeyman, or name another workspace with --workspace",
            )

    def _upgrade(self) -> int:
        """Bring an earlier layout to this one.

        From 1 to 2: experience keeps each candidate's own loss. From 2 to 3: the tables of the loop. From 3 to 4: a
        release may have been removed. From 4 to 5: files that machines share.
        """
        with self.writing() as connection:
            # Two processes may open an old workspace at once; the second one finds it upgraded.
            version = connection.scalar(sa.select(_layout.c.version).with_for_update()) or _VERSION
            if version < 2:
                connection.execute(sa.text("ALTER TABLE experience ADD COLUMN solo FLOAT"))
            if version < 3:
                for table in _OF_LAYOUT_3:
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            if version < 4:
                connection.execute(sa.text("ALTER TABLE models ADD COLUMN removed TEXT"))
            if version < 5:
                connection.execute(sa.schema.CreateTable(files, if_not_exists=True))
            if version < _VERSION:
                connection.execute(_layout.update().values(version=_VERSION))
        return _VERSION

    def fenced(self, fence: Fence) -> Database:
        """Return the same database for the holder of a lease: each transaction that writes checks that it holds it."""
        return replace(self, fence=fence)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the tables."""
        with disk_errors(self.place), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes become durable together, or not at all.

        Raises
        ------
        LeaseError
            Where this database is fenced and another worker has taken the lease over; nothing was written then.
        """
        engine = self.engine.execution_options(writes=True)
        with disk_errors(self.place), engine.begin() as connection:
            if self.fence is not None:
                _check(connection, self.fence)
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        if self.scratch is not None:
            self.scratch.cleanup()


def _check(connection: sa.Connection, fence: Fence) -> None:
    # The row stays locked until this transaction ends (SQLite has one writer anyway): nobody takes over in between.
    held = sa.select(leases.c.number, leases.c.holder).where(leases.c.model == fence.model).with_for_update()
    row = connection.execute(held).one_or_none()
    if row is None or row.number != fence.number or not row.holder:
        raise LeaseError(
            f"another worker operates {fence.model} now", hint="this one has stopped; start it again if it is wanted"
        )


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own idea of when a transaction begins is switched off: _on_begin says when.
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _on_connect_to_read(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA query_only = ON")  # a copy could be written, and nobody would ever know


def _can_read_ahead(file: Path) -> bool:
    """Return whether SQLite can read a database with what is written ahead, which needs its index beside it."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return True


def _on_begin(connection: sa.Connection) -> None:
    # A writer takes the lock at once; a reader that turns writer half-way would fail instead of waiting.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
