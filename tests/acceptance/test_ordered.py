"""Ordered classes of a real table: built, reported, predicted, served, labelled and watched."""

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
from journeyman.entities.plan import median_classes
from journeyman.inference.predictions_file import Layout, prediction_columns
from journeyman.inference.release import Release

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wines() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return wines to learn from and others, none a copy of one of the first."""
    frame = open_table("tabular/wine-quality.csv.gz").drop_duplicates().sample(frac=1.0, random_state=0)
    return frame.iloc[:2_500], frame.iloc[2_500:]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, wines: tuple[pd.DataFrame, pd.DataFrame]) -> Path:
    place = tmp_path_factory.mktemp("ordered")
    build(wines[0], target="quality", task="ordered", trials=6, workspace=place, name="wine")
    return place


@pytest.fixture(scope="module")
def release(workspace: Path) -> Release:
    return load("wine", workspace=workspace)


def test_it_is_nearer_than_the_median_class_and_holds_what_it_was_examined_for(
    release: Release, wines: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    new = wines[1]
    told, shares = release.predict(new), release.predict_proba(new)
    off = np.abs(told - new["quality"].to_numpy()).mean()
    middle = np.abs(np.median(wines[0]["quality"]) - new["quality"]).mean()
    assert off < 0.85 * middle
    score = release.evaluation.main
    assert score.metric == "rank_error"
    assert score.low - 0.03 < off < score.high + 0.03
    codes = median_classes(np.asarray(shares))
    assert told.tolist() == [int(release.task.labels[code]) for code in codes]
    confusion = np.array(release.evaluation.confusion)
    rank = np.arange(len(confusion))
    assert (np.abs(rank[:, None] - rank) * confusion).sum() / confusion.sum() == pytest.approx(score.value)


def test_the_report_and_the_file_of_predictions(release: Release, wines: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    page = release.report_path.read_text(encoding="utf-8")
    assert "How far off it is" in page
    assert "classes have an order, lowest first: 3, 4, 5" in page
    [(block, answers)] = release.answers_in_parts([wines[1].iloc[:40]])
    written = prediction_columns(release, wines[1].iloc[:40], block, answers, Layout(interval=True))
    assert written.columns[0] == "quality"
    assert written["quality"].tolist() == release.predict(wines[1].iloc[:40]).tolist()


def test_served_labelled_and_watched(
    workspace: Path, release: Release, wines: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    new = wines[1].iloc[:150]
    answered, fates, traffic, operations = serve_and_watch(
        workspace, release, new.drop(columns="quality"), new["quality"].tolist(), tmp_path
    )
    assert [one["prediction"] for one in answered] == release.predict(new).tolist()
    assert {one["fate"] for one in fates} == {"recorded"}
    assert np.isfinite(traffic.truths).sum() == 150
    np.testing.assert_allclose(traffic.answers, release.answers(new), rtol=1e-12)
    assert operations == 0


def test_what_has_no_order_is_refused_in_a_line(typed: Typed, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(60.0), "y": ["oak", "elm", "ash"] * 20})
    frame.to_csv(tmp_path / "t.csv", index=False)
    code, told = typed("build", "t.csv", "--target", "y", "--task", "ordered")
    assert code == 2
    assert "the order of the 3 classes of 'y' is not known" in told
    assert '--task-option order="ash,elm,oak"' in told
    assert not list((tmp_path / "journeyman-workspace" / "releases").glob("*"))
