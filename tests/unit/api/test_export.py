"""A release is exported whole or not at all: refusals and disagreements leave nothing behind."""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyman.api import export as export_api
from journeyman.api.build import build
from journeyman.api.export import ExportOptions
from journeyman.cli.main import app
from journeyman.entities.candidate import Refusal
from journeyman.entities.plan import NodeKind, Plan
from journeyman.entities.table import Block
from journeyman.errors import ReleaseError, SettingsError
from journeyman.exporters.python_project import PythonExporter
from journeyman.exporters.scoring_plan import every_operation
from journeyman.inference.release import Release
from journeyman.interfaces import ProjectFacts

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow  # builds a model


@dataclass(frozen=True)
class Listing:
    """Writes the names of a plan's nodes."""

    difference: float = 0.0
    refuses: str = ""
    name: str = "listing"
    tolerance: float = 0.01

    def can_write(self, plan: Plan) -> Refusal | None:
        return Refusal(self.refuses) if self.refuses else None

    def write(self, plan: Plan, folder: Path) -> None:
        (folder / "nodes.txt").write_text("\n".join(node.name for node in plan.nodes))

    def verify(self, folder: Path, plan: Plan, rows: Block) -> float:
        assert {len(values) for values in rows.values()} == {1_000}
        return self.difference


@dataclass(frozen=True)
class Reader:
    """The Python project under another name; or one that errs, or lacks its tools, or knows less."""

    difference: float = 0.0
    lacks: Refusal | None = None
    operations: frozenset[str] = every_operation()
    name: str = "reader"

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        PythonExporter().write(facts, folder)
        (folder / "package.txt").write_text(facts.package)

    def toolchain(self) -> Refusal | None:
        return self.lacks

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        PythonExporter().run(folder, rows, answers)
        names, *told = list(csv.reader(answers.read_text(encoding="utf-8").splitlines()))
        place = names.index("prediction 0")
        told[41][place] = repr(float(told[41][place]) + self.difference)
        answers.write_text("\n".join(",".join(row) for row in [names, *told]), encoding="utf-8")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "c": rng.choice(list("abc"), 300)})
    frame["y"] = frame.x + (frame.c == "a")
    return build(frame, target="y", name="small", trials=2, workspace=tmp_path_factory.mktemp("w"))


def offer(monkeypatch: pytest.MonkeyPatch, exporter: Listing | Reader) -> None:
    group = "journeyman.exporters" if isinstance(exporter, Listing) else "journeyman.project_exporters"
    monkeypatch.setattr(export_api, "make_part", lambda group, name: exporter)
    monkeypatch.setattr(export_api, "offered", lambda one: frozenset({exporter.name} if one == group else ()))


def test_the_whole_plan_is_written_and_compared(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, Listing(0.005))
    made = export_api.export(release.path, tmp_path / "out" / "model", to="listing")
    assert (made.rows, made.difference) == (1_000, 0.005)
    written = (made.folder / "nodes.txt").read_text().splitlines()
    assert (written[0], written[-1]) == ("columns", "interval")
    assert release.plan.of_kind(NodeKind.MEAN)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model"]


@pytest.mark.parametrize("difference", [0.02, np.nan])
def test_what_predicts_otherwise_is_not_kept(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, difference: float
) -> None:
    offer(monkeypatch, Listing(difference))
    with pytest.raises(ReleaseError, match="differ by"):
        export_api.export(release.path, tmp_path / "model", to="listing")
    assert not list(tmp_path.iterdir())


