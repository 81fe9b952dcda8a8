"""Odd rows of a real table, from the command to a service that stays within its capacity."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.unit.serving.conftest import served

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.inference.release import Release
from journeyman.serving.serve_settings import ServeSettings

_PLACES = [above / "shared" / "data" / "tabular" / "hypothyroid.csv.gz" for above in Path(__file__).resolve().parents]
TABLE = next((place for place in _PLACES if place.is_file()), _PLACES[0])
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TABLE.is_file(), reason="the shared collection of real tables is not here"),
]
CAPACITY = 15


@pytest.fixture(scope="module")
def patients() -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows without their label, and which are ill."""
    frame = pd.read_csv(TABLE)
    return frame.drop(columns="Class"), (frame["Class"] != "negative").to_numpy()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, patients: tuple[pd.DataFrame, np.ndarray]) -> Path:
    """Return a workspace with a model that was built by the command, from the rows alone."""
    place = tmp_path_factory.mktemp("odd")
    patients[0].to_csv(place / "patients.csv", index=False)
    words = ["build", str(place / "patients.csv"), "--task", "anomaly", "--task-option", f"capacity={CAPACITY}"]
    told = run(*words, "--trials", "1", "--workspace", str(place / "w"))
    assert "RELEASE" in told
    return place / "w"


@pytest.fixture(scope="module")
def release(workspace: Path) -> Release:
    return load("patients", workspace=workspace)


def run(*words: str) -> str:
    command = [sys.executable, "-m", "journeyman", *words]
    return subprocess.run(command, check=True, timeout=600, capture_output=True, text=True).stdout


def test_the_ill_are_odder_than_others_though_nobody_said_who_they_are(
    release: Release, patients: tuple[pd.DataFrame, np.ndarray]
) -> None:
    frame, ill = patients
    assert roc_auc_score(ill, release.predict(frame)) >= 0.65


def test_a_file_has_no_more_flags_than_can_be_checked_and_says_why(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "odd.csv"
    run("predict", "patients", str(workspace.parent / "patients.csv"), "--out", str(out), "--workspace", str(workspace))
    found = pd.read_csv(out, keep_default_na=False)
    flagged = found["flagged"].astype(str) == "True"
    assert 10 <= flagged.sum() <= np.ceil(CAPACITY / 1_000 * len(found))
    assert (found.loc[~flagged, "reasons"] == "").all()
    assert found.loc[flagged, "reasons"].str.contains(" = ").mean() > 0.9


def test_reasons_name_the_column_that_was_changed(release: Release, patients: tuple[pd.DataFrame, np.ndarray]) -> None:
    frame = patients[0]
    names = ["age", "TSH", "T3", "TT4", "T4U", "FTI"]
    rng = np.random.default_rng(0)
    rows = frame.iloc[rng.choice(len(frame), 150)].reset_index(drop=True)
    rows[names] = rows[names].apply(pd.to_numeric, errors="coerce")
    changed = rng.choice(names, len(rows))
    for place, name in enumerate(changed):
        values = pd.to_numeric(frame[name], errors="coerce")
        rows.loc[place, name] = round(values.median() + 3 * (values.quantile(0.99) - values.median()))
    odd = release.predict(rows) >= 0.98
    assert odd.sum() > 30
    told = release.explain(rows[odd])
    assert np.mean(told.columns.to_numpy()[told.to_numpy().argmax(axis=1)] == changed[odd]) >= 0.9


def test_the_report_says_what_flags_a_row_and_lists_the_oddest_with_reasons(release: Release) -> None:
    page = release.report_path.read_text(encoding="utf-8")
    assert "You can check 15 of each 1,000 rows" in page
    assert "The oddest rows of the table" in page
    assert "Score of the candidates over time" not in page
    evaluation = release.report.evaluation
    assert sum(evaluation.prediction_counts) == evaluation.real_rows  # planted rows are in no histogram
    assert evaluation.flagged is not None
    assert evaluation.flagged.rows == 3_772
    assert 0.005 <= evaluation.flagged.flagged / evaluation.flagged.rows <= 0.03
    assert [len(example.reasons) > 0 for example in release.report.examples] == [True] * 10


def test_a_service_stays_within_its_capacity_whatever_comes(
    workspace: Path, release: Release, patients: tuple[pd.DataFrame, np.ndarray], tmp_path: Path
) -> None:
    rows = patients[0].iloc[:300].copy()
    rows["TSH"], rows["age"] = 500.0, 4.0  # a feed that has changed: most rows are odd
    assert (release.predict(rows) >= 1 - CAPACITY / 1_000).mean() > 0.4
    with served(ServeSettings("patients", workspace, tmp_path / "log"), tmp_path) as client:
        answers = []
        for start in range(0, 300, 50):
            body = {"rows": rows.iloc[start : start + 50].to_dict("records")}
            answers += client.ask("POST", "/predict", body).json["predictions"]
        one = client.ask("POST", "/predict", {"rows": rows.iloc[:1].to_dict("records"), "reasons": True}).json
    flagged = sum(answer["outputs"]["flagged"] for answer in answers)
    assert 10 <= flagged <= CAPACITY + CAPACITY / 1_000 * 300
    reasons = one["predictions"][0]["reasons"]
    assert {"TSH", "age"} >= {max(reasons, key=reasons.__getitem__)}


def test_a_few_marks_turn_it_into_a_classifier(
    patients: tuple[pd.DataFrame, np.ndarray], release: Release, tmp_path: Path
) -> None:
    frame, ill = patients
    rng = np.random.default_rng(0)
    rows = rng.choice(len(frame), 190, replace=False)
    marks = np.full(len(frame), "", dtype=object)
    marks[rows] = np.where(ill[rows], "true", "false")
    options = {"marks": "checked"}
    marked = frame.assign(checked=marks)
    taught = build(marked, target=None, task="anomaly", trials=1, workspace=tmp_path, name="m", task_options=options)
    rest = np.setdiff1d(np.arange(len(frame)), rows)
    after, before = (roc_auc_score(ill[rest], model.predict(frame)[rest]) for model in (taught, release))
    assert after >= max(0.9, before + 0.1)
    assert "checked" not in {c.name for c in taught.columns}
    scores = {s.metric: s.value for s in taught.report.evaluation.scores}
    assert scores["marked_roc_auc"] > 0.8
    assert "marked as odd" in taught.report_path.read_text(encoding="utf-8")
