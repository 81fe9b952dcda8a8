"""A rebuild replaces the champion only where it is better on rows that neither has learned from, and tells why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyman.api.build import build
from journeyman.api.registry import models, promote
from journeyman.cli.main import app
from journeyman.entities.decision import Action
from journeyman.inference.champion import LEARNED
from journeyman.inference.release import Release
from journeyman.stores.workspace import Workspace


def rows(count: int, seed: int = 0, noise: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(count, 3)), columns=list("uvw")).round(6)
    frame["maker"] = rng.choice(["north", "south"], count)
    worth = 2 * frame["u"] - frame["v"] + (frame["maker"] == "north") + noise * rng.normal(size=count)
    return frame.assign(passed=np.where(worth > 0.5, "yes", "no"))


def built(place: Path, frame: pd.DataFrame, trials: int = 2, **settings: object) -> Release:
    return build(frame, target="passed", trials=trials, workspace=place, name="m", **settings)  # type: ignore[arg-type]  # test


def champion(place: Path) -> int:
    return next(v.version for v in models(place) if v.champion)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with one release of 600 rows."""
    place = tmp_path_factory.mktemp("champion")
    first = built(place, rows(600))
    assert first.report.decision.action is Action.PROMOTE
    assert not first.report.decision.place
    return place


@pytest.mark.slow
def test_noise_does_not_replace_a_good_champion_and_both_scores_are_told(place: Path) -> None:
    noisy = built(place, rows(600, seed=1, noise=8.0)).report
    assert noisy.evaluation.main.value < 0.75
    assert (noisy.decision.action, champion(place)) == (Action.ASK, 1)
    assert "on the same 120 rows, from which neither has learned" in noisy.decision.place
    assert f"journeyman promote m --version {noisy.version}" in noisy.decision.place


@pytest.mark.slow
def test_the_same_build_again_predicts_the_same_and_its_rows_have_judged_twice(place: Path) -> None:
    again = built(place, rows(600)).report.decision
    assert (again.action, champion(place)) == (Action.KEEP, 1)
    assert "both predict the same" in again.place
    assert again.evidence["readings"] == 2
    assert any("the same 120 rows have judged 2 builds" in reason for reason in again.reasons)


@pytest.mark.slow
def test_with_another_seed_only_rows_of_both_holdouts_count(place: Path) -> None:
    other = built(place, rows(600), seed=3).report.decision
    assert (other.action, champion(place)) == (Action.ASK, 1)
    assert "are unknown to version 1" in other.place
    assert other.evidence["readings"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        (lambda f: f.drop(columns="w"), {}, "version 1 needs 'w', which the new table does not have"),
        (lambda f: f.assign(u=f["u"].map("x{}".format).where(f.index % 3 > 0, "x0")), {}, "'u' was read as number"),
        (lambda f: f.assign(passed=f["passed"].where(f.index % 5 > 0, "maybe")), {}, "'maybe' is new"),
        (lambda f: f, {"metric": "log_loss"}, "version 1 was chosen by roc_auc, this one by log_loss"),
        (lambda f: f.assign(passed=(f["passed"] == "yes") + f["w"]), {}, "built for a binary task"),
    ],
    ids=["column", "kind", "class", "metric", "task"],
)
def test_what_cannot_be_compared_is_told_and_asked(place, change, settings, words) -> None:
    found = built(place, change(rows(600, seed=9)), **settings).report.decision
    assert (found.action, champion(place)) == (Action.ASK, 1)
    assert words in found.place


@pytest.mark.slow
def test_a_grown_table_is_judged_on_rows_the_champion_does_not_know_and_a_better_model_takes_over(tmp_path) -> None:
    weak = built(tmp_path, rows(600), roles={"u": "ignored"})
    assert champion(tmp_path) == weak.version
    table = pd.concat([rows(600), rows(600, seed=4)], ignore_index=True)
    better = built(tmp_path, table).report.decision
    assert better.action is Action.PROMOTE
    assert better.place.startswith("it replaces version 1: on the same ")
    assert 60 < better.evidence["compared_rows"] < 240, "rows that taught version 1 do not count"
    assert champion(tmp_path) == 2
    shown = CliRunner().invoke(app, ["list", "--workspace", str(tmp_path)]).output
    assert " A " in shown.splitlines()[1]
    assert " B " in shown.splitlines()[2]
    assert "Compare scores only where they have the same letter" in shown


@pytest.mark.slow
def test_the_same_values_in_another_style_are_not_called_the_same(tmp_path) -> None:
    for name, decimal in (("comma", ","), ("point", ".")):
        rows(600).to_csv(tmp_path / f"{name}.csv", index=False, sep=";", decimal=decimal)
        found = build(tmp_path / f"{name}.csv", target="passed", trials=2, workspace=tmp_path / "w", name="m").report
    assert (found.decision.action, champion(tmp_path / "w")) == (Action.ASK, 1)
    assert "both predict the same from the same values, but version 2 reads 'u' with decimal" in found.decision.place


@pytest.mark.slow
def test_a_release_without_fingerprints_stays_and_says_why(tmp_path, monkeypatch) -> None:
    with monkeypatch.context() as before:
        before.setattr("journeyman.pipelines.package_release.LEARNED", "other.msgpack")
        old = built(tmp_path, rows(600))
    assert old.file(LEARNED) is None
    found = built(tmp_path, rows(600, seed=2)).report.decision
    assert found.action is Action.ASK
    assert "did not keep which rows taught a model" in found.place
    shown = CliRunner().invoke(app, ["promote", "m", "--version", "2", "--workspace", str(tmp_path)])
    assert shown.output == "m: version 2 is the champion now\n"
    assert promote("m", 1, workspace=tmp_path).champion


@pytest.mark.slow
def test_a_challenger_is_counted_once_however_often_its_build_goes_on(place: Path) -> None:
    with Workspace(place) as workspace:
        runs = workspace.journal.runs_with_event("champion", "m 1")
        assert 1 <= len(runs) == len(set(runs))
        assert all(workspace.journal.events(run, "holdout") for run in runs)
