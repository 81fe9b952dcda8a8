"""How a text file is written: delimiter, quotes and header, by the rows of its beginning and of places further on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path

from journeyman.entities.file_style import NO_QUOTE, FileStyle
from journeyman.errors import SourceError
from journeyman.sources.parsing.texts import BLANKS
from journeyman.sources.records import Dialect, fields, split_lines, whole_records
from journeyman.sources.unit_rows import count_unit_rows, is_drawn

__all__ = ["Layout", "find_layout", "headless"]

_HEAD = 1 << 18
_PIECE = 1 << 16
_ROWS, _LATER = 400, 100
_MOST_BEFORE = 60
_USUAL, _RARE = ",;\t|", "~^\x01\x1f:§¦│ "
_EXPECTED = 3.0
_RIVAL = 0.8
_LEAST = 0.2

_PLAIN = re.compile(
    r"""\s*(?:
        [+\-]?[$€£¥]?\s?[+\-]?[\d.,'’ ]*\d[.,]?\s?(?:[eE][+\-]?\d+)?\s?[%€$£¥°\-]?  # an amount
      | \d{1,4}[-/.:]\d{1,2}(?:[-/.:]\d{1,4})?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?  # a moment
        \s?(?:Z|[+\-]\d{2}:?\d{2}|[AaPp]\.?[Mm]\.?)?
      | (?:[^,;\t|~^\x01\x1f§¦]|[,;|]\s)*  # words; a comma in a sentence has a blank behind it
    )\s*""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"\s*[+\-]?[\d.,]*\d\s*")
