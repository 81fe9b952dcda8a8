"""Admit: each served row is read on its own as the model's columns, or refused with its reason."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from journeyman.entities.admitted import Admitted, RowMisfit, TrainedColumn
from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, OrderRule, RowTest
from journeyman.entities.contract_words import demand_words
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.image import SmallImage
from journeyman.entities.table import Block
from journeyman.sources.parsing import refused_finding
from journeyman.sources.parsing.cells import REFUSED, cell_reader, sentinel_values
from journeyman.sources.parsing.texts import PLAIN
from journeyman.sources.parsing.values import ValueReader

__all__ = ["RowAdmission"]

_ABSENT = object()
_SHOWN = 60
_FEW_ORDERS = 16
_MANY = 16  # rows that are worth reading a column at once
_REMEMBERED = 4096  # values of a column: rows repeat their categories, and a flood of new ones must not grow it
_WANTED = {
    Kind.NUMBER: "a number",
    Kind.INTEGER: "a whole number",
    Kind.BOOLEAN: "yes or no",
    Kind.CATEGORY: "a category",
    Kind.ORDERED: "a category",
    Kind.DATETIME: "a date",
    Kind.IMAGE: "an image in base64",
}


_PLAIN_LINES = re.compile(f"(?>(?:{PLAIN.pattern})\n)*+", re.ASCII)  # a line is never looked at twice


class _Plan:
    """How a column is read: its reader, and what raw values meant of which there was nothing to say."""

    def __init__(self, trained: TrainedColumn) -> None:
        column = trained.column
        self.trained, self.name = trained, column.name
        self.reader = ValueReader(column, cell_reader(column), sentinel_values(column), {})
        self.clear: dict[object, object] = {}
        # 1 is also found as 1.0 and true: only a column of numbers reads all three alike
        self.rule = None if trained.rule is None or not _has_row_rules(trained.rule) else _RowRule(trained.rule)
        self.kept = frozenset((str, int, float) if column.kind in (Kind.NUMBER, Kind.INTEGER) else (str,))

    def plain_numbers(self, rows: Sequence[Mapping[str, object]]) -> tuple[list[object], list[int]]:
        """Return the values that are plain numbers as training knew them, and the rows that have to be looked at."""
        everything: tuple[list[object], list[int]] = [None] * len(rows), list(range(len(rows)))
        if len(rows) < _MANY or self.trained.column.kind not in (Kind.NUMBER, Kind.INTEGER):
            return everything
        whole = [row.get(self.name, _ABSENT) for row in rows]
        there = [i for i, value in enumerate(whole) if value is not None and value is not _ABSENT]
        raw = whole if len(there) == len(whole) else [whole[i] for i in there]
        types = set(map(type, raw))
        written = types == {str} and self.trained.column.decimal == "." and _PLAIN_LINES.fullmatch(_lines(raw))
        if not raw or (not written and not types <= {float, int}):
            return everything
        try:
            values = np.array(raw, dtype=np.float64) + 0.0  # minus zero is zero
        except OverflowError:
            return everything
        plain = np.isfinite(values)
        if self.trained.low is not None and self.trained.high is not None:
            plain &= (values >= self.trained.low) & (values <= self.trained.high)
        if self.rule is not None:
            plain &= (values >= self.rule.low) & (values <= self.rule.high)
        if self.reader.sentinels:
            plain &= ~np.isin(values, list(self.reader.sentinels))
        if raw is whole:
            return values.tolist(), np.flatnonzero(~plain).tolist()
        read, known = everything[0], np.zeros(len(rows), dtype=bool)
        for i, value in zip(there, values.tolist(), strict=True):
            read[i] = value
        known[np.array(there)[plain]] = True
        return read, np.flatnonzero(~known).tolist()


class _RowRule:
    """What every single value of a column must be by the release's contract."""

    def __init__(self, rule: ColumnRule) -> None:
        demand = rule.demand
        self.rule = rule
        self.low = -math.inf if demand.at_least is None else demand.at_least
        self.high = math.inf if demand.at_most is None else demand.at_most
        self._allowed = frozenset(demand.one_of)
        self._demanded = re.compile(demand.pattern) if demand.pattern else None
        self._form = re.compile(rule.pattern) if _is_form(rule) else None

    def number_finding(self, value: float) -> Finding | None:
        """Return what is wrong with a number, or with a date in seconds; a missing one is right."""
        if value < self.low:
            return _demand_finding(self.rule, RowTest.BELOW)
        return _demand_finding(self.rule, RowTest.ABOVE) if value > self.high else None

    def text_finding(self, text: str) -> Finding | None:
        """Return what is wrong with a text."""
        if self._allowed and text not in self._allowed:
            return _demand_finding(self.rule, RowTest.OTHER_VALUE)
        if self._demanded is not None and not self._demanded.fullmatch(text):
            return _demand_finding(self.rule, RowTest.UNLIKE)
        if self._form is not None and not self._form.fullmatch(text):
            message = f"{self.rule.name!r} does not look like {self.rule.pattern}, as all texts in training did."
            return Finding("DC206", Severity.WARNING, (self.rule.name,), message, "Look at how the text is written.")
        return None


