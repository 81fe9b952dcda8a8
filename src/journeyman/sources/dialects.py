"""How a text file is written: encoding, delimiter, header."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from journeyman.errors import SourceError

__all__ = ["Dialect", "opened", "sniffed", "transcoded"]

_HEAD = 1 << 18
_BLOCK = 1 << 20
_DELIMITERS = ",;\t|"
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True)
class Dialect:
    """How a text file is written.

    Attributes
    ----------
    encoding : str
        Python's name of it.
    delimiter : str
        One character.
    names : tuple of str
        The header; columns without a name are called "Unnamed: 3" (counting from 0), as pandas does.
    """

    encoding: str
    delimiter: str
    names: tuple[str, ...]


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, unpacked where it is packed."""
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def sniffed(path: Path) -> Dialect:
    """Find out how a text file is written, from its first rows (the encoding from all of them).

    Raises
    ------
    SourceError
        The file is empty, packed wrongly, or no text.
    """
    try:
        with opened(path) as file:
            head = file.read(_HEAD)
            if not head.strip():
                raise SourceError(f"{path.name} is empty", hint="give a table with a header and rows")
            encoding = _encoding(head, file, path)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceError(f"{path.name} is a damaged gzip file", hint="pack or copy it again") from error
    text = head.decode(encoding, errors="ignore").lstrip("\ufeff")
    if "\0" in text:
        raise SourceError(f"{path.name} holds bytes that are no text", hint="is it a packed or binary file?")
    if path.name.lower().removesuffix(".gz").endswith(".tsv") and "\t" in text.split("\n", 1)[0]:
        delimiter = "\t"
    else:
        delimiter = _delimiter(text, complete=len(head) < _HEAD)
    header = next(_rows(text, delimiter), [])
    # A name is the user's own, but an exporter's blanks around it are nobody's.
    names = tuple(name.strip() or f"Unnamed: {i}" for i, name in enumerate(header))
    return Dialect(encoding, delimiter, names)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_BLOCK * 64)
    return (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)


def _encoding(head: bytes, rest: IO[bytes], path: Path) -> str:
    """Return the encoding: by its mark, by being valid UTF-8 throughout, or the one of old Western files."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[:4096]
    if len(sample) > 3 and sample[1::2].count(0) > 0.4 * len(sample[1::2]):
        return "utf-16-le"
    if len(sample) > 3 and sample[0::2].count(0) > 0.4 * len(sample[0::2]):
        return "utf-16-be"
    block, left = head, b""
    while block:
        try:
            (left + block).decode("utf-8")
            left = b""
        except UnicodeDecodeError as error:
            data = left + block
            # A character may be cut at the end of the block; anywhere else it is not UTF-8.
            if error.start < len(data) - 3 or error.reason != "unexpected end of data":
                return _western(data[error.start : error.start + 1], path)
            left = data[error.start :]
        block = rest.read(_BLOCK)
    if left:
        return _western(left, path)
    return "utf-8"


def _western(first: bytes, path: Path) -> str:
    """Return the Western encoding that a file which is not UTF-8 is read in."""
    with opened(path) as file:
        head = file.read(_HEAD)
    odd = sum(b in b"\x81\x8d\x8f\x90\x9d" or (b < 32 and b not in b"\t\n\r\f\v") for b in head)
    if odd:
        raise SourceError(
            f"{path.name} is in a broken or unknown encoding (byte 0x{first.hex()} is no UTF-8)",
            hint="save it as UTF-8",
        )
    return "cp1252"


def _delimiter(text: str, complete: bool) -> str:
    """Return the character that splits most rows into the same number, more than one, of fields."""
    best, chosen = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        try:
            rows = list(_rows(text, delimiter))[:200]
        except csv.Error:
            continue
        if not complete and len(rows) > 1:
            rows = rows[:-1]
        widths = Counter(len(r) for r in rows)
        width, seen = min(widths.items(), key=lambda p: (-p[1], -p[0]))
        if width > 1 and (seen / len(rows), width) > best:
            best, chosen = (seen / len(rows), width), delimiter
        # A header that splits where ragged rows do not is still a header.
        if rows and len(rows[0]) > 1 and best == (0.0, 0):
            chosen = delimiter
    return chosen


def transcoded(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield a text file's bytes as UTF-8 without a mark.

    Raises
    ------
    SourceError
        The file is not in that encoding.
    """
    try:
        with opened(path) as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            while block := text.read(_BLOCK):
                yield block.lstrip("\ufeff").encode("utf-8")
    except UnicodeError as error:
        raise SourceError(
            f"{path.name} is in a broken encoding ({encoding} was expected)", hint="save it as UTF-8"
        ) from error
