"""A contract as a Frictionless table schema: https://specs.frictionlessdata.io/table-schema/."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from journeyman.entities.column import Kind
from journeyman.entities.contract import Contract
from journeyman.exporters.contracts.hard_rules import HardRule, hard_rules

__all__ = ["FrictionlessExporter"]

_TYPES = {Kind.NUMBER: "number", Kind.INTEGER: "integer", Kind.DATETIME: "datetime"}


class FrictionlessExporter:
    """Frictionless: ``frictionless validate table.csv --schema schema.json``."""

    name = "frictionless"

    def text(self, contract: Contract) -> str:
        """Return the schema as JSON."""
        markers = sorted({m for rule in contract.columns for m in rule.column.missing_markers})
        formats = {rule.name: rule.column.date_formats for rule in contract.columns}
        decimals = {rule.name: rule.column.decimal for rule in contract.columns}
        schema: dict[str, Any] = {
            "fields": [_field(rule, formats[rule.name], decimals[rule.name]) for rule in hard_rules(contract)],
            "missingValues": ["", *markers],
        }
        if contract.keys:
            schema["primaryKey"] = list(contract.keys[0].columns)
        return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _field(rule: HardRule, formats: tuple[str, ...], decimal: str) -> dict[str, Any]:
    field: dict[str, Any] = {"name": rule.name, "type": _TYPES.get(rule.kind, "string")}
    if rule.kind is Kind.DATETIME and formats and "%" in formats[0]:
        field["format"] = formats[0]
        field["type"] = "datetime" if any(part in formats[0] for part in ("%H", "%I")) else "date"
    elif rule.kind is Kind.DATETIME:
        field["format"] = "any"
    if decimal != "." and rule.kind is Kind.NUMBER:
        field["decimalChar"] = decimal
        field["groupChar"] = "."
    limits = {"minimum": rule.at_least, "maximum": rule.at_most}
    constraints: dict[str, Any] = {k: _bound(rule, v, field["type"]) for k, v in limits.items() if v is not None}
    constraints |= {"required": True} if not rule.nullable else {}
    constraints |= {"unique": True} if rule.unique else {}
    constraints |= {"enum": list(rule.one_of)} if rule.one_of and rule.kind is not Kind.BOOLEAN else {}
    constraints |= {"pattern": rule.pattern} if rule.pattern else {}
    return {**field, "constraints": constraints} if constraints else field


def _bound(rule: HardRule, value: float, kind: str) -> int | float | str:
    if rule.kind is Kind.DATETIME:
        moment = datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
        return moment.strftime("%Y-%m-%d") if kind == "date" else moment.isoformat()
    return int(value) if rule.whole or value.is_integer() else value
