"""`journeyman verify` as it is typed: exit codes, one-line errors, nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from journeyman.cli.main import app
from journeyman.entities.model_version import ModelVersion
from journeyman.stores.workspace import Workspace

runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, factor in (("may", 1.0), ("june", 1000.0)):
        frame = pd.DataFrame({"fare": rng.normal(20, 4, 300).round(2) * factor, "kind": rng.choice(["a", "b"], 300)})
        frame.to_csv(f"{name}.csv", index=False)
    return tmp_path


def verify(*words: str) -> Result:
    return runner.invoke(app, ["verify", *words])


def test_learn_then_check(folder: Path) -> None:
    assert verify("may.csv", "--learn", "may.contract.toml").exit_code == 0
    kept = verify("may.csv")
    assert kept.exit_code == 0, "the contract beside the table is found"
    assert "may.csv keeps its contract" in kept.stdout
    broken = verify("june.csv", "--contract", "may.contract.toml", "--json", "found.json")
    assert broken.exit_code == 1
    assert "'fare' is above" in broken.stdout
    found = json.loads((folder / "found.json").read_text())
    assert found["refused"] is True
    assert [f["columns"] for f in found["findings"]] == [["fare"]]
    assert found["findings"][0]["rows"][0]["fare"].startswith(("1", "2", "3"))


def test_what_is_asked_wrongly_is_told_in_a_line_and_writes_nothing(folder: Path) -> None:
    before = sorted(p.name for p in folder.iterdir())
    (folder / "empty.csv").write_text("fare,kind\n")
    for words, message in (
        (["may.csv"], "there is no contract beside may.csv"),
        (["may.csv", "june.csv"], "2 tables were given"),
        (["may.csv", "--contract", "no.toml"], "there is no contract no.toml"),
        (["may.csv", "--contract", "june.csv"], "june.csv is of an unknown kind"),
        (["may.csv", "--contract", "."], "is a folder"),
        (["may.csv", "--learn", "no/c.toml"], "there is no folder no"),
        (["may.csv", "--learn", "."], "is a folder, wanted a file"),
        (["may.csv", "--learn", "c.toml", "--to", "pandra"], "contracts are not written for 'pandra'"),
        (["may.csv", "--learn", "c.toml", "--contract", "c.toml"], "leave one of them out"),
        (["may.csv", "--to", "odcs"], "--to says how a learned contract is written"),
        (["empty.csv", "--learn", "c.toml"], "has no rows"),
        (["gone.csv", "--learn", "c.toml"], "no such file"),
    ):
        found = verify(*words)
        assert found.exit_code == 2, words
        assert message in found.stderr, words
        assert len(found.stderr.strip().splitlines()) == 2, words
    assert sorted(p.name for p in folder.iterdir()) == sorted([*before, "empty.csv"])


def test_warnings_refuse_where_that_is_asked(folder: Path) -> None:
    assert verify("may.csv", "--learn", "may.contract.toml").exit_code == 0
    frame = pd.read_csv("may.csv")
    frame.loc[0, "kind"] = "aa"
    frame.to_csv("may.csv", index=False)
    found = verify("may.csv")
    assert found.exit_code == 0
    assert "DC205 warning" in found.stdout
    assert verify("may.csv", "--strict").exit_code == 1


def test_an_export_is_read_as_a_contract(folder: Path) -> None:
    assert verify("may.csv", "--learn", "schema.json", "--to", "frictionless").exit_code == 0
    assert verify("may.csv", "--contract", "schema.json").exit_code == 0
    broken = verify("june.csv", "--contract", "schema.json")
    assert broken.exit_code == 1
    assert "DC501 error: 'fare' must be at most" in broken.stdout


def release_of(folder: Path, number: int, files: dict[str, bytes]) -> None:
    """Write a release of the model "fares" and make it the champion."""
    with Workspace(folder / "journeyman-workspace") as place:
        assert place.registry.reserve("fares", f"r{number}") == number
        facts = {"run": f"r{number}", "name": "fares", "version": number}
        path, digest = place.write_release("fares", number, files, facts)
        version = ModelVersion("fares", number, path, digest, "t", "rmse", 1.0, "release", True, f"r{number}")
        place.registry.register(version)


def test_a_table_is_looked_at_by_the_contract_of_a_model(folder: Path) -> None:
    assert verify("may.csv", "--learn", "learned.toml").exit_code == 0
    release_of(folder, 1, {"contract.toml": (folder / "learned.toml").read_bytes()})
    for where in ("fares", "journeyman-workspace/releases/fares/1"):
        assert verify("may.csv", "--contract", where).exit_code == 0
        assert verify("june.csv", "--contract", where).exit_code == 1
    written = verify("--learn", "mine.toml", "--contract", "fares")
    assert written.exit_code == 0, written.output
    assert (folder / "mine.toml").read_bytes() == (folder / "learned.toml").read_bytes()
    again = verify("--learn", "mine.toml", "--contract", "fares")
    assert again.exit_code == 2, "a person's file is not lost"


def test_a_model_without_a_contract_is_told_in_a_line(folder: Path) -> None:
    release_of(folder, 1, {"model.json": b"{}"})
    old = verify("may.csv", "--contract", "fares")
    assert old.exit_code == 2
    assert "the release fares 1 has no contract" in old.stderr
    unknown = verify("may.csv", "--contract", "fare")
    assert unknown.exit_code == 2
    assert "no model is called 'fare'" in unknown.stderr
    nothing = verify("--contract", "fares")
    assert nothing.exit_code == 2
    assert "no table was given" in nothing.stderr


def test_a_guessed_encoding_is_told(folder: Path) -> None:
    rows = "".join(f"{n % 7},Genève,français\n" for n in range(200))
    (folder / "letters.csv").write_bytes(f"n,ville,langue\n{rows}".encode("cp1252"))
    learned = verify("letters.csv", "--learn", "letters.toml")
    assert learned.exit_code == 0
    assert "DQ030" in learned.stderr
    assert "is not UTF-8" in learned.stderr
    assert not verify("may.csv", "--learn", "plain.toml").stderr