class RowAdmission:
    """Reads rows that come one by one, with all lookups prepared once.

    A row with an unreadable value or without a column is refused; an empty value where training knew none, a number
    outside its range, a category never seen and a column that the model does not know are findings of that row, and so
    is what breaks the release's contract. What is admitted is read exactly as ``conform`` would read it.

    Parameters
    ----------
    columns : sequence of TrainedColumn
        The columns that the model needs.
    known : collection of str
        Further names that rows may bring without a word, such as key columns.
    orders : sequence of OrderRule
        Columns of which one was never greater than the other.

    Examples
    --------
    >>> admission = RowAdmission([TrainedColumn(Column("age", Kind.INTEGER), 17, 90, True)])
    >>> admitted = admission.read([{"age": 41}, {"age": "old"}, {"age": 120}, {}])
    >>> admitted.block["age"]
    array([ 41., 120.])
    >>> [None if m is None else m.message for m in admitted.misfits]
    [None, "'age' holds 'old', wanted a whole number", None, "no 'age'"]
    >>> [[f.code for f in row] for row in admitted.findings]
    [[], ['PR105']]
    """

    def __init__(
        self, columns: Sequence[TrainedColumn], known: Collection[str] = (), orders: Sequence[OrderRule] = ()
    ) -> None:
        self._plans = tuple(_Plan(trained) for trained in columns)
        self._names = frozenset(c.column.name for c in columns)
        self._known = self._names | frozenset(known)
        self._orders = tuple(o for o in orders if {o.lesser, o.greater} <= self._names)
        self._ordered = sorted({name for o in self._orders for name in (o.lesser, o.greater)})
        place = {name: k for k, name in enumerate(self._ordered)}
        self._lesser = np.array([place[o.lesser] for o in self._orders], dtype=np.int64)
        self._greater = np.array([place[o.greater] for o in self._orders], dtype=np.int64)

    def read(self, rows: Sequence[Mapping[str, object]]) -> Admitted:
        """Read rows, each a mapping of column to raw value (text, number, true, None)."""
        rows = [row if self._names <= row.keys() else self._matched(row) for row in rows]
        misfits: list[RowMisfit | None] = [None] * len(rows)
        findings: list[list[Finding]] = [[] for _ in rows]
        columns: list[list[object]] = []
        for plan in self._plans:
            try:
                # what was seen before and says nothing about a row, as most values are
                values = [plan.clear[row[plan.name]] for row in rows]
            except (KeyError, TypeError):
                values, rest = plan.plain_numbers(rows)
                for i in rest:
                    values[i] = self._value(plan, rows[i], i, misfits, findings)
            columns.append(values)
        for i, row in enumerate(rows):
            if len(row) > len(self._names) and not self._known >= row.keys():
                findings[i].append(_extra_finding(sorted(set(row) - self._known)))
        kept = [i for i, misfit in enumerate(misfits) if misfit is None]
        block = {
            plan.name: _array(plan.trained.column, values if len(kept) == len(rows) else [values[i] for i in kept])
            for plan, values in zip(self._plans, columns, strict=True)
        }
        if self._orders and kept:
            self._judge_orders(block, kept, findings)
        return Admitted(block, tuple(misfits), tuple(tuple(findings[i]) for i in kept))

    def _judge_orders(self, block: Block, kept: Sequence[int], findings: Sequence[list[Finding]]) -> None:
        """Add to the findings of rows which columns are greater than others that they never were greater than."""
        if len(kept) == 1 and len(self._orders) <= _FEW_ORDERS:  # arrays take longer to make than to compare
            for order in self._orders:
                if block[order.lesser][0] > block[order.greater][0]:
                    findings[kept[0]].append(_order_finding(order))
            return
        values = np.array([block[name] for name in self._ordered])
        broken = values[self._lesser] > values[self._greater]
        if broken.any():
            for place, row in np.argwhere(broken).tolist():
                findings[kept[row]].append(_order_finding(self._orders[place]))

    def _value(
        self,
        plan: _Plan,
        row: Mapping[str, object],
        i: int,
        misfits: list[RowMisfit | None],
        findings: list[list[Finding]],
    ) -> object:
        """Read a column's value in row ``i``; what is wrong becomes its misfit, what is noticed its findings."""
        trained, column, missing = plan.trained, plan.trained.column, plan.reader.missing
        raw = row.get(plan.name, _ABSENT)
        if raw is _ABSENT:
            misfits[i] = misfits[i] or self._lacking(column, row)
            return missing
        try:
            value = plan.reader.value(raw)
        except (TypeError, ValueError, OverflowError):  # nested, or a number of too many digits
            misfits[i] = misfits[i] or _misfit(column, "a nested value")
            value = REFUSED
        if value is REFUSED:
            if column.kind.categorical:
                findings[i].append(refused_finding(column, 1, [str(raw)]))
            else:
                misfits[i] = misfits[i] or _misfit(column, repr(raw))
            if plan.rule is not None and column.kind.categorical:
                broken = plan.rule.text_finding(str(raw).strip())
                findings[i] += () if broken is None else (broken,)
            return missing
        if type(value) is float:
            value += 0.0  # minus zero is zero: the two are one key of what was read before
        broken = None if plan.rule is None else _broken_rule(plan.rule, column, value, raw)
        if broken is not None:
            findings[i].append(broken)
        if trained.complete and (value is None or value == missing or value != value):
            findings[i].append(_missing_finding(column))
        elif type(value) is float and trained.beyond(value):
            findings[i].append(_range_finding(trained, value))
        elif type(value) is str and trained.strange_size(value):
            findings[i].append(_size_finding(trained, value))
        elif broken is None and type(raw) in plan.kept and raw == raw and len(plan.clear) < _REMEMBERED:
            plan.clear[raw] = value
        return value

    def _matched(self, row: Mapping[str, object]) -> Mapping[str, object]:
        """Return the row under the model's own names; blanks around names do not count."""
        stripped = {name.strip(): name for name in self._names}
        return {(name if name in self._known else stripped.get(name.strip(), name)): v for name, v in row.items()}

    def _lacking(self, column: Column, row: Mapping[str, object]) -> RowMisfit:
        strange = sorted(set(row) - self._known)
        near = difflib.get_close_matches(column.name, strange, n=1, cutoff=0.6)
        hint = f"the row has {near[0]!r}: is that it?" if near else "give null where there is no value"
        return RowMisfit(column.name, "", _expected_type(column), hint, near[0] if near else "")


