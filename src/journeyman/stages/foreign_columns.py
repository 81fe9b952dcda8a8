"""Foreign columns: how the rows of a table are read for a model that was made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.foreign_model import ForeignColumn, ForeignModel, ValueType
from journeyman.entities.table import Table
from journeyman.errors import SchemaError
from journeyman.sources.parsing import encode, lacking_error, read
from journeyman.sources.parsing.markers import is_missing_sign

__all__ = ["plain_column", "read_foreign_columns"]

_MOST_NAMES = 200
_MISSING = """
#N/A #NA -1.#IND -1.#QNAN -NaN -nan 1.#IND 1.#QNAN <NA> N/A NA NULL NaN None n/a nan null
"""
"""Texts that pandas reads as missing; others that say so stay texts for a model that learned from its tables."""
_KINDS = {ValueType.NUMBER: Kind.NUMBER, ValueType.INTEGER: Kind.INTEGER, ValueType.TEXT: Kind.TEXT}
_SIGNS = ("False", "True")


def plain_column(wanted: ForeignColumn) -> Column:
    """Return how a column is read of which no table tells more.

    Examples
    --------
    >>> plain_column(ForeignColumn("city", ValueType.TEXT)).kind
    <Kind.TEXT: 'text'>
    """
    reason = f"the model reads it as {wanted.type}"
    if wanted.type is ValueType.BOOLEAN:
        return Column(wanted.name, Kind.BOOLEAN, reason=reason, categories=_SIGNS)
    return Column(wanted.name, _KINDS[wanted.type], reason=reason)


def read_foreign_columns(
    raw: pd.DataFrame, table: Table, model: ForeignModel, names: Sequence[str], target: str
) -> tuple[Table, ForeignModel]:
    """Return the table with the columns that a model reads, as it is to be given them, and its target; and the model.

    Texts stay texts, dates among them, and numbers numbers: what the model does with them is its own affair.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows of the table as its source gives them.
    table : Table
        As ingested.
    model : ForeignModel
    names : sequence of str
        Columns that it reads, where it does not say so itself; all but the target where that is not known either.
    target : str

    Raises
    ------
    SchemaError
        Where the table lacks a column.
    """
    raw = raw.set_axis([str(name) for name in raw.columns], axis=1)
    known = {column.name: column for column in table.columns}
    wanted: Mapping[str, ForeignColumn | None] = {one.name: one for one in model.columns}
    wanted = wanted or dict.fromkeys(names) or {name: None for name in known if name != target}
    lacking = [name for name in wanted if name not in known]
    if lacking:
        raise lacking_error(lacking, list(raw.columns))
    if not wanted:
        raise SchemaError(f"{table.name} has no column but the target", hint="give the table that the model reads")
    columns, read_as, frame = list[Column](), list[ForeignColumn](), dict[str, pd.Series]()
    for name, given in wanted.items():
        foreign = given or ForeignColumn(name, _type_of(known[name]))
        foreign = replace(foreign, missing=foreign.missing or _missing_text(raw[name], foreign))
        column = _column(known[name], raw[name], foreign)
        columns.append(column)
        read_as.append(foreign)
        frame[name] = read(encode(raw[name]), column).values
    columns.append(known[target])
    frame[target] = table.frame[target]
    made = pd.DataFrame({name: values.reset_index(drop=True) for name, values in frame.items()})
    return replace(table, frame=made, columns=tuple(columns)), replace(model, columns=tuple(read_as))


def _type_of(column: Column) -> ValueType:
    """Return as what pandas would read a column that was read here."""
    if column.kind is Kind.INTEGER:
        return ValueType.INTEGER
    if column.kind is Kind.NUMBER:
        return ValueType.NUMBER
    names = column.categories
    if column.kind is Kind.BOOLEAN and tuple(name.lower() for name in names) == ("false", "true"):
        return ValueType.BOOLEAN
    if names and all(_is_number(name) for name in names):
        return ValueType.INTEGER if all(name.lstrip("+-").isdigit() for name in names) else ValueType.NUMBER
    return ValueType.TEXT


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _column(known: Column, raw: pd.Series, wanted: ForeignColumn) -> Column:
    plain = replace(plain_column(wanted), decimal=known.decimal, native=known.native)
    if wanted.type is not ValueType.TEXT:
        return plain
    texts = {str(value) for value in raw.dropna().unique()}
    names = sorted(text for text in texts if text and not is_missing_sign(text.strip().lower()))
    if not 0 < len(names) <= min(_MOST_NAMES, len(raw) // 2):
        return plain
    return replace(plain, kind=Kind.CATEGORY, categories=tuple(names))


def _missing_text(raw: pd.Series, wanted: ForeignColumn) -> str:
    """Return the one text of a column that says "no value" and that pandas would leave a text; empty without one."""
    if wanted.type is not ValueType.TEXT:
        return ""
    signs = {str(value) for value in raw.dropna().unique() if is_missing_sign(str(value).strip().lower())}
    odd = signs - {*_MISSING.split(), ""}
    return odd.pop() if len(odd) == 1 == len(signs) else ""
