"""What Spark says when it fails, in one line with a hint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from journeyman.errors import EngineError, JourneymanError, SettingsError, SourceError

__all__ = ["explain_failure", "spark_errors"]

_LIBRARIES = ("pyspark", "py4j", "grpc", "ibis")
_AGAIN = "start the same command again, or journeyman resume for a build: it goes on where it was"
_WORKERS = "set PYSPARK_PYTHON to it, or bring it along with spark.archives"
_KNOWN: tuple[tuple[str, type[JourneymanError], str, str], ...] = (
    (
        r"already stopped|SparkContext was shut ?down|stopped SparkContext|Answer from Java side|Java server|"
        r"\[Errno (?:32|104|111)\]|StatusCode\.UNAVAILABLE",
        EngineError,
        "Spark is gone",
        f"see that its master runs; {_AGAIN}",
    ),
    (
        r"PYTHON_VERSION_MISMATCH|have different version (\S+) than that in driver (\S+)",
        SettingsError,
        "Spark's workers run another version of Python than this one",
        f"give them the same: {_WORKERS}",
    ),
    (
        r"ModuleNotFoundError: No module named '(journeyman|pyarrow|pandas|lightgbm|msgspec)\b",
        SettingsError,
        "Spark's workers run a Python without the package {0}",
        f"install journeyman[spark] there: {_WORKERS}",
    ),
    (
        r"Cannot run program \"([^\"]+)\"",
        SettingsError,
        "Spark's workers have no program {0}",
        "set PYSPARK_PYTHON to the Python of the workers",
    ),
    (
        r"\[PATH_NOT_FOUND\] Path does not exist: (\S.*?)\. SQLSTATE",
        SourceError,
        "Spark finds no file or folder {0}",
        "check the address; files on one machine's disk are seen by that machine alone",
    ),
    (
        r"FileNotFoundException: (?:File )?(\S+)|FAILED_READ_FILE.FILE_NOT_EXIST.*?file (\S+)",
        SourceError,
        "Spark's workers cannot read {0}",
        "put it where all of them reach it, such as hdfs:// or a shared folder, and let nobody change it meanwhile",
    ),
    (
        r"TABLE_OR_VIEW_NOT_FOUND\] The table or view (\S+)",
        SourceError,
        "Spark's catalogue has no table {0}",
        "see what it has with `SHOW TABLES`, and name the schema too: spark:schema.table",
    ),
    (
        r"No FileSystem for scheme \"?(\w+)|ClassNotFoundException: Class org\.apache\.hadoop\.fs\.(s3a)\.",
        SettingsError,
        "Spark has no library for addresses of {0}://",
        "add it with spark.jars.packages; for s3a it is org.apache.hadoop:hadoop-aws in the version of Spark's Hadoop",
    ),
    (
        r"Illegal Parquet type: (.+?)\.(?:\s|$)",
        SourceError,
        "Spark cannot read a Parquet column of type {0}",
        "write it as another type, such as TIMESTAMP in microseconds",
    ),
    (
        r"CANNOT_MERGE_SCHEMAS|Failed to merge incompatible data types|PARQUET_COLUMN_DATA_TYPE_MISMATCH",
        SourceError,
        "the Parquet files of the folder disagree on the type of a column",
        "write them with the same types",
    ),
    (
        r"is not a Parquet file|CANNOT_READ_FILE_FOOTER.*?file:? ?(\S*)",
        SourceError,
        "a file is truncated or no Parquet file",
        "copy or write it again",
    ),
    (
        r"OutOfMemoryError|GC overhead limit|Container killed by YARN|OOMKilled",
        EngineError,
        "a process of Spark ran out of memory",
        "give it more with spark.driver.memory, spark.executor.memory or spark.executor.memoryOverhead; what is done "
        "stays",
    ),
    (
        r"maxResultSize",
        EngineError,
        "the rows that the driver asked for are more than Spark may send it",
        "set a larger spark.driver.maxResultSize, or give a build less with --memory",
    ),
    (
        r"(?:ExecutorLostFailure|Worker lost|crashed unexpectedly|worker exited)",
        EngineError,
        "workers of Spark were lost, more often than Spark tries again",
        _AGAIN,
    ),
    (
        r"Failed to find data source: kafka",
        SettingsError,
        "this Spark cannot read Kafka",
        "add the connector of its version: spark.jars.packages=org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.0",
    ),
    (
        r"UnknownTopicOrPartitionException|This server does not host this topic-partition",
        SourceError,
        "the broker has no such topic",
        "take one that it has, or make it",
    ),
    (
        r"ConnectException|Connection refused|UnknownHostException: (\S+)|NoRouteToHost",
        SettingsError,
        "Spark cannot reach {0}",
        "check the address, and that the service there runs",
    ),
    (
        r"PACKAGE_NOT_INSTALLED\] (\S+)",
        SettingsError,
        "Spark's Python library needs the package {0}, which is not installed",
        'pip install "journeyman[spark]"',
    ),
    (
        r"AccessControlException|Permission denied",
        SettingsError,
        "Spark may not read or write there",
        "ask for the permission, or name another place",
    ),
)
_NOISE = re.compile(r"^(?:An error occurred while calling|Traceback|\s+at |JVM stacktrace|org\.apache\.spark\S*$|: *$)")


@contextmanager
def spark_errors(subject: str) -> Iterator[None]:
    """Turn whatever Spark raises into one line about a subject; what others raise goes through.

    Raises
    ------
    EngineError
        Where Spark was lost on the way, or ran out of memory.
    InputError
        Where it cannot do what it was asked: a table, an address or its settings.
    """
    try:
        yield
    except Exception as error:  # PySpark's, Py4J's and gRPC's have no class in common
        # Py4J lets through what the socket raises, when the Java process is gone
        if not isinstance(error, ConnectionError) and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise explain_failure(str(error), subject) from error


def explain_failure(text: str, subject: str) -> JourneymanError:
    """Return an error of one line for what Spark says in many.

    Examples
    --------
    >>> print(explain_failure("[PATH_NOT_FOUND] Path does not exist: file:/no.csv. SQLSTATE: 42K03", "no.csv"))
    Spark finds no file or folder file:/no.csv (hint: check the address; ...)
    """
    for pattern, kind, message, hint in _KNOWN:
        found = re.search(pattern, text, re.DOTALL)
        if found is not None:
            told = next((group for group in found.groups() if group), subject)
            return kind(message.format(told.rstrip(",.")).rstrip(), hint=hint)
    raised = re.findall(r"^(?:\w+\.)*(\w+(?:Error|Exception|Interrupt)\b.*)$", text, re.MULTILINE)
    if "Traceback (most recent call last)" in text and raised:
        return SourceError(
            f"{subject}: a worker's Python raised {raised[-1][:200]}", hint="its log has the whole story"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _NOISE.match(line)]
    line = re.sub(r"^(?:: )?(?:[\w.$]+(?:Exception|Error): )+", "", lines[0]) if lines else "no reason given"
    return SourceError(f"{subject}: Spark says: {line[:200]}", hint="its log has the whole story")
