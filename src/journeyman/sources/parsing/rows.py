"""The served path: raw rows to a block without a data frame, equal to what training would have read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Block
from journeyman.errors import SchemaError
from journeyman.sources.parsing.cells import REFUSED, cell_reader, sentinel_values
from journeyman.sources.parsing.separators import count_few_votes
from journeyman.sources.parsing.values import ValueReader

_MANY = 10

__all__ = ["RowReader", "lacking_error", "refused_finding"]


def lacking_error(lacking: Sequence[str], given: Sequence[str]) -> SchemaError:
    """Return the error for a table without columns that the model needs, with the nearest names."""
    names = ", ".join(repr(n) for n in lacking[:8]) + (", ..." if len(lacking) > 8 else "")
    near = [m for n in lacking[:3] for m in difflib.get_close_matches(n, [str(g) for g in given], n=1, cutoff=0.6)]
    hint = f"did you mean {', '.join(repr(m) for m in near)}?" if near else "give all columns the model was built with"
    return SchemaError(f"the table lacks {'column' if len(lacking) == 1 else 'columns'} {names}", hint=hint)


def refused_finding(column: Column, refused: int, examples: Sequence[str], present: int = 0) -> Finding:
    """Return the finding for values that could not be read (PR102) or categories never seen (PR103).

    ``present`` is how many rows hold a value: where most of many are categories never seen, it is a warning.
    """
    shown = ", ".join(repr(e[:40]) for e in examples)
    rows = "1 row" if refused == 1 else f"{refused} rows"
    if column.kind.categorical:
        return Finding(
            code="PR103",
            severity=Severity.WARNING if refused >= max(_MANY, 0.5 * present) > 0 and present else Severity.NOTE,
            subject=(column.name,),
            message=f"{column.name!r} holds categories never seen in training in {rows} ({shown}).",
            hint="They are predicted as if the value were missing; build again when they become frequent.",
            evidence={"rows": refused},
        )
    return Finding(
        code="PR102",
        severity=Severity.WARNING,
        subject=(column.name,),
        message=f"{column.name!r} should hold {column.kind.noun} but cannot be read in {rows} ({shown})."
        + _sign_hint(column, examples),
        hint="They are predicted as if the value were missing.",
        evidence={"rows": refused, "example": examples[0] if examples else ""},
    )


def _sign_hint(column: Column, examples: Sequence[str]) -> str:
    """Return what to do where values are numbers with the other decimal sign; "" where they are not."""
    found = count_few_votes(examples).own if column.kind.numeric else None
    if found is None or found == column.decimal:
        return ""
    # Values beside them that can be read with both signs, as 1,234, were read a thousand times too large.
    return f" If {found!r} is the decimal sign here, say so: `--decimal {found}`; others may have been misread, too."


class RowReader:
    """Reads raw rows into a block, with all lookups prepared once.

    Parameters
    ----------
    columns : sequence of Column
        The columns to read; others in the rows are left alone.

    Attributes
    ----------
    columns : tuple of Column
        The same.

    Examples
    --------
    >>> reader = RowReader((Column("age", Kind.INTEGER), Column("sex", Kind.CATEGORY, categories=("f", "m"))))
    >>> reader.read({"age": ["41"], "sex": ["f"]})[0]
    {'age': array([41.]), 'sex': array([0], dtype=int32)}
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self._plans = tuple(ValueReader(c, cell_reader(c), sentinel_values(c), {}) for c in columns)

    def read(self, rows: Mapping[str, Sequence[object]]) -> tuple[Block, tuple[Finding, ...]]:
        """Read rows.

        Parameters
        ----------
        rows : mapping of str to sequence of shape (n_samples,)
            Raw values by column: text, numbers, dates, None.

        Raises
        ------
        SchemaError
            A column is lacking, columns differ in length, or a value is nested.
        """
        block: Block = {}
        findings: list[Finding] = []
        length = -1
        for plan in self._plans:
            column = plan.column
            raw = rows.get(column.name)
            if raw is None:
                raise lacking_error([p.column.name for p in self._plans if p.column.name not in rows], list(rows))
            if length >= 0 and len(raw) != length:
                raise SchemaError(
                    f"column {column.name!r} has {len(raw)} values where others have {length}",
                    hint="give every column as many values",
                )
            length = len(raw)
            try:
                values = [plan.value(v) for v in raw]
            except TypeError as error:
                raise SchemaError(
                    f"column {column.name!r} holds {error}", hint="give one plain value a cell"
                ) from error
            refused = [i for i, v in enumerate(values) if v is REFUSED]
            if refused:
                missing = plan.missing
                present = sum(v is REFUSED or (v == v and v != missing) for v in values)
                for i in refused:
                    values[i] = missing
                examples = tuple(dict.fromkeys(str(raw[i]) for i in refused))[:3]
                findings.append(refused_finding(column, len(refused), examples, present))
            if column.kind.categorical:
                block[column.name] = np.array(values, dtype=np.int32)
            elif column.kind.numeric or column.kind is Kind.DATETIME:
                block[column.name] = np.array(values, dtype=np.float64)
            else:
                texts = np.empty(len(values), dtype=object)
                texts[:] = values
                block[column.name] = texts
        return block, tuple(findings)
