"""Where tables come from: files, folders, databases and frames, one kind a file."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from journeyman.errors import SourceError
from journeyman.interfaces import Source
from journeyman.sources.database import DatabaseSource, is_database, redacted
from journeyman.sources.folder import FolderSource, Part
from journeyman.sources.frames import FrameSource, frame_of

__all__ = ["FrameSource", "frame_of", "open_source", "redacted"]

_TEXT, _JSON = "text.TextSource", "jsonlines.JsonLinesSource"
_KINDS: Mapping[str, str] = {
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".txt": _TEXT,
    ".csv.gz": _TEXT,
    ".tsv.gz": _TEXT,
    ".txt.gz": _TEXT,
    ".parquet": "parquet.ParquetSource",
    ".jsonl": _JSON,
    ".ndjson": _JSON,
    ".jsonl.gz": _JSON,
    ".xlsx": "excel.ExcelSource",
}
"""Readers by the ending of a file's name. A format's library (openpyxl, DuckDB: half a second) is loaded with the first
file of that format."""
_ELSEWHERE = ("http", "https", "ftp", "s3", "gs", "az", "abfs", "abfss", "hdfs")
_KNOWN = ".csv, .tsv, .txt (also .gz), .parquet, .jsonl, .xlsx, a folder of such files, or a database URL"


def open_source(location: str, query: str | None) -> Source:
    """Open a table without reading its rows.

    Parameters
    ----------
    location : str
        A path, a folder, or a database URL.
    query : str or None
        SQL, for databases only.

    Raises
    ------
    SourceError
        There is no such file, it may not be read, it is empty, damaged or of an unknown kind, or its columns cannot
        be used.
    """
    if location.split("://")[0].lower() in _ELSEWHERE:
        raise SourceError(
            f"{redacted(location.split('?')[0])} lies on the network, and only files and databases are read",
            hint="download it first, then give the file",
        )
    if is_database(location):
        return DatabaseSource(location, query)
    if query is not None:
        raise SourceError(f"{location} is no database, so it takes no query", hint="leave --query out, or give a URL")
    path = Path(location).expanduser()
    if not path.exists():
        raise SourceError(f"no such file: {location}", hint=_nearest(path))
    return _folder(path) if path.is_dir() else _file(path)


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return next((s for s in sorted(_KINDS, key=len, reverse=True) if name.endswith(s)), "")


def _file(path: Path) -> Part:
    suffix = _suffix(path)
    if not suffix:
        raise SourceError(f"{path.name} is of an unknown kind", hint=f"give {_KNOWN}")
    if not os.access(path, os.R_OK):
        raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it to where you may read it")
    try:
        return _reader(suffix)(path)
    except PermissionError as error:
        raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it") from error


def _reader(suffix: str) -> Callable[[Path], Part]:
    module, _, name = _KINDS[suffix].partition(".")
    reader: Callable[[Path], Part] = getattr(import_module(f"journeyman.sources.{module}"), name)
    return reader


def _folder(path: Path) -> FolderSource:
    if not os.access(path, os.R_OK | os.X_OK):
        raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it to where you may read it")
    files = sorted(f for f in path.iterdir() if f.is_file() and not f.name.startswith((".", "_")) and _suffix(f))
    if not files:
        raise SourceError(f"no table in the folder {path}", hint=f"give {_KNOWN}")
    kinds = {_KINDS[_suffix(f)] for f in files}
    if len(kinds) > 1:
        raise SourceError(f"the folder {path} mixes kinds of files", hint="give a folder of files of one format")
    return FolderSource(path, [_file(f) for f in files])


def _nearest(path: Path) -> str:
    """Return a hint with the nearest file that does exist."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either"
    names = sorted(f.name for f in path.parent.iterdir())
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"check the path; the folder {path.parent} has no such file"
