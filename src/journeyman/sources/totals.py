"""Rows at the end of a table that sum the others up, as reports have them."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd

__all__ = ["count_totals"]

_MOST = 3
_LEAST_ROWS = 8
_WORD = re.compile(
    r"\W*(?:(?:grand|sub|over)[\s-]?total|totals?|totale[ns]?|totaal|totalt|total\s+g[eé]n[eé]ral|sums?|summe|summa|suma"
    r"|somme|soma|gesamt(?:summe)?|insgesamt|zusammen|razem|celkem|összesen|yhteensä|i\s+alt|toplam|всього|разом"
    r"|итого|всего|общо|σύνολο|合計|総計|小計|总计|合计|小计|總計|합계|총계|averages?|mean|durchschnitt|mittelwert|среднее)"
    r"(?!\w)",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[\s$€£¥%\u00a0'’]")


def count_totals(frame: pd.DataFrame) -> int:
    """Return how many of the last rows are totals or remarks, at most three.

    A total is named so or has no name, lacks values that rows have, and its numbers are the sums of those above; a
    remark ("Page 1 of 1") fills one of at least three columns that rows fill.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        Raw rows.

    Examples
    --------
    >>> rows = [("a", "1")] * 9 + [("Total", "9")]
    >>> count_totals(pd.DataFrame(rows, columns=["name", "n"]))
    1
    """
    rows, columns = frame.shape
    if rows < _LEAST_ROWS or columns < 2:
        return 0
    usual = frame.iloc[: min(rows - _MOST, 2000)]
    filled = float(np.mean([_present(usual.iloc[:, i]).mean() for i in range(columns)]))
    found = 0
    for back in range(1, _MOST + 1):
        row = [_text(frame.iat[rows - back, i]) for i in range(columns)]
        above = frame.iloc[: rows - back]
        if _is_total(row, above, filled):
            found = back
        elif not _is_remark(row, filled):
            break
        elif found == back - 1:
            found = back
    return found


def _present(values: pd.Series) -> pd.Series:
    return values.notna() & (values.astype(str).str.strip() != "")


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value is pd.NaT or value != value else str(value).strip()


def _is_remark(row: list[str], filled: float) -> bool:
    there = [text for text in row if text]
    return len(row) >= 3 and filled > 0.8 and len(there) == 1 and any(c.isalpha() for c in there[0]) and " " in there[0]


def _is_total(row: list[str], above: pd.DataFrame, filled: float) -> bool:
    blank = sum(not text for text in row)
    named = [i for i, text in enumerate(row) if text and _WORD.match(text)]
    if not named and not blank:
        return False
    if any((above.iloc[:, i].astype(str).str.strip() == row[i]).any() for i in named):
        return False  # a name that rows have, too
    # One column at a time: of a wide table the first one settles it mostly, and each means a look at all rows.
    sums = (_sums(row[i], above.iloc[:, i]) for i in range(len(row)) if row[i] and i not in named)
    if named:
        return (blank >= (len(row) - len(named)) / 2 and blank >= 1 and filled > 0.8) or any(sums)
    return filled > 0.8 and blank < len(row) and all(sums)


def _sums(text: str, above: pd.Series) -> bool | None:
    """Say whether a number is the sum of those above; None where it is none, or there is nothing to sum."""
    for decimal, thousands in ((".", ","), (",", ".")):
        value = _number(text, decimal, thousands)
        if value is None or abs(value) < 1e-9:
            continue
        numbers = [_number(str(v), decimal, thousands) for v in above]
        known = [n for n in numbers if n is not None]
        if len(known) < max(2, 0.5 * len(numbers)):
            return None
        if math.isclose(sum(known), value, rel_tol=1e-4, abs_tol=0.01):
            return True
    return None if _number(text, ".", ",") is None else False


def _number(text: str, decimal: str, thousands: str) -> float | None:
    bare = _SIGNS.sub("", text).replace(thousands, "").replace(decimal, ".")
    try:
        value = float(bare)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
