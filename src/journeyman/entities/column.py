"""A column: what its values are, how raw values are read, and what part it plays."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Column", "Kind", "Role", "kind_option"]


class Kind(StrEnum):
    """What the values of a column are."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    ORDERED = "ordered"
    DATETIME = "datetime"
    TEXT = "text"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"
    IMAGE = "image"

    @property
    def numeric(self) -> bool:
        """Whether values are numbers on a scale (booleans count: 0 and 1)."""
        return self in (Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN)

    @property
    def noun(self) -> str:
        """What one value is, with its article: "a number", "an integer", "a yes or no"."""
        if self is Kind.BOOLEAN:
            return "a yes or no"
        if self is Kind.ORDERED:
            return "an ordered category"
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.value}"

    @property
    def categorical(self) -> bool:
        """Whether values are one of a known set of names."""
        return self in (Kind.CATEGORY, Kind.ORDERED)


class Role(StrEnum):
    """What part a column plays in the task."""

    FEATURE = "feature"
    TARGET = "target"
    TIME = "time"
    GROUP = "group"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Column:
    """One column, with all that is needed to read a raw value of it again.

    A canonical frame holds it as float64 (number, integer, boolean as 0/1), ``Categorical`` (category, ordered in
    their order), ``datetime64[us]`` without zone (datetime, UTC), or ``object`` of str and None (text, identifier,
    constant; image, in the form of :class:`~journeyman.entities.image.SmallImage`).

    Attributes
    ----------
    name : str
        As the user wrote it.
    kind : Kind
        What the values are.
    role : Role
        What part it plays.
    reason : str
        Why this kind was decided, in words ("412 of 412 values are whole numbers").
    unit : str or None
        Unit or currency that the raw values carried ("$", "km", "%").
    categories : tuple of str
        Names in code order, for category and ordered; for boolean (name of 0, name of 1);
        for numbers that are labels in writing, their texts.
    missing_markers : tuple of str
        Raw texts that stand for a missing value in this column, besides the empty text.
    decimal : str
        "." or ",": the decimal sign of raw numbers.
    date_formats : tuple of str
        ``strptime`` formats to try in order (and ``%q`` for a quarter), or ("epoch_s",) / ("epoch_ms",); empty for
        native dates.
    date_written : str
        How dates are written again where that is not the first format: ``%-m/%-d/%Y`` for months and days without a
        leading nought, ``%B`` for whole names of months; else "".
    century_start : int
        Two-digit years lie in the hundred years from this one.
    native : bool
        Whether the source itself held typed values (Parquet, a frame, a database) rather than text.

    raw : str
        Of a target from a source with types: "str", "int", "float" or "bool", as its labels are given back; else "".

    Examples
    --------
    >>> Column("age", Kind.INTEGER).kind.numeric
    True
    """

    name: str
    kind: Kind
    role: Role = Role.FEATURE
    reason: str = ""
    unit: str | None = None
    categories: tuple[str, ...] = ()
    missing_markers: tuple[str, ...] = ()
    decimal: str = "."
    date_formats: tuple[str, ...] = ()
    native: bool = False
    century_start: int = 1969
    raw: str = ""
    date_written: str = ""


def kind_option(column: str, kind: Kind) -> str:
    """Return the option that overrules the kind of a column, as it is typed in a shell.

    Examples
    --------
    >>> kind_option("id", Kind.NUMBER), kind_option("unit price", Kind.CATEGORY)
    ('--kind id=number', "--kind 'unit price=category'")
    """
    return f"--kind {shlex.quote(f'{column}={kind}')}"
