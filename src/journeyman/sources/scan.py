"""One quick look at every byte of a text: whether plain readers can take it as it is, and how many rows it has.

The rows are counted by line ends outside of quotes, so that what a reader gives can be compared with them.
"""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from journeyman.sources.dialects import Layout
from journeyman.sources.records import are_rows, split_lines

__all__ = ["count_plain_rows"]

_BLOCK = 1 << 24
_QUOTE, _LF, _CR, _SPACE, _TAB = 34, 10, 13, 32, 9
_MOST_TEXTS = 200
_MARK = b"\xef\xbb\xbf"


def count_plain_rows(path: Path, layout: Layout) -> int | None:
    """Return the number of rows below the header; None where the text must be rewritten before it is read.

    That is where the header is not the first line or comes again, a quote is not closed where a field ends, rows end
    with a carriage return alone, or bytes are no text.
    """
    if layout.moved or not layout.dialect.plain:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        if text.find(b"\0") >= 0 or text[-1:] == b"\x1a" or _ends_empty(text, layout) or _header_again(text, layout):
            return None
        data = np.frombuffer(text, dtype=np.uint8)
        try:
            lines = _Lines(data, text, layout)
            count = lines.count()
        finally:
            del data, lines  # the map is not closed while an array looks at it
    return None if count is None else count - 1


def _header_again(text: mmap.mmap, layout: Layout) -> bool:
    if len(layout.names) < 2:
        return False
    line = layout.header.encode()
    place = text.find(line, len(line))
    while place >= 0:
        before, after = text[place - 1 : place], text[place + len(line) : place + len(line) + 1]
        if (before == b"\n" or text[place - 3 : place] == _MARK) and after in (b"", b"\n", b"\r"):
            return True
        place = text.find(line, place + 1)
    return False


def _ends_empty(text: mmap.mmap, layout: Layout) -> bool:
    """Say whether the last line is nothing but delimiters, as spreadsheets save rows that were emptied."""
    delimiters = layout.dialect.delimiter.encode() * (len(layout.names) - 1)
    last = text[max(0, len(text) - len(delimiters) - 4) :].rstrip(b"\r\n")
    return len(delimiters) > 0 and last.endswith(delimiters) and last[: -len(delimiters)][-1:] in (b"", b"\n", b"\r")


class _Lines:
    """Counts lines outside of quotes, a block at a time."""

    def __init__(self, data: NDArray[np.uint8], text: mmap.mmap, layout: Layout) -> None:
        self._data, self._text, self._layout = data, text, layout
        self._delimiter = ord(layout.dialect.delimiter)
        self._has_quotes = text.find(b'"') >= 0
        self._has_returns = text.find(b"\r") >= 0
        self._quotes = 0
        self._begin = 3 if text[:3] == _MARK else 0
        self._first = self._begin
        self._texts = 0
        self._returned: bool | None = None

    def count(self) -> int | None:
        total = 0
        for low in range(0, len(self._data), _BLOCK):
            found = self._count_block(low, min(low + _BLOCK, len(self._data)))
            if found is None:
                return None
            total += found
        if self._quotes % 2:
            return None
        tail = self._text[self._begin :]
        if tail.strip():
            return total + 1
        return None if tail else total

    def _count_block(self, low: int, high: int) -> int | None:
        block = self._data[low:high]
        ends = np.flatnonzero(block == _LF) + low
        if self._has_returns:
            returns = np.flatnonzero(block == _CR) + low + 1
            if len(returns) and (returns[-1] >= len(self._data) or (self._data[returns] != _LF).any()):
                return None
        if self._has_quotes:
            quotes = np.flatnonzero(block == _QUOTE) + low
            if not self._well(quotes):
                return None
            inside = (np.searchsorted(quotes, ends) + self._quotes) % 2 == 1
            self._quotes += len(quotes)
            broken = bool(inside.any())
            ends = ends[~inside]
            if broken and self._hides_rows(ends, low):
                return None
        if not len(ends):
            return 0
        if self._has_returns:
            returned = self._data[np.maximum(ends - 1, 0)] == _CR
            self._returned = bool(returned[0]) if self._returned is None else self._returned
            if (returned != self._returned).any():
                return None  # of two kinds of ends DuckDB takes the first it sees
        starts = np.concatenate([[self._begin], ends[:-1] + 1])
        self._begin = int(ends[-1]) + 1
        first = self._data[starts]
        blank = (first == _LF) | ((first == _CR) & (ends - starts == 1))
        white = np.flatnonzero((first == _SPACE) | ((first == _TAB) & (self._delimiter != _TAB)))
        if any(not self._text[starts[i] : ends[i]].strip() for i in white):
            return None
        return len(ends) - int(blank.sum())

    def _well(self, quotes: NDArray[np.int64]) -> bool:
        """Say whether quotes open where a field begins and close where it ends."""
        if not len(quotes):
            return True
        opening = quotes[self._quotes % 2 :: 2]
        closing = quotes[1 - self._quotes % 2 :: 2]
        before = self._data[np.maximum(opening - 1, 0)]
        good = (before == self._delimiter) | (before == _LF) | (before == _CR) | (before == _QUOTE)
        if not (good | (opening == self._first)).all():
            return False
        after = self._data[np.minimum(closing + 1, len(self._data) - 1)]
        good = (after == self._delimiter) | (after == _LF) | (after == _CR) | (after == _QUOTE)
        return bool((good | (closing == len(self._data) - 1)).all())

    def _hides_rows(self, ends: NDArray[np.int64], low: int) -> bool:
        """Say whether a record of several lines is rows between two quotes that are none."""
        starts = np.concatenate([[self._begin], ends[:-1] + 1]) if len(ends) else ends
        width, numeric = len(self._layout.names), self._layout.numeric
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if self._texts >= _MOST_TEXTS:
                return False
            if self._text.find(b"\n", start, end) < 0 or start < low - _BLOCK:
                continue
            self._texts += 1
            lines = list(split_lines([self._text[start:end].decode("utf-8", "replace")]))
            if are_rows(lines, self._layout.dialect, width, numeric):
                return True
        return False
