"""Conform: a table to predict is read as the model's columns, and what does not fit is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from journeyman.entities.column import Column
from journeyman.entities.conformed import Conformed, ConformedPart, Misfit
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Block, to_block
from journeyman.errors import SchemaError
from journeyman.sources.frames import frame_of
from journeyman.sources.parsing import RowReader, encode, lacking_error, read, refused_finding
from journeyman.sources.parsing.separators import series_votes, table_signs

__all__ = ["conform", "conform_part", "judge", "other_decimal", "other_decimal_finding"]

_EXAMPLES = 3
_LEAST_SIGNS = 3  # texts beyond doubt that overrule the training table's decimal sign
_LEAST_REFUSED = 20
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_FEW_ROWS = 24
"""Up to this many rows of a frame are read value by value: columns of a frame cost milliseconds, however short."""


def conform(raw: object, reader: RowReader, left_out: Collection[str] = ()) -> Conformed:
    """Read rows to predict as training read its rows.

    Parameters
    ----------
    raw : frame, mapping of str to sequence, or sequence of mappings
        Any frame (pandas, polars, pyarrow, DuckDB), columns as lists, or one mapping a row.
    reader : RowReader
        Of the columns that the model needs; made once, since that takes longer than it takes to read a row.
    left_out : collection of str
        Columns that training knew and left out: nobody need be told of them again.

    Returns
    -------
    Conformed
        The block, and findings: PR102 values that cannot be read, PR103 categories never seen, PR104 extra columns.

    Raises
    ------
    SchemaError
        A column is lacking, or none of its values can be read (PR101 is the error itself).

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> conform({"x": ["1", "2"], "y": [0, 0]}, RowReader([Column("x", Kind.NUMBER)])).block
    {'x': array([1., 2.])}
    """
    if isinstance(raw, Mapping):
        return _from_lists({str(k): v for k, v in raw.items()}, reader, left_out)
    if isinstance(raw, Sequence) and not isinstance(raw, str) and all(isinstance(r, Mapping) for r in raw):
        return _from_records(raw, reader, left_out)
    frame = frame_of(raw, "the table")
    if len(frame) <= _FEW_ROWS and frame.columns.is_unique:
        return _from_lists({str(name): _cells(values) for name, values in frame.items()}, reader, left_out)
    part = conform_part(frame, reader.columns, left_out)
    return Conformed(part.block, (*judge(part.misfits), *part.findings))


def _from_records(rows: Sequence[Mapping[str, object]], reader: RowReader, left_out: Collection[str]) -> Conformed:
    names = list(dict.fromkeys(str(k) for row in rows for k in row))
    # A key that one record leaves out is a missing value; one that all leave out is a lacking column.
    return _from_lists({n: [row.get(n) for row in rows] for n in names}, reader, left_out)


def _cells(values: pd.Series) -> list[object]:
    """Return a column's values one by one; durations are read as seconds, as columns of them are."""
    return list((values.dt.total_seconds() if values.dtype.kind == "m" else values).tolist())


def _from_lists(lists: Mapping[str, Sequence[object]], reader: RowReader, left_out: Collection[str]) -> Conformed:
    names = _matched(list(lists), reader.columns)
    for column in reader.columns:
        if isinstance(lists[names[column.name]], (str, bytes)) or not hasattr(lists[names[column.name]], "__len__"):
            raise SchemaError(f"column {column.name!r} is a single value", hint="give a list, one value a row")
    block, findings = reader.read({c.name: lists[names[c.name]] for c in reader.columns})
    about = {f.subject[0]: f for f in findings if f.code == "PR102"}
    for column in reader.columns:
        finding = about.get(column.name)
        if finding is not None:
            refused = int(finding.evidence["rows"])
            _refuse_all(column, refused, refused + _present(block, column), str(finding.evidence["example"]))
    return Conformed(block, (*findings, *_extra(list(lists), names, left_out)))


def conform_part(frame: pd.DataFrame, columns: Sequence[Column], left_out: Collection[str] = ()) -> ConformedPart:
    """Read some rows of a table that is too large to be read at once; ``judge`` says what is wrong with all of them.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        Raw rows.
    columns : sequence of Column
        The columns that the model needs.
    left_out : collection of str
        As for ``conform``.

    Raises
    ------
    SchemaError
        A column is lacking, is there twice, or holds nested values.
    """
    given = [str(c) for c in frame.columns]
    frame = frame.set_axis(given, axis=1)
    names = _matched(given, columns)
    for name in names.values():
        if given.count(name) > 1:
            raise SchemaError(f"the table has two columns named {name!r}", hint="keep one of them")
    block: Block = {}
    misfits: list[Misfit] = []
    for column in columns:
        values = frame[names[column.name]]
        try:
            reading = read(encode(values), column)
        except TypeError as error:
            raise SchemaError(f"column {column.name!r} holds {error}", hint="give one plain value a cell") from error
        misfits.append(Misfit(column, reading.refused, reading.present, reading.examples))
        block.update(to_block({column.name: reading.values}, (column,)))
    return ConformedPart(block, tuple(misfits), _extra(given, names, left_out))


