"""A lake of tables: a folder with its folders, or a database; listed without a row being read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.lake import Listed
from journeyman.errors import SourceError
from journeyman.interfaces import Source
from journeyman.settings import CATALOGUE, is_address
from journeyman.sources import is_table, open_source
from journeyman.sources.database import DUCKDB, is_database, redacted, table_queries

__all__ = ["lake_address", "list_lake", "open_listed", "read_listed"]

_LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "LICENCE.md")
_PACKAGE = "datapackage.json"
_SQLITE = "sqlite:///"
_PART = re.compile(r"part-.*", re.IGNORECASE)
_FORMATS = {"metadata": "Iceberg", "_delta_log": "Delta Lake", ".hoodie": "Hudi"}
"""Table formats, by a folder of theirs: which of their files count stands in it, so the files alone are no table."""


def lake_address(lake: str | Path) -> str:
    """Return where a lake is, so that it is found from every folder."""
    return str(lake) if is_address(str(lake)) else str(Path(lake).expanduser().resolve())


def list_lake(location: str) -> tuple[Listed, ...]:
    """Return the tables of a lake by name.

    Parameters
    ----------
    location : str
        A folder, which may hold folders; a file of SQLite's or DuckDB's; or a database URL.

    Raises
    ------
    SourceError
        Where there is no such lake, or it cannot be read. Folders in it that cannot be read are listed as tables:
        reading them says why.
    """
    if location.startswith(CATALOGUE):
        raise SourceError(
            f"{location}: catalogues of Spark are not searched", hint="give a folder of files, or a database URL"
        )
    if is_database(location):
        return _of_database(location)
    path = Path(location).expanduser()
    if not path.exists():
        raise SourceError(f"no such folder: {location}", hint="give a folder of tables, or a database URL")
    if path.is_file():
        try:
            with path.open("rb") as file:
                head = file.read(16)
        except PermissionError as error:
            raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it") from error
        if head.startswith(b"SQLite format 3"):
            return _of_database(f"{_SQLITE}{path}")
        if head[8:12] == b"DUCK":
            return _of_database(f"{DUCKDB}{path}")
        raise SourceError(
            f"{location} is no lake", hint="give a folder of tables, a file of SQLite's or DuckDB's, or a database URL"
        )
    try:
        entries = sorted(path.iterdir())
    except PermissionError as error:
        raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it") from error
    listed = tuple(_of_entries(entries, path, path))
    names = [one.name for one in listed]
    return tuple(one if names.count(one.name) == 1 else Listed(Path(one.location).name, *_rest(one)) for one in listed)


def _rest(one: Listed) -> tuple[str, str | None, int, float, str]:
    return one.location, one.query, one.size, one.modified, one.licence


def _of_database(location: str) -> tuple[Listed, ...]:
    file = Path(location.removeprefix(_SQLITE).removeprefix(DUCKDB))
    told = file.stat() if location.startswith((_SQLITE, DUCKDB)) and file.is_file() else None
    size, modified = (0, 0.0) if told is None else (told.st_size, told.st_mtime)
    return tuple(Listed(name, location, query, size, modified) for name, query in table_queries(location).items())


def _of_entries(entries: Sequence[Path], folder: Path, top: Path) -> Iterator[Listed]:
    licences = _licences(folder)
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        name = entry.relative_to(top).as_posix()
        try:
            if entry.is_dir():
                yield from _of_folder(entry, top, licences.get("", ""))
                continue
            is_file = is_table(entry.name) and entry.name != _PACKAGE
            size, modified = _size(entry) if is_file else (0, 0.0)
        except OSError:  # no permission, or a disk that is gone: the lake goes on without it, and names it
            yield Listed(name, str(entry))
            continue
        if is_file:
            licence = licences.get(entry.name, licences.get("", ""))
            short = (
                name.removesuffix("".join(entry.suffixes[-2:])) if _packed(entry) else name.removesuffix(entry.suffix)
            )
            yield Listed(short, str(entry.resolve()), None, size, modified, licence)


def _of_folder(folder: Path, top: Path, licence: str) -> Iterator[Listed]:
    """Yield the tables of a folder; one where its files together are one, or where it cannot be read."""
    if folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve()):
        return  # a link to where we are: following it would never end
    entries = sorted(folder.iterdir())
    if not (_is_spread(entries) or _format_of(folder)):
        yield from _of_entries(entries, folder, top)
        return
    sizes = [_size(file) for file in folder.rglob("*") if file.is_file()]
    size, modified = sum(size for size, _ in sizes), max((when for _, when in sizes), default=0.0)
    yield Listed(folder.relative_to(top).as_posix(), str(folder.resolve()), None, size, modified, licence)


def _is_spread(entries: Sequence[Path]) -> bool:
    """Say whether a folder holds one table in parts: key=value folders, or files as Spark and Hive name them."""
    if any("=" in entry.name.strip("=") for entry in entries if entry.is_dir()):
        return True
    names = [entry.name for entry in entries if not entry.name.startswith((".", "_"))]
    return bool(names) and all(_PART.fullmatch(name) for name in names)


def _format_of(folder: Path) -> str:
    """Return the table format that a folder is of; "" for plain files."""
    found = [name for name in _FORMATS if (folder / name).is_dir()]
    if found == ["metadata"] and not any((folder / "metadata").glob("*.metadata.json")):
        return ""
    return _FORMATS[found[0]] if found else ""


def _size(file: Path) -> tuple[int, float]:
    """Return size and time of change; 0 of a file that is not there, as a broken link: reading it says so."""
    try:
        told = file.stat()
    except FileNotFoundError:
        return 0, 0.0
    return told.st_size, told.st_mtime


def _packed(path: Path) -> bool:
    return path.suffix.lower() in (".gz", ".bz2", ".xz", ".zst", ".zip") and len(path.suffixes) > 1


def _licences(folder: Path) -> dict[str, str]:
    """Return the licences that a folder tells of: by file as a data package says, or under "" of all files."""
    found: dict[str, str] = {}
    for name in _LICENCES:
        with suppress(OSError):
            lines = (folder / name).read_text(errors="replace").strip().splitlines()
            found[""] = lines[0].strip()[:60] if lines else ""
            break
    # There may be no data package, or one that is none.
    with suppress(OSError, ValueError, AttributeError, TypeError):
        package = json.loads((folder / _PACKAGE).read_text())
        for resource in [package, *package.get("resources", [])]:
            licences = [one.get("name") or one.get("title") or "" for one in resource.get("licenses", [])]
            if licences:
                found["" if resource is package else Path(str(resource.get("path", ""))).name] = ", ".join(licences)
    return found


def open_listed(listed: Listed, style: FileStyle = AS_FOUND) -> Source:
    """Open a table of a lake; errors as for any source, and of a table format whose files are not read alone."""
    kind = "" if is_database(listed.location) else _format_of(Path(listed.location))
    if kind:
        raise SourceError(
            f"{listed.name} is a table of {kind}, whose files say nothing alone",
            hint="write it to Parquet files, or read it with --engine spark",
        )
    return open_source(listed.location, listed.query, style, quiet=True)


def read_listed(listed: Listed) -> pd.DataFrame:
    """Return all raw rows of a table of a lake.

    Raises
    ------
    SourceError
        Where it cannot be read, in one line.
    """
    try:
        return open_listed(listed).read(None, 0).reset_index(drop=True)
    except SourceError:
        raise
    except Exception as error:  # readers of all formats: a damaged file may fail in any way, and must not end a search
        words = " ".join(str(error).split())[:120] or type(error).__name__
        raise SourceError(f"{redacted(listed.name)} cannot be read: {words}", hint="write it anew") from error
