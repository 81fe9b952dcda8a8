"""Columns as a scoring plan reads them."""

from __future__ import annotations

import re

from journeyman.entities.column import Column, Kind
from journeyman.entities.scoring_plan import PlanColumn
from journeyman.exporters.scoring_plan.draft import CannotSay
from journeyman.sources.parsing.cells import boolean_codes, category_spelling, date_formats, is_counted_otherwise
from journeyman.sources.parsing.dates import EPOCHS
from journeyman.sources.parsing.markers import missing_signs

__all__ = ["plan_column"]

_KINDS = {
    Kind.NUMBER: "number",
    Kind.INTEGER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.CATEGORY: "category",
    Kind.ORDERED: "category",
    Kind.DATETIME: "date",
}
_CODES = re.compile(r"%[YmdHMSfybIpz]|[^%]")
"""What formats of dates may hold."""


def plan_column(column: Column) -> PlanColumn:
    """Return how texts of a column are read.

    Raises
    ------
    CannotSay
        Where they are read in a way that the scoring plan has no words for.

    Examples
    --------
    >>> plan_column(Column("age", Kind.INTEGER, missing_markers=("-1",))).missing
    ('-1',)
    """
    if column.kind is Kind.IMAGE:
        raise CannotSay(f"images ({column.name})")
    kind = _KINDS.get(column.kind, "text")
    made = PlanColumn(column.name, kind, missing=column.missing_markers)
    if kind == "number":
        return _number(made, column)
    if kind == "boolean":
        return _with_categories(made, _boolean_names(column))
    if kind == "category":
        spelling = category_spelling(column.categories)
        return PlanColumn(column.name, kind, column.categories, column.missing_markers, unit=spelling)
    if kind == "date":
        return _date(made, column)
    return _with_categories(made, tuple(missing_signs().to_pylist()))


def _number(made: PlanColumn, column: Column) -> PlanColumn:
    if is_counted_otherwise(column.unit):
        raise CannotSay(f"numbers written as {column.unit} ({column.name})")
    return PlanColumn(made.name, made.kind, (), made.missing, decimal=column.decimal, unit=column.unit or "")


def _with_categories(made: PlanColumn, categories: tuple[str, ...]) -> PlanColumn:
    return PlanColumn(made.name, made.kind, categories, made.missing)


def _boolean_names(column: Column) -> tuple[str, ...]:
    """Return names of 0 and of 1 by turns; the first place of a name counts."""
    codes = boolean_codes(column)
    zeros, ones = ([name for name, code in codes.items() if code == value] for value in (0.0, 1.0))
    most = max(len(zeros), len(ones))
    zeros, ones = zeros + zeros[:1] * (most - len(zeros)), ones + ones[:1] * (most - len(ones))
    return tuple(name for pair in zip(zeros, ones, strict=True) for name in pair)


def _date(made: PlanColumn, column: Column) -> PlanColumn:
    formats = date_formats(column)
    for form in formats:
        if form not in EPOCHS and "".join(_CODES.findall(form)) != form:
            raise CannotSay(f"dates written as {form} ({column.name})")
    return PlanColumn(made.name, made.kind, (), made.missing, formats, century=column.century_start)