_SEP_LINE = re.compile(r"\s*\"?sep=(.|\\t)\"?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Where a file's table is and how it is divided.

    Attributes
    ----------
    dialect : Dialect
        How lines become fields.
    names : tuple of str
        The header; columns without a name are called "Unnamed: 3" (counting from 0), as pandas does.
    before : int
        Lines before the header's line.
    left_out : tuple of str
        Those that hold something.
    header : str
        The header's line as it is written, without its end.
    numeric : frozenset of int
        Columns whose values are numbers.
    row_names : bool
        Whether the rows begin with a name that the header does not know, as R writes them.
    trailing : bool
        Whether rows end with a delimiter that the header's line lacks.
    bordered : bool
        Whether delimiters stand around rows, too.
    units : int
        Rows below the header that go on with it, as units do.
    rival : str or None
        Another delimiter that fits nearly as well.
    headless : bool
        Whether the first line is a row, since the header stands in another file.
    """

    dialect: Dialect
    names: tuple[str, ...]
    before: int
    left_out: tuple[str, ...]
    header: str
    numeric: frozenset[int] = frozenset()
    row_names: bool = False
    trailing: bool = False
    bordered: bool = False
    units: int = 0
    rival: str | None = None
    headless: bool = False

    @property
    def moved(self) -> bool:
        """Whether the header and the rows do not simply follow each other from the first line on."""
        return bool(self.before or self.row_names or self.trailing or self.bordered or self.units or self.headless)


def find_layout(path: Path, name: str, asked: FileStyle, expected: FileStyle) -> Layout:
    """Find out how a text file in UTF-8 is laid out.

    Parameters
    ----------
    path : Path
        The text, in UTF-8.
    name : str
        What the user calls the file.
    asked, expected : FileStyle
        What the user says, and how the training table was written.

    Raises
    ------
    SourceError
        The file holds nothing.
    """
    text, whole = _sample(path)
    lines = list(split_lines([text]))
    if not whole and len(lines) > 2:
        lines.pop()
    if not any(line.strip(" \t\ufeff\x1a") for line in lines):
        raise SourceError(f"{name} is empty", hint="give a table with a header and rows")
    first = next(i for i, line in enumerate(lines) if line.strip("\ufeff \t"))
    told = _SEP_LINE.fullmatch(lines[first].strip("\ufeff"))
    start = first + 1 if told else 0
    if told and asked.delimiter is None:
        asked = replace(asked, delimiter="\t" if told[1] == "\\t" else told[1])
    if name.lower().split(".")[-1] in ("tsv", "tab") or ".tsv." in name.lower():
        expected = replace(expected, delimiter="\t")
    pieces = [] if whole else list(_pieces(path))
    dialect, rival = _best([line for line in lines[start:] if not is_drawn(line)], pieces, asked, expected)
    return replace(_header(lines, start, dialect), rival=rival)


def headless(layout: Layout, names: tuple[str, ...]) -> Layout | None:
    """Return a layout whose header's line is a row below other names; None where it is no row of numbers."""
    row = layout.names
    if len(row) != len(names) or not any(_NUMBER.fullmatch(row[i]) for i in layout.numeric):
        return None
    return replace(layout, names=names, headless=True)


def _sample(path: Path) -> tuple[str, bool]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    whole = len(head) < _HEAD
    text = head.decode("utf-8", "replace" if whole else "ignore").lstrip("\ufeff").replace("\0", "")
    return text.rstrip("\x1a"), whole


def _pieces(path: Path) -> Iterable[list[str]]:
    """Yield lines from places further on, each without the lines that are cut."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for share in (0.3, 0.6, 0.9):
            place = int(size * share)
            if place > _HEAD:
                file.seek(place)
                lines = list(split_lines([file.read(_PIECE).decode("utf-8", "ignore")]))
                yield lines[1:-1][:_LATER]


def _best(
    lines: Sequence[str], pieces: Sequence[Sequence[str]], asked: FileStyle, expected: FileStyle
) -> tuple[Dialect, str | None]:
    """Return the dialect whose rows are of one width and hold what cells mostly hold, and its rival's delimiter."""
    quotes = _quotes(lines, asked, expected)
    if asked.delimiter is not None:
        scored = _scored(asked.delimiter, quotes, lines, pieces, expected)
        # In no line at all: the file then has one column, and what is missed is told by its name.
        return max(scored, key=lambda s: s[0], default=(0.0, Dialect(asked.delimiter, quotes[0]), False))[1], None
    usual = [s for d in _USUAL for s in _scored(d, quotes, lines, pieces, expected)]
    if expected.delimiter is not None and expected.delimiter not in _USUAL:
        usual += _scored(expected.delimiter, quotes, lines, pieces, expected)
    best = max(usual, key=lambda s: s[0], default=(0.0, Dialect(","), False))
    if best[0] < _LEAST:
        rare = [s for d in _RARE for s in _scored(d, quotes, lines, pieces, expected) if s[2]]
        best = max([best, *rare], key=lambda s: s[0])
        usual += rare
    if best[0] == 0.0:
        # One column, or rows that no delimiter divides alike: then the header's own.
        first = next((line for line in lines if line.strip()), "")
        likely = expected.delimiter if expected.delimiter and expected.delimiter in first else None
        likely = likely or max(_USUAL, key=lambda d: (first.count(d), -_USUAL.index(d)))
        return Dialect(likely if likely in first else (expected.delimiter or ","), quotes[0]), None
    others = [s for s in usual if s[1].delimiter != best[1].delimiter]
    rival = max(others, key=lambda s: s[0], default=None)
    near = rival is not None and rival[0] > _RIVAL * best[0] and expected.delimiter != best[1].delimiter
    return best[1], rival[1].delimiter if near and rival is not None else None


def _quotes(lines: Sequence[str], asked: FileStyle, expected: FileStyle) -> list[str]:
    wanted = asked.quote or expected.quote
    if wanted is not None:
        return ["" if wanted == NO_QUOTE else wanted]
    single = sum(line.count("'") for line in lines[:_ROWS])
    return ['"', "'"] if single >= 2 and not any('"' in line for line in lines) else ['"']


def _scored(
    delimiter: str,
    quotes: Sequence[str],
    lines: Sequence[str],
    pieces: Sequence[Sequence[str]],
    expected: FileStyle,
) -> list[tuple[float, Dialect, bool]]:
    """Return each dialect with this delimiter and its score, and whether its header is divided as its rows are."""
    if not any(delimiter in line for line in lines[: 4 * _ROWS]):
        return []
    out = []
    for quote in quotes:
        plain = Dialect(delimiter, quote)
        tried = [plain]
        if any((quote and f"\\{quote}" in line) or f"\\{delimiter}" in line for line in lines):
            tried.append(replace(plain, escape="\\"))
        if quote and any(f"{delimiter} {quote}" in line for line in lines):
            tried.extend([replace(d, spaced=True) for d in tried])
        for dialect in tried:
            records = whole_records(enumerate(lines), dialect)
            rows = list(islice((row for _, row in records if any(row)), _ROWS))
            later = [fields(line, dialect) for piece in pieces for line in piece if line.strip()]
            score, straight = _score(rows, later)
            # A quote that is not needed is a character of the text, and so is a backslash.
            score *= 1.0 - 0.02 * (bool(dialect.escape) + dialect.spaced + (quote == "'"))
            score *= _EXPECTED if delimiter == expected.delimiter else 1.0
            out.append((score, dialect, straight))
    return out


def _score(rows: Sequence[Sequence[str]], later: Sequence[Sequence[str]]) -> tuple[float, bool]:
    everything = [*rows, *later]
    if not rows:
        return 0.0, False
    width, _ = _usual_width(everything)
    if width < 2:
        return 0.0, False
    alike = [row for row in everything if len(row) == width]
    share = len(alike) / len(everything)
    cells = [cell for row in alike[:200] for cell in row]
    # A quote that is left at the beginning was not understood.
    plain = sum(not cell.lstrip(" ").startswith('"') and bool(_PLAIN.fullmatch(cell[:200])) for cell in cells) / len(
        cells
    )
    heads = [len(row) for row in rows[:_MOST_BEFORE]]
    straight = share > 0.9 and (heads[0] == width or (width > 2 and heads[0] == width - 1))
    bonus = 1.5 if heads and heads[0] == width else 1.2 if heads and heads[0] == width - 1 else 1.0
    return share**2 * plain**2 * (1.0 - 1.0 / width) * bonus, straight


def _usual_width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return the width that most rows have, and how many have it; of several the smallest."""
    widths = Counter(len(row) for row in rows)
    return min(widths.items(), key=lambda p: (-p[1], p[0]))


def _header(lines: Sequence[str], start: int, dialect: Dialect) -> Layout:
    """Find the header: the first line that is as wide as the rows and not nearly empty."""
    records = whole_records(enumerate(lines[start:], start), dialect)
    filled = ((i, row) for i, row in records if any(row) and (len(row) > 1 or not is_drawn(row[0])))
    numbered = list(islice(filled, _ROWS + _MOST_BEFORE))
    if not numbered:  # only delimiters
        numbered = [(start, fields(lines[start], dialect))]
    width, _ = _usual_width([row for _, row in numbered[1 : 1 + _ROWS]] or [numbered[0][1]])
    chosen = 0
    numbers = sum(_has_number(row) for _, row in numbered[-20:]) > 0
    for position, (i, row) in enumerate(numbered[:_MOST_BEFORE]):
        following = numbered[position + 1][1] if position + 1 < len(numbered) else []
        above = _is_title(row, width, following) or _is_comment(row, width) or _is_pair(row, width, following, numbers)
        above = above or is_drawn(lines[i]) or (numbers and _is_group(row, following))
        if len(row) in (width, width - 1) and not above:
            chosen = position
            break
        if not (above or len(row) <= width // 2):
            break  # a header that its rows do not fit is for the reader to complain of
    line, row = numbered[chosen]
    below = [r for _, r in numbered[chosen + 1 :] if len(r) == width]
    row_names = trailing = False
    if len(row) == width - 1 and below:
        trailing = all(not r[-1].strip() for r in below)
        row_names = not trailing and _names_rows(lines[line], below, dialect)
    units = count_unit_rows(below)
    bordered = len(row) == width > 2 and not any(r[i].strip() for r in [row, *below[units:]] for i in (0, -1))
    if bordered:
        row, below = row[1:-1], [r[1:-1] for r in below]
    called = _clean_names(["", *row] if row_names else row)
    left_out = tuple(text.strip("\ufeff")[:80] for text in lines[:line] if text.strip(f"\ufeff \t{dialect.delimiter}"))
    left_out = tuple(text for text in left_out if not _SEP_LINE.fullmatch(text))
    numeric = _numeric(below[units:])
    return Layout(dialect, called, line, left_out, lines[line], numeric, row_names, trailing, bordered, units)


def _clean_names(names: Sequence[str]) -> tuple[str, ...]:
    called = tuple(name.strip(BLANKS) or f"Unnamed: {i}" for i, name in enumerate(names))
    if any(name.startswith("#") for name in called[1:]):
        return called
    return (called[0].lstrip("# ") or called[0], *called[1:])  # a header that is a comment: "# time,speed"


def _is_title(row: Sequence[str], width: int, following: Sequence[str]) -> bool:
    """Say whether a row is no header: one field where there are several, or one that is filled above a header."""
    if len(row) == 1 and width > 1:
        return True
    filled = [cell for cell in following if cell.strip()]
    named = len(filled) > 1 and not _has_number(filled)
    return sum(bool(cell.strip()) for cell in row) <= 1 and width > 2 and named


def _is_group(row: Sequence[str], following: Sequence[str]) -> bool:
    """Say whether a row names groups of columns, as merged cells are saved, and the next one the columns."""
    blank = sum(not cell.strip() for cell in row)
    whole = len(following) == len(row) and all(cell.strip() for cell in following)
    return blank >= 2 and whole and len(set(following)) == len(row) and not _has_number(following)


def _is_pair(row: Sequence[str], width: int, following: Sequence[str], numbers: bool) -> bool:
    """Say whether a row of one field fewer stands above a header, as "Station,Berlin" does, and is none itself."""
    if len(row) != width - 1 or width < 3:
        return False
    return len(following) != width or (numbers and not _has_number(following))


def _has_number(row: Sequence[str]) -> bool:
    return any(_NUMBER.fullmatch(cell) for cell in row)


def _is_comment(row: Sequence[str], width: int) -> bool:
    return len(row) != width and row[0].lstrip().startswith(("#", "//", "--", "%", "*", "!"))


def _names_rows(header: str, below: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Say whether the first fields of rows are names of theirs, which R writes below no name of a column."""
    first = [row[0] for row in below]
    if len(set(first)) < len(first):
        return False
    quoted = bool(dialect.quote) and header.startswith(dialect.quote)
    counted = all(text.isdigit() for text in first) and all(int(b) - int(a) == 1 for a, b in pairwise(first))
    return len(below[0]) > 2 or quoted or counted


def _numeric(rows: Sequence[Sequence[str]]) -> frozenset[int]:
    """Return the columns that hold numbers nearly everywhere."""
    if len(rows) < 5:
        return frozenset()
    found = []
    for i in range(len(rows[0])):
        there = [row[i] for row in rows[:_ROWS] if row[i].strip()]
        if there and sum(bool(_NUMBER.fullmatch(cell[:60])) for cell in there) > 0.9 * len(there):
            found.append(i)
    return frozenset(found)
