"""What Spark says when something fails, as one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from journeyman.errors import EngineError, JourneymanError, SourceError

__all__ = ["first_line", "spark_complaints"]

_LIBRARIES = ("pyspark", "py4j", "grpc", "ibis")
_CAUSE = re.compile(r"^(?:Caused by: )?(?:[\w.$]+(?:Exception|Error)): *(.+)$", re.MULTILINE)
_HINTS = (
    ("OutOfMemory|GC overhead", "give Spark more memory, as with spark.driver.memory and spark.executor.memory"),
    ("maxResultSize", "give Spark a larger spark.driver.maxResultSize, or the build less with --memory"),
    ("FileNotFound|PATH_NOT_FOUND|does not exist", "put the files where every machine of the cluster sees them"),
    ("TABLE_OR_VIEW_NOT_FOUND", "SHOW TABLES in Spark lists them"),
)
_LOST = re.compile(
    r"Connection refused|Connection reset|already stopped|SparkContext was shut ?down|Answer from Java side"
)


@contextmanager
def spark_complaints(what: str) -> Iterator[None]:
    """Turn what Spark raises into one line.

    Raises
    ------
    SourceError
        Which begins with ``what``, and says what Spark said first.
    EngineError
        The same, where the cluster is gone: the build can be resumed.
    """
    try:
        yield
    except JourneymanError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        said = str(error)
        if _LOST.search(said):
            raise EngineError(
                f"{what}: {first_line(said)}", hint="check that the master runs; journeyman resume goes on"
            ) from error
        hint = next((hint for sign, hint in _HINTS if re.search(sign, said)), "look at the log of Spark's driver")
        raise SourceError(f"{what}: {first_line(said)}", hint=hint) from error


def first_line(said: str) -> str:
    """Return what matters of a trace of Java's: the deepest cause's message, at most 200 characters.

    Examples
    --------
    >>> first_line("An error occurred while calling o1.x.\\n: java.io.IOException: no room\\n\\tat a.b(C.java)")
    'no room'
    >>> first_line("[PATH_NOT_FOUND] Path does not exist: /a. SQLSTATE: 42K03;\\n'x")
    '[PATH_NOT_FOUND] Path does not exist: /a. SQLSTATE: 42K03;'
    """
    causes = _CAUSE.findall(said.replace("\n: ", "\n"))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return (causes[-1] if causes else lines[0] if lines else "no reason given").strip()[:200]
