"""Contracts learned from tables: what healthy and faulty ones break, in memory and on the engine alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman import learn_contract, verify
from journeyman.engines import open_engine
from journeyman.entities.contract import Contract, Demand, FreshnessRule, RowTest, Verification
from journeyman.entities.finding import Severity
from journeyman.errors import SchemaError, SourceError
from journeyman.sources import FrameSource, open_source
from journeyman.stages.contract.counting import count_contract, typed_rows
from journeyman.stages.contract.counting_in_memory import count_frame
from journeyman.stages.contract.typed_frame import typed_frame


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    city = rng.choice(["Rome", "Oslo", "Lima"], rows, p=[0.6, 0.3, 0.1])
    low = np.round(rng.normal(20, 5, rows), 2)
    return pd.DataFrame(
        {
            "id": [f"AB-{seed}{i:05d}" for i in range(rows)],
            "city": city,
            "country": pd.Series(city).map({"Rome": "Italy", "Oslo": "Norway", "Lima": "Peru"}),
            "low": low,
            "high": low + np.round(rng.exponential(3, rows), 2),
            "weight_kg": np.round(rng.lognormal(3, 0.5, rows), 3),
            "rooms": rng.integers(1, 6, rows),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D"),
            "note": np.where(rng.random(rows) < 0.2, None, "some words"),
        }
    )


@pytest.fixture(scope="module")
def contract() -> Contract:
    return learn_contract(table(1500, 1))


def errors(found: Verification) -> set[tuple[str, str]]:
    severe = [b.finding for b in found.breaches if b.finding.severity is Severity.ERROR]
    return {(f.code, f.subject[0] if f.subject else "") for f in severe}


def test_a_contract_names_keys_dependencies_orders_and_forms(contract: Contract) -> None:
    assert [k.columns for k in contract.keys] == [("id",)]
    assert ("city", "country") in [(d.given, d.fixed) for d in contract.dependencies]
    assert [(o.lesser, o.greater) for o in contract.orders] == [("low", "high")]
    assert contract.rule("id").pattern == "[A-Z]{2}-[0-9]{6}"
    assert set(contract.rule("city").values) == {"Rome", "Oslo", "Lima"}
    assert contract.rule("note").rows_where(RowTest.MISSING) == int(table(1500, 1)["note"].isna().sum())


def test_a_healthy_table_passes(contract: Contract) -> None:
    for rows, seed in ((50, 2), (1000, 3)):
        assert not verify(table(rows, seed), contract).breaches


FAULTS: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str, str]] = {
    "gone": (lambda f: f.drop(columns="low"), "DC101", "low"),
    "another type": (lambda f: f.assign(rooms=f["rooms"].astype(str)), "DC103", "rooms"),
    "unreadable": (lambda f: f.assign(low=f["low"].astype(object).where(f.index % 5 > 0, "x")), "DC104", "low"),
    "missing": (lambda f: f.assign(low=f["low"].where(f.index % 9 > 0)), "DC201", "low"),
    "thousandfold": (lambda f: f.assign(high=f["high"] * np.where(f.index % 9 > 0, 1, 1000)), "DC202", "high"),
    "pounds": (lambda f: f.assign(weight_kg=f["weight_kg"] / 0.45359237), "DC203", "weight_kg"),
    "swapped": (lambda f: f.assign(city=f["city"].replace({"Rome": "Oslo", "Oslo": "Rome"})), "DC204", "city"),
    "misspelt": (lambda f: f.assign(city=f["city"].where(f.index % 9 > 0, "Rom")), "DC205", "city"),
    "form": (lambda f: f.assign(id=f["id"].str.lower()), "DC206", "id"),
    "key": (lambda f: pd.concat([f, f[:60]], ignore_index=True), "DC301", "id"),
    "dependency": (lambda f: f.assign(country=f["country"].sample(frac=1, random_state=0).values), "DC302", "country"),
    "order": (lambda f: f.assign(low=f["high"], high=f["low"]), "DC303", "low"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_column(contract: Contract, fault: str) -> None:
    plant, code, column = FAULTS[fault]
    found = verify(plant(table(1000, 4)), contract)
    assert (code, column) in errors(found)
    breach = next(b for b in found.breaches if b.finding.code == code)
    assert breach.examples or code in ("DC101", "DC103", "DC302")
    if fault == "pounds":
        assert "pounds" in breach.finding.hint
    assert not errors(verify(table(1000, 4), contract)), "the same rows without the fault pass"


def test_a_single_far_row_is_a_warning_and_a_demand_refuses_it(contract: Contract) -> None:
    frame = table(1000, 5)
    frame.loc[3, "low"] = -1e7
    found = verify(frame.drop(columns=[]), contract)
    assert [(b.finding.code, b.finding.subject) for b in found.breaches] == [("DC202", ("low",))]
    assert not found.refused
    rules = tuple(replace(r, demand=Demand(at_least=-100.0)) if r.name == "low" else r for r in contract.columns)
    assert errors(verify(frame, replace(contract, columns=rules))) == {("DC501", "low")}


def test_demands_hold_for_every_row(contract: Contract) -> None:
    demands = {
        "city": Demand(one_of=("Rome", "Oslo")),
        "id": Demand(pattern="AB.*", unique=True),
        "note": Demand(most_missing=0.1),
        "rooms": Demand(at_most=4.0),
    }
    rules = tuple(replace(r, demand=demands.get(r.name, Demand())) for r in contract.columns)
    frame = pd.concat([table(600, 6), table(600, 6)[:1]], ignore_index=True)
    broken = {column for code, column in errors(verify(frame, replace(contract, columns=rules))) if code == "DC501"}
    assert broken == {"city", "note", "rooms", "id"}


def test_engine_and_memory_count_alike(contract: Contract) -> None:
    frame = FAULTS["misspelt"][0](FAULTS["missing"][0](table(700, 7)))
    source, engine = FrameSource(pd.concat([frame, frame[:9]], ignore_index=True)), open_engine()
    demanded = [replace(r, demand=Demand(unique=r.name == "id")) for r in contract.columns]
    wanted = replace(contract, columns=tuple(demanded))
    with engine.open(source) as relation:
        rows = typed_rows(relation, source.names, wanted.columns)
        on_engine = count_contract(engine, rows, wanted)
    assert count_frame(typed_frame(source.read(None, 0), wanted.columns), wanted) == on_engine


def test_engine_and_memory_read_texts_alike(tmp_path: Path) -> None:
    frame = FAULTS["misspelt"][0](FAULTS["missing"][0](table(700, 8)))
    frame["far"] = [f"{v:.1f} {'mi' if i % 7 == 0 else 'km'}" for i, v in enumerate(frame["weight_kg"])]
    frame.loc[5:9, "far"] = "unknown"
    frame.to_csv(tmp_path / "t.csv", index=False)
    source, engine = open_source(str(tmp_path / "t.csv"), None), open_engine()
    learned = learn_contract(str(tmp_path / "t.csv"))
    with engine.open(source) as relation:
        on_engine = count_contract(engine, typed_rows(relation, source.names, learned.columns), learned)
    assert count_frame(typed_frame(source.read(None, 0), learned.columns), learned) == on_engine


def test_numbers_in_texts_have_units(tmp_path: object) -> None:
    rng = np.random.default_rng(0)
    path = f"{tmp_path}/far.csv"
    frame = pd.DataFrame({"far": [f"{v:.1f} km" for v in rng.normal(40, 5, 400)], "k": rng.integers(0, 9, 400)})
    frame.to_csv(path, index=False)
    contract = learn_contract(path)
    assert contract.rule("far").units == ("km",)
    frame["far"] = frame["far"].str.replace("km", "mi")
    assert errors(verify(frame, contract)) == {("DC105", "far")}
    assert open_source(path, None).rows() == 400


def test_batches_say_how_far_shares_move_and_how_many_rows_come() -> None:
    def batch(seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        return pd.DataFrame({"x": rng.normal(seed % 4, 1, 800), "c": rng.choice(["a", "b"], 800)})

    learned = learn_contract(*(batch(seed) for seed in range(8)))
    assert learned.rows == 6400
    assert (learned.rule("x").drift or 0.0) > 0.1
    assert learned.rule("c").drift is None
    assert learned.row_count.at_least <= 400
    assert 1600 <= (learned.row_count.at_most or 0) < 4000
    assert not verify(batch(9), learned).refused
    assert errors(verify(pd.concat([batch(s) for s in range(10)], ignore_index=True), learned)) >= {("DC401", "")}


def test_freshness_is_looked_at_by_the_clock(contract: Contract) -> None:
    fresh = replace(contract, freshness=FreshnessRule("day", 86_400.0))
    assert errors(verify(table(300, 8), fresh)) == {("DC402", "day")}


def test_tables_that_cannot_be_learned_from() -> None:
    with pytest.raises(SourceError, match="no rows"):
        learn_contract(table(10, 1)[:0])
    with pytest.raises(SchemaError, match="lacks the column 'low'"):
        learn_contract(table(60, 1), table(50, 2).drop(columns="low"))
