"""What is known of a table that a script reads, where its file lies beside."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from journeyman.importers.prototypes.r.values import Holds

__all__ = ["KnownTable", "Look", "column_names", "look_into"]


@dataclass(frozen=True)
class KnownTable:
    """A table in a file.

    Attributes
    ----------
    columns : mapping of str to Holds
        As the file names them.
    complete : frozenset of str
        Columns without a missing value, as R reads them.
    empty : tuple of str
        Columns of texts some of which are empty, which R does not take for missing.
    told_missing : bool
        Whether a column of ``empty`` has missing values too.
    """

    columns: Mapping[str, Holds]
    complete: frozenset[str]
    empty: tuple[str, ...] = ()
    told_missing: bool = False


Look = Callable[[str, Mapping[str, object]], KnownTable | None]
"""From a path as written, and options of :func:`pandas.read_csv`, to what is known; None where it is not there."""


def look_into(folder: Path | None) -> Look:
    """Return what looks at tables in a folder; a file that is not where the script wants it is sought by its name."""

    def look(path: str, options: Mapping[str, object]) -> KnownTable | None:
        if folder is None or "://" in path:
            return None
        file = folder / path
        if not file.is_file():
            file = folder / re.split(r"[\\/]", path)[-1]
        try:
            return _examine(file, options)
        except (OSError, ValueError, UnicodeError, pd.errors.ParserError):
            return None

    return look


def column_names(names: list[str]) -> dict[str, str]:
    """Return the columns that R's ``check.names`` renames, with their new names.

    Examples
    --------
    >>> column_names(["1st Floor", "price", "Unnamed: 0"])
    {'1st Floor': 'X1st.Floor', 'Unnamed: 0': 'X'}
    """
    found = {}
    for name in names:
        plain = "" if re.fullmatch(r"Unnamed: \d+", name) else re.sub(r"[^\w.]", ".", name)
        if not re.match(r"[^\W\d_]|\.(?!\d)", plain):
            plain = f"X{plain}"
        if plain != name:
            found[name] = plain
    return found


def _examine(file: Path, options: Mapping[str, object]) -> KnownTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = pd.read_csv(file, **options)  # type: ignore[call-overload]  # options that this package writes itself
        plain = pd.read_csv(file, **{**options, "na_values": None, "keep_default_na": False, "dtype": str})  # type: ignore[call-overload]  # as above
    columns = {str(name): _holds(rows[name]) for name in rows}
    missing_words = options.get("na_values") or ()
    blank_is_missing = "" in missing_words if isinstance(missing_words, list) else False
    empty, told = [], False
    complete = {str(name) for name in rows if not rows[name].isna().any()}
    for name in rows if blank_is_missing else ():
        if columns[str(name)] is Holds.TEXTS and plain[name].eq("").any():
            empty.append(str(name))
            told = told or bool((rows[name].isna() & plain[name].ne("")).any())
            if not (rows[name].isna() & plain[name].ne("")).any():
                complete.add(str(name))
    return KnownTable(columns, frozenset(complete), tuple(empty), told)


def _holds(column: pd.Series) -> Holds:
    if pd.api.types.is_bool_dtype(column):
        return Holds.LOGICAL
    return Holds.NUMBERS if pd.api.types.is_numeric_dtype(column) else Holds.TEXTS
