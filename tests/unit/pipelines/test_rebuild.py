"""A retraining that was killed goes on; where the program has changed since, it begins anew."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from journeyman.entities.artifacts import BuildArtifacts
from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, Contract, Demand
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operating import OperateSettings
from journeyman.errors import ReplayError
from journeyman.importers import read_contract
from journeyman.operations.paths import reference_folder
from journeyman.operations.training_data import TrainingTable
from journeyman.pipelines import rebuild
from journeyman.reports.progress import SilentProgress
from journeyman.settings import BuildSettings
from journeyman.stores.contract_files import CONTRACT, contract_text
from journeyman.stores.journal import RunStatus
from journeyman.stores.releases import write_release
from journeyman.stores.workspace import Workspace

RUN = "m@3.build"


def one() -> int:
    return 1


def no_report(_report: object) -> str:
    return ""


@pytest.fixture(autouse=True)
def small_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "Reference", int)


def test_a_retraining_whose_program_has_changed_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def build(_source: object, _settings: object, _parts: object, run: Any, place: Workspace, _lake: None) -> object:
        runs.append(len(place.journal.steps(run.id)))
        reference = run.step("reference", one)
        if len(runs) == 1:
            raise ReplayError("a part is another one now", hint="start the build anew")
        run.name_artifacts(BuildArtifacts("", run.store(reference)))
        number = place.registry.reserve("m", run.id)
        digest = write_release(place.path / "releases/m/1", {"model.json": b"{}"}, {"run": run.id})
        version = ModelVersion("m", number, "releases/m/1", digest, "t", "rmse", 1.0, "release", run=run.id)
        place.registry.register(version)
        return SimpleNamespace(version=version)

    monkeypatch.setattr(rebuild, "build", build)
    table = TrainingTable(pd.DataFrame({"x": [1.0], "y": [2.0]}), BuildSettings("t.csv", "y", "m"), ())
    with Workspace(tmp_path / "w") as workspace:
        rebuilding = rebuild.Rebuild("m", workspace, OperateSettings(trials=2), no_report, SilentProgress())
        version = rebuilding(table, RUN)
        assert version.run == RUN
        assert runs == [0, 0], "of the first attempt, no step is left"
        assert workspace.journal.run(RUN).status is RunStatus.DONE
        kept = [path.name for path in (reference_folder(workspace.path, RUN)).iterdir()]
        assert len(kept) == 1, "the reference stays for as long as the release"


def test_a_retraining_takes_over_what_a_person_wrote_into_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Contract] = []

    def build(
        _source: object, settings: BuildSettings, _parts: object, run: Any, place: Workspace, _lake: None
    ) -> object:
        taken.append(read_contract(str(settings.contract)))
        run.name_artifacts(BuildArtifacts("", run.store(run.step("reference", one))))
        number = place.registry.reserve("m", run.id)
        digest = write_release(place.path / "releases/m/2", {"model.json": b"{}"}, {"run": run.id})
        version = ModelVersion("m", number, "releases/m/2", digest, "t", "rmse", 1.0, "release", run=run.id)
        place.registry.register(version)
        return SimpleNamespace(version=version)

    monkeypatch.setattr(rebuild, "build", build)
    table = TrainingTable(pd.DataFrame({"x": [1.0], "y": [2.0]}), BuildSettings("t.csv", "y", "m"), ())
    rules = (
        ColumnRule(Column("x", Kind.NUMBER), demand=Demand(at_least=0.0)),
        ColumnRule(Column("given up", Kind.NUMBER), demand=Demand(at_most=1.0)),
    )
    with Workspace(tmp_path / "w") as workspace:
        number = workspace.registry.reserve("m", "first")
        files = {"model.json": b"{}", CONTRACT: contract_text(Contract("m", 1, rules)).encode()}
        digest = write_release(workspace.path / "releases/m/1", files, {"run": "first", "name": "m", "version": 1})
        champion = ModelVersion("m", number, "releases/m/1", digest, "t", "rmse", 1.0, "release", True, "first")
        workspace.registry.register(champion)
        rebuild.Rebuild("m", workspace, OperateSettings(trials=2), no_report, SilentProgress())(table, RUN)
        [own] = taken
        assert [(rule.name, rule.demand.at_least) for rule in own.columns] == [("x", 0.0)]
        assert not list(workspace.path.rglob("contract.toml"))[1:], "only the release's own is left"
