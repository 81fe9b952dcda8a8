"""Data contracts as TOML files that a person reads and edits."""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import (
    ColumnRule,
    Contract,
    Demand,
    DependencyRule,
    FreshnessRule,
    KeyRule,
    LearnedCount,
    OrderRule,
    RowCountRule,
    RowTest,
)
from journeyman.errors import SettingsError
from journeyman.settings import parse_delay

__all__ = ["CONTRACT", "contract_of", "contract_text", "pattern_complaint"]

CONTRACT = "contract.toml"
"""The file of a release that holds what its training table was."""

_VERSION = 1
_COLUMNS, _TARGET = "columns", "target"
_HEADER = """\
# What a table should be, learned by `journeyman verify --learn`; check one: journeyman verify TABLE --contract FILE
#
# `learned` says in how many of the learned rows a statement held: above = [[52.5, 60]] is "60 rows were above 52.5".
# A table is refused where it shows more (or fewer) than chance explains; all rules together refuse a healthy table with
# the probability `false_alarms`. Shares may move by `drift` beyond chance; a column may have a drift of its own.
# What must hold for every row is yours to write, into a column's table [columns.NAME.must]:
#   at_least = 0, at_most = 120, one_of = ["yes", "no"], pattern = "[A-Z]{2}[0-9]+", most_missing = 0.05, unique = true
# What a model predicts stands under [target.NAME]: rows to predict do not have it.
# A column that may be absent has required = false. Freshness: [freshness] column = "time" and within = "2d".
"""
_COUNTED = (RowTest.MISSING, RowTest.UNREADABLE, RowTest.OTHER_UNIT, RowTest.UNLIKE)
_COMPARED = (RowTest.BELOW, RowTest.ABOVE, RowTest.EQUAL, RowTest.SHORTER, RowTest.LONGER)
_UNUSUAL = re.compile(r"\(\?<?[=!]|\(\?P=|\(\?>|\(\?\(|(?<!\\)\\[1-9Z]|[*+?}]\+")
_SCALED = (Kind.NUMBER, Kind.INTEGER, Kind.DATETIME)
_STORAGES = ("", "number", "text", "date", "boolean")


def contract_text(contract: Contract) -> str:
    r"""Return a contract as TOML.

    Examples
    --------
    >>> made = Contract("t", 0, (ColumnRule(Column("age", Kind.INTEGER), demand=Demand(at_least=0)),))
    >>> print(contract_text(made).partition("\n[columns")[2])
    .age]
    kind = "integer"
    <BLANKLINE>
    [columns.age.must]
    at_least = 0
    <BLANKLINE>
    >>> contract_of(contract_text(made), "t.toml") == made
    True
    """
    top = {
        "contract": _VERSION,
        "name": contract.name,
        "rows": contract.rows,
        "false_alarms": contract.false_alarms,
        "drift": contract.drift,
    }
    parts = [_HEADER + _lines(top)]
    count = contract.row_count
    parts.append("[row_count]\n" + _lines({"at_least": count.at_least, "at_most": count.at_most}))
    if contract.freshness is not None:
        fresh = {"column": contract.freshness.column, "within": _duration(contract.freshness.within)}
        parts.append("[freshness]\n" + _lines(fresh))
    for rule in contract.columns:
        parts += _column_parts(rule, _TARGET if rule.name in contract.targets else _COLUMNS)
    parts += ["[[keys]]\n" + _lines({"columns": list(k.columns)}) for k in contract.keys]
    parts += ["[[dependencies]]\n" + _lines({"given": d.given, "fixed": d.fixed}) for d in contract.dependencies]
    parts += ["[[orders]]\n" + _lines({"lesser": o.lesser, "greater": o.greater}) for o in contract.orders]
    return "\n".join(parts)


def _column_parts(rule: ColumnRule, under: str) -> list[str]:
    column, demand = rule.column, rule.demand
    head = f"{under}.{_key(rule.name)}"
    facts = {
        "kind": column.kind.value,
        "storage": rule.storage or None,
        "required": None if rule.required else False,
        "unit": column.unit,
        "units": list(rule.units) or None,
        "markers": list(column.missing_markers) or None,
        "decimal": None if column.decimal == "." else column.decimal,
        "date_formats": list(column.date_formats) or None,
        "pattern": rule.pattern or None,
        "closed": rule.closed or None,
        "limits": None if rule.limits is None else [_toml_value(rule, v) for v in rule.limits],
        "drift": rule.drift,
    }
    parts = [f"[{head}]\n" + _lines(facts)]
    must = {
        "at_least": _toml_value(rule, demand.at_least),
        "at_most": _toml_value(rule, demand.at_most),
        "one_of": list(demand.one_of) or None,
        "pattern": demand.pattern or None,
        "most_missing": demand.most_missing,
        "unique": demand.unique or None,
    }
    if any(v is not None for v in must.values()):
        parts.append(f"[{head}.must]\n" + _lines(must))
    learned: dict[str, Any] = {}
    for count in rule.learned:
        if count.test in _COUNTED:
            learned[count.test.value] = count.rows
        else:
            learned.setdefault(count.test.value, []).append([_toml_value(rule, count.at), count.rows])
    if learned:
        parts.append(f"[{head}.learned]\n" + _lines(learned))
    return parts


