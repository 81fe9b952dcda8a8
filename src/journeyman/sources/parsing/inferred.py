"""What a user may say of a column, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.column import Column, Kind

__all__ = ["InferredColumn", "ParsingNote", "UserOverride"]


@dataclass(frozen=True)
class UserOverride:
    """What the user said of a column.

    Attributes
    ----------
    kind : Kind or None
        The kind it must have.
    missing : tuple of str
        Further texts that stand for a missing value.
    target : bool
        Whether it is the column to predict: its texts are labels, and words such as "none" are classes.
    decimal : str or None
        The decimal sign of its numbers in writing; None decides by the column alone.
    keep : bool
        Whether texts such as "NA" are values: only the empty text and ``missing`` stand for a missing one.
    spelled : bool
        Whether numbers in it are texts because the source says so, so that labels are given back as they are spelled.
    """

    kind: Kind | None = None
    missing: tuple[str, ...] = ()
    target: bool = False
    decimal: str | None = None
    keep: bool = False
    spelled: bool = False


@dataclass(frozen=True)
class ParsingNote:
    """A decision about one column that is not self-evident; columns with equal remarks share a finding.

    Attributes
    ----------
    code : str
        Code of the finding.
    detail : str
        What was decided, in words that need no column name.
    rows : int
        Rows it touches.
    grave : bool
        Whether it is a warning whatever its code usually is.
    """

    code: str
    detail: str
    rows: int = 0
    grave: bool = False


@dataclass(frozen=True)
class InferredColumn:
    """A column as inferred, with what should be said about it."""

    column: Column
    remarks: tuple[ParsingNote, ...] = ()
