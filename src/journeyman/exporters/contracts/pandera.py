"""A contract as a Pandera schema, a Python script: https://pandera.readthedocs.io/en/stable/dataframe_schemas.html."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from journeyman.entities.column import Kind
from journeyman.entities.contract import Contract
from journeyman.exporters.contracts.hard_rules import HardRule, hard_rules

__all__ = ["PanderaExporter"]


class PanderaExporter:
    """Pandera, for pandas."""

    name = "pandera"

    def text(self, contract: Contract) -> str:
        """Return a script that defines ``schema``."""
        rules = hard_rules(contract)
        dated = any(r.kind is Kind.DATETIME for r in rules)
        columns = "".join(f"        {json.dumps(rule.name)}: {_column(rule)},\n" for rule in rules)
        unique = [list(key.columns) for key in contract.keys if len(key.columns) > 1][:1]
        return (
            f'"""What {_comment(contract.name)} should be: schema.validate(frame)."""\n\n'
            + ("import pandas as pd\n" if dated else "")
            + "import pandera.pandas as pa\n\n"
            + "schema = pa.DataFrameSchema(\n    {\n"
            + columns
            + "    },\n"
            + f"    checks=pa.Check(lambda frame: len(frame) >= {contract.row_count.at_least}),\n"
            + (f"    unique={json.dumps(unique[0])},\n" if unique else "")
            + ")\n"
        )


def _column(rule: HardRule) -> str:
    checks = []
    if rule.at_least is not None:
        checks.append(f"pa.Check.ge({_number(rule, rule.at_least)})")
    if rule.at_most is not None:
        checks.append(f"pa.Check.le({_number(rule, rule.at_most)})")
    if rule.one_of:
        checks.append(f"pa.Check.isin({_texts(rule)})")
    if rule.pattern:
        checks.append(f"pa.Check.str_matches({rf'^(?:{rule.pattern})$'!r})")
    facts = [f"nullable={rule.nullable}", f"coerce={rule.kind in (Kind.NUMBER, Kind.INTEGER, Kind.DATETIME)}"]
    facts += ["unique=True"] if rule.unique else []
    facts += [] if rule.required else ["required=False"]
    return f"pa.Column({_dtype(rule)}, [{', '.join(checks)}], {', '.join(facts)})"


def _dtype(rule: HardRule) -> str:
    if rule.kind is Kind.DATETIME:
        return '"datetime64[ns]"'
    if rule.kind is Kind.INTEGER and not rule.nullable:
        return '"int64"'
    return '"float64"' if rule.kind in (Kind.NUMBER, Kind.INTEGER) else "None"


def _number(rule: HardRule, value: float) -> str:
    if rule.kind is Kind.DATETIME:
        return f"pd.Timestamp({datetime.fromtimestamp(value, UTC).replace(tzinfo=None).isoformat()!r})"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _texts(rule: HardRule) -> str:
    """Return the names that are allowed; of yes and no also the values that a frame holds for them."""
    values: list[object] = list(rule.one_of)
    if rule.kind is Kind.BOOLEAN and set(rule.one_of) <= {"true", "false"}:
        values = [True, False]
    return repr(values)


def _comment(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'").replace("\n", " ")