def _toml_value(rule: ColumnRule, value: float | str | None) -> Any:
    """Return a number as TOML writes it: whole ones without a point, seconds of dates as dates."""
    if rule.column.kind is Kind.DATETIME and isinstance(value, (int, float)):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return value
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _lines(facts: Mapping[str, Any]) -> str:
    return "".join(f"{_key(name)} = {_value(v)}\n" for name, v in facts.items() if v is not None)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ("inf" if value > 0 else "-inf" if value < 0 else "nan")
    if isinstance(value, list):
        inner = ", ".join(map(_value, value))
        if len(inner) > 110 and isinstance(value[0], list):
            return "[\n" + "".join(f"  {_value(v)},\n" for v in value) + "]"
        return f"[{inner}]"
    return str(value)


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


def contract_of(text: str, where: str) -> Contract:
    """Return the contract that a TOML text holds.

    Parameters
    ----------
    where : str
        What the user calls the text.

    Raises
    ------
    SettingsError
        It is no TOML, of another tool, or a rule is broken; the message names the rule.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{where} is no TOML: {str(error)[:1].lower()}{str(error)[1:]}", hint="repair that line"
        ) from error
    if "contract" not in document:
        known = ", ".join(list(document)[:6]) or "nothing"
        raise SettingsError(
            f"{where} is no data contract: it holds {known}",
            hint=f"begin it with `contract = {_VERSION}`, or let `journeyman verify TABLE --learn FILE.toml` write one",
        )
    if document["contract"] != _VERSION:
        raise SettingsError(
            f"{where} is of contract version {document['contract']!r}, which is not known",
            hint=f"this version of Journeyman reads version {_VERSION}",
        )
    top = _Section(document, where, "")
    top.refuse_unknown(
        *("contract", "name", "rows", "false_alarms", "drift", "row_count", "freshness"),
        *(_COLUMNS, _TARGET, "keys", "dependencies", "orders"),
    )
    targets = top.section(_TARGET)
    columns = tuple(
        _column_rule(part.section(name)) for part in (top.section(_COLUMNS), targets) for name in part.names
    )
    twice = next((name for name in targets.names if name in top.section(_COLUMNS).names), None)
    if twice is not None:
        raise targets.error(twice, "stands under columns, too", "leave one of the two out")
    count, rows = top.section("row_count"), top.whole("rows", 0)
    count.refuse_unknown("at_least", "at_most")
    row_count = RowCountRule(count.whole("at_least", 1), count.whole("at_most", -1) if count.has("at_most") else None)
    if row_count.at_most is not None and row_count.at_most < row_count.at_least:
        raise count.error("at_most", f"is {row_count.at_most}, below at_least ({row_count.at_least})", "swap the two")
    named = {rule.name for rule in columns}
    for rule in columns:
        most = max((c.rows for c in rule.learned), default=0)
        if most > rows:
            raise SettingsError(
                f"{where}: columns.{rule.name}.learned counts {most:,} rows, more than rows = {rows:,}",
                hint="learn the contract again, or correct rows",
            )
    return Contract(
        name=top.text("name", where),
        rows=rows,
        columns=columns,
        keys=tuple(KeyRule(_column_names(s, "columns", named)) for s in top.sections("keys", "columns")),
        dependencies=tuple(
            DependencyRule(_one_name(s, "given", named), _one_name(s, "fixed", named))
            for s in top.sections("dependencies", "given", "fixed")
        ),
        orders=tuple(
            OrderRule(_one_name(s, "lesser", named), _one_name(s, "greater", named))
            for s in top.sections("orders", "lesser", "greater")
        ),
        row_count=row_count,
        freshness=_freshness_rule(top.section("freshness"), named, columns) if top.has("freshness") else None,
        false_alarms=top.share("false_alarms", 0.01, open_end=True),
        drift=top.share("drift", 0.02),
        targets=tuple(targets.names),
    )


def pattern_complaint(pattern: object) -> str:
    """Return why a pattern cannot be looked for on every engine; "" where it can.

    Examples
    --------
    >>> pattern_complaint("[A-Z]+"), pattern_complaint("a(?=b)")
    ('', 'looks ahead, behind or back, which engines cannot')
    """
    try:
        re.compile(str(pattern))
    except re.error as error:
        return f"is no regular expression: {error}"
    return "looks ahead, behind or back, which engines cannot" if _UNUSUAL.search(str(pattern)) else ""


def _freshness_rule(section: _Section, named: set[str], columns: Sequence[ColumnRule]) -> FreshnessRule:
    section.refuse_unknown("column", "within")
    column, within = _one_name(section, "column", named), section.text("within", "")
    if next(r for r in columns if r.name == column).column.kind is not Kind.DATETIME:
        raise section.error("column", f"is {column!r}, which holds no dates", "name a column of kind datetime")
    try:
        seconds, timed = parse_delay(within)
    except SettingsError as error:
        raise section.error("within", f"is {within!r}", "write a time such as 2d or 12h") from error
    if not timed:
        raise section.error("within", f"is {within!r}", "write a time such as 2d or 12h")
    return FreshnessRule(column, seconds)


def _column_rule(section: _Section) -> ColumnRule:
    section.refuse_unknown(
        *("kind", "storage", "required", "unit", "units", "markers", "decimal", "date_formats", "pattern", "closed"),
        *("limits", "drift", "must", "learned"),
    )
    kind = Kind(section.one_of("kind", [k.value for k in Kind], Kind.TEXT.value))
    column = Column(
        section.path[-1],
        kind,
        unit=section.text("unit", "") if section.has("unit") else None,
        missing_markers=section.texts("markers"),
        decimal=section.one_of("decimal", [".", ","], "."),
        date_formats=section.texts("date_formats"),
    )
    scaled = kind in _SCALED
    must = section.section("must")
    must.refuse_unknown("at_least", "at_most", "one_of", "pattern", "most_missing", "unique")
    if must.has("one_of") and not must.texts("one_of"):
        raise must.error("one_of", "holds no text, so that nothing would be allowed", 'write one_of = ["...", "..."]')
    demand = Demand(
        must.number("at_least", kind),
        must.number("at_most", kind),
        must.texts("one_of"),
        must.pattern("pattern"),
        must.share("most_missing", 0.0) if must.has("most_missing") else None,
        must.flag("unique", False),
    )
    if scaled and (demand.one_of or demand.pattern):
        key = "one_of" if demand.one_of else "pattern"
        raise must.error(
            key, f"is for texts, and the column is {kind.noun}", "use at_least and at_most, or kind = 'category'"
        )
    if demand.at_least is not None and demand.at_most is not None and demand.at_least > demand.at_most:
        raise must.error("at_least", "is above at_most", "swap the two")
    return ColumnRule(
        column,
        storage=section.one_of("storage", _STORAGES, ""),
        required=section.flag("required", True),
        units=section.texts("units"),
        pattern=section.pattern("pattern"),
        closed=section.flag("closed", False),
        limits=_limits(section) if section.has("limits") else None,
        learned=_learned_counts(section.section("learned"), scaled),
        demand=demand,
        drift=section.share("drift", 0.0) if section.has("drift") else None,
    )


def _limits(section: _Section) -> tuple[float, float]:
    found = section.values["limits"]
    ends = [_number(v) for v in found] if isinstance(found, list) else []
    if len(ends) != 2 or None in ends:
        raise section.error("limits", f"is {found!r}", "write two numbers: limits = [0, 100]")
    low, high = float(ends[0] or 0.0), float(ends[1] or 0.0)
    if low > high:
        raise section.error("limits", f"has {found[0]} above {found[1]}", "swap the two")
    return low, high


def _learned_counts(section: _Section, scaled: bool) -> tuple[LearnedCount, ...]:
    section.refuse_unknown(*(t.value for t in (*_COUNTED, *_COMPARED)))
    found: list[LearnedCount] = []
    for name, value in section.values.items():
        test = RowTest(name)
        if test in _COUNTED:
            found.append(LearnedCount(test, None, section.whole(name, 0)))
            continue
        numeric = scaled or test in (RowTest.SHORTER, RowTest.LONGER)
        if (test in (RowTest.BELOW, RowTest.ABOVE) and not scaled) or not isinstance(value, list):
            raise section.error(name, "does not fit the column's kind", "learn the contract again")
        for pair in value:
            at: float | str | None = _number(pair[0]) if numeric and isinstance(pair, list) and pair else None
            if isinstance(pair, list) and len(pair) == 2 and not numeric and isinstance(pair[0], str):
                at = pair[0]
            if at is None or not _is_whole(pair[1:]):
                wanted = "a number" if numeric else "a text"
                raise section.error(name, f"holds {pair!r}", f"write [value, rows], where the value is {wanted}")
            found.append(LearnedCount(test, at, pair[1]))
    return tuple(found)


def _is_whole(values: Sequence[Any]) -> bool:
    return len(values) == 1 and isinstance(values[0], int) and not isinstance(values[0], bool) and values[0] >= 0


def _number(value: Any) -> float | None:
    """Return a number, or the seconds since 1970 of a date; None for anything else."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value):
        return float(value)
    return None