def judge(misfits: Iterable[Misfit]) -> tuple[Finding, ...]:
    """Return what all parts of a table say together, however the table was parted.

    Raises
    ------
    SchemaError
        None of a column's values can be read.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> x = Column("x", Kind.NUMBER)
    >>> [f.message for f in judge([Misfit(x, 2, 2, ("a",)), Misfit(x, 1, 5, ("b",))])]
    ["'x' should hold a number but cannot be read in 3 rows ('a', 'b')."]
    """
    sums: dict[str, Misfit] = {}
    for misfit in misfits:
        name = misfit.column.name
        before = sums.get(name, Misfit(misfit.column, 0, 0))
        examples = tuple(dict.fromkeys((*before.examples, *misfit.examples)))[:_EXAMPLES]
        sums[name] = replace(
            before,
            refused=before.refused + misfit.refused,
            present=before.present + misfit.present,
            examples=examples,
        )
    findings = []
    for misfit in sums.values():
        if misfit.refused:
            if not misfit.column.kind.categorical:
                _refuse_all(
                    misfit.column, misfit.refused, misfit.present, misfit.examples[0] if misfit.examples else ""
                )
            findings.append(refused_finding(misfit.column, misfit.refused, misfit.examples, misfit.present))
    return tuple(findings)


def _matched(given: Sequence[str], columns: Sequence[Column]) -> dict[str, str]:
    """Return which given column stands for each column of the model; blanks around names do not count."""
    stripped = {g.strip(): g for g in reversed(given)}
    exact = set(given)
    names = {c.name: c.name if c.name in exact else stripped.get(c.name.strip(), "") for c in columns}
    lacking = [n for n, g in names.items() if not g and n not in exact]
    if lacking:
        raise lacking_error(lacking, given)
    return names


def _present(block: Block, column: Column) -> int:
    return int((~np.isnan(block[column.name].astype(np.float64))).sum())


def _refuse_all(column: Column, refused: int, present: int, example: str) -> None:
    """Refuse a column of which nothing can be read: it is of another type.

    A few rows do not tell that: what is read of a row alone is read of it among others. An infinite number is one, too.
    """
    if refused == present >= _LEAST_REFUSED and not _INFINITE.fullmatch(example):
        raise SchemaError(
            f"column {column.name!r} should hold {column.kind.noun}, "
            f"but none of its {present} values can be read as one",
            hint="give it as the training table did",
        )


def _extra(given: Sequence[str], names: Mapping[str, str], left_out: Collection[str]) -> tuple[Finding, ...]:
    used = {*names.values(), *left_out}
    extra = tuple(g for g in given if g not in used)
    if not extra:
        return ()
    shown = ", ".join(repr(e) for e in extra[:6]) + (", ..." if len(extra) > 6 else "")
    message = f"{len(extra)} {'column' if len(extra) == 1 else 'columns'} the model does not know: {shown}."
    return (Finding("PR104", Severity.NOTE, extra, message, "They are left out."),)


def other_decimal(frame: pd.DataFrame, columns: Sequence[Column]) -> str | None:
    """Return the decimal sign that texts of a table show, where the training table had the other one; else None.

    Numbers such as "1,656" can be read with either sign, and a file is written with one: read with the training
    table's, those of another country would be wrong by a factor of 1,000 without a word.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> frame = pd.DataFrame({"x": ["0,5", "1.656", "12,25", "7,1"]})
    >>> other_decimal(frame, [Column("x", Kind.NUMBER)]), other_decimal(frame, [Column("x", Kind.NUMBER, decimal=",")])
    (',', None)
    """
    numeric = [c for c in columns if c.kind.numeric and c.name in frame.columns]
    known = {c.decimal for c in numeric}
    if len(known) != 1:
        return None
    signs = table_signs(series_votes(pd.Series(frame[c.name])) for c in numeric)
    sure = signs.decimal is not None and signs.texts >= _LEAST_SIGNS and not signs.mixed
    return signs.decimal if sure and signs.decimal not in known else None


def other_decimal_finding(name: str, decimal: str) -> Finding:
    """Return the finding that a table is read with its own decimal sign."""
    trained = "." if decimal == "," else ","
    return Finding(
        "PR107",
        Severity.WARNING,
        (),
        f"Numbers in {name} have '{decimal}' as their decimal sign, those of the training table '{trained}'; they are "
        f"read with '{decimal}'.",
        f"Add `--decimal {trained}` if that is wrong.",
    )
