"""Tables in Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from journeyman.arrow import pa, pq
from journeyman.engines.frames import check_names, draw_rows, to_frame, width
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, TableReader
from journeyman.sources.batches import file_digest, plain_table

__all__ = ["ParquetSource"]

_BATCH = 65_536


class ParquetSource:
    """One Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What the user calls it.

    Raises
    ------
    SourceError
        The file is truncated or no Parquet, or its columns cannot be used.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.style = FileStyle()
        self.findings: tuple[Finding, ...] = ()
        if self._size() == 0:
            raise SourceError(f"{name} is empty", hint="give a table with rows")
        with self._open_parquet() as file:
            self._metadata = file.metadata
            schema = file.schema_arrow
        self.names = tuple(schema.names)
        check_names(self.names, self.name)
        self._kinds = tuple(schema.types)
        self._schema = plain_table(schema.empty_table(), self.name).schema

    def _size(self) -> int:
        return self.path.stat().st_size

    @contextmanager
    def _open_parquet(self) -> Iterator[pq.ParquetFile]:
        try:
            with pq.ParquetFile(self.path) as file:
                yield file
        except SourceError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._damaged() from error

    def _damaged(self) -> SourceError:
        return SourceError(f"{self.name} is truncated or no Parquet file", hint="copy or write it again")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        with self._open_parquet() as file:
            for batch in file.iter_batches(_BATCH):
                yield from plain_table(pa.Table.from_batches([batch]), self.name).cast(self._schema).to_batches()

    def rows(self) -> int:
        """Return the number of rows."""
        return int(self._metadata.num_rows)

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory, judged by its first rows."""
        first = next(self.batches(), None)
        return 0 if first is None else self.rows() * width(pa.Table.from_batches([first]))

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows, typed as they are; see :class:`journeyman.interfaces.Source`."""
        if limit_rows is not None and limit_rows < self.rows():
            return to_frame(draw_rows(self.batches(), self._schema, self.rows(), limit_rows, seed))
        with self._open_parquet() as file:
            return to_frame(plain_table(file.read(), self.name))

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place."""
        if any(pa.types.is_binary(kind) or pa.types.is_struct(kind) for kind in self._kinds):  # images, made small here
            return reader.arrow(pa.Table.from_batches(self.batches(), self._schema))
        return reader.parquet(self.path, len(self.names))

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])
