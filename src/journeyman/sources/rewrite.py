"""A text that plain readers would stumble over, written again so that all read the same rows from it."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from journeyman.errors import SourceError
from journeyman.sources.dialects import Layout
from journeyman.sources.records import split_lines, whole_records
from journeyman.sources.unit_rows import is_drawn

__all__ = ["Rewritten", "rewrite"]

_BLOCK = 1 << 20
_MOST_AFTER = 10
_SHOWN = 3
_MOST_ZEROS = 0.01
_END = re.compile(r"\W*(?:eof|end|ende|fin|fine|end of (?:file|data|report)|end data)\W*|\\\.", re.IGNORECASE)
"""What says that a table ends."""


@dataclass(frozen=True)
class Rewritten:
    """What came of it.

    Attributes
    ----------
    path : Path
        The text: UTF-8, one header line, quotes doubled.
    delimiter : str
        Of the new text.
    rows : int
        Below the header.
    headers : tuple of int
        Lines where the header came again; they are left out.
    after : tuple of str
        Lines behind the table; they are left out.
    quotes : tuple of int
        Lines with a quote that was taken for a character.
    trimmed : int
        Rows with more delimiters at their end than columns.
    comments : int
        Lines between rows that only comment, or are drawn.
    units : tuple of str
        Lines of units below the header; they are left out.
    empty : int
        Last rows without any value, as spreadsheets save them; they are left out.
    """

    path: Path
    delimiter: str
    rows: int
    headers: tuple[int, ...] = ()
    after: tuple[str, ...] = ()
    quotes: tuple[int, ...] = ()
    trimmed: int = 0
    comments: int = 0
    units: tuple[str, ...] = ()
    empty: int = 0


@dataclass
class _Noticed:
    rows: int = 0
    headers: list[int] = field(default_factory=list)
    quotes: list[int] = field(default_factory=list)
    trimmed: int = 0
    comments: int = 0
    units: list[str] = field(default_factory=list)


def rewrite(path: Path, name: str, layout: Layout, out: Path) -> Rewritten:
    """Write a text again.

    Parameters
    ----------
    path : Path
        The text, in UTF-8.
    name : str
        What the user calls the file.
    layout : Layout
        Where the header is, and how lines are divided.
    out : Path
        The new file.

    Raises
    ------
    SourceError
        A row has another number of fields than the header, or bytes are no text.
    """
    usual = layout.dialect.delimiter.isascii() and layout.dialect.delimiter != " "
    delimiter = layout.dialect.delimiter if usual else ","
    noticed = _Noticed()
    after: deque[tuple[int, list[str]]] = deque()
    empty: list[list[str]] = []  # rows without a value are rows where others follow
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(layout.names)
        for line, row in _rows(path, name, layout, noticed):
            kept = _fitted(row, layout, noticed)
            if kept is None:
                if row[0].startswith("#") or is_drawn(" ".join(row)):
                    noticed.comments += 1
                    continue
                after.append((line, row))
                if len(after) > _MOST_AFTER:
                    raise _ragged(name, *after[0], layout)
                continue
            if after:
                raise _ragged(name, *after[0], layout)
            if len(kept) > 1 and not any(map(str.strip, kept)):
                empty.append(kept)
                continue
            for row in empty:
                writer.writerow(row)
            noticed.rows += 1 + len(empty)
            empty.clear()
            text = delimiter.join(kept)
            if '"' in text:
                if any(cell.count('"') % 2 for cell in kept):
                    noticed.quotes.append(line)
                writer.writerow(kept)
            elif not text or "\n" in text or "\r" in text or text.count(delimiter) != len(kept) - 1:
                writer.writerow(kept)
            else:
                file.write(text + "\n")
    if any(not _is_remark(row, layout) for _, row in after):
        raise _ragged(name, *next(p for p in after if not _is_remark(p[1], layout)), layout)
    return Rewritten(
        out,
        delimiter,
        noticed.rows,
        tuple(noticed.headers),
        tuple(layout.dialect.delimiter.join(row)[:80] for _, row in after),
        tuple(noticed.quotes),
        noticed.trimmed,
        noticed.comments,
        tuple(noticed.units),
        len(empty),
    )


def _rows(path: Path, name: str, layout: Layout, noticed: _Noticed) -> Iterator[tuple[int, list[str]]]:
    """Yield rows below the header with the number of their line, counted from 1."""
    dialect = layout.dialect
    width = len(layout.names) + layout.trailing + 2 * layout.bordered
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = enumerate(split_lines(_blocks(file, path, name)), 1)
        for _ in range(layout.before):
            next(lines, None)
        records = whole_records(_without_end(lines), dialect, width, layout.numeric)
        head = None if layout.headless else next(records, None)
        repeated = None if head is None or len(head[1]) < 2 else head[1]
        for _, row in islice(records, layout.units):
            noticed.units.append(dialect.delimiter.join(row)[:80])
        for line, row in records:
            if repeated is not None and [row[0].strip("\ufeff"), *row[1:]] == repeated:
                noticed.headers.append(line)
                continue
            yield line, row


def _blocks(file: io.TextIOWrapper, path: Path, name: str) -> Iterator[str]:
    zeros = 0
    while block := file.read(_BLOCK):
        zeros += block.count("\0")
        if zeros > _MOST_ZEROS * path.stat().st_size:
            raise SourceError(f"{name} holds bytes that are no text", hint="is it a packed or binary file?")
        yield block.replace("\0", "")


def _without_end(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Leave out the mark that old systems write at the end of a text."""
    for number, line in lines:
        text = line.rstrip("\x1a") if line.endswith("\x1a") else line
        if text or not line:
            yield number, text


def _fitted(row: list[str], layout: Layout, noticed: _Noticed) -> list[str] | None:
    """Return a row's fields, as many as there are columns; None where it is no row."""
    width = len(layout.names)
    if layout.bordered and len(row) == width + 2 and not row[0].strip() and not row[-1].strip():
        return row[1:-1]
    if len(row) == width and not layout.bordered:
        return row
    if len(row) > width and not any(cell.strip() for cell in row[width:]):
        noticed.trimmed += not layout.trailing
        return row[:width]
    return None


def _is_remark(row: list[str], layout: Layout) -> bool:
    """Say whether a line behind the table is words about it, as "(3 rows)", and no row that lacks something."""
    text = layout.dialect.delimiter.join(row).strip()
    if len(row) == 1 and len(layout.names) > 1 and _END.fullmatch(text):
        return True
    return (
        len(row) < len(layout.names)
        and len(row) <= max(1, len(layout.names) // 2)
        and (text.startswith(("(", "#", "-", "=", "*")) or any(sign in text for sign in (" ", ":")))
        and any(letter.isalpha() for letter in text)
    )


def _ragged(name: str, line: int, row: list[str], layout: Layout) -> SourceError:
    count = len(row)
    hint = "quote values that hold the delimiter, or repair that line"
    if layout.dialect.quote and any(layout.dialect.quote in cell for cell in row):
        hint = "double the quotes inside that line's values, or give --quote none if quotes are characters here"
    elif count == 1 or len(layout.names) == 1:
        hint = "give the delimiter, as in --delimiter ';', or repair that line"
    return SourceError(
        f"{name} is ragged: line {line} has {count} {'field' if count == 1 else 'fields'} "
        f"where the header has {len(layout.names)}",
        hint=hint,
    )
