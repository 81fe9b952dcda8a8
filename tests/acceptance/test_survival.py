"""Survival of a real table's customers: built, reported, predicted, served, labelled, watched and learned again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.acceptance.conftest import Typed
from tests.acceptance.open_tables import open_table
from tests.acceptance.served_and_watched import serve_and_watch

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.entities.operation import WindowKind, WindowPlan
from journeyman.inference.predictions_file import Layout, prediction_columns
from journeyman.inference.release import Release
from journeyman.metrics.survival import Concordance, kaplan_meier, times_of
from journeyman.operations.training_data import LearningRows
from journeyman.runtime.settings_file import read_settings
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def customers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return customers to learn from and others; the total of their bills knows how long they have stayed."""
    frame = open_table("tabular/telco-churn.csv.gz").drop(columns="TotalCharges").sample(frac=1.0, random_state=0)
    return frame.iloc[:2_500], frame.iloc[2_500:]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, customers: tuple[pd.DataFrame, pd.DataFrame]) -> Path:
    place = tmp_path_factory.mktemp("survival")
    options = {"event": "Churn", "times": "6,12,24,48"}
    build(customers[0], target="tenure", task="survival", task_options=options, trials=5, workspace=place, name="stay")
    return place


@pytest.fixture(scope="module")
def release(workspace: Path) -> Release:
    return load("stay", workspace=workspace)


def labels(frame: pd.DataFrame) -> np.ndarray:
    return np.where(frame["Churn"] == "Yes", frame["tenure"], -frame["tenure"]).astype(float)


def test_risks_and_curves_hold_on_new_rows(release: Release, customers: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    new = customers[1][customers[1]["tenure"] > 0]
    told, y = release.predict_outputs(new), labels(new)
    assert list(told.columns) == ["risk", *(f"survival at {t}" for t in (6, 12, 24, 48))]
    score = release.evaluation.main
    reached = Concordance(tuple(times_of(release.task))).score(y, told.to_numpy())
    assert score.metric == "c_index"
    assert score.low - 0.02 < reached < score.high + 0.02
    assert reached > 0.8
    assert (np.diff(told.to_numpy()[:, 1:], axis=1) <= 1e-9).all()
    # Later on, those who stay long are other customers than those who came, so that one curve of all is too high.
    observed = kaplan_meier(y).at(times_of(release.task))[:3]
    np.testing.assert_allclose(told.to_numpy()[:, 1:4].mean(axis=0), observed, atol=0.04)
    third = told["risk"].rank(pct=True) > 2 / 3
    riskiest = kaplan_meier(y[third]).at(times_of(release.task))[:3]
    np.testing.assert_allclose(told.to_numpy()[third, 1:4].mean(axis=0), riskiest, atol=0.07)


def test_the_report_and_the_file_of_predictions(release: Release, customers: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    page = release.report_path.read_text(encoding="utf-8")
    assert "Survival of thirds by risk" in page
    assert "Calibration at tenure" in page
    [(block, answers)] = release.answers_in_parts([customers[1].iloc[:40]])
    written = prediction_columns(release, customers[1].iloc[:40], block, answers, Layout(identifiers=False))
    assert list(written.columns) == ["risk", *(f"survival at {t}" for t in (6, 12, 24, 48)), "median time"]
    reached = written["survival at 48"] <= 0.5
    assert (written["median time"].notna() == reached).all()


def test_served_labelled_watched_and_learned_again(
    workspace: Path, release: Release, customers: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    new = customers[1][customers[1]["tenure"] > 0].iloc[:120]
    truths: list[object] = [
        {"time": int(time), "event": event == "Yes"} for time, event in zip(new["tenure"], new["Churn"], strict=True)
    ]
    truths[-1] = 7  # says nothing of whether it happened
    answered, fates, traffic, operations = serve_and_watch(
        workspace, release, new.drop(columns=["tenure", "Churn"]), truths, tmp_path
    )
    assert [one["prediction"] for one in answered] == pytest.approx(release.predict(new).tolist(), rel=1e-12)
    assert [one["fate"] for one in fates[:-1]] == ["recorded"] * 119
    assert fates[-1]["error"]["wanted"] == '{"time": 12.5, "event": true}'
    known = np.isfinite(traffic.truths)
    assert sorted(traffic.truths[known]) == sorted(labels(new)[:-1])
    assert operations == 0
    log = SqlitePredictionLog(tmp_path / "log")
    with Workspace(workspace) as held:
        version = held.registry.version("stay", 1)
        rows = LearningRows(held, version, TableStream(log), release, 2**62, 1_000)
        settings = read_settings(release.path / "settings.toml")
        taught = rows.table(WindowPlan(WindowKind.ALL), settings).frame
    log.close()
    assert set(taught["Churn"]) == {"Yes", "No"}
    later = taught.iloc[-119:]
    assert sorted(labels(later.astype({"tenure": float}))) == sorted(labels(new)[:-1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "a survival task needs the column that says whether the event happened"),
        (("--task-option", "event=Churm"), "did you mean 'Churn'?"),
        (("--task-option", "event=Contract"), "holds 3 values, and two are wanted"),
    ],
)
def test_what_is_no_survival_is_refused_in_a_line(
    typed: Typed, tmp_path: Path, customers: tuple[pd.DataFrame, pd.DataFrame], words: tuple[str, ...], said: str
) -> None:
    customers[0].iloc[:200].to_csv(tmp_path / "t.csv", index=False)
    code, told = typed("build", "t.csv", "--target", "tenure", "--task", "survival", *words)
    assert code == 2
    assert said in told
