"""Machines that read tables by themselves and run a function beside the rows, such as Spark's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:  # a service imports this and has no pyarrow
    import pyarrow as pa

__all__ = ["Cluster", "OffersCluster", "Reading", "StoredFile", "TextFacts", "Work"]

Work = Callable[[int, int, Iterator[Any]], bytes]
"""Takes a file's key, the byte that a piece of it begins at, and its Arrow batches; returns a report, b"" for none.

It is pickled and sent to the workers, may be called twice for a piece, and gives the same both times.
"""


class Reading(StrEnum):
    """How files come to the workers.

    Attributes
    ----------
    LINES
        A column ``value`` of lines as they are written, without the line feed; a large file comes in pieces.
    WHOLE
        A column ``content`` of one row, all bytes of the file.
    ROWS
        The columns of Parquet files; a large file comes in pieces of whole row groups.
    """

    LINES = "lines"
    WHOLE = "whole"
    ROWS = "rows"


@dataclass(frozen=True)
class StoredFile:
    """A file as the cluster opens it: address, key that its pieces carry, bytes, last change in microseconds."""

    path: str
    key: int
    size: int
    modified: int


@dataclass(frozen=True)
class TextFacts:
    """What is known of a text before its lines are divided among workers.

    Attributes
    ----------
    first : bytes
        The first line, without its line feed.
    lines : int
        Those that hold something.
    divisible : bool
        Whether it is UTF-8 without zero bytes, and no line has an odd number of double quotes.
    """

    first: bytes
    lines: int
    divisible: bool


class Cluster(Protocol):
    """Reads files where they are and runs work on pieces of them, which are the same ones each time.

    Every method raises a JourneymanError of one line where the cluster cannot do it.
    """

    @property
    def name(self) -> str:
        """Name in settings and messages."""
        ...

    def files(self, location: str) -> list[StoredFile]:
        """Return the files of a folder and the folders in it, or the one file; those with names of . or _ aside."""
        ...

    def text_facts(self, files: Sequence[StoredFile]) -> Mapping[int, TextFacts]:
        """Return what is known of texts, by their keys; a file without a line is left out."""
        ...

    def reads_rows(self, files: Sequence[StoredFile]) -> bool:
        """Return whether Parquet files can be read as ROWS: their types are known to the cluster."""
        ...

    def head(self, reading: Reading, files: Sequence[StoredFile], rows: int) -> list[pa.RecordBatch]:
        """Return the first rows of the first file, or of ROWS those of any; one row where it is read whole."""
        ...

    def run(self, reading: Reading, files: Sequence[StoredFile], work: Work) -> list[bytes]:
        """Run work on all pieces of files, and return what it reports."""
        ...

    def copy_table(self, table: str, folder: str) -> None:
        """Write the rows of a table of the cluster's catalogue as Parquet files: nothing says it gives them twice."""
        ...

    def follow(
        self, source: str, checkpoint: str, each: Callable[[int, Callable[[Work], list[bytes]]], None], *, drain: bool
    ) -> None:
        """Call a function with the number of each batch that comes, and what runs work on it, until interrupted.

        Parameters
        ----------
        source : str
            A folder, whose new files come whole, or kafka://HOST:PORT/TOPIC, whose messages come as rows.
        checkpoint : str
            Folder of what has been read; a batch that was not finished comes again with the same number and rows.
        drain : bool
            Whether to return when all that is there has been read.
        """
        ...


@runtime_checkable
class OffersCluster(Protocol):
    """What an engine offers besides whose machines read tables by themselves."""

    @property
    def cluster(self) -> Cluster:
        """Those machines."""
        ...
