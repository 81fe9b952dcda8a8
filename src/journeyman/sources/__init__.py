"""Where tables come from: files, folders, databases and frames, one kind a file."""

from __future__ import annotations

import difflib
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path, PurePosixPath
from shutil import copyfile
from urllib.parse import unquote

from journeyman.engines import open_engine
from journeyman.entities.file_style import AS_FOUND, FileStyle, parse_file_style
from journeyman.errors import SourceError
from journeyman.filesystems import is_remote
from journeyman.interfaces import OffersTables, Source
from journeyman.settings import CATALOGUE, BuildSettings, is_address
from journeyman.sources.containers import PACKED, TARRED, unpack
from journeyman.sources.database import DatabaseSource, is_database, redacted
from journeyman.sources.folder import FolderSource, Part
from journeyman.sources.frames import FrameSource, frame_of
from journeyman.sources.image_files import image_folder, mentions_images, named_columns, with_image_files
from journeyman.sources.offered import offered_source
from journeyman.sources.remote import remote_source
from journeyman.sources.scratch import keep_alive_with, scratch_folder

__all__ = ["FrameSource", "frame_of", "is_table", "named_columns", "open_source", "open_wanted", "redacted"]

_TEXT, _JSON, _BOOK = "text.TextSource", "jsonlines.JsonLinesSource", "excel.ExcelSource"
_PARQUET, _ARROW = "parquet.ParquetSource", "arrow_files.ArrowSource"
_KINDS: Mapping[str, str] = {
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".txt": _TEXT,
    ".tab": _TEXT,
    ".psv": _TEXT,
    ".dat": _TEXT,
    ".parquet": _PARQUET,
    ".pq": _PARQUET,
    ".feather": _ARROW,
    ".arrow": _ARROW,
    ".orc": _ARROW,
    ".jsonl": _JSON,
    ".ndjson": _JSON,
    ".json": _JSON,
    ".xlsx": _BOOK,
    ".xlsm": _BOOK,
    ".xls": _BOOK,
    ".xlsb": _BOOK,
    ".ods": _BOOK,
}
"""Readers by the ending of a file's name. A format's library (openpyxl, DuckDB: half a second) is loaded with the first
file of that format."""
_MARKS = (
    (b"PAR1", ".parquet"),
    (b"ARROW1\0\0", ".arrow"),
    (b"\x1f\x8b", ".gz"),
    (b"BZh", ".bz2"),
    (b"\xfd7zXZ\x00", ".xz"),
    (b"\x28\xb5\x2f\xfd", ".zst"),
    (b"PK\x03\x04", ".xlsx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
)
"""First bytes of files that a text never begins with."""
_PAPERS = re.compile(r"(?:read[-_ ]?me|licen[cs]e|notice|copying|changelog|citation)[^/]*", re.IGNORECASE)
"""What lies beside tables in folders and archives."""
_PART = re.compile(r"part-[0-9][\w-]*|[0-9]{6}_[0-9]+(?:_copy_[0-9]+)?")
"""Parts of tables as Spark, Hive and Flink call them, who need not write an ending."""
_ELSEWHERE = ("http", "https", "ftp", "s3a", "s3n", "az", "abfs", "abfss", "webhdfs")
_KNOWN = (
    ".csv, .tsv, .txt, .parquet, .feather, .orc, .jsonl, .xlsx, .xls, .xlsb or .ods, "
    "also packed as .gz, .bz2, .xz, .zst or .zip; a folder of such files, or a database URL"
)


def open_wanted(settings: BuildSettings, quiet: bool = False) -> Source:
    """Open the table that a build's settings name: by its engine where that reads such addresses, else by itself."""
    if is_address(settings.source):
        engine = open_engine(settings.engine)
        where_it_lies = engine.table(settings.source) if isinstance(engine, OffersTables) else None
        if where_it_lies is not None:
            if settings.query is not None:
                raise SourceError(f"{settings.source} takes no query", hint="leave --query out, or make it a view")
            return where_it_lies
    asked = parse_file_style(settings.encoding, settings.delimiter, settings.quote, settings.sheet)
    return open_source(settings.source, settings.query, asked, quiet=quiet)


def open_source(
    location: str,
    query: str | None,
    asked: FileStyle = AS_FOUND,
    expected: FileStyle = AS_FOUND,
    quiet: bool = False,
) -> Source:
    """Open a table without reading its rows.

    Parameters
    ----------
    location : str
        A path, a folder, a database URL, an address on HDFS, S3 or Google's storage, or one that an installed package
        reads.
    query : str or None
        SQL, for databases only.
    asked : FileStyle
        What the user says of how the file is written.
    expected : FileStyle
        How the table was written that the model learned from: a prior, which the file's own evidence overrules.
    quiet : bool
        Whether nothing is said on standard error of a large table that is copied from elsewhere.

    Raises
    ------
    SourceError
        There is no such file, it may not be read, it is empty, damaged or of an unknown kind, or its columns cannot
        be used.
    RemoteError
        A file system on the network does not answer, or refuses.
    """
    brought = offered_source(location) if is_database(location) else None
    if brought is None and location.split("://")[0].lower() in _ELSEWHERE:
        raise SourceError(
            f"{redacted(location.split('?')[0])} lies on the network, where only hdfs://, s3:// and gs:// are read",
            hint="download it first, then give the file; `journeyman build` reads it where it lies with --engine spark",
        )
    if location.startswith(CATALOGUE):
        raise SourceError(
            f"{location} is a table of Spark's",
            hint="`journeyman build` and `journeyman score` read it with --engine spark",
        )
    if brought is None and is_database(location) and not is_remote(location):
        return DatabaseSource(location, query)
    if query is not None:
        raise SourceError(f"{location} is no database, so it takes no query", hint="leave --query out, or give a URL")
    if brought is not None:
        return brought
    if is_remote(location):
        return remote_source(location, lambda copy: open_source(str(copy), None, asked, expected), quiet)
    path = Path(location).expanduser()
    if not path.exists():
        raise SourceError(f"no such file: {location}", hint=_nearest(path))
    if path.is_dir():
        return _of_images(path) or _with_images(_folder(path, asked, expected), path)
    known = _suffix(path.name) or _packing(path.name)
    other = None if known else offered_source(str(path))
    return other or _with_images(_file(path, asked, expected), path.parent)


def _of_images(path: Path) -> Source | None:
    """Return a folder's images, unless tables in it say what they are."""
    tables = [f for f, _ in _files(path, {})] if os.access(path, os.R_OK | os.X_OK) else [path]
    return None if any(not f.is_file() or mentions_images(f) for f in tables) else image_folder(path)


def _with_images(source: FolderSource | Part, folder: Path) -> Source:
    parts = getattr(source, "parts", (source,))
    return with_image_files(source, folder) if any(mentions_images(part.path) for part in parts) else source


def _suffix(name: str) -> str:
    """Return the ending of a packed file's content, or of a file: "a.csv.gz" gives ".csv", "part-0" does too."""
    inside = name.lower()
    while (packed := _packing(inside)) and inside != packed:
        inside = inside.removesuffix(packed)
    found = next((s for s in sorted(_KINDS, key=len, reverse=True) if inside.endswith(s)), "")
    return found or (".csv" if _PART.fullmatch(inside) else "")


def _packing(name: str) -> str:
    return next((s for s in PACKED if name.lower().endswith(s)), "")


def is_table(name: str) -> bool:
    """Say whether a file's name is one of a table that is read."""
    return bool(_suffix(name)) and not _PAPERS.fullmatch(PurePosixPath(name).name)


def _file(path: Path, asked: FileStyle, expected: FileStyle) -> Part:
    unknown = SourceError(f"{path.name} is of an unknown kind", hint=f"give {_KNOWN}")
    if path.name.lower().endswith(TARRED):
        raise SourceError(f"{path.name} is an archive that is not read", hint="unpack it and give the file or folder")
    if not _suffix(path.name) and not _packing(path.name):
        if path.is_file() and _head(path).startswith(b"SQLite format 3\0"):
            raise SourceError(f"{path.name} is a database", hint=f"give sqlite:///{path} and --query 'SELECT ...'")
        raise unknown
    if not path.is_file():
        raise SourceError(f"{path} is no regular file", hint="write it to a file first")
    if not os.access(path, os.R_OK):
        raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it to where you may read it")
    try:
        inside, owner = path, _Owner()
        packing = _packing(path.name)
        if packing and inside.stat().st_size == 0:
            raise SourceError(f"{path.name} is empty", hint="give a table with rows")
        while packing and not _is_plain(inside):  # browsers unpack and keep the name
            inside = unpack(inside, scratch_folder(owner), asked.sheet, is_table)
            packing = _packing(inside.name)
        if packing:  # by its name alone, by which readers go, too
            inside = Path(copyfile(inside, scratch_folder(owner) / inside.name.lower().removesuffix(packing)))
        suffix = _suffix(inside.name) or (".csv" if inside != path else "")
        suffix = _by_content(inside, suffix)
        if suffix in PACKED:
            renamed = inside.name + suffix
            raise SourceError(
                f"{path.name} is packed, though its name does not say so", hint=f"rename it, as in {renamed}"
            )
        source = _open(suffix, inside, path.name, asked, expected)
    except PermissionError as error:
        raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it") from error
    keep_alive_with(source, owner)
    return source


class _Owner:
    """Has a folder for as long as the source that is read from it lives."""


def _by_content(path: Path, suffix: str) -> str:
    """Return the ending that fits what is in a file: people call workbooks .csv, and texts .xls."""
    head, found = _head(path), _mark(path)
    if head[257:262] == b"ustar":
        raise SourceError(f"{path.name} is a .tar archive, which is not read", hint="unpack it and give the file")
    if _KINDS[suffix] in (_TEXT, _JSON) and found:
        return found
    if _PART.fullmatch(path.name) and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b'{"'):
        return ".jsonl"
    if suffix in (".xls", ".xlsx") and head and not found:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            raise SourceError(
                f"{path.name} is a web page or XML, not a workbook", hint="open it in Excel and save it as .xlsx"
            )
        return ".csv" if _is_plain(path) else suffix
    if suffix == ".xls" and found == ".xlsx":
        return ".xlsx"
    return suffix


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def _is_plain(path: Path) -> bool:
    """Say whether a file begins as a text of several lines does, divided at a usual delimiter."""
    head = _head(path)
    usual = any(sign in head for sign in (b"\t", b",", b";", b"|"))
    return usual and b"\n" in head and not _mark(path)


