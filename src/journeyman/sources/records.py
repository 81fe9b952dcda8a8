"""Lines into records: quotes and line breaks inside them, and quotes that are none; a row ends where it ends.

A quote that opens a field and is closed before a delimiter or the end of a line holds a text, which may go over several
lines. Any other is a character: `19" rack`, `"19 inch`. Where both can be, a text of several lines of which each would
be a row by itself is taken for rows.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

__all__ = ["Dialect", "are_rows", "fields", "split_lines", "whole_records"]

_MOST_LINES, _MOST_TRIES = 3000, 100
_END = re.compile(r"\r*\n|\r+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True)
class Dialect:
    """How a line is divided.

    Attributes
    ----------
    delimiter : str
        One character; a space stands for a run of them.
    quote : str
        The character around texts; empty where there is none.
    escape : str
        What stands before a quote that is a character; empty where such a quote is doubled.
    spaced : bool
        Whether blanks may stand between a delimiter and a quote.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    spaced: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is one that every reader knows."""
        return (
            self.delimiter != " "
            and self.delimiter.isascii()
            and self.quote == '"'
            and not self.escape
            and not self.spaced
        )


def split_lines(blocks: Iterable[str]) -> Iterator[str]:
    r"""Yield lines without their ends, whichever these are: \n, \r\n, \r, or \r\r\n of a double conversion.

    Examples
    --------
    >>> list(split_lines(["a\r\nb\rc", "d\n\ne"]))
    ['a', 'b', 'cd', '', 'e']
    """
    rest = ""
    for block in blocks:
        rest += block
        if rest.endswith("\r"):  # its \n may come with the next block
            continue
        *whole, rest = _END.split(rest)
        yield from whole
    if rest:
        *whole, last = _END.split(rest)
        yield from whole
        if last:
            yield last


@lru_cache(maxsize=256)
def _patterns(dialect: Dialect) -> tuple[re.Pattern[str], ...]:
    """Return patterns of a field: quoted well, quoted with quotes inside, opened and not closed, and any other."""
    gap, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    end = rf"[ \t]*(?={gap}|\Z)" if dialect.spaced else rf"(?={gap}|\Z)"
    lead = "[ ]*" if dialect.spaced else ""
    inside = rf"(?:[^{quote}\\]|\\.|{quote}{quote})*" if dialect.escape else rf"(?:[^{quote}]|{quote}{quote})*"
    well = re.compile(rf"{lead}{quote}({inside}){quote}{end}", re.DOTALL)
    badly = re.compile(rf"{lead}{quote}(.*?){quote}{end}", re.DOTALL)
    unclosed = re.compile(rf"{lead}{quote}{inside}\\?\Z", re.DOTALL)
    bare = rf"(?:[^{gap}\\]|\\{gap}|\\)*" if dialect.escape else f"[^{gap}]*"
    return well, badly, unclosed, re.compile(bare)


def fields(line: str, dialect: Dialect, width: int | None = None) -> list[str]:
    r"""Divide a line; quotes that are not closed are characters.

    Parameters
    ----------
    width : int, optional
        Fields that are wanted: a text with quotes inside is divided so that there are as many.

    Examples
    --------
    >>> fields('a,"b, ""c"" d",e', Dialect(","))
    ['a', 'b, "c" d', 'e']
    >>> fields('"19 inch,5"', Dialect(",")), fields('"size "0, wide" box",1', Dialect(","), 2)
    (['19 inch,5'], ['size "0, wide" box', '1'])
    """
    if dialect.delimiter == " ":
        line = re.sub(" +", " ", line.strip(" ")) if not dialect.quote or dialect.quote not in line else line.strip(" ")
    if dialect.escape and f"\\{dialect.delimiter}" in line:
        return _divided(line, dialect, badly=False)
    if not dialect.quote or dialect.quote not in line:
        return line.split(dialect.delimiter)
    found = _divided(line, dialect, badly=False)
    if width is not None and len(found) != width:
        other = _divided(line, dialect, badly=True)
        return other if len(other) == width else found
    return found


def _divided(line: str, dialect: Dialect, *, badly: bool) -> list[str]:
    well, loose, _, bare = _patterns(dialect)
    out, place = [], 0
    while True:
        found = well.match(line, place) or (loose.match(line, place) if badly else None)
        if found is not None:
            text = found[1].replace(dialect.quote * 2, dialect.quote)
            out.append(_ESCAPED.sub(_meaning, text) if dialect.escape else text)
        else:
            found = bare.match(line, place)
            assert found is not None  # it matches nothing, too
            text = found[0]
            out.append(text.replace("\\" + dialect.delimiter, dialect.delimiter) if dialect.escape else text)
        place = found.end()
        if place >= len(line):
            return out
        place += 1
        while dialect.delimiter == " " and line[place : place + 1] == " ":
            place += 1


def _meaning(found: re.Match[str]) -> str:
    letter = found[1]
    return _MEANINGS.get(letter, letter if letter in "\"'\\/" else found[0])


class _Quotes(Enum):
    """What the quotes of a line are like."""

    WELL = 1
    OPEN = 2
    BAD = 3


def _quotes(line: str, dialect: Dialect) -> _Quotes:
    if not dialect.quote or dialect.quote not in line:
        return _Quotes.WELL
    well, _, unclosed, bare = _patterns(dialect)
    place, state = 0, _Quotes.WELL
    while place <= len(line):
        found = well.match(line, place)
        if found is None:
            if unclosed.match(line, place):
                return _Quotes.OPEN
            found = bare.match(line, place)
            assert found is not None  # it matches nothing, too
            if found[0].lstrip(" ").startswith(dialect.quote):
                state = _Quotes.BAD
        place = found.end() + 1
    return state


def whole_records(
    lines: Iterable[tuple[int, str]], dialect: Dialect, width: int | None = None, numeric: frozenset[int] = frozenset()
) -> Iterator[tuple[int, list[str]]]:
    """Yield records with the number of their first line; blank lines are none.

    Parameters
    ----------
    lines : iterable of (int, str)
        Numbered lines without their ends.
    width : int, optional
        Fields of a row: quotes are judged by it.
    numeric : frozenset of int
        Columns that hold numbers.
    """
    waiting: deque[tuple[int, str]] = deque()
    source = iter(lines)
    while True:
        if waiting:
            number, line = waiting.popleft()
        else:
            following = next(source, None)
            if following is None:
                return
            number, line = following
        if not line or not line.strip(" \t" if dialect.delimiter != "\t" else " "):
            continue
        if _quotes(line, dialect) is not _Quotes.OPEN:
            yield number, fields(line, dialect, width)
            continue
        taken, used, tries = [line], 0, 0
        row: list[str] | None = None
        while used < _MOST_LINES and tries < _MOST_TRIES:
            if used >= len(waiting):
                following = next(source, None)
                if following is None:
                    break
                waiting.append(following)
            taken.append(waiting[used][1])
            used += 1
            if dialect.quote in taken[-1]:
                tries += 1
                joined = "\n".join(taken)
                state = _quotes(joined, dialect)
                if state is not _Quotes.OPEN:
                    row = fields(joined, dialect) if state is _Quotes.WELL else None
                    break
        if row is None or (width is not None and len(row) != width) or are_rows(taken, dialect, width, numeric):
            yield number, fields(line, dialect, width)
            continue
        for _ in range(used):
            waiting.popleft()
        yield number, row


def are_rows(lines: list[str], dialect: Dialect, width: int | None, numeric: frozenset[int]) -> bool:
    """Say whether each line of a text of several lines would be a row by itself."""
    if width is None or width < 2 or (width < 3 and not numeric) or (len(lines) < 3 and not numeric):
        return False
    for line in lines:
        row = fields(line, dialect)
        if len(row) != width or any(row[i].strip() and not row[i].strip()[-1:].isdigit() for i in numeric):
            return False
    return True
