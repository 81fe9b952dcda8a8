"""Contracts for other tools: each tool itself reads what is written, lets healthy rows pass and finds faulty ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman import learn_contract
from journeyman.entities.contract import Contract
from journeyman.exporters.contracts import CONTRACT_EXPORTERS
from journeyman.importers import contract_from


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": [f"K-{seed}{i:04d}" for i in range(rows)],
            "city": rng.choice(["Rome", "Oslo: north", 'the "third"'], rows),
            "age": rng.integers(18, 90, rows),
            "share": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(0, 1, rows)),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D"),
        }
    )


@pytest.fixture(scope="module")
def contract() -> Contract:
    return learn_contract(table(500, 1))


def test_pandera_reads_its_script(contract: Contract) -> None:
    pytest.importorskip("pandera", reason="Pandera is not installed")
    names: dict[str, Any] = {}
    exec(compile(CONTRACT_EXPORTERS["pandera"].text(contract), "schema.py", "exec"), names)
    schema, healthy = names["schema"], table(300, 2)
    assert len(schema.validate(healthy)) == 300
    for faulty in (
        healthy.assign(age=healthy["age"] * 1_000_000),
        healthy.assign(city="Rom"),
        healthy.assign(id="K-20001"),
        healthy.drop(columns="day"),
    ):
        with pytest.raises(Exception, match=r".") as raised:
            schema.validate(faulty)
        assert "Schema" in type(raised.value).__name__


def test_frictionless_reads_its_schema(contract: Contract, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="Frictionless is not installed")
    text = CONTRACT_EXPORTERS["frictionless"].text(contract)
    schema = frictionless.Schema.from_descriptor(json.loads(text))
    healthy = table(300, 2)

    def valid(frame: pd.DataFrame) -> bool:
        frame.to_csv(tmp_path / "t.csv", index=False)
        return bool(frictionless.validate("t.csv", schema=schema, basepath=str(tmp_path)).valid)

    assert valid(healthy)
    assert not valid(healthy.assign(city="Rom"))
    assert not valid(healthy.assign(id="K-20001"))
    assert not valid(healthy.assign(age=healthy["age"].astype(str) + "x"))


def test_frictionless_comes_back(contract: Contract) -> None:
    back = contract_from(CONTRACT_EXPORTERS["frictionless"].text(contract), "s.json")
    assert [r.name for r in back.columns] == [r.name for r in contract.columns]
    assert back.rule("city").demand.one_of == ("Oslo: north", "Rome", 'the "third"')
    assert back.rule("age").demand.most_missing == 0.0
    assert back.keys == contract.keys
    assert back.left_out == ()


@pytest.mark.parametrize("tool", ["dbt", "odcs"])
def test_yaml_is_what_the_tool_expects(contract: Contract, tool: str) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    document = yaml.safe_load(CONTRACT_EXPORTERS[tool].text(contract))
    if tool == "dbt":
        (model,) = document["models"]
        columns = {c["name"]: c.get("data_tests", []) for c in model["columns"]}
        assert document["version"] == 2
        assert columns["id"][:2] == ["not_null", "unique"]
        values = next(t["accepted_values"] for t in columns["city"] if "accepted_values" in t)
        assert values["arguments"]["values"] == ["Oslo: north", "Rome", 'the "third"']
        assert "not_null" not in columns["share"]
        return
    assert {"apiVersion", "kind", "id", "version", "status"} <= set(document)
    properties = {p["name"]: p for p in document["schema"][0]["properties"]}
    assert properties["id"]["primaryKey"] is True
    assert properties["age"]["logicalType"] == "integer"
    assert properties["share"]["required"] is False
    assert properties["city"]["quality"][0]["arguments"]["validValues"][1] == "Rome"
