"""A contract in the Open Data Contract Standard, version 3.1: https://bitol-io.github.io/open-data-contract-standard/."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from journeyman.entities.column import Kind
from journeyman.entities.contract import Contract
from journeyman.exporters.contracts.hard_rules import HardRule, hard_rules
from journeyman.exporters.contracts.yaml_text import yaml_text

__all__ = ["OdcsExporter"]

_TYPES = {Kind.NUMBER: "number", Kind.INTEGER: "integer", Kind.DATETIME: "timestamp", Kind.BOOLEAN: "boolean"}


class OdcsExporter:
    """The Open Data Contract Standard."""

    name = "odcs"

    def text(self, contract: Contract) -> str:
        """Return the contract as YAML."""
        name = re.sub(r"\W+", "_", contract.name.partition(".")[0]).strip("_") or "table"
        key = contract.keys[0].columns if contract.keys else ()
        count: dict[str, Any] = {"metric": "rowCount", "mustBeGreaterOrEqualTo": contract.row_count.at_least}
        quality = [count]
        if contract.row_count.at_most is not None:
            quality.append({"metric": "rowCount", "mustBeLessOrEqualTo": contract.row_count.at_most})
        quality += [
            {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": list(k.columns)}}
            for k in contract.keys
            if len(k.columns) > 1
        ]
        table = {
            "name": name,
            "logicalType": "object",
            "physicalType": "table",
            "properties": [_property(rule, key) for rule in hard_rules(contract)],
            "quality": quality,
        }
        document = {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": name,
            "name": name,
            "version": "1.0.0",
            "status": "draft",
            "schema": [table],
        }
        return yaml_text(document)


def _property(rule: HardRule, key: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": rule.name,
        "logicalType": _TYPES.get(rule.kind, "string"),
        "required": not rule.nullable,
        "unique": rule.unique,
    }
    if rule.name in key:
        found |= {"primaryKey": True, "primaryKeyPosition": key.index(rule.name) + 1}
    limits = {"minimum": rule.at_least, "maximum": rule.at_most}
    options: dict[str, Any] = {k: _bound(rule, v) for k, v in limits.items() if v is not None}
    options |= {"pattern": f"^(?:{rule.pattern})$"} if rule.pattern else {}
    if options:
        found["logicalTypeOptions"] = options
    if rule.one_of and rule.kind is not Kind.BOOLEAN:
        arguments = {"validValues": list(rule.one_of)}
        found["quality"] = [{"metric": "invalidValues", "mustBe": 0, "arguments": arguments}]
    return found


def _bound(rule: HardRule, value: float) -> int | float | str:
    if rule.kind is Kind.DATETIME:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return int(value) if rule.whole or value.is_integer() else value
