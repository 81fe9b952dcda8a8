"""How databases write the same thing: numbers that keep their bits, arrays, dates."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["DUCKDB", "POSTGRESQL", "SPARK", "SQLITE", "Dialect"]

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

    def type_of(self, name: str) -> str:
        """Return the type "INTEGER", "BIGINT", "DOUBLE" or "TEXT" of a column.

        Examples
        --------
        >>> DUCKDB.type_of("DOUBLE"), SPARK.type_of("TEXT")
        ('DOUBLE PRECISION', 'STRING')
        """
        if self.name == "Spark":
            return "STRING" if name == "TEXT" else name
        if self.name == "SQLite" and name == "BIGINT":
            return "INTEGER"  # of a key: the row's own number, found in one search
        return "DOUBLE PRECISION" if name == "DOUBLE" else name

    def identifier(self, name: str) -> str:
        """Return a name as a quoted identifier.

        Examples
        --------
        >>> print(DUCKDB.identifier("a b"), SPARK.identifier("a `b` c"))
        "a b" `a ``b`` c`
        """
        sign = "`" if self.name == "Spark" else '"'
        return sign + name.replace(sign, 2 * sign) + sign

    def text(self, value: str) -> str:
        r"""Return a text as a literal; Spark fills ``${name}`` in, and ends statements at semicolons.

        Examples
        --------
        >>> print(DUCKDB.text("it's"), SPARK.text("it's"))
        'it''s' 'it\u0027s'
        """
        if self.name == "Spark":
            return "'" + "".join(_escaped(sign) for sign in value) + "'"
        return "'" + value.replace("'", "''") + "'"

    def cell(self, value: float | str | None, is_double: bool) -> str:
        """Return a value of a table's row as a literal."""
        if value is None:
            return "NULL"
        return self.text(value) if isinstance(value, str) else self.number(value) if is_double else str(value)

    def number(self, value: float) -> str:
        """Return a literal that is read as the same double; NULL for NaN.

        SQLite's reading of decimal digits may be off by a last bit: there a fraction is a quotient of whole numbers.

        Examples
        --------
        >>> DUCKDB.number(0.1), POSTGRESQL.number(-0.1), SQLITE.number(0.375), SQLITE.number(-2.0)
        ('0.1e0', "'-0.1'::float8", '(3.0/8.0)', '(-2.0)')
        """
        if math.isnan(value):
            return "NULL" if self.name == "SQLite" else f"CAST(NULL AS {self.type_of('DOUBLE')})"
        value = min(max(value, -LARGEST), LARGEST)
        if self.name == "PostgreSQL":
            return f"'{value!r}'::float8"
        if self.name == "SQLite":
            return _quotient(value)
        word = repr(value)
        if self.name == "Spark":
            return f"({word}D)" if word.startswith("-") else f"{word}D"
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


SPARK = Dialect("Spark", False, "BOOLEAN", "TIMESTAMP", "unix_micros({}) / 1e6D", materialized="", recursive="")


def _escaped(sign: str) -> str:
    if (sign.isalnum() and sign.isascii()) or sign in ' .,:_-+[]{}"':
        return sign
    words = sign.encode("utf-16-be")
    return "".join(f"\\u{words[i]:02x}{words[i + 1]:02x}" for i in range(0, len(words), 2))
