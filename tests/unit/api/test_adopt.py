"""Adoption: a model that was made elsewhere is a release like any other, and what cannot be had is told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from tests.foreign_models import fitted, people, write_mlflow, write_project
from typer.testing import CliRunner

from journeyman.api.adopt import adopt
from journeyman.api.build import build
from journeyman.cli.main import app
from journeyman.errors import ReleaseError
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.inference.release_contract import release_contract
from journeyman.operations.release_cache import ReleaseCache
from journeyman.stores.catalogue import opened_registry
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow

ROWS = people(60, seed=2)
INPUTS = ROWS[["age", "children", "city"]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace in which a project was adopted with labelled rows."""
    place = tmp_path_factory.mktemp("adopted")
    write_project(place / "toy")
    people(300, seed=3).to_csv(place / "people.csv", index=False)
    adopt(place / "toy", name="stay", data=place / "people.csv", workspace=place / "w")
    return place / "w"


@pytest.fixture(scope="module")
def release(place: Path) -> Release:
    """Return the adopted release."""
    return load("stay", workspace=place)


def test_it_predicts_as_the_model_does(release: Release) -> None:
    model = fitted()
    assert release.predict(INPUTS).tolist() == model.predict(INPUTS).tolist()  # type: ignore[attr-defined]  # a pipeline
    np.testing.assert_array_equal(release.predict_proba(INPUTS), model.predict_proba(INPUTS))  # type: ignore[attr-defined]  # as above


def test_labelled_rows_give_scores_a_contract_and_a_reference(place: Path, release: Release) -> None:
    score = release.evaluation.main
    assert score.baseline < score.low <= score.value <= score.high
    assert "may flatter" in release.report.decision.reason
    contract = release_contract(release)
    assert contract is not None
    assert {rule.name for rule in contract.columns} == {"age", "children", "city", "stays"}
    with Workspace.existing(place) as workspace:
        reference = ReleaseCache(workspace, "stay").reference(1)
    assert set(reference.rows) == {"age", "children", "city"}
    assert reference.importance["children"] > 0


def test_what_its_steps_would_be_needed_for_is_refused(release: Release) -> None:
    with pytest.raises(ReleaseError, match="its steps are not known"):
        _ = release.plan


def test_it_is_explained(release: Release) -> None:
    told = release.explain(INPUTS.iloc[:2], label="yes")
    np.testing.assert_allclose(
        told.sum(axis=1) + told.attrs["base"][0], release.predict_proba(INPUTS.iloc[:2])[:, 1], atol=1e-9
    )


def test_a_built_challenger_replaces_it_and_it_comes_back(place: Path) -> None:
    table = people(200, seed=4)
    built = build(table, target="stays", trials=1, name="stay", workspace=place, quiet=True)
    with opened_registry(place) as registry:
        registry.promote("stay", built.version, now="2026-01-01T00:00:00+00:00")
        assert registry.rollback("stay", now="2026-01-02T00:00:00+00:00").version == 1
    assert load("stay", workspace=place).predict(INPUTS).tolist() == fitted().predict(INPUTS).tolist()  # type: ignore[attr-defined]  # a pipeline


def test_without_labelled_rows_it_predicts_and_says_what_is_missing(tmp_path: Path) -> None:
    folder = write_mlflow(tmp_path / "m")
    told = adopt(folder, name="m", run_code=True, target="stays", workspace=tmp_path / "w")
    known = INPUTS[INPUTS.city != "?"]
    assert told.release.predict(known).tolist() == fitted().predict(known).tolist()  # type: ignore[attr-defined]  # a pipeline
    assert any("a reference for drift are missing" in note for note in told.notes)
    with pytest.raises(ReleaseError, match="what moves its predictions cannot be told"):
        told.release.explain(known.iloc[:1])
    with Workspace.existing(tmp_path / "w") as workspace, pytest.raises(ReleaseError, match="without a reference"):
        ReleaseCache(workspace, "m").reference(1)


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    pipeline = (
        "class Pipeline:\n    @classmethod\n    def load(cls, path):\n        return cls()\n\n"
        "    def predict(self, rows):\n        return rows.age.fillna(40) * 2 + rows.children\n"
    )
    table = people(150, seed=5).assign(stays=lambda frame: frame.age.fillna(40) * 2 + frame.children + 0.25)
    table.to_csv(tmp_path / "t.csv", index=False)
    write_project(tmp_path / "toy", pipeline, "nothing")
    release = adopt(tmp_path / "toy", data=tmp_path / "t.csv", workspace=tmp_path / "w").release
    assert release.task.kind == "regression"
    np.testing.assert_allclose(release.predict(INPUTS), INPUTS.age.fillna(40) * 2 + INPUTS.children)
    assert release.evaluation.main.value == pytest.approx(0.25)


def _said(*words: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["adopt", *words])
    return told.exit_code, told.output


def test_the_code_of_an_mlflow_model_does_not_run_unasked(tmp_path: Path) -> None:
    code, said = _said(str(write_mlflow(tmp_path / "m")), "--workspace", str(tmp_path / "w"))
    assert code == 2
    assert "its signature names 3 columns: age (number), children (integer), city (text)" in said
    assert "add --run-code" in said
    assert not (tmp_path / "w").exists()


def test_bad_input_is_one_line_and_a_hint_and_nothing_is_written(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "toy")
    people(50).drop(columns="city").to_csv(tmp_path / "fewer.csv", index=False)
    people(200).assign(stays=lambda frame: np.where(frame.age > 40, "a", "b")).to_csv(
        tmp_path / "others.csv", index=False
    )
    place = str(tmp_path / "w")
    for words, message in (
        ((str(tmp_path / "nowhere"),), "there is no folder"),
        (("http://127.0.0.1:9/",), "does not answer"),
        ((str(folder), "--name", "a b"), "cannot be a model's name"),
        ((str(folder), "--data", str(tmp_path / "none.csv")), "none.csv"),
        ((str(folder), "--data", str(tmp_path / "fewer.csv")), "lacks column 'city'"),
        ((str(folder), "--data", str(tmp_path / "others.csv")), "the model's classes are no, yes"),
    ):
        code, said = _said(*words, "--workspace", place)
        assert (code, "hint: " in said, len(said.strip().splitlines())) == (2, True, 2), said
        assert message in said
        assert not Path(place).exists()


def test_a_release_whose_process_was_killed_answers_again(release: Release) -> None:
    before = release.predict(INPUTS).tolist()
    pid = release._scorer.answering.pid  # type: ignore[attr-defined]  # of a foreign model
    os.kill(pid, signal.SIGKILL)
    assert release.predict(INPUTS).tolist() == before


def test_a_second_adoption_waits_to_be_promoted(place: Path, tmp_path: Path) -> None:
    told = adopt(write_project(tmp_path / "toy"), name="stay", workspace=place)
    assert any(f"--version {told.release.version}` makes it the champion" in note for note in told.notes)
    with opened_registry(place) as registry:
        assert registry.version("stay").version != told.release.version
