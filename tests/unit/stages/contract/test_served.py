"""Served rows by the contract of a release: what is judged, in which words, and how often sound rows are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman import learn_contract
from journeyman.entities.contract import Contract, Demand
from journeyman.stages.contract import feed_rules, judge_served


def table(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    low = rng.standard_cauchy(rows)
    zone = rng.choice(["North", "South", "Port"], rows, p=[0.9, 0.09, 0.01])
    return pd.DataFrame(
        {
            "code": [f"AB-{n:04d}" for n in rng.integers(0, 9999, rows)],
            "zone": zone,
            "region": pd.Series(zone).map({"North": "up", "South": "down", "Port": "down"}),
            "low": low,
            "high": low + np.abs(rng.standard_cauchy(rows)),
        }
    )


def as_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dict("records")


@pytest.fixture(scope="module")
def contract() -> Contract:
    learned = learn_contract(table(2000, np.random.default_rng(0)))
    return feed_rules(learned, ["code", "zone", "region", "low", "high"])


def test_forms_dependencies_and_orders_are_judged_and_drift_is_not(contract: Contract) -> None:
    assert contract.rule("code").pattern
    assert contract.orders
    assert contract.dependencies
    assert not any(rule.closed or rule.limits for rule in contract.columns)
    frame = table(300, np.random.default_rng(1))
    assert not judge_served(as_rows(frame), contract, 1e-7)
    assert not judge_served(as_rows(frame.assign(low=frame["low"] - 1e6)), contract, 1e-7), "a shift is drift"
    swapped = frame.rename(columns={"low": "high", "high": "low"})
    assert [f.code for f in judge_served(as_rows(swapped), contract, 1e-7)] == ["DC303"]
    [form] = judge_served(as_rows(frame.assign(code=frame["code"].str.lower())), contract, 1e-7)
    assert (form.code, form.subject, form.evidence["of"]) == ("DC206", ("code",), 300)
    mixed = frame.assign(region=np.random.default_rng(2).permutation(frame["zone"]))
    assert "DC302" in {f.code for f in judge_served(as_rows(mixed), contract, 1e-7)}


def test_demands_are_judged_row_by_row_and_lacking_columns_are_missing(contract: Contract) -> None:
    rules = tuple(replace(r, demand=Demand(at_most=5.0)) if r.name == "low" else r for r in contract.columns)
    own = replace(contract, columns=rules)
    [finding] = judge_served([{"low": 6.0}, {"low": None}, {}, {"low": 4}], own, 1e-7)
    assert (finding.code, finding.evidence["rows"], finding.evidence["of"]) == ("DC501", 1, 4)
    assert not judge_served([], own, 1e-7)


@pytest.mark.slow
def test_sound_rows_are_called_broken_as_seldom_as_is_claimed() -> None:
    """Faults in one row of 200, values without a mean, rare names, few rows: to call each broken rule a fault fails."""
    alarms, naive, runs, chance = 0, 0, 150, 0.1
    for seed in range(runs):
        rng = np.random.default_rng(seed)

        def draw(rows: int, rng: np.random.Generator = rng) -> pd.DataFrame:
            frame = table(rows, rng)
            odd = rng.random(rows) < 0.005
            frame.loc[odd, "code"] = "?"
            frame.loc[odd, ["low", "high"]] = frame.loc[odd, ["high", "low"]].to_numpy()
            frame.loc[odd, "region"] = "sea"
            return frame

        first, second = draw(120), draw(120)
        learned = feed_rules(learn_contract(first), ["code", "zone", "region", "low", "high"])
        alarms += bool(judge_served(as_rows(second), learned, chance))
        naive += bool((second["code"] == "?").any() and not (first["code"] == "?").any())
    bound = runs * chance + 3 * (runs * chance * (1 - chance)) ** 0.5
    assert alarms <= bound
    assert naive > bound, "so that this could fail"
