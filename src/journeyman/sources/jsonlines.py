"""Tables in JSON lines: one record a line, each key a column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import pandas as pd

from journeyman.arrow import pa
from journeyman.engines.duckdb import JsonLines
from journeyman.engines.frames import check_names, draw_rows, to_frame, width
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, TableReader, place
from journeyman.sources.batches import file_digest, plain_table
from journeyman.sources.encodings import find_encoding, transcode
from journeyman.sources.scratch import room_for, scratch_folder

__all__ = ["JsonLinesSource"]

_PLACED = "placed.jsonl"


class JsonLinesSource:
    """One file of JSON lines.

    Parameters
    ----------
    path : Path
        The file, unpacked.
    name : str
        What the user calls it.
    asked, expected : FileStyle
        What the user says of it, and how the training table was written; only the encoding counts.
    kinds_of_all : mapping of str to str, optional
        Kinds of columns, where the lines are a piece of a larger table.

    Raises
    ------
    SourceError
        The file is empty, a line is no JSON record, or a column holds nested values.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        asked: FileStyle,
        expected: FileStyle,
        kinds_of_all: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.name = name
        self.style = FileStyle()
        self.findings: tuple[Finding, ...] = ()
        encoding = find_encoding(path, asked.encoding, expected.encoding) if path.stat().st_size else None
        if encoding is None or not _has_text(path):
            raise SourceError(f"{name} is empty", hint="give a table with rows")
        self._lines = path
        if encoding.name not in ("utf-8", "utf-8-sig") or encoding.strays:
            self._lines = scratch_folder(self) / "utf-8.jsonl"
            with room_for(name), self._lines.open("wb") as out:
                out.writelines(transcode(path, encoding.name))
        self._reader = JsonLines(self._lines, name)
        kinds = self._reader.kinds()
        self.names = tuple(kinds)
        if _may_collide(self.names):
            self.names = self._with_keys_by_place()
            self._reader = JsonLines(self._lines, name)
            kinds = self._reader.kinds()
        check_names(self.names, self.name)
        for called, (key, kind) in zip(self.names, kinds.items(), strict=True):
            if kind == "nested" or (kind == "mixed" and self._reader.holds_nested(key)):
                raise SourceError(
                    f"column {called!r} of {name} holds nested values",
                    hint="spread it over plain columns, or leave it out",
                )
        # Dates stay texts: how they are read is ours to decide and to tell. So do columns of several types.
        own = {key: "string" if kind == "mixed" else kind for key, kind in kinds.items()}
        told = dict(zip(own, self.names, strict=True))
        self._kinds = {key: (kinds_of_all or {}).get(told[key], kind) for key, kind in own.items()}

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each column, as ``TableReader.json_lines`` takes it."""
        return dict(zip(self.names, self._kinds.values(), strict=True))

    def _with_keys_by_place(self) -> tuple[str, ...]:
        """Write the lines again with c0, c1 ... for keys: DuckDB takes Age and age for one; return the keys."""
        decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
        keys: dict[str, str] = {}
        copy = scratch_folder(self) / _PLACED
        try:
            with room_for(self.name), copy.open("wb") as out, self._lines.open("rb") as lines:
                for line in lines:
                    if not line.strip():
                        continue
                    record = decoder.decode(line.removeprefix(b"\xef\xbb\xbf"))
                    for key in record:
                        keys.setdefault(key, place(len(keys)))
                    out.write(msgspec.json.encode({keys[key]: value for key, value in record.items()}) + b"\n")
        except msgspec.MsgspecError as error:
            raise self._reader.complaint() from error
        self._lines = copy
        return tuple(keys)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        for batch in self._reader.batches(self._kinds):
            named = pa.Table.from_batches([batch]).rename_columns(list(self.names))
            yield from plain_table(named, self.name).to_batches()

    @cached_property
    def _rows(self) -> int:
        with self._lines.open("rb") as lines:
            return sum(1 for line in lines if line.strip())

    def rows(self) -> int:
        """Return the number of rows, counted by the lines that hold something."""
        return self._rows

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory, judged by its first rows."""
        first = next(self.batches(), None)
        return 0 if first is None else self.rows() * width(pa.Table.from_batches([first]))

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows, typed as they are; see :class:`journeyman.interfaces.Source`."""
        batches = self.batches()
        first = next(batches, None)
        if first is None:
            return pd.DataFrame({n: [] for n in self.names})
        if limit_rows is not None and limit_rows < self.rows():
            return to_frame(draw_rows(self.batches(), first.schema, self.rows(), limit_rows, seed))
        return to_frame(pa.Table.from_batches([first, *batches]))

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place."""
        return reader.json_lines(self._lines, self._kinds)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])


def _has_text(path: Path) -> bool:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if block.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
                return True
    return False


def _may_collide(names: Sequence[str]) -> bool:
    """Say whether two keys may differ by case alone: then DuckDB has called the second one age_1."""
    lower = {name.lower() for name in names}
    return any(name.rpartition("_")[2].isdigit() and name.rpartition("_")[0].lower() in lower for name in names)
