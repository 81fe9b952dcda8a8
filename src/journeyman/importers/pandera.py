"""A Pandera schema, as its to_yaml() and to_json() write it, as a contract; no program is run for it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, Contract, Demand, KeyRule, RowCountRule
from journeyman.errors import SettingsError
from journeyman.stores.contract_files import pattern_complaint

__all__ = ["is_pandera", "pandera_contract"]

_TEXTS = ("str", "object", "category", "string")
_FACTS = ("dtype", "nullable", "unique", "required", "title", "description", "coerce", "regex", "metadata", "checks")


def is_pandera(document: Mapping[str, Any]) -> bool:
    """Return whether a document is a schema of a data frame."""
    return document.get("schema_type") == "dataframe" and isinstance(document.get("columns"), Mapping)


def pandera_contract(document: Mapping[str, Any], where: str) -> Contract:
    """Return what a schema demands of every row.

    Raises
    ------
    SettingsError
        A column or a check is broken.

    Examples
    --------
    >>> schema = {"schema_type": "dataframe", "columns": {"age": {"dtype": "int64", "greater_than": 0}}}
    >>> pandera_contract(schema, "s.yaml").rule("age").demand.at_least
    1.0
    """
    left_out: list[str] = []
    rules = tuple(_rule(str(name), facts, where, left_out) for name, facts in document["columns"].items())
    unique = document.get("unique") or []
    columns = (unique,) if isinstance(unique, str) else tuple(unique)
    for name in columns:
        if name not in document["columns"]:
            raise SettingsError(
                f"{where}: unique names {name!r}, which is no column", hint="name a column of the schema"
            )
    left_out += [k for k in ("index", "checks") if document.get(k)]
    keys = (KeyRule(columns),) if columns else ()
    return Contract(
        str(document.get("name") or where), 0, rules, keys, row_count=RowCountRule(0), left_out=tuple(left_out)
    )


def _rule(name: str, facts: Any, where: str, left_out: list[str]) -> ColumnRule:
    if not isinstance(facts, Mapping):
        raise SettingsError(f"{where}: column {name!r} is {facts!r}", hint="write its dtype and checks below it")
    kind = _kind(str(facts.get("dtype") or "str"), name, left_out)
    checks: dict[str, Any] = {k: v for k, v in facts.items() if k not in _FACTS}
    if isinstance(facts.get("checks"), Mapping):  # as versions before 0.20 wrote them
        checks |= facts["checks"]
    if facts.get("regex"):
        left_out.append(f"regex of {name!r}")
    demand = Demand(most_missing=None if facts.get("nullable", False) else 0.0, unique=facts.get("unique") is True)
    low, high = -math.inf, math.inf
    for check, value in checks.items():
        value = value.get("value", value) if isinstance(value, Mapping) and "options" in value else value
        below, above = _bounds(check, value, kind, name, where)
        low, high = max(low, below), min(high, above)
        if check == "isin" and isinstance(value, list) and not _scaled(kind):
            demand = replace(demand, one_of=tuple(map(str, value)))
        elif check in ("str_matches", "str_startswith", "str_endswith", "str_contains") and isinstance(value, str):
            demand = replace(demand, pattern=_pattern(check, value, name, where))
        elif (below, above) == (-math.inf, math.inf):
            left_out.append(f"{check} of {name!r}")
    demand = replace(
        demand, at_least=low if math.isfinite(low) else None, at_most=high if math.isfinite(high) else None
    )
    return ColumnRule(Column(name, kind), required=facts.get("required", True) is not False, demand=demand)


def _kind(dtype: str, name: str, left_out: list[str]) -> Kind:
    plain = dtype.lower()
    if plain.startswith(("int", "uint")):
        return Kind.INTEGER
    if plain.startswith(("float", "decimal")):
        return Kind.NUMBER
    if plain.startswith("bool"):
        return Kind.BOOLEAN
    if plain.startswith(("datetime", "date", "timestamp")):
        return Kind.DATETIME
    if not plain.startswith(_TEXTS):
        left_out.append(f"dtype {dtype} of {name!r}")
    return Kind.TEXT


def _scaled(kind: Kind) -> bool:
    return kind in (Kind.NUMBER, Kind.INTEGER, Kind.DATETIME)


def _bounds(check: str, value: Any, kind: Kind, name: str, where: str) -> tuple[float, float]:
    """Return the least and the greatest number that a check allows."""
    if check == "in_range" and isinstance(value, Mapping):
        low = _number(value.get("min_value"), check, name, where)
        high = _number(value.get("max_value"), check, name, where)
        low = low if value.get("include_min", True) else _next(low, math.inf, kind)
        return low, high if value.get("include_max", True) else _next(high, -math.inf, kind)
    if check not in ("greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to", "equal_to"):
        return -math.inf, math.inf
    if not _scaled(kind):
        return -math.inf, math.inf
    number = _number(value, check, name, where)
    if check == "equal_to":
        return number, number
    if check.startswith("greater"):
        return number if check.endswith("to") else _next(number, math.inf, kind), math.inf
    return -math.inf, number if check.endswith("to") else _next(number, -math.inf, kind)


def _next(number: float, towards: float, kind: Kind) -> float:
    if kind is Kind.INTEGER:
        return number + math.copysign(1.0, towards)
    return math.nextafter(number, towards)


def _number(value: Any, check: str, name: str, where: str) -> float:
    if isinstance(value, Mapping):
        value = next((v for k, v in value.items() if k in ("min_value", "max_value", "value")), None)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise SettingsError(f"{where}: {check} of {name!r} is {value!r}", hint="write a number or a date") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _pattern(check: str, value: str, name: str, where: str) -> str:
    """Return a pattern for the whole text: Pandera's match begins at its start and may end anywhere."""
    complaint = pattern_complaint(value)
    if complaint:
        raise SettingsError(f"{where}: {check} of {name!r} {complaint}", hint="leave it out")
    if check == "str_startswith":
        return f"{re.escape(value)}(?s:.*)"
    if check == "str_endswith":
        return f"(?s:.*){re.escape(value)}"
    return f"(?:{value})(?s:.*)" if check == "str_matches" else f"(?s:.*)(?:{value})(?s:.*)"
