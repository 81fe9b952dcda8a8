"""An engine that any backend of Ibis can be: each table becomes a Parquet file, which all of them read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from journeyman.engines.duckdb import JsonLines
from journeyman.interfaces import Relation, Source, place

__all__ = ["ParquetEngine"]


class ParquetReader:
    """Reads files with Arrow, and lets a backend read what it writes into a folder."""

    def __init__(self, backend: Any, folder: Path) -> None:
        self._backend, self._folder = backend, folder

    def text(self, file: Path, columns: int, delimiter: str) -> Relation:
        """Return texts: kinds are decided elsewhere."""
        names = [place(i) for i in range(columns)]
        read = pa_csv.ReadOptions(column_names=names, skip_rows_after_names=1)
        parse = pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
        kinds = dict.fromkeys(names, pa.string())
        convert = pa_csv.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=True)
        return self.arrow(pa_csv.read_csv(file, read, parse, convert))

    def json_lines(self, file: Path, kinds: Mapping[str, str]) -> Relation:
        """Return the values of these keys."""
        return self.arrow(pa.Table.from_batches(JsonLines(file, file.name).batches(kinds)))

    def parquet(self, file: Path, columns: int) -> Relation:
        """Return the rows of one file."""
        return self.arrow(pq.ParquetFile(file).read())

    def arrow(self, table: pa.Table) -> Relation:
        """Return the rows of a table, columns by their place."""
        copy = self._folder / f"{len(list(self._folder.iterdir()))}.parquet"
        pq.write_table(table.rename_columns([place(i) for i in range(table.num_columns)]), copy)
        return self._backend.read_parquet(copy)


class ParquetEngine:
    """One thread, so that sums are the same from run to run."""

    name = "parquet"

    @contextmanager
    def open(self, source: Source) -> Iterator[Relation]:
        """Give all rows for as long as the context lasts."""
        backend = ibis.duckdb.connect(threads=1)
        with TemporaryDirectory() as folder:
            try:
                yield source.relation(ParquetReader(backend, Path(folder)))
            finally:
                backend.disconnect()

    def store(self, relation: Relation) -> Relation:
        """Return the same rows, computed once."""
        return relation.get_backend().create_table(ibis.util.gen_name("stored"), relation)

    def aggregate(self, query: Relation) -> list[dict[str, Any]]:
        """Return the few rows of a query."""
        found: list[dict[str, Any]] = query.to_pyarrow().to_pylist()
        return found