def _column_names(section: _Section, key: str, columns: set[str]) -> tuple[str, ...]:
    names = section.texts(key)
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else "name a column that the contract has a table for"
            raise section.error(key, f"names {name!r}, which the contract has no column for", hint)
    if not names:
        raise section.error(key, "names no column", f"write {key} = [...]")
    return names


def _one_name(section: _Section, key: str, columns: set[str]) -> str:
    name = section.text(key, "")
    return _column_names(_Section({key: [name] if name else []}, section.where, *section.path), key, columns)[0]


class _Section:
    """A table of a TOML document, whose values are taken by their types."""

    def __init__(self, values: Mapping[str, Any], where: str, *path: str) -> None:
        self.values, self.where, self.path = values, where, path

    @property
    def names(self) -> list[str]:
        """Keys, in their order."""
        return list(self.values)

    def has(self, key: str) -> bool:
        """Return whether there is such a key."""
        return key in self.values

    def error(self, key: str, what: str, hint: str) -> SettingsError:
        """Return that a rule is broken."""
        named = ".".join(part for part in (*self.path, key) if part)
        return SettingsError(f"{self.where}: {named} {what}", hint=hint)

    def refuse_unknown(self, *known: str) -> None:
        """Refuse keys that mean nothing here."""
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                raise self.error(key, "is not known", hint)

    def section(self, key: str) -> _Section:
        """Return a table below; an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"is {value!r}, wanted a table", f"write [{'.'.join((*self.path, key))}]")
        return _Section(value, self.where, *self.path, key)

    def sections(self, key: str, *known: str) -> list[_Section]:
        """Return the tables of a list."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.error(key, "is no list of tables", f"write [[{key}]]")
        found = [_Section(v, self.where, *self.path, f"{key}[{n}]") for n, v in enumerate(value)]
        for section in found:
            section.refuse_unknown(*known)
        return found

    def text(self, key: str, default: str) -> str:
        """Return a value that must be in quotes."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"is {value!r}, wanted a text", "put it into quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return values that must each be in quotes."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.error(key, f"is {value!r}, wanted a list of texts", f'write {key} = ["...", "..."]')
        return tuple(value)

    def one_of(self, key: str, known: Sequence[str], default: str) -> str:
        """Return one of some texts."""
        value = self.text(key, default)
        if value not in known:
            near = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(k for k in known if k)}"
            raise self.error(key, f"is {value!r}, which is not known", hint)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"is {value!r}, wanted true or false", "write true or false")
        return value

    def whole(self, key: str, default: int) -> int:
        """Return a whole number from 0 on."""
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.error(key, f"is {value!r}, wanted a whole number from 0 on", "write a number of rows")
        return value

    def share(self, key: str, default: float, open_end: bool = False) -> float:
        """Return a number from 0 to 1."""
        value = self.values.get(key, default)
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
        if not fits or (open_end and not 0 < value < 1):
            raise self.error(key, f"is {value!r}, wanted a share from 0 to 1", "write 0.01 for one of a hundred")
        return float(value)

    def number(self, key: str, kind: Kind) -> float | None:
        """Return a number or the seconds of a date; None where there is none."""
        if key not in self.values:
            return None
        found = _number(self.values[key])
        if found is None:
            raise self.error(key, f"is {self.values[key]!r}, wanted a number or a date", "write it without quotes")
        if kind not in _SCALED:
            raise self.error(key, "is for numbers and dates, and the column holds neither", "use one_of or pattern")
        if isinstance(self.values[key], date) and kind is not Kind.DATETIME:
            raise self.error(key, f"is a date, and the column is {kind.noun}", "write a number")
        return found

    def pattern(self, key: str) -> str:
        """Return a regular expression that can be used."""
        value = self.text(key, "")
        complaint = pattern_complaint(value)
        if complaint:
            raise self.error(key, complaint, "correct it, or leave it out")
        return value
