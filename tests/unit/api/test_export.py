"""A release is exported whole or not at all: refusals and disagreements leave nothing behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyman.api import export as export_api
from journeyman.api.build import build
from journeyman.cli.main import app
from journeyman.entities.candidate import Refusal
from journeyman.entities.plan import NodeKind, Plan
from journeyman.entities.table import Block
from journeyman.errors import ReleaseError, SettingsError
from journeyman.inference.release import Release

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


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "c": rng.choice(list("abc"), 300)})
    frame["y"] = frame.x + (frame.c == "a")
    return build(frame, target="y", name="small", trials=2, workspace=tmp_path_factory.mktemp("w"))


def offer(monkeypatch: pytest.MonkeyPatch, exporter: Listing) -> None:
    monkeypatch.setattr(export_api, "make_part", lambda group, name: exporter)


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
    assert caught.value.hint == "use the release itself"
    result = CliRunner().invoke(app, ["export", str(release.path), str(tmp_path / "model"), "--to", "listing"])
    assert (result.exit_code, "it has trees" in result.output) == (2, True)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(release: Release, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    with pytest.raises(SettingsError, match="is not empty"):
        export_api.export(release.path, tmp_path, to="saved_model")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_an_unknown_format_is_told_with_those_there_are(release: Release, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no installed package offers the part 'onyx'"):
        export_api.export(release.path, tmp_path / "model", to="onyx")
