"""Quantiles from a table to a model in service that is watched and learns again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.unit.operations.loop_world import SETTINGS, SPAN, Quiet
from tests.unit.serving.conftest import served

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.entities.decision import Action
from journeyman.entities.operating import Operated
from journeyman.entities.simulation import SimulateSettings
from journeyman.inference.predictions_file import Layout, prediction_columns
from journeyman.inference.release import Release
from journeyman.operations.traffic import read_traffic
from journeyman.operations.worker import Worker
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.pipelines.simulate import simulate
from journeyman.runtime.clock import SystemClock, milliseconds
from journeyman.serving.serve_settings import ServeSettings
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

pytestmark = pytest.mark.slow


def rows(seed: int, count: int, moved: float = 0.0) -> pd.DataFrame:
    """Return rows whose labels spread the more, the larger ``x`` is."""
    rng = np.random.default_rng(seed)
    x, shop = rng.uniform(0, 10, count), rng.choice(["north", "south"], count)
    y = 10 + 2 * x + 3 * (shop == "north") + (0.5 + 0.4 * x) * rng.normal(size=count) + moved
    return pd.DataFrame({"x": x.round(4), "shop": shop, "y": y.round(4)})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("quantiles")
    build(rows(0, 1_500), target="y", task="quantiles", trials=5, workspace=place, name="q")
    return place


@pytest.fixture(scope="module")
def release(workspace: Path) -> Release:
    return load("q", workspace=workspace)


def test_they_hold_what_they_say_on_new_rows_and_never_cross(release: Release) -> None:
    new = rows(1, 4_000)
    told = release.predict_outputs(new)
    assert list(told.columns) == ["0.5", "0.1", "0.9"]
    assert (told["0.1"] <= told["0.5"]).all()
    assert (told["0.5"] <= told["0.9"]).all()
    assert np.array_equal(release.predict(new), told["0.5"])
    inside = (new["y"] >= told["0.1"]) & (new["y"] <= told["0.9"])
    assert inside.mean() == pytest.approx(0.8, abs=0.04)
    for part in (new["x"] < 3, new["x"] > 7):  # not only on average
        assert inside[part].mean() == pytest.approx(0.8, abs=0.08)
    width = told["0.9"] - told["0.1"]
    assert width[new["x"] > 7].mean() > 2 * width[new["x"] < 3].mean()
    bounds = release.predict_interval(new)
    assert ((new["y"] >= bounds["low"]) & (new["y"] <= bounds["high"])).mean() == pytest.approx(0.9, abs=0.03)


def test_a_file_of_predictions_has_a_column_a_level(release: Release) -> None:
    new = rows(2, 50)
    [(block, answers)] = release.answers_in_parts([new])
    written = prediction_columns(release, new, block, answers, Layout(interval=True))
    assert list(written.columns) == ["y", "y 10%", "y 90%", "y from", "y to"]
    assert ((written["y 10%"] <= written["y"]) & (written["y"] <= written["y 90%"])).all()


def test_the_report_and_the_card_tell_of_the_quantiles(release: Release) -> None:
    page = release.report_path.read_text(encoding="utf-8")
    assert "Calibration of the quantiles" in page
    assert "each class" not in page
    card = (release.path / "model_card.md").read_text(encoding="utf-8")
    assert "the number 'y', with its quantiles 0.1, 0.9" in card
    assert release.evaluation.main.metric == "pinball_loss"
    assert release.evaluation.main.gain_low > 0


def test_reasons_are_those_of_the_median(release: Release) -> None:
    new = rows(7, 20)
    reasons = release.explain(new)
    assert isinstance(reasons.attrs["base"], float)
    np.testing.assert_allclose(reasons.sum(axis=1) + reasons.attrs["base"], release.predict(new), rtol=1e-9)
    for example in release.report.examples:
        moved = sum(change for _, _, change in example.reasons)  # of two columns, all are named
        typical = float(example.prediction) - moved
        assert typical == pytest.approx(reasons.attrs["base"], rel=0.05)


def test_versions_are_compared_where_they_predict_the_same_quantiles(workspace: Path) -> None:
    more = pd.concat([rows(0, 1_500), rows(6, 600)])
    made = build(more, target="y", task="quantiles", trials=3, workspace=workspace, name="q")
    assert "better (95% interval)" in str(made.report.decision)
    made = build(
        rows(0, 300),
        target="y",
        task="quantiles",
        task_options={"levels": "0.25"},
        trials=2,
        workspace=workspace,
        name="q",
    )
    words = (
        "version 1 was built for a task of kind quantiles (0.5, 0.1, 0.9), this one for one of kind quantiles (0.5, "
    )
    assert words in str(made.report.decision)


def test_served_labelled_and_watched(workspace: Path, release: Release, tmp_path: Path) -> None:
    new = rows(3, 200)
    asked, truths = new.drop(columns="y"), new["y"].tolist()
    told = release.predict_outputs(asked)
    begun = milliseconds() // SPAN * SPAN
    with Workspace(workspace) as held:
        held.registry.promote("q", 1, now=SystemClock().now())
    with served(ServeSettings("q", workspace, tmp_path / "log"), tmp_path) as client:
        answered = client.ask("POST", "/predict", {"rows": asked.to_dict("records")}).json["predictions"]
        first = answered[0]
        assert list(first["outputs"]) == ["0.5", "0.1", "0.9"]
        assert first["prediction"] == first["outputs"]["0.5"]
        assert first["outputs"] == pytest.approx(told.iloc[0].to_dict(), rel=1e-12)
        given = [{"id": one["id"], "truth": label} for one, label in zip(answered, truths, strict=True)]
        assert client.ask("POST", "/labels", {"labels": given}).json["failed"] == 0

        described = client.ask("GET", "/v2/models/q").json["outputs"]
        assert [(o["name"], o["shape"]) for o in described] == [("predict", [-1]), ("outputs", [-1, 3])]
        inputs = [
            {"name": "x", "shape": [2], "datatype": "FP64", "data": asked["x"].tolist()[:2]},
            {"name": "shop", "shape": [2], "datatype": "BYTES", "data": asked["shop"].tolist()[:2]},
        ]
        values, several = client.ask("POST", "/v2/models/q/infer", {"inputs": inputs}).json["outputs"]
        assert values["data"] == told["0.5"].tolist()[:2]
        assert several["shape"] == [2, 3]
        np.testing.assert_allclose(np.reshape(several["data"], (2, 3)), told.to_numpy()[:2], rtol=1e-12)
        vertex = client.ask("POST", "/vertex/predict", {"instances": asked.to_dict("records")[:1]}).json
        assert list(vertex["predictions"][0]["outputs"]) == ["0.5", "0.1", "0.9"]

    log = SqlitePredictionLog(tmp_path / "log")
    with Workspace(workspace) as held:
        operated = held.operations.begin(Operated("q", SETTINGS, begun))
        parts = loop_parts(held, operated, log, TableStream(log), Quiet())
        traffic, _, _ = read_traffic(
            parts.stream.poll(begun, begun + 2 * SPAN, 1_000), release, np.empty(0, dtype=np.int64)
        )
        np.testing.assert_allclose(traffic.answers[:200], told.to_numpy(), rtol=1e-12)
        worker = Worker(parts, operate_round, SystemClock(), lambda: begun + 4 * SPAN, operated.begun)
        state = worker.round()
        assert state.operations == 0  # nothing has changed
    log.close()


def test_the_loop_learns_again_and_keeps_the_levels(tmp_path: Path) -> None:
    stream = pd.concat([rows(4, 900), rows(5, 1_800, moved=25.0)])
    stream.to_csv(tmp_path / "stream.csv", index=False)
    settings = SimulateSettings(
        str(tmp_path / "stream.csv"),
        "y",
        tmp_path / "w",
        first=500,
        daily=200,
        delay=100,
        trials=2,
        task="quantiles",
        task_options={"levels": "0.05,0.95"},
    )
    settings = replace(settings, economics=replace(settings.economics, retraining=0.2))
    days = []
    done = simulate(settings, days.append)
    assert done.loss == "mean pinball loss"
    assert any(o.move.action is Action.RETRAIN for o in done.operations)
    assert done.results[0].loss < done.results[1].loss  # the loop's, and that of never learning again
    with Workspace(tmp_path / "w") as held:
        latest = held.registry.version(done.name)
    assert latest.version > 1
    again = load(done.name, workspace=tmp_path / "w", version=latest.version)
    assert again.task.output_names == ("0.5", "0.05", "0.95")
