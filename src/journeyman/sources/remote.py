"""Tables on file systems elsewhere: copied to this machine's disk, or read in place where it cannot hold them."""

from __future__ import annotations

import difflib
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote

from journeyman.arrow import pa, pq
from journeyman.errors import RemoteError, SourceError
from journeyman.filesystems import Entry, Remote, joined
from journeyman.interfaces import Relation, Source, TableReader
from journeyman.lazy_module import LazyModule
from journeyman.sources.folder import FolderSource
from journeyman.sources.parquet import ParquetSource
from journeyman.sources.scratch import keep_alive_with, room_for, scratch_folder

datasets: Any = LazyModule("pyarrow.dataset")
T = TypeVar("T")

__all__ = ["remote_source"]

_SHARE = 0.5  # of what is free on the disk that a copy may take
_PARQUET = (".parquet", ".pq")
_SAID = 64_000_000  # bytes from which a copy is worth a line
_EVERY = 10.0  # seconds between two lines


def remote_source(address: str, opened: Callable[[Path], Source], quiet: bool) -> Source:
    """Open a file, or a folder of files, by its address.

    It is copied first, and then is what any file here is: read as often as a build likes, by any reader, and whatever
    happens to the server meanwhile. Parquet that takes more than half of the free disk is read where it lies.

    Parameters
    ----------
    address : str
        "hdfs://host:8020/folder/table.parquet".
    opened : callable
        Opens the copy.
    quiet : bool
        Whether nothing is said of a large copy on standard error.

    Raises
    ------
    SourceError
        There is no such file, or the disk cannot hold a copy of it.
    RemoteError
        The server refuses or does not answer, or the table changes while it is copied.
    """
    place = Remote(address)
    files = _files(place)
    size, room = sum(file.size for file in files), shutil.disk_usage(tempfile.gettempdir()).free
    if size > _SHARE * room:
        if all(_suffix(file.name or place.name) in _PARQUET for file in files):
            return _in_place(place, files)
        raise SourceError(
            f"a copy of {place} takes {_bytes(size)}, more than half of the {_bytes(room)} that are free in "
            f"{tempfile.gettempdir()}",
            hint="set TMPDIR to a folder on a larger disk, or write it as Parquet, which is read where it lies",
        )
    owner = _Owner()
    folder = scratch_folder(owner)
    copy = folder / place.name
    with room_for(str(place)), _progress(place, size, quiet) as tell:
        for file in files:
            target = copy / file.name if file.name else copy
            target.parent.mkdir(parents=True, exist_ok=True)
            _unchanged(place, lambda f=file, t=target: joined(place, f.name).download(t, tell))  # type: ignore[misc] # a default is not inferred
    try:
        source = opened(copy)
    except SourceError as error:  # the user knows the address, not the copy
        said = error.message.replace(str(copy), str(place)).replace(str(folder), str(place.parent))
        raise SourceError(said, hint=error.hint.replace(str(folder), str(place.parent))) from error
    keep_alive_with(source, owner)
    return source


class _Owner:
    """Has a folder for as long as the source that is read from it lives."""


def _files(place: Remote) -> tuple[Entry, ...]:
    """Return the file, its name empty, or the files of the folder that are not hidden."""
    if place.is_file():
        entry = _unchanged(place, place.entry)
        return (Entry("", entry.size, entry.modified),)
    found = place.entries()
    if not found and not place.is_folder():
        names = place.parent.names()
        near = difflib.get_close_matches(place.name, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"check the address; {place.parent} has no such file"
        raise SourceError(f"no such file: {place}", hint=hint)
    seen = tuple(file for file in found if not any(p[0] in "._" for p in PurePosixPath(file.name).parts))
    if not seen:
        raise SourceError(f"no table in the folder {place}", hint="give a folder of files of one format")
    return seen


def _unchanged(place: Remote, look: Callable[[], T]) -> T:
    try:
        return look()
    except FileNotFoundError as error:
        raise RemoteError(
            f"{place} changed while it was read", hint="repeat the command once nobody writes it"
        ) from error


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


@contextmanager
def _progress(place: Remote, size: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Give a function that takes the bytes that came, and says now and then how many there are."""
    done, due = 0, time.monotonic() + _EVERY
    silent = quiet or size < _SAID or sys.stderr is None

    def say(text: str) -> None:
        if not silent:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def tell(count: int) -> None:
        nonlocal done, due
        done += count
        if time.monotonic() > due:
            due = time.monotonic() + _EVERY
            say(f"{_bytes(done)} of {_bytes(size)} copied")

    say(f"Copying {place} to {tempfile.gettempdir()}: {_bytes(size)}")
    yield tell


def _bytes(count: float) -> str:
    """Return a number of bytes as people write it.

    Examples
    --------
    >>> _bytes(1_234_000_000), _bytes(17)
    ('1.2 GB', '17 bytes')
    """
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{count / least:.2g} {unit}" if count < 100 * least else f"{count / least:.0f} {unit}"
    return f"{count:.0f} bytes"


def _in_place(place: Remote, files: Sequence[Entry]) -> Source:
    parts = [_RemoteParquet(joined(place, file.name), file) for file in files if file.size]
    if not parts:
        raise SourceError(f"{place} is empty", hint="give a table with rows")
    if len(files) == 1 and not files[0].name:
        return parts[0]
    return _RemoteFolder(place, parts, [_keys(file.name) for file in files if file.size])


def _keys(name: str) -> Mapping[str, str | None]:
    """Return the columns that folders name, as Hive calls them."""
    named = [part.partition("=") for part in PurePosixPath(name).parts[:-1] if "=" in part.strip("=")]
    values = {key: unquote(value) for key, _, value in named}
    return {unquote(k): None if v == "__HIVE_DEFAULT_PARTITION__" else v for k, v in values.items()}


class _RemoteParquet(ParquetSource):
    """A Parquet file that is read where it lies; its digest is one of address, size and time, not of its bytes."""

    def __init__(self, place: Remote, entry: Entry) -> None:
        self.place, self.entry = place, entry
        super().__init__(Path(place.name), place.name)

    def _size(self) -> int:
        return self.entry.size

    @contextmanager
    def _open_parquet(self) -> Iterator[pq.ParquetFile]:
        try:
            with self.place.clear(), pq.ParquetFile(self.place.path, filesystem=self.place.filesystem) as file:
                yield file
        except FileNotFoundError as error:
            raise SourceError(f"{self.place} is gone", hint="repeat the command once nobody writes it") from error
        except RemoteError as error:
            if isinstance(error.__cause__, pa.ArrowInvalid) or "thrift" in str(error.__cause__):
                raise self._damaged() from error
            raise

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place."""
        dataset = datasets.dataset(self.place.path, filesystem=self.place.filesystem, format="parquet")
        return reader.arrow(dataset)

    def digest(self) -> str:
        """Return a SHA-256 of where it lies, how large it is and when it changed."""
        return _listing_digest([self])


class _RemoteFolder(FolderSource):
    def __init__(
        self, place: Remote, parts: Sequence[_RemoteParquet], keys: Sequence[Mapping[str, str | None]]
    ) -> None:
        super().__init__(Path(place.name), parts, keys)
        self._remote = tuple(parts)

    def digest(self) -> str:
        """Return a SHA-256 of where its files lie, how large they are and when they changed."""
        return _listing_digest(self._remote)


def _listing_digest(parts: Sequence[_RemoteParquet]) -> str:
    lines = [f"{part.place} {part.entry.size} {part.entry.modified}\n" for part in parts]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
