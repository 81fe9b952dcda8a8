"""A contract as data tests of dbt: https://docs.getdbt.com/reference/resource-properties/data-tests."""

from __future__ import annotations

import re
from typing import Any

from journeyman.entities.column import Kind
from journeyman.entities.contract import Contract
from journeyman.exporters.contracts.hard_rules import HardRule, hard_rules
from journeyman.exporters.contracts.yaml_text import yaml_text

__all__ = ["DbtExporter"]

_HEADER = (
    "# Data tests of dbt; put the file beside the model. Ranges and patterns are tests of dbt-expectations,\n"
    "# and pairs of columns of dbt-utils: name both in packages.yml where such tests are below.\n"
)


class DbtExporter:
    """dbt: a properties file of a model."""

    name = "dbt"

    def text(self, contract: Contract) -> str:
        """Return the file as YAML."""
        model: dict[str, Any] = {"name": re.sub(r"\W+", "_", contract.name.partition(".")[0]) or "model"}
        pairs = [key for key in contract.keys if len(key.columns) > 1]
        if pairs:
            test = "dbt_utils.unique_combination_of_columns"
            model["data_tests"] = [
                {test: {"arguments": {"combination_of_columns": list(key.columns)}}} for key in pairs
            ]
        model["columns"] = [_column(rule) for rule in hard_rules(contract)]
        return _HEADER + yaml_text({"version": 2, "models": [model]})


def _column(rule: HardRule) -> dict[str, Any]:
    tests: list[Any] = [] if rule.nullable else ["not_null"]
    tests += ["unique"] if rule.unique else []
    if rule.one_of:
        tests.append({"accepted_values": {"arguments": {"values": list(rule.one_of)}}})
    if rule.kind in (Kind.NUMBER, Kind.INTEGER) and (rule.at_least is not None or rule.at_most is not None):
        bounds = {"min_value": rule.at_least, "max_value": rule.at_most}
        test = "dbt_expectations.expect_column_values_to_be_between"
        tests.append({test: {"arguments": {k: v for k, v in bounds.items() if v is not None}}})
    if rule.pattern:
        test = "dbt_expectations.expect_column_values_to_match_regex"
        tests.append({test: {"arguments": {"regex": f"^(?:{rule.pattern})$"}}})
    return {"name": rule.name, "data_tests": tests} if tests else {"name": rule.name}
