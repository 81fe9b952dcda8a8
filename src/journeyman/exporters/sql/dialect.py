"""How databases write the same thing: numbers that keep their bits, arrays, dates."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["DUCKDB", "POSTGRESQL", "SQLITE", "Dialect", "identifier", "text"]

LARGEST = 1.7976931348623157e308


@dataclass(frozen=True)
class Dialect:
    """A database.

    Attributes
    ----------
    name : str
        As it is spelled.
    arrays : bool
        Whether a row can hold an array: trees are then walked side by side, and else one after the other.
    boolean, moment : str
        Types of columns of truth values and of dates.
    seconds : str
        Seconds since 1970 of a column of dates, ``{}``.
    greatest, least : str
        Functions of several numbers.
    materialized, recursive : str
        Words of common table expressions, where a database has them.
    """

    name: str
    arrays: bool
    boolean: str
    moment: str
    seconds: str
    greatest: str = "GREATEST"
    least: str = "LEAST"
    materialized: str = " MATERIALIZED"
    recursive: str = " RECURSIVE"

    def number(self, value: float) -> str:
        """Return a literal that is read as the same double; NULL for NaN.

        SQLite's reading of decimal digits may be off by a last bit: there a fraction is a quotient of whole numbers.

        Examples
        --------
        >>> DUCKDB.number(0.1), POSTGRESQL.number(-0.1), SQLITE.number(0.375), SQLITE.number(-2.0)
        ('0.1e0', "'-0.1'::float8", '(3.0/8.0)', '(-2.0)')
        """
        if math.isnan(value):
            return "NULL" if self.name == "SQLite" else "CAST(NULL AS DOUBLE PRECISION)"
        value = min(max(value, -LARGEST), LARGEST)
        if self.name == "PostgreSQL":
            return f"'{value!r}'::float8"
        if self.name == "SQLite":
            return _quotient(value)
        word = repr(value)
        word = word if "e" in word else f"{word}e0"
        return f"({word})" if word.startswith("-") else word


def _quotient(value: float) -> str:
    if value == 0.0:
        return "(-0.0)" if math.copysign(1.0, value) < 0 else "0.0"
    top, below = value.as_integer_ratio()
    parts = [f"{math.copysign(1, value) * (abs(top) if abs(top) < 2**53 else 0):.1f}"]
    if abs(top) >= 2**53:  # a power of two and 53 bits
        power = abs(top).bit_length() - 53
        parts = [f"{top >> power if top > 0 else -(-top >> power)}.0", *(f"*{2**p}.0" for p in _powers(power))]
    parts += [f"/{2**p}.0" for p in _powers(below.bit_length() - 1)]
    word = "".join(parts)
    return f"({word})" if len(parts) > 1 or word.startswith("-") else word


def _powers(power: int) -> list[int]:
    """Return powers of two of at most 16 digits whose product is 2 to the power."""
    return [50] * (power // 50) + ([power % 50] if power % 50 else [])


DUCKDB = Dialect("DuckDB", True, "BOOLEAN", "TIMESTAMP", "epoch_us({}) / 1e6")
POSTGRESQL = Dialect("PostgreSQL", True, "BOOLEAN", "TIMESTAMP", "EXTRACT(EPOCH FROM {})::float8")
SQLITE = Dialect("SQLite", False, "INTEGER", "DOUBLE PRECISION", "{}", "max", "min")


def identifier(name: str) -> str:
    """Return a name as a quoted identifier.

    Examples
    --------
    >>> print(identifier('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text as a literal.

    Examples
    --------
    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"
