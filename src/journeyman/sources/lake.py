"""A lake of tables: a folder with its folders, or a database; listed without a row being read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from journeyman.entities.lake import Listed
from journeyman.errors import SourceError
from journeyman.interfaces import Source
from journeyman.settings import CATALOGUE, is_address
from journeyman.sources import is_table, open_source
from journeyman.sources.database import is_database, redacted, table_queries

__all__ = ["lake_address", "list_lake", "open_listed", "read_listed"]

_LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "LICENCE.md")
_PACKAGE = "datapackage.json"


def lake_address(lake: str | Path) -> str:
    """Return where a lake is, so that it is found from every folder."""
    return str(lake) if is_address(str(lake)) else str(Path(lake).expanduser().resolve())


def list_lake(location: str) -> tuple[Listed, ...]:
    """Return the tables of a lake by name.

    Parameters
    ----------
    location : str
        A folder, which may hold folders; a SQLite file; or a database URL.

    Raises
    ------
    SourceError
        Where there is no such lake, or it cannot be read.
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
        with path.open("rb") as file:
            if file.read(16).startswith(b"SQLite format 3"):
                return _of_database(f"sqlite:///{path}")
        raise SourceError(f"{location} is no lake", hint="give a folder of tables, a SQLite file or a database URL")
    try:
        listed = tuple(_of_folder(path, path))
    except PermissionError as error:
        raise SourceError(f"no permission to read {error.filename}", hint="ask its owner, or copy it") from error
    names = [one.name for one in listed]
    return tuple(one if names.count(one.name) == 1 else Listed(Path(one.location).name, *_rest(one)) for one in listed)


def _rest(one: Listed) -> tuple[str, str | None, int, float, str]:
    return one.location, one.query, one.size, one.modified, one.licence


def _of_database(location: str) -> tuple[Listed, ...]:
    file = Path(location.removeprefix("sqlite:///"))
    told = file.stat() if location.startswith("sqlite:///") and file.is_file() else None
    size, modified = (0, 0.0) if told is None else (told.st_size, told.st_mtime)
    return tuple(Listed(name, location, query, size, modified) for name, query in table_queries(location).items())


def _of_folder(folder: Path, top: Path) -> Iterator[Listed]:
    licences = _licences(folder)
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "_")):
            continue
        name = entry.relative_to(top).as_posix()
        if entry.is_dir():
            if entry.is_symlink() and folder.resolve().is_relative_to(entry.resolve()):
                continue  # a link to where we are: following it would never end
            if any("=" in child.name.strip("=") for child in entry.iterdir() if child.is_dir()):
                files = [f for f in entry.rglob("*") if f.is_file()]
                size, modified = (
                    sum(f.stat().st_size for f in files),
                    max((f.stat().st_mtime for f in files), default=0),
                )
                yield Listed(name, str(entry.resolve()), None, size, modified, licences.get("", ""))
            else:
                yield from _of_folder(entry, top)
        elif is_table(entry.name) and entry.name != _PACKAGE:
            size, modified = _size(entry)
            licence = licences.get(entry.name, licences.get("", ""))
            short = (
                name.removesuffix("".join(entry.suffixes[-2:])) if _packed(entry) else name.removesuffix(entry.suffix)
            )
            yield Listed(short, str(entry.resolve()), None, size, modified, licence)


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
        if (folder / name).is_file():
            lines = (folder / name).read_text(errors="replace").strip().splitlines()
            found[""] = lines[0].strip()[:60] if lines else ""
            break
    try:
        package = json.loads((folder / _PACKAGE).read_text())
        for resource in [package, *package.get("resources", [])]:
            licences = [one.get("name") or one.get("title") or "" for one in resource.get("licenses", [])]
            if licences:
                found["" if resource is package else Path(str(resource.get("path", ""))).name] = ", ".join(licences)
    except (OSError, ValueError, AttributeError, TypeError):
        pass  # no data package, or one that is none
    return found


def open_listed(listed: Listed) -> Source:
    """Open a table of a lake; errors as for any source."""
    return open_source(listed.location, listed.query, quiet=True)


def read_listed(listed: Listed) -> pd.DataFrame:
    """Return all raw rows of a table of a lake.

    Raises
    ------
    SourceError
        Where it cannot be read, in one line.
    """
    try:
        return open_listed(listed).read(None, 0).reset_index(drop=True)
    except (OSError, ValueError, MemoryError) as error:
        if isinstance(error, SourceError):
            raise
        words = " ".join(str(error).split())[:120] or type(error).__name__
        raise SourceError(f"{redacted(listed.name)} cannot be read: {words}", hint="write it anew") from error
