"""A cluster that is this process: reads local files in small pieces, one after the other, as the contract says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from journeyman.errors import SourceError
from journeyman.interfaces.cluster import Reading, StoredFile, TextFacts, Work


class HereCluster:
    """Files of this disk; ``stop_after`` pieces it fails, as a driver that is killed leaves its work."""

    name = "here"

    def __init__(self, piece: int = 500, stop_after: int | None = None) -> None:
        self.piece, self.left = piece, stop_after
        self.worked: list[tuple[str, int]] = []

    def files(self, location: str) -> list[StoredFile]:
        path = Path(location)
        if not path.exists():
            raise SourceError(f"there is no {location}", hint="check the address")
        found = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        return [
            StoredFile(f"file:{p.absolute()}", i, p.stat().st_size, p.stat().st_mtime_ns // 1000)
            for i, p in enumerate(found)
        ]

    def text_facts(self, files: Sequence[StoredFile]) -> Mapping[int, TextFacts]:
        found = {}
        for file in files:
            lines = _path(file).read_bytes().removesuffix(b"\n").split(b"\n")
            whole = all(line.count(b'"') % 2 == 0 and b"\0" not in line and _is_utf8(line) for line in lines)
            found[file.key] = TextFacts(lines[0], sum(bool(line.strip()) for line in lines), whole)
        return found

    def reads_rows(self, files: Sequence[StoredFile]) -> bool:
        return True

    def head(self, reading: Reading, files: Sequence[StoredFile], rows: int) -> list[pa.RecordBatch]:
        batches = islice((batch for _, piece in self._pieces(reading, files[0]) for batch in piece), 1)
        return [batch.slice(0, rows) for batch in batches]

    def run(self, reading: Reading, files: Sequence[StoredFile], work: Work) -> list[bytes]:
        told = []
        for file in files:
            for start, batches in self._pieces(reading, file):
                report = work(file.key, start, iter(batches))
                if report:
                    told.append(report)
                    self.worked.append((_path(file).name, start))
                if self.left is not None:
                    self.left -= bool(report)
                    if self.left == 0:
                        raise KeyboardInterrupt
        return told

    def copy_table(self, table: str, folder: str) -> None:
        raise SourceError(f"there is no table {table}", hint="name another")

    def follow(
        self, source: str, checkpoint: str, each: Callable[[int, Callable[[Work], list[bytes]]], None], *, drain: bool
    ) -> None:
        each(0, lambda work: self.run(Reading.WHOLE, self.files(source), work))

    def _pieces(self, reading: Reading, file: StoredFile) -> Iterator[tuple[int, list[pa.RecordBatch]]]:
        path = _path(file)
        if reading is Reading.WHOLE:
            row = {"content": [path.read_bytes()], "path": [file.path]}
            yield 0, pa.table(row).to_batches()
        elif reading is Reading.ROWS:
            with pq.ParquetFile(path) as table:
                for group in range(table.num_row_groups):
                    yield group * 1000, table.read_row_group(group).to_batches()
        else:
            lines = path.read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n").split("\n")
            for i in range(0, len(lines), self.piece):
                yield i, pa.table({"value": lines[i : i + self.piece]}).to_batches()


def _path(file: StoredFile) -> Path:
    return Path(file.path.removeprefix("file:"))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
