"""Rows as other protocols write them: split tables, records, columns, plain lists and CSV become mappings."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from journeyman.entities.column import Column
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import Row

__all__ = ["from_columns", "from_csv", "from_split", "from_values"]


def from_split(columns: Any, data: Any, field: str) -> list[Row]:
    """Return rows from names and lists of values.

    Examples
    --------
    >>> from_split(["a", "b"], [[1, 2]], "dataframe_split")
    [{'a': 1, 'b': 2}]
    """
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise _wrong(f"{field}.columns", columns, "a list of names")
    if len(set(columns)) < len(columns):
        raise _wrong(f"{field}.columns", columns, "each name once")
    if not isinstance(data, list):
        raise _wrong(f"{field}.data", data, "a list of rows")
    for position, values in enumerate(data):
        if not isinstance(values, list) or len(values) != len(columns):
            raise _wrong(f"{field}.data[{position}]", values, f"a list of {len(columns)} values")
    return [dict(zip(columns, values, strict=True)) for values in data]


def from_columns(columns: Mapping[str, Any], field: str) -> list[Row]:
    """Return rows from one list of values a column.

    Examples
    --------
    >>> from_columns({"a": [1, 2], "b": ["x", "y"]}, "inputs")
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    """
    length = -1
    for name, values in columns.items():
        if not isinstance(values, list):
            raise _wrong(f"{field}.{name}", values, "a list, one value a row")
        if length >= 0 and len(values) != length:
            raise _wrong(f"{field}.{name}", f"{len(values)} values", f"{length} values, as the columns before")
        length = len(values)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def from_values(values: Sequence[Any], columns: Sequence[Column], field: str) -> list[Row]:
    """Return rows from a list of mappings, or of lists in the order of the model's columns.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> from_values([[1], {"a": 2}], [Column("a", Kind.NUMBER)], "instances")
    [{'a': 1}, {'a': 2}]
    """
    names = [column.name for column in columns]
    rows: list[Row] = []
    for position, value in enumerate(values):
        given = [value] if len(names) == 1 and not isinstance(value, list | dict) else value
        if isinstance(given, dict):
            rows.append(given)
        elif isinstance(given, list) and len(given) == len(names):
            rows.append(dict(zip(names, given, strict=True)))
        else:
            raise _wrong(f"{field}[{position}]", given, f"an object, or a list of {len(names)} values")
    return rows


def from_csv(body: bytes, columns: Sequence[Column]) -> list[Row]:
    """Return rows of a CSV text, with a header, or without one where each line has a value for every column.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> age = [Column("age", Kind.INTEGER)]
    >>> from_csv(b"age\\n41\\n", age), from_csv(b"41\\n42\\n", age)
    ([{'age': '41'}], [{'age': '41'}, {'age': '42'}])
    """
    try:
        text = body.decode("utf-8-sig")
        text = text if "\n" in text else text.replace("\r", "\n")  # as spreadsheets of old wrote lines
        lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong("body", str(error), "CSV in UTF-8") from None
    if not lines:
        return []
    names = [column.name for column in columns]
    header = [name.strip() for name in lines[0]]
    # a value may be called as a column is, most of a line's values are not
    if 2 * len(set(header) & set(names)) > min(len(header), len(names)):
        for number, line in enumerate(lines[1:], 2):
            if len(line) != len(header):
                raise _wrong(f"line {number}", f"{len(line)} values", f"{len(header)} values, as the header has names")
        return from_split(header, lines[1:], "CSV")
    for number, line in enumerate(lines, 1):
        if len(line) != len(names):
            raise _wrong(f"line {number}", f"{len(line)} values", f"a header, or {len(names)} values a line")
    return from_split(names, lines, "CSV")


def _wrong(field: str, found: Any, wanted: str) -> Refusal:
    shown = found if isinstance(found, str) else repr(found)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
    return Refusal(400, Fault("bad request", f"{field}: found {shown}, wanted {wanted}", field, shown, wanted))
