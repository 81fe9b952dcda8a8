"""Packed files: .gz, .bz2, .xz, .zst and .zip are unpacked once, and what is inside is read as if it lay there."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from journeyman.arrow import pa
from journeyman.errors import SourceError
from journeyman.sources.scratch import room_for

__all__ = ["PACKED", "TARRED", "unpack"]

_BLOCK = 1 << 20


def _zstd(path: Path) -> Any:
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


_OPENERS: Mapping[str, Callable[[Path], Any]] = {
    ".gz": gzip.GzipFile,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _zstd,
}
_WORDS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}
PACKED = (*_OPENERS, ".zip")
TARRED = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
"""Archives that are not read."""


def unpack(path: Path, folder: Path, member: str | None, is_table: Callable[[str], bool]) -> Path:
    """Unpack a file into a folder; return where its content lies, under the name that it has inside.

    Parameters
    ----------
    path : Path
        A file whose name ends with one of ``PACKED``.
    folder : Path
        An empty folder.
    member : str or None
        The file wanted of a .zip archive with several tables.
    is_table : callable
        Whether a file's name is one of a table.

    Raises
    ------
    SourceError
        It is damaged, or an archive of which no single table follows.
    """
    kind = path.suffix.lower()
    try:
        with room_for(path.name):
            if kind == ".zip":
                return _from_archive(path, folder, member, is_table)
            inside = folder / path.name[: -len(kind)]
            with _OPENERS[kind](path) as packed:
                _copy(packed, inside)
            return inside
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise _damaged(path, kind) from error
    except (OSError, ValueError) as error:
        if isinstance(error, SourceError | PermissionError) or getattr(error, "errno", None) is not None:
            raise
        raise _damaged(path, kind) from error  # bz2 and zstd say so in plain OSErrors


def _damaged(path: Path, kind: str) -> SourceError:
    return SourceError(f"{path.name} is a damaged {_WORDS[kind]} file", hint="pack or copy it again")


def _copy(packed: Any, inside: Path) -> None:
    with inside.open("wb") as out:
        while block := packed.read(_BLOCK):
            out.write(block)


def _from_archive(path: Path, folder: Path, member: str | None, is_table: Callable[[str], bool]) -> Path:
    with zipfile.ZipFile(path) as archive:
        files = [i for i in archive.infolist() if not i.is_dir() and not _is_shadow(i.filename)]
        names = [i.filename for i in files]
        if member is not None:
            chosen = [i for i in files if member in (i.filename, PurePosixPath(i.filename).name)]
            if not chosen:
                raise SourceError(f"{path.name} holds no file {member!r}", hint=f"it holds {_short_list(names)}")
        else:
            chosen = [i for i in files if is_table(i.filename)]
            if not chosen and len(files) == 1 and path.stem:
                chosen = files  # data.zip with one file, whatever it is called
            if len(chosen) > 1:
                first = PurePosixPath(chosen[0].filename).name
                raise SourceError(
                    f"{path.name} holds {len(chosen)} tables: {_short_list([i.filename for i in chosen])}",
                    hint=f"name one, as in --sheet {first}, or unpack it and give the folder",
                )
            if not chosen:
                raise SourceError(f"{path.name} holds no table", hint=f"it holds {_short_list(names)}")
        if chosen[0].flag_bits & 1:
            raise SourceError(f"{path.name} is locked with a password", hint="unpack it first, then give the file")
        # The member's own folders are left out: a name in an archive may point anywhere.
        inside = folder / (PurePosixPath(chosen[0].filename.replace("\\", "/")).name or "table.csv")
        try:
            with archive.open(chosen[0]) as packed:
                _copy(packed, inside)
        except NotImplementedError as error:
            raise SourceError(
                f"{path.name} is packed in a way that is not read", hint="unpack it first, then give the file"
            ) from error
        return inside


def _is_shadow(name: str) -> bool:
    """Tell what macOS and Windows leave in archives beside the files."""
    last = PurePosixPath(name).name
    return name.startswith("__MACOSX/") or last.startswith("._") or last in (".DS_Store", "Thumbs.db", "desktop.ini")


def _short_list(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "") if names else "nothing"
