"""Admission of served rows: what was read before changes nothing of what is said of a row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.entities.admitted import Admitted, TrainedColumn
from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, Demand, OrderRule
from journeyman.stages.admit import RowAdmission

TRAINED = (
    TrainedColumn(Column("number", Kind.NUMBER, missing_markers=("-999",)), -5, 50),
    TrainedColumn(Column("whole", Kind.INTEGER), 0, 9, complete=True),
    TrainedColumn(Column("truth", Kind.BOOLEAN, categories=("no", "yes"))),
    TrainedColumn(Column("category", Kind.CATEGORY, categories=("1", "True", "a"))),
    TrainedColumn(Column("moment", Kind.DATETIME, date_formats=("%Y-%m-%d",)), complete=True),
    TrainedColumn(Column("text", Kind.TEXT)),
)
ALIKE = (1, 1.0, True, "1", "1.0", "True", "true", 0, -0.0, False, "0", "-999", -999, 7, 7.5, "7", 60, "60")
RAW = st.sampled_from(
    (*ALIKE, None, "", "?", "a", " a ", "b", math.nan, math.inf, 10**400, "2020-01-05", "x y", [1], {"a": 1})
)
ROWS = st.lists(st.fixed_dictionaries({trained.column.name: RAW for trained in TRAINED}), min_size=1, max_size=12)


def _said(admitted: Admitted) -> list[object]:
    """Return all that was said, with missing numbers as texts, since they differ from themselves."""
    values = [[repr(value) for value in admitted.block[name].tolist()] for name in sorted(admitted.block)]
    return [values, admitted.misfits, admitted.findings]


@given(ROWS, ROWS)
@pytest.mark.slow
def test_what_was_read_before_does_not_count(before: list[dict[str, object]], rows: list[dict[str, object]]) -> None:
    seasoned = RowAdmission(TRAINED)
    seasoned.read(before)
    assert _said(seasoned.read(rows)) == _said(RowAdmission(TRAINED).read(rows))
    for row in before:
        assert _said(seasoned.read([row])) == _said(RowAdmission(TRAINED).read([row]))


def test_values_alike_in_python_are_told_apart_where_their_texts_differ() -> None:
    admission = RowAdmission(TRAINED)
    row = {"number": 1, "whole": 1, "truth": "yes", "category": "1", "moment": "2020-01-05", "text": "1"}
    rows = [row, {**row, "category": True, "text": True}, {**row, "category": 1.0, "text": 1.0}]
    for _ in range(2):
        block = admission.read(rows).block
        assert (block["category"].tolist(), block["text"].tolist()) == ([0, 1, 0], ["1", "True", "1"])


def test_a_flood_of_values_is_not_remembered() -> None:
    admission = RowAdmission([TrainedColumn(Column("number", Kind.NUMBER))])
    for value in range(0, 10_000, 10):  # rows that come a few at a time are read one by one
        admission.read([{"number": value + k} for k in range(10)])
    [plan] = admission._plans
    assert len(plan.clear) == 4096
    assert admission.read([{"number": 9_999}]).block["number"].tolist() == [9_999.0]


def test_a_column_with_gaps_is_read_at_once_but_for_its_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    value = RowAdmission._value

    def counted(self: RowAdmission, plan: Any, row: Any, *rest: Any) -> object:
        looked.append(row.get("number"))
        return value(self, plan, row, *rest)

    monkeypatch.setattr(RowAdmission, "_value", counted)
    texts = [{"number": str(i)} for i in range(20)]
    for plain in (texts, [{"number": float(i)} for i in range(20)]):
        rows: list[dict[str, object]] = [*plain, {"number": None}, {"number": 60}, {}]
        looked.clear()
        rows[-2] = {"number": "60"} if plain is texts else {"number": 60}
        admitted = RowAdmission(TRAINED[:1]).read(rows)
        assert looked == [None, rows[-2]["number"], None]
        assert [repr(v) for v in admitted.block["number"].tolist()] == [*(f"{i}.0" for i in range(20)), "nan", "60.0"]
        assert [m and m.message for m in admitted.misfits] == [None] * 22 + ["no 'number'"]
        assert [[f.code for f in row] for row in admitted.findings][-2:] == [[], ["PR105"]]


def test_one_value_that_is_no_number_among_many_digits_costs_no_time() -> None:
    """A pattern that could split each number in several ways tried all of them: 3 to the 60th."""
    rows = [{"number": "12345"}] * 60 + [{"number": "?"}]
    admitted = RowAdmission(TRAINED[:1]).read(rows)
    assert admitted.block["number"].tolist()[:60] == [12_345.0] * 60
    assert np.isnan(admitted.block["number"][60])  # "?" is read as missing


def by_contract() -> RowAdmission:
    number, code, zone, end = (
        ColumnRule(Column("number", Kind.NUMBER), demand=Demand(at_least=0.0, at_most=50.0)),
        ColumnRule(Column("code", Kind.TEXT), pattern="[A-Z][0-9]"),
        ColumnRule(Column("zone", Kind.CATEGORY), demand=Demand(one_of=("north", "south"))),
        ColumnRule(Column("end", Kind.NUMBER)),
    )
    columns = [
        TrainedColumn(number.column, rule=number),
        TrainedColumn(code.column, rule=code),
        TrainedColumn(Column("zone", Kind.CATEGORY, categories=("north", "east")), rule=zone),
        TrainedColumn(end.column, rule=end),
    ]
    return RowAdmission(columns, (), [OrderRule("number", "end"), OrderRule("number", "of no model")])


def test_rows_that_break_the_contract_are_admitted_with_findings() -> None:
    right = {"number": 1, "code": "A1", "zone": "north", "end": 2}
    cases: list[tuple[dict[str, object], list[tuple[str, str]]]] = [
        ({}, []),
        ({"number": -1}, [("DC501", "number")]),
        ({"number": 51, "end": 60}, [("DC501", "number")]),
        ({"number": None, "code": None, "zone": None, "end": None}, []),
        ({"code": "a1"}, [("DC206", "code")]),
        ({"zone": "east"}, [("DC501", "zone")]),
        ({"zone": "south"}, [("PR103", "zone")]),
        ({"zone": "west"}, [("PR103", "zone"), ("DC501", "zone")]),
        ({"end": 0}, [("DC303", "number")]),
    ]
    rows = [{**right, **change} for change, _ in cases]
    wanted = [[*found] for _, found in cases]
    admission = by_contract()
    for _ in range(2):  # what was read before says the same again
        admitted = admission.read(rows)
        assert not any(admitted.misfits)
        assert [[(f.code, f.subject[0]) for f in row] for row in admitted.findings] == wanted
        one_by_one = [admission.read([row]).findings[0] for row in rows]
        assert [[(f.code, f.subject[0]) for f in row] for row in one_by_one] == wanted
    assert admitted.findings[1][0].message == "'number' must be at least 0, and is not so."
    many = admission.read([{**right, "number": -float(k), "end": 2.0} for k in range(40)])
    assert [len(row) for row in many.findings] == [0] + [1] * 39, "numbers that are read at once, too"


def test_a_refused_row_moves_no_finding_to_another() -> None:
    right = {"number": 1, "code": "A1", "zone": "north", "end": 2}
    admitted = by_contract().read([{**right, "number": "x"}, right, {**right, "end": 0}])
    assert [m is None for m in admitted.misfits] == [False, True, True]
    assert [[f.code for f in row] for row in admitted.findings] == [[], ["DC303"]]