def _is_form(rule: ColumnRule) -> bool:
    """Return whether every learned text had the form that the rule names."""
    return bool(rule.pattern) and not rule.rows_where(RowTest.UNLIKE)


def _has_row_rules(rule: ColumnRule) -> bool:
    demand = rule.demand
    bounds = (demand.at_least, demand.at_most)
    return any(b is not None for b in bounds) or bool(demand.one_of or demand.pattern) or _is_form(rule)


def _broken_rule(rule: _RowRule, column: Column, value: object, raw: object) -> Finding | None:
    """Return what a value that was read breaks of the contract."""
    if type(value) is float:
        return rule.number_finding(value) if column.kind is not Kind.BOOLEAN else rule.text_finding(str(raw).strip())
    if column.kind.categorical and isinstance(value, int):
        return rule.text_finding(column.categories[value]) if value >= 0 else None
    return rule.text_finding(value) if isinstance(value, str) and column.kind is not Kind.IMAGE else None


def _lines(raw: Sequence[object]) -> str:
    return "".join(f"{value}\n" for value in raw)


def _expected_type(column: Column) -> str:
    return _WANTED.get(column.kind, "a text")


def _misfit(column: Column, found: str) -> RowMisfit:
    shown = found if len(found) <= _SHOWN else f"{found[:_SHOWN]}..."
    return RowMisfit(column.name, shown, _expected_type(column), "give it as the training table did, or null")


