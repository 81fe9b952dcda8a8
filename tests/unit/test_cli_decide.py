"""`journeyman decide` as it is typed: questions, answers, one-line errors, pilots; nothing half-written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.made_once import made_once
from typer.testing import CliRunner, Result

import journeyman
from journeyman.api.operate import settle_settings
from journeyman.api.realised_value import decided_economics, realised_value
from journeyman.cli.main import app
from journeyman.entities.logged import LoggedRow
from journeyman.entities.operation import Economics
from journeyman.operations.traffic import read_rows
from journeyman.stores.releases import release_digest
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow  # one build, shared
runner = CliRunner()

ECONOMICS = """
unit = "EUR"
effect = "none"
worth.act = {yes = 80, no = -20}
worth.leave = {yes = 0, no = 0}
today.action = "leave"
volume = {cases_a_day = 20, days = 100}
"""


def rows(count: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age, income = rng.normal(50, 10, count).round(2), rng.normal(3, 1, count).round(3)
    fraud = rng.random(count) < 1 / (1 + np.exp(-(age - 52) / 4 + income - 2))
    town = rng.choice(["north", "south"], count)
    return pd.DataFrame({"age": age, "income": income, "town": town, "fraud": np.where(fraud, "yes", "no")})


def build_fraud_model(folder: Path) -> None:
    folder.mkdir()
    rows(600, 0).to_csv(folder / "old.csv", index=False)
    rows(700, 1).to_csv(folder / "new.csv", index=False)
    journeyman.build(
        str(folder / "old.csv"), target="fraud", name="fraud", trials=3, quiet=True, workspace=folder / "w"
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "decided model", build_fraud_model)


@pytest.fixture
def folder(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.csv").write_bytes((place / "old.csv").read_bytes())
    (tmp_path / "new.csv").write_bytes((place / "new.csv").read_bytes())
    shutil.copytree(place / "w", tmp_path / "journeyman-workspace")
    (tmp_path / "fraud.toml").write_text(ECONOMICS)
    return tmp_path


def decide(*words: str) -> Result:
    return runner.invoke(app, ["decide", "fraud", *words])


def refusal(*words: str) -> str:
    result = decide(*words)
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 2, result.stderr
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("hint: ")
    return result.stderr


def test_questions_then_answer(folder: Path) -> None:
    written = decide("--init", "--economics", "case.toml")
    assert written.exit_code == 0, written.output
    assert "is there already" in refusal("--init", "--economics", "case.toml")
    first = decide("--economics", "case.toml")
    assert first.exit_code == 0, first.output
    digest = release_digest(folder / "journeyman-workspace/releases/fraud/1")
    result = decide("--economics", "fraud.toml", "--out", "page.html", "--json", "facts.json")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith(("GO: worth", "PILOT: ", "NO-GO: "))
    facts = json.loads((folder / "facts.json").read_text())["decision"]
    assert facts["rows"] > 100
    assert facts["valued"] == 2, "the rows were valued under the file of the questions before"
    assert "<title>fraud: " in (folder / "page.html").read_text()
    assert (folder / "journeyman-workspace/decisions/fraud/1.json").is_file()
    assert release_digest(folder / "journeyman-workspace/releases/fraud/1") == digest


def test_another_table_leaves_out_what_taught_the_model(folder: Path) -> None:
    both = pd.concat([pd.read_csv("old.csv"), pd.read_csv("new.csv")])
    both.to_csv("both.csv", index=False)
    result = decide("--economics", "fraud.toml", "--table", "both.csv", "--json", "facts.json")
    assert result.exit_code == 0, result.output
    facts = json.loads((folder / "facts.json").read_text())["decision"]
    assert any("taught the model and were left out" in note for note in facts["notes"])
    assert 700 <= facts["rows"] < 900
    assert facts["valued"] == 1


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_used_is_a_line_and_a_hint() -> None:
    assert "what outcomes are worth is not said" in refusal()
    assert "there is no such file" in refusal("--economics", "none.toml")
    Path("column.toml").write_text(ECONOMICS.replace("no = -20", 'no = "amount"'))
    assert "a column 'amount' that the rows of fraud do not have" in refusal("--economics", "column.toml")
    Path("sign.toml").write_text(ECONOMICS.replace("no = -20", "no = 20"))
    assert "costs of one sign only" in refusal("--economics", "sign.toml")
    Path("groups.toml").write_text(ECONOMICS + 'protected = "fraud"\n')
    assert "protected = 'fraud' is what the model predicts" in refusal("--economics", "groups.toml")
    Path("large.toml").write_text(ECONOMICS.replace("no = -20", 'no = {column = "income", rate = -1e15}'))
    assert "worth.act.no reaches" in refusal("--economics", "large.toml")
    pd.read_csv("new.csv").drop(columns="fraud").to_csv("blind.csv", index=False)
    assert "has no column 'fraud'" in refusal("--economics", "fraud.toml", "--table", "blind.csv")
    pd.read_csv("new.csv").head(10).to_csv("few.csv", index=False)
    assert "10 rows of few.csv are held out" in refusal("--economics", "fraud.toml", "--table", "few.csv")
    assert "name the table" in refusal("--economics", "fraud.toml", "--treatment", "town")
    odd = refusal("--economics", "fraud.toml", "--table", "new.csv", "--treatment", "town")
    assert "it does not say who was treated" in odd
    assert "would overwrite what is read" in refusal("--economics", "fraud.toml", "--out", "fraud.toml")
    assert "nothing was decided on fraud yet" in refusal("--pilot", "new.csv")
    assert not Path("journeyman-workspace/decisions").exists()
    shutil.rmtree("journeyman-workspace/artifacts")
    assert "name the table whose rows are wanted: --table TABLE" in refusal("--economics", "fraud.toml")


def test_a_pilot_is_read(folder: Path) -> None:
    Path("believed.toml").write_text(ECONOMICS.replace('"none"', '"assumed"'))
    result = decide("--economics", "believed.toml")
    assert result.stdout.startswith("PILOT: "), result.output
    rng = np.random.default_rng(0)
    arm = np.where(rng.random(300) < 0.5, "policy", "today")
    value = np.where(arm == "policy", rng.choice([80.0, -20.0], 300), 0.0)
    pd.DataFrame({"arm": arm, "value": value}).to_csv(folder / "results.csv", index=False)
    read = decide("--pilot", "results.csv")
    assert read.exit_code == 0, read.output
    assert read.stdout.startswith("GO: ")
    pd.DataFrame({"arm": arm}).to_csv(folder / "bare.csv", index=False)
    assert "has no column 'value'" in refusal("--pilot", "bare.csv")
    pd.DataFrame({"arm": arm, "value": 900.0}).to_csv(folder / "wild.csv", index=False)
    assert "which the economics do not allow" in refusal("--pilot", "wild.csv")


def test_a_trial_that_a_column_tells_is_refused(folder: Path) -> None:
    table = pd.read_csv("new.csv")
    rng = np.random.default_rng(0)
    table["called"] = (rng.random(len(table)) < 1 / (1 + np.exp(-(table["age"] - 50) / 5))).astype(int)
    table.to_csv(folder / "trial.csv", index=False)
    said = refusal("--economics", "fraud.toml", "--table", "trial.csv", "--treatment", "called")
    assert "'called' was not given at random: 'age' tells who got it" in said


def test_the_same_from_python(folder: Path) -> None:
    decided = journeyman.decide("fraud", folder / "fraud.toml", table=rows(500, 5))
    assert decided.rows == 500
    assert decided.total.mean == pytest.approx(decided.per_case.mean * 2_000)
    assert decided.policy.threshold is not None


def test_live_rows_tell_the_realised_value_and_the_loop_its_unit(folder: Path) -> None:
    workspace = folder / "journeyman-workspace"
    release = journeyman.load("fraud")
    live = rows(400, 9)
    logged = tuple(
        LoggedRow(k, 1, json.dumps(row), "{}", json.dumps(row["fraud"]), 0, {})
        for k, row in enumerate(live.to_dict("records"))
    )
    read = read_rows(logged, release)
    assert realised_value(workspace, release, read) is None, "nothing was decided"
    assert decided_economics(workspace, "fraud", 1) == {}
    (folder / "cost.toml").write_text(ECONOMICS + "costs.retraining = 5\n")
    decided = journeyman.decide("fraud", "cost.toml")
    found = realised_value(workspace, release, read)
    assert found is not None
    assert found.realised is not None
    assert found.rows == 400
    assert found.realised.low < decided.per_case.high
    assert found.realised.high > decided.per_case.low
    economics = decided_economics(workspace, "fraud", 1)
    assert (economics["unit"], economics["retraining"]) == ("EUR", 5.0)
    assert economics["loss"] == decided.loss_price
    with Workspace.existing(workspace) as opened:
        operated = settle_settings(opened, "fraud", {"economics": {"horizon": 70}}, economics)
        assert operated.settings.economics == Economics("EUR", 5.0, decided.loss_price or 0.0, 70)
        again = settle_settings(opened, "fraud", {}, {"unit": "USD"})
        assert again.settings.economics.unit == "EUR", "a loop that has begun keeps its unit"