def _mark(path: Path) -> str:
    """Return the ending that a file's first bytes stand for; "" where they may be a text's."""
    head = _head(path)
    found = next((kind for mark, kind in _MARKS if head.startswith(mark)), "")
    if found == ".xlsx" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        return found if any(n.startswith("xl/") or n == "content.xml" for n in names) else ".zip"
    return found


def _open(suffix: str, inside: Path, name: str, asked: FileStyle, expected: FileStyle) -> Part:
    reader = _reader(suffix)
    if _KINDS[suffix] == _PARQUET:
        return reader(inside, name)
    return reader(inside, name, asked, expected)


def _reader(suffix: str) -> Callable[..., Part]:
    module, _, name = _KINDS[suffix].partition(".")
    reader: Callable[..., Part] = getattr(import_module(f"journeyman.sources.{module}"), name)
    return reader


def _folder(path: Path, asked: FileStyle, expected: FileStyle) -> FolderSource:
    if not os.access(path, os.R_OK | os.X_OK):
        raise SourceError(f"no permission to read {path}", hint="ask its owner, or copy it to where you may read it")
    files = list(_files(path, {}))
    if not files:
        raise SourceError(f"no table in the folder {path}", hint=f"give {_KNOWN}")
    described = [f for f, _ in files if f.suffix != ".json"]
    if described:  # a .json beside tables says what they hold
        files = [(f, keys) for f, keys in files if f.suffix != ".json"]
    kinds = {_kind(f) for f, _ in files}
    if len(kinds) > 1:
        raise SourceError(f"the folder {path} mixes kinds of files", hint="give a folder of files of one format")
    filled = [(f, keys) for f, keys in files if not _is_empty(f)]
    if not filled:
        raise SourceError(f"all files of the folder {path} are empty", hint="give a folder with rows")
    parts = [_file(f, asked, expected) for f, _ in filled]
    first = parts[0]
    for i, part in enumerate(parts):
        headless = getattr(part, "without_header", None)
        if i and headless is not None and not set(part.names) & set(first.names):
            parts[i] = headless(first.names) or part
    return FolderSource(path, parts, [keys for _, keys in filled], kinds == {_JSON})