def _missing_finding(column: Column) -> Finding:
    message = f"{column.name!r} has no value, and in training it always had one."
    return Finding("PR106", Severity.WARNING, (column.name,), message, "Give a value where there is one.")


def _demand_finding(rule: ColumnRule, test: RowTest) -> Finding:
    message = f"{rule.name!r} {demand_words(rule, test)}, and is not so."
    hint = f"Correct the row, or change `must` of {rule.name!r} in the contract."
    return Finding("DC501", Severity.WARNING, (rule.name,), message, hint)


def _order_finding(order: OrderRule) -> Finding:
    message = f"{order.lesser!r} is greater than {order.greater!r}; in training it never was."
    return Finding(
        "DC303", Severity.WARNING, (order.lesser, order.greater), message, "Look whether the two were mixed up."
    )


def _range_finding(trained: TrainedColumn, value: float) -> Finding:
    name = trained.column.name
    message = f"{name!r} is {value:.6g}, outside of what training saw ({trained.low:.6g} to {trained.high:.6g})."
    hint = "The model has learned nothing there; look at the value."
    return Finding("PR105", Severity.WARNING, (name,), message, hint, {"value": value})


def _size_finding(trained: TrainedColumn, image: str) -> Finding:
    name, (width, height), sizes = trained.column.name, SmallImage.size_of(image), trained.sizes
    seen = f"{sizes[0]} x {sizes[1]}" + (f" to {sizes[2]} x {sizes[3]}" if sizes[:2] != sizes[2:] else "")
    message = f"{name!r} is {width} x {height} pixels, outside of what training saw ({seen})."
    hint = "It is made as small as the others; if it shows more than they do, or less, the prediction is worth little."
    return Finding("PR105", Severity.WARNING, (name,), message, hint, {"width": width, "height": height})


def _extra_finding(extra: Sequence[str]) -> Finding:
    shown = ", ".join(repr(e[:_SHOWN]) for e in extra[:6]) + (", ..." if len(extra) > 6 else "")
    message = f"{len(extra)} {'column' if len(extra) == 1 else 'columns'} the model does not know: {shown}."
    return Finding("PR104", Severity.NOTE, tuple(e[:_SHOWN] for e in extra[:6]), message, "They are left out.")


def _array(column: Column, values: list[object]) -> np.ndarray:
    if column.kind.categorical:
        return np.array(values, dtype=np.int32)
    if column.kind.numeric or column.kind is Kind.DATETIME:
        return np.array(values, dtype=np.float64)
    texts = np.empty(len(values), dtype=object)
    texts[:] = values
    return texts