def test_a_refusal_is_one_line_with_a_hint(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, Listing(refuses="it has trees"))
    with pytest.raises(ReleaseError, match="small 1 cannot be written to listing: it has trees") as caught:
        export_api.export(release.path, tmp_path / "model", to="listing")
    assert caught.value.hint == "use the release itself: journeyman serve"
    result = CliRunner().invoke(app, ["export", str(release.path), str(tmp_path / "model"), "--to", "listing"])
    assert (result.exit_code, "it has trees" in result.output) == (2, True)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(release: Release, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    with pytest.raises(SettingsError, match="is not empty"):
        export_api.export(release.path, tmp_path, to="saved_model")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_an_unknown_target_is_told_with_the_nearest(release: Release, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no export target 'fortran'") as caught:
        export_api.export(release.path, tmp_path / "model", to="fortran")
    assert "python, r, sagemaker" in caught.value.hint
    with pytest.raises(SettingsError) as caught:
        export_api.export(release.path, tmp_path / "model", to="pyton")
    assert caught.value.hint == "did you mean python?"


def test_a_project_is_written_checked_and_whole(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, Reader())
    made = export_api.export(release.path, tmp_path / "out", to="reader")
    assert (made.rows >= 2_000, made.difference, made.unchecked, made.loss) == (True, 0.0, None, "")
    names = {path.name for path in made.folder.iterdir()}
    assert {"plan.txt", "selftest.csv", "LICENSE", "README.md", "scorer.py"} <= names
    assert (made.folder / "package.txt").read_text() == "small"
    assert (made.folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    with (made.folder / "selftest.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert (header[:2], header[-2:], len(rows)) == (["x", "c"], ["low", "high"], made.rows)
    frame = pd.DataFrame([row[:2] for row in rows], columns=["x", "c"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that cannot be read
        wanted = release.predict(frame)
    told = [float(row[header.index("prediction 0")]) for row in rows]
    assert np.allclose(told, wanted, rtol=1e-14, atol=1e-14)


def test_a_project_that_answers_otherwise_is_not_kept(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, Reader(1e-9))
    with pytest.raises(
        ReleaseError, match=r"answers otherwise: row 42 of selftest.csv has the prediction 0 .*; wanted"
    ):
        export_api.export(release.path, tmp_path / "out", to="reader")
    assert not list(tmp_path.iterdir())


def test_without_its_tools_a_project_is_written_and_not_checked(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, Reader(1e-9, Refusal("mason is not installed", "apt install mason")))
    made = export_api.export(release.path, tmp_path / "out", to="reader", options=ExportOptions("my_model"))
    assert (made.rows, made.unchecked) == (0, Refusal("mason is not installed", "apt install mason"))
    assert (made.folder / "package.txt").read_text() == "my_model"
    result = CliRunner().invoke(app, ["export", str(release.path), str(tmp_path / "two"), "--to", "reader"])
    assert "two: written, not checked: mason is not installed (apt install mason)" in result.output


def test_what_a_reader_does_not_know_is_refused_by_member(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, Reader(operations=every_operation() - {"lines"}))
    members = [member.candidate.algorithm for member in release.report.members]
    assert "linear" in members
    with pytest.raises(ReleaseError, match="it has the step lines in the member linear"):
        export_api.export(release.path, tmp_path / "out", to="reader")
    assert not list(tmp_path.iterdir())


def test_members_are_left_out(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, Reader())
    members = list(dict.fromkeys(member.candidate.algorithm for member in release.report.members))
    with pytest.raises(SettingsError, match="no member 'kernel'") as caught:
        export_api.export(release.path, tmp_path / "out", to="reader", options=ExportOptions(without=("kernel",)))
    assert caught.value.hint == f"its members are {', '.join(members)}"
    with pytest.raises(SettingsError, match="no member 'duplicate_lookup'"):  # it looks no rows up
        export_api.export(
            release.path, tmp_path / "out", to="reader", options=ExportOptions(without=("duplicate_lookup",))
        )
    with pytest.raises(SettingsError, match="no member of the model would be left"):
        export_api.export(release.path, tmp_path / "out", to="reader", options=ExportOptions(without=tuple(members)))
    if len(members) > 1:
        made = export_api.export(
            release.path, tmp_path / "out", to="reader", options=ExportOptions(without=tuple(members[1:]))
        )
        assert "left out: " in made.loss
        assert made.rows >= 2_000


@pytest.mark.parametrize("package", ["My-Model", "1st", "", "a.b", "ä"])
def test_a_package_name_that_is_none_is_refused(release: Release, tmp_path: Path, package: str) -> None:
    with pytest.raises(SettingsError, match="is no package name") as caught:
        export_api.export(release.path, tmp_path / "out", to="python", options=ExportOptions(package))
    assert caught.value.hint.startswith("use small letters, digits and _: --package ")
    assert not list(tmp_path.iterdir())


def test_the_command_lists_targets_and_asks_for_what_lacks(tmp_path: Path) -> None:
    listed = CliRunner().invoke(app, ["export", "--list"])
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.output.splitlines()] == sorted(
        line.split()[0] for line in listed.output.splitlines()
    )
    assert "python         every step of the scoring plan" in listed.output
    for arguments, lacks in ((["export"], "NAME"), (["export", "small"], "--to TARGET")):
        asked = CliRunner().invoke(app, arguments)
        assert (asked.exit_code, f"export lacks {lacks}" in asked.output) == (2, True)
    twice = CliRunner().invoke(app, ["export", "small", "a", "--out", "b", "--to", "python"])
    assert "the folder is given twice" in twice.output
