"""Where the files of a prediction log's archive lie: in the log's folder, or on a file system that machines share."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from journeyman.arrow import pa, pq
from journeyman.filesystems import Remote, joined
from journeyman.stores.disk import DRAFT, Draft, make_folder, sync_folder
from journeyman.stores.storage import storage

__all__ = ["ARCHIVE", "Archive", "ArchiveFile", "archive_files", "archives", "settle_archive"]

ARCHIVE = "archive"
_ADDRESS = "archive.address"
"""File of a log's folder that names where its archive lies, from the first day that it lies elsewhere."""


class Archive(Protocol):
    """Files by kind and day: "predictions", "2026-11-27"."""

    @property
    def address(self) -> str:
        """Where it lies on a file system elsewhere; empty for one in the log's folder."""
        ...

    def days(self, kind: str) -> Sequence[str]:
        """Return the days of a kind that there are."""
        ...

    def names(self, kind: str, day: str) -> Sequence[str]:
        """Return the files of a day, without their ending."""
        ...

    def read(self, kind: str, day: str, name: str, columns: Sequence[str]) -> pa.Table:
        """Return columns of a file."""
        ...

    def write(self, kind: str, day: str, name: str, table: pa.Table) -> None:
        """Write a file, whole and durable; a repeated write replaces it."""
        ...

    def delete(self, kind: str, day: str) -> None:
        """Delete a day; may be repeated."""
        ...

    def sweep(self) -> None:
        """Delete what a killed process left unfinished; for whoever alone writes the archive."""
        ...


@dataclass(frozen=True)
class _Local:
    """In the log's folder."""

    folder: Path
    address: str = ""

    def days(self, kind: str) -> Sequence[str]:
        return [place.name.removeprefix("day=") for place in (self.folder / ARCHIVE / kind).glob("day=*")]

    def names(self, kind: str, day: str) -> Sequence[str]:
        return [path.stem for path in self._day(kind, day).glob("*.parquet")]

    def read(self, kind: str, day: str, name: str, columns: Sequence[str]) -> pa.Table:
        # not read_table: it would add the folder's "day"
        return pq.ParquetFile(self._day(kind, day) / f"{name}.parquet").read(columns=list(columns))

    def write(self, kind: str, day: str, name: str, table: pa.Table) -> None:
        place = self._day(kind, day)
        make_folder(place)
        with Draft(place) as draft:
            pq.write_table(table, draft, compression="zstd")
            draft.keep(f"{name}.parquet")
        for made in (place, place.parent, place.parent.parent, self.folder):
            sync_folder(made)

    def delete(self, kind: str, day: str) -> None:
        place = self._day(kind, day)
        if place.exists():
            shutil.rmtree(place)

    def sweep(self) -> None:
        for draft in (self.folder / ARCHIVE).glob(f"*/day=*/{DRAFT}*"):
            draft.unlink(missing_ok=True)

    def _day(self, kind: str, day: str) -> Path:
        return self.folder / ARCHIVE / kind / f"day={day}"


@dataclass(frozen=True)
class _Elsewhere:
    """On a file system that machines share, in a folder of this log alone."""

    place: Remote

    @property
    def address(self) -> str:
        return self.place.address

    def days(self, kind: str) -> Sequence[str]:
        return [n.removeprefix("day=") for n in joined(self.place, kind).names() if n.startswith("day=")]

    def names(self, kind: str, day: str) -> Sequence[str]:
        return [n.removesuffix(".parquet") for n in self._day(kind, day).names() if not n.startswith(DRAFT)]

    def read(self, kind: str, day: str, name: str, columns: Sequence[str]) -> pa.Table:
        content = joined(self._day(kind, day), f"{name}.parquet").read()
        return pq.ParquetFile(pa.BufferReader(content)).read(columns=list(columns))

    def write(self, kind: str, day: str, name: str, table: pa.Table) -> None:
        with tempfile.TemporaryDirectory(prefix="journeyman-") as folder:
            file = Path(folder) / "part.parquet"
            pq.write_table(table, file, compression="zstd")
            joined(self._day(kind, day), f"{name}.parquet").upload(file)

    def delete(self, kind: str, day: str) -> None:
        self._day(kind, day).delete()

    def sweep(self) -> None:
        pass  # what is a day old goes with the next file of its folder

    def _day(self, kind: str, day: str) -> Remote:
        return joined(self.place, f"{kind}/day={day}")


def settle_archive(folder: Path, model: str) -> None:
    """Note where a log's archive lies, where JOURNEYMAN_STORAGE names a place and nothing was noted before.

    It gets a folder of its own there, for a model may be served on several machines, each with its log. From then on
    whoever reads the log finds its archive by the note.

    Raises
    ------
    SettingsError
        Where the variable is no address.
    """
    place = storage()
    if place is None or (folder / _ADDRESS).is_file():
        return
    there = joined(place, f"{ARCHIVE}/{model}/{secrets.token_hex(4)}")
    with Draft(folder) as draft:
        draft.write(f"{there}\n".encode())
        draft.keep(_ADDRESS)
    sync_folder(folder)


def archives(folder: Path | None) -> tuple[Archive, ...]:
    """Return where a log's archive lies, the place that is written last; nowhere for a log without a folder."""
    if folder is None:
        return ()
    note = folder / _ADDRESS
    if not os.path.lexists(note):
        return (_Local(folder),)
    return _Local(folder), _Elsewhere(Remote(note.read_text(encoding="utf-8").strip()))


@dataclass(frozen=True)
class ArchiveFile:
    """A file of an archive; its name tells the first and the last id in it."""

    archive: Archive
    kind: str
    day: str
    name: str

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of it."""
        return self.archive.read(self.kind, self.day, self.name, columns)


def archive_files(
    folder: Path | None, kind: str, wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[ArchiveFile]:
    """Yield a kind's files of the days that are wanted, by day and name."""
    known = archives(folder)
    days = sorted({(day, i) for i, archive in enumerate(known) for day in archive.days(kind) if wanted(day)})
    for day in dict.fromkeys(day for day, _ in days):
        there = [(name, i) for d, i in days if d == day for name in known[i].names(kind, day)]
        for name, i in sorted(there):
            yield ArchiveFile(known[i], kind, day, name)
