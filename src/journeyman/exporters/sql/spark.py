"""For Spark SQL: one machine of it, small, answers the check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from journeyman.engines.spark.session import spark_session
from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.errors import ReleaseError
from journeyman.exporters.sql.answers import Answer, read_rows, write_answers
from journeyman.exporters.sql.dialect import SPARK, Dialect
from journeyman.exporters.sql.exporter import SqlExporter, asked_columns, read_script
from journeyman.exporters.sql.script import statements

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["SparkExporter"]


@dataclass(frozen=True)
class SparkExporter(SqlExporter):
    """For Spark SQL 4.0 or later.

    Examples
    --------
    >>> "trees" in SparkExporter().operations
    True
    """

    name: str = "sql_spark"
    dialect: ClassVar[Dialect] = SPARK

    def toolchain(self) -> Refusal | None:
        """Return None, or what Spark needs and is not here."""
        if find_spec("pyspark") is None:
            return needs_extra("spark")
        return None if which("java") else Refusal("java is not installed", "apt-get install default-jre-headless")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in a database of its own, in the session that runs or a new one on this machine."""
        made, package = read_script(folder)
        plan, typed = read_rows(folder / "plan.txt", rows, self.dialect)
        names = asked_columns(plan)
        with TemporaryDirectory() as held, _database(Path(held)) as session:
            try:
                for statement in statements(made):
                    session.sql(statement)
                table = session.table(f"{package}_rows")
                session.createDataFrame([tuple(row) for row in typed], table.schema).write.insertInto(f"{package}_rows")
                asked = f"SELECT {', '.join(names)} FROM {package}_predictions ORDER BY row_id"
                told = [tuple(row) for row in session.sql(asked).collect()]
            except Exception as error:  # PySpark's and Py4J's have no class in common
                said = (str(error).splitlines() or [type(error).__name__])[0]
                raise ReleaseError(f"Spark did not answer: {said}", hint="look at model.sql") from error
        write_answers(answers, Answer(names, told))


@contextmanager
def _database(folder: Path) -> Iterator[SparkSession]:
    """Give a session whose database is new and goes with the folder."""
    session = spark_session("local[1]")
    before, name = session.catalog.currentDatabase(), f"journeyman_{uuid4().hex[:12]}"
    session.sql(f"CREATE DATABASE {name} LOCATION '{folder / name}'")
    try:
        session.catalog.setCurrentDatabase(name)
        yield session
    finally:
        session.catalog.setCurrentDatabase(before)
        session.sql(f"DROP DATABASE {name} CASCADE")
