"""Rows below a header that go on with it: units, types and the like, as instruments and survey tools write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["count_unit_rows", "is_drawn"]

_LEAST_BELOW = 5
_NUMBER = re.compile(r"\s*[+\-]?[\d.,]*\d\s*")
_BRACKETED = re.compile(r"\[[^\]]{0,20}\]|\([^)]{0,20}\)|<[^>]{0,20}>")
_UNITS = """
% ‰ ° °c °f k pa hpa kpa mpa bar mbar psi atm v mv kv a ma w kw mw kwh wh mwh j kj mj n kn hz khz mhz ghz s sec ms us µs
ns min h hr hrs d day days week month year years yr yrs m mm cm dm km µm um nm in ft mi yd g mg kg µg ug ng t lb lbs oz
l µl dl hl ml mol mmol µmol m2 m3 m² m³ cm2 cm3 cm² cm³ mm2 mm² km2 km² ha usd eur gbp chf jpy $ € £ ¥ px rpm bpm ppm
ppb db lx lm cd rad deg ohm mω kω f pf nf µf th c count counts pcs psu ntu ph pts pct percent unit units cal kcal mph
kmh kph
"""
_KINDS = """
int int8 int16 int32 int64 integer bigint smallint tinyint long float float32 float64 double real decimal numeric number
str string text char varchar nvarchar object category categorical factor bool boolean logical date datetime timestamp
time chr dbl fct lgl
"""
_PARTS, _TYPES = frozenset(_UNITS.split()), frozenset(_KINDS.split())
_SIZED = re.compile(r"([a-z]+)\s*\([\d,.\s]+\)")
_SPLIT = re.compile(r"[/·*^ ]|(?<=[a-zµ])-?[\d⁻¹²³]+$")
_DRAWN = re.compile(r"(?=.*[-=_─═━]{2})[\s\-=+|_*:─═━│║├┼┤┌┬┐└┴┘╞╪╡╔╦╗╠╬╣╚╩╝]{3,}")
_IMPORT = '{"ImportId":'


def count_unit_rows(rows: Sequence[Sequence[str]]) -> int:
    """Return how many of the first rows below a header are units or types of columns, and no rows.

    Every cell of such a row is a unit, a type or nothing, though there are numbers below.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first rows below the header.

    Examples
    --------
    >>> rows = [["s", "m/s", ""], *[[str(i), "1.5", "red"] for i in range(9)]]
    >>> count_unit_rows(rows), count_unit_rows(rows[1:])
    (1, 0)
    """
    if len(rows) > _LEAST_BELOW + 1 and all(cell.strip().startswith(_IMPORT) for cell in rows[1]):
        return 2  # Qualtrics: questions, and keys of its own
    if rows and is_drawn(" ".join(rows[0])):
        return 1
    if len(rows) <= _LEAST_BELOW:
        return 0
    first, below = rows[0], rows[1:]
    told = False
    for i, cell in enumerate(first):
        text = cell.strip().lower()
        if not text or set(text) <= set("-–—"):
            continue
        if not _is_unit(text):
            return 0
        told = told or _holds_numbers([row[i] for row in below if len(row) > i])
    return int(told)


def is_drawn(line: str) -> bool:
    """Say whether a line is drawn, as consoles and Markdown do around a table.

    Examples
    --------
    >>> is_drawn("+----+---+"), is_drawn("|:---|---:|"), is_drawn("- | -"), is_drawn("")
    (True, True, False, False)
    """
    return _DRAWN.fullmatch(line) is not None


def _holds_numbers(cells: Sequence[str]) -> bool:
    there = [cell for cell in cells if cell.strip()]
    return len(there) >= _LEAST_BELOW and all(_NUMBER.fullmatch(cell[:60]) for cell in there)


def _is_unit(text: str) -> bool:
    sized = _SIZED.fullmatch(text)
    if text in _TYPES or (sized is not None and sized[1] in _TYPES) or _BRACKETED.fullmatch(text):
        return True
    parts = [part for part in _SPLIT.split(text) if part]
    return bool(parts) and all(part in _PARTS or part.isdigit() for part in parts) and not text.isdigit()
