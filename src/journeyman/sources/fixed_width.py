"""Columns of fixed width, as consoles and old programs print them: blanks stand at the same places of every line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from journeyman.sources.records import split_lines
from journeyman.sources.unit_rows import is_drawn

__all__ = ["divided", "find_columns"]

_HEAD = 1 << 18
_LEAST_LINES = 8
_ENOUGH = 0.95
_BLOCK = 1 << 20


def find_columns(path: Path) -> tuple[int, ...] | None:
    """Return the places where columns begin; None where a text in UTF-8 has no columns of fixed width.

    Each column has a name in the first line, and blanks before it in nearly all lines.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    text = head.decode("utf-8", "ignore").lstrip("\ufeff")
    lines = [line for line in split_lines([text]) if line.strip() and not is_drawn(line)]
    if len(head) == _HEAD:
        lines.pop()
    return _columns(lines)


def _columns(lines: Sequence[str]) -> tuple[int, ...] | None:
    """Return where columns begin.

    Examples
    --------
    >>> _columns(["name      n", *["red wine  1", "tea      12"] * 5])
    (0, 8)
    """
    if len(lines) < _LEAST_LINES or any("\t" in line for line in lines):
        return None
    width = max(map(len, lines))
    filled = [0] * width
    for line in lines:
        for place, letter in enumerate(line):
            filled[place] += letter != " "
    blank = [n <= (1 - _ENOUGH) * len(lines) and lines[0][i : i + 1] in ("", " ") for i, n in enumerate(filled)]
    starts = [i for i in range(width) if not blank[i] and (i == 0 or blank[i - 1])]
    places = (0, *(i - 1 for i in starts[1:]))  # a cell may be wider than those that were seen, to its left
    names = _cells(lines[0], places)
    if len(places) < 2 or names is None or not all(names):
        return None
    whole = sum(_cells(line, places) is not None for line in lines)
    return places if whole >= _ENOUGH * len(lines) and not _is_prose(lines, places) else None


def _is_prose(lines: Sequence[str], places: Sequence[int]) -> bool:
    """Say whether columns stand a single blank apart in every line, as words do that are equally long by chance."""
    return not any("  " in line.strip() for line in lines[: 4 * _LEAST_LINES])


def _cells(line: str, places: Sequence[int]) -> list[str] | None:
    """Return the cells of a line; None where a word stands over the edge of two columns."""
    if any(line[place : place + 1] not in ("", " ") for place in places[1:]):
        return None
    return [line[a:b].strip() for a, b in zip(places, [*places[1:], len(line)], strict=True)]


def divided(path: Path, places: Sequence[int]) -> Iterator[bytes]:
    """Yield a text in UTF-8 with tabs between its columns; lines that are not so divided stay as they are."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for line in split_lines(iter(lambda: file.read(_BLOCK), "")):
            cells = None if is_drawn(line) or not line.strip() else _cells(line, places)
            yield ("\t".join(cells) if cells is not None else line).encode() + b"\n"
