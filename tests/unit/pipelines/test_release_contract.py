"""The contract of a release: learned of its training table, the target's rules apart, a person's rules taken over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman import verify
from journeyman.entities.column import Role
from journeyman.entities.contract import Contract, Demand, RowTest
from journeyman.entities.finding import Severity
from journeyman.entities.repaired import Repaired
from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.pipelines import release_contract
from journeyman.pipelines.release_contract import check_own_contract, learn_release_contract
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource
from journeyman.stages.ingest import ingest
from journeyman.stores.contract_files import contract_of, contract_text


def rides(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "ride": [f"R-{seed}{i:05d}" for i in range(rows)],
            "zone": rng.choice(["North", "South"], rows),
            "km": rng.lognormal(1, 0.6, rows).round(2),
            "tip": rng.normal(3, 1, rows).round(2),
        }
    )


def learned(frame: pd.DataFrame, contract: Path | None = None) -> Contract:
    return with_findings(frame, contract)[0]


def with_findings(frame: pd.DataFrame, contract: Path | None) -> tuple[Contract, tuple[str, ...]]:
    source = FrameSource(frame)
    settings = BuildSettings("<frame>", "tip", "rides", contract=None if contract is None else str(contract))
    table = ingest(source, settings).table
    columns = tuple(replace(c, role=Role.IGNORED) if c.name == "ride" else c for c in table.columns)
    repaired = Repaired(replace(table, columns=columns), Task("tip", "regression", "rmse"), ())
    found = learn_release_contract(source, (), settings, repaired)
    assert all(f.severity is Severity.WARNING for f in found.findings), "a build is not refused for them"
    return found.contract, tuple(f.subject[0] for f in found.findings)


def test_rows_to_predict_need_neither_target_nor_what_the_model_does_not_use() -> None:
    contract = learned(rides(500, 1))
    assert contract.targets == ("tip",)
    assert not verify(rides(200, 2), contract).breaches
    found = verify(rides(200, 3)[["zone", "km"]], contract)
    assert [(b.finding.code, b.finding.severity) for b in found.breaches] == [("DC101", Severity.NOTE)]
    lacking = verify(rides(200, 3).drop(columns="km"), contract)
    assert lacking.refused
    wrong = verify(rides(200, 3).assign(tip=lambda f: f["tip"] * 100), contract)
    assert [b.finding.subject for b in wrong.breaches if b.finding.severity is Severity.ERROR] == [("tip",)]


def test_a_contract_with_a_target_is_the_same_after_its_file() -> None:
    contract = learned(rides(300, 1))
    text = contract_text(contract)
    assert "[target.tip]" in text
    again = contract_of(text, "t.toml")
    assert contract_text(again) == text
    assert again.targets == contract.targets
    with pytest.raises(SettingsError, match="stands under columns, too"):
        contract_of(text + '\n[columns.tip]\nkind = "number"\n', "t.toml")


def test_large_tables_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_contract, "_CELLS", 400)
    monkeypatch.setattr(release_contract, "_LEAST_ROWS", 50)
    monkeypatch.setattr(release_contract, "_MOST_COLUMNS", 2)
    contract = learned(rides(500, 1))
    assert contract.rows == 100
    assert [rule.name for rule in contract.columns] == ["zone", "tip"], "target and features come first"


def test_a_persons_rules_are_taken_over_and_looked_at(tmp_path: Path) -> None:
    first = learned(rides(300, 1))
    demands = {"km": Demand(at_most=4.0), "zone": Demand(one_of=("North", "South"))}
    rules = tuple(replace(r, demand=demands.get(r.name, Demand())) for r in first.columns)
    own = replace(first, columns=rules, drift=0.05)
    (tmp_path / "own.toml").write_text(contract_text(own))
    contract, broken = with_findings(rides(400, 2), tmp_path / "own.toml")
    assert contract.rule("km").demand == demands["km"]
    assert contract.drift == 0.05
    assert contract.rows == 400, "what was learned is learned again"
    assert contract.rule("km").rows_where(RowTest.MISSING) == 0
    assert broken == ("km",)


def test_a_rule_for_a_column_that_is_not_there_is_refused_with_the_nearest() -> None:
    contract = learned(rides(300, 1))
    with pytest.raises(SettingsError, match=r"has rules for 'km', a column that .* lacks") as error:
        check_own_contract(contract, FrameSource(rides(20, 1).rename(columns={"km": "kms"})), "own.toml")
    assert error.value.hint == "did you mean 'kms'?"
