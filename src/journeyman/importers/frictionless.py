"""A Frictionless table schema (JSON) as a contract: https://specs.frictionlessdata.io/table-schema/."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, Contract, Demand, KeyRule, RowCountRule
from journeyman.errors import SettingsError
from journeyman.stores.contract_files import pattern_complaint

__all__ = ["frictionless_contract", "is_frictionless"]

_KINDS = {
    "string": Kind.TEXT,
    "number": Kind.NUMBER,
    "integer": Kind.INTEGER,
    "year": Kind.INTEGER,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATETIME,
    "datetime": Kind.DATETIME,
    "any": Kind.TEXT,
}
_FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M:%S"}
_CONSTRAINTS = ("required", "unique", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength")


def is_frictionless(document: Mapping[str, Any]) -> bool:
    """Return whether a document is a table schema, or a resource that holds one."""
    schema = document.get("schema", document)
    return isinstance(schema, Mapping) and isinstance(schema.get("fields"), list)


def frictionless_contract(document: Mapping[str, Any], where: str) -> Contract:
    """Return what a table schema demands of every row.

    Raises
    ------
    SettingsError
        A field or a constraint is broken.

    Examples
    --------
    >>> schema = {"fields": [{"name": "age", "type": "integer", "constraints": {"minimum": 0}}]}
    >>> frictionless_contract(schema, "s.json").rule("age").demand.at_least
    0.0
    """
    schema = document.get("schema", document)
    left_out: list[str] = []
    markers = tuple(m for m in schema.get("missingValues") or () if isinstance(m, str) and m)
    rules = tuple(_rule(field, where, markers, left_out) for field in schema["fields"])
    key = schema.get("primaryKey") or ()
    columns = (key,) if isinstance(key, str) else tuple(key)
    names = {rule.name for rule in rules}
    for name in columns:
        if name not in names:
            raise SettingsError(
                f"{where}: primaryKey names {name!r}, which is no field", hint="name a field of the schema"
            )
    if schema.get("foreignKeys"):
        left_out.append("foreignKeys")
    keys = (KeyRule(columns),) if columns else ()
    name = str(document.get("name") or schema.get("name") or where)
    return Contract(name, 0, rules, keys, row_count=RowCountRule(0), left_out=tuple(left_out))


def _rule(field: Any, where: str, markers: tuple[str, ...], left_out: list[str]) -> ColumnRule:
    if not isinstance(field, Mapping) or not isinstance(field.get("name"), str):
        raise SettingsError(f"{where}: a field has no name: {field!r}", hint='write {"name": ..., "type": ...}')
    name, kind_name = field["name"], field.get("type", "string")
    constraints = field.get("constraints", {})
    if not isinstance(constraints, Mapping):
        raise SettingsError(f"{where}: constraints of {name!r} are {constraints!r}", hint="write an object")
    if kind_name not in _KINDS:
        left_out.append(f"type {kind_name} of {name!r}")
    kind = _KINDS.get(kind_name, Kind.TEXT)
    left_out += [f"{c} of {name!r}" for c in constraints if c not in _CONSTRAINTS]
    scaled = kind in (Kind.NUMBER, Kind.INTEGER, Kind.DATETIME)
    allowed = [v for v in constraints.get("enum") or () if v is not None]
    if scaled and allowed:
        left_out.append(f"enum of {name!r}")
        allowed = []
    demand = Demand(
        _bound(constraints, "minimum", kind, name, where),
        _bound(constraints, "maximum", kind, name, where),
        tuple(str(v) for v in allowed),
        "" if scaled else _pattern(constraints, name, where),
        0.0 if constraints.get("required") is True else None,
        constraints.get("unique") is True,
    )
    written = field.get("format", "default")
    formats = (_FORMATS.get(kind_name, "") if written == "default" else str(written),)
    dated = kind is Kind.DATETIME and "%" in formats[0]
    column = Column(name, kind, missing_markers=markers, date_formats=formats if dated else ())
    if isinstance(field.get("decimalChar"), str):
        column = Column(name, kind, missing_markers=markers, decimal=field["decimalChar"])
    return ColumnRule(column, demand=demand)


def _bound(constraints: Mapping[str, Any], key: str, kind: Kind, name: str, where: str) -> float | None:
    value = constraints.get(key)
    if value is None:
        return None
    try:
        if kind is Kind.DATETIME:
            found = datetime.fromisoformat(str(value))
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        if kind in (Kind.NUMBER, Kind.INTEGER):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise SettingsError(f"{where}: {key} of {name!r} is {value!r}", hint="write a number, or a date for dates")


def _pattern(constraints: Mapping[str, Any], name: str, where: str) -> str:
    """Return a pattern for the text, or for its length where only that is bounded."""
    pattern = constraints.get("pattern")
    if pattern is None:
        least, most = constraints.get("minLength"), constraints.get("maxLength")
        if least is None and most is None:
            return ""
        return f"(?s:.{{{int(least or 0)},{'' if most is None else int(most)}}})"
    complaint = pattern_complaint(pattern)
    if complaint:
        raise SettingsError(f"{where}: pattern of {name!r} {complaint}", hint="leave it out")
    return str(pattern)