def _kind(path: Path) -> str:
    suffix = _suffix(path.name)
    return _KINDS.get(_by_content(path, suffix) if _PART.fullmatch(path.name) else suffix, "")


def _files(path: Path, keys: Mapping[str, str | None]) -> Iterator[tuple[Path, Mapping[str, str | None]]]:
    """Yield the tables of a folder and of its key=value folders, with these keys, in the order of their names."""
    for entry in sorted(path.iterdir()):
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_file() and is_table(entry.name):
            yield entry, keys
        elif entry.is_dir() and "=" in entry.name.strip("="):
            key, _, value = (unquote(part) for part in entry.name.partition("="))
            yield from _files(entry, {**keys, key: None if value == "__HIVE_DEFAULT_PARTITION__" else value})


def _is_empty(path: Path) -> bool:
    """Say whether a part holds nothing; packed ones of a few bytes are looked into."""
    size = path.stat().st_size
    if size > 64 or _packing(path.name) in ("", ".zip"):
        return size == 0 or (size < 64 and not path.read_bytes().strip())
    if size == 0:
        return True
    owner = _Owner()
    return unpack(path, scratch_folder(owner), None, is_table).stat().st_size == 0


def _nearest(path: Path) -> str:
    """Return a hint with the nearest file that does exist."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either"
    names = sorted(f.name for f in path.parent.iterdir())
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"check the path; the folder {path.parent} has no such file"
