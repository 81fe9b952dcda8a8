"""A ranking of a real table's meals: built, reported, predicted, served, labelled and watched."""

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
from journeyman.inference.predictions_file import Layout, prediction_columns
from journeyman.inference.release import Release
from journeyman.metrics.ranking import DiscountedGain, ranking_labels

pytestmark = pytest.mark.slow


def meals() -> pd.DataFrame:
    """Return what a delivery centre offered in a week, graded by how much of it was ordered there."""
    frame = open_table("join/meal-demand/base.parquet")
    offer = frame["center_id"].astype(str) + " in week " + frame["week"].astype(str)
    share = frame["num_orders"].groupby(offer).rank(pct=True)
    grade = np.digitize(share, [0.5, 0.75, 0.9], right=True)
    frame = frame.assign(offer=offer, grade=grade).drop(columns=["id", "week", "num_orders"])
    return frame[frame.groupby("offer")["grade"].transform("size") >= 5]


@pytest.fixture(scope="module")
def offers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return meals of some offers, and of others."""
    frame = meals()
    names = frame["offer"].drop_duplicates().sample(500, random_state=0)
    first, later = set(names.iloc[:350]), set(names.iloc[350:])
    return frame[frame["offer"].isin(first)], frame[frame["offer"].isin(later)]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, offers: tuple[pd.DataFrame, pd.DataFrame]) -> Path:
    place = tmp_path_factory.mktemp("ranking")
    build(offers[0], target="grade", task="ranking", group="offer", trials=5, workspace=place, name="meals")
    return place


@pytest.fixture(scope="module")
def release(workspace: Path) -> Release:
    return load("meals", workspace=workspace)


def test_it_ranks_new_queries_as_well_as_it_was_examined(
    release: Release, offers: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    new = offers[1]
    y = ranking_labels(new["grade"].to_numpy(float), new["offer"].factorize()[0])
    scores = release.predict(new)
    told, chance = (DiscountedGain().score(y, given[:, None]) for given in (scores, np.zeros(len(new))))
    score = release.evaluation.main
    assert score.metric == "ndcg_at_10"
    assert score.low - 0.03 < told < score.high + 0.03
    assert score.gain_low > 0
    assert told > chance + 0.1


def test_the_report_and_the_file_of_predictions(release: Release, offers: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    page = release.report_path.read_text(encoding="utf-8")
    assert "NDCG@10 by the size of queries" in page
    assert "Queries that are ranked worst" in page
    assert " in week " in page.split("Queries that are ranked worst")[1][:800]
    [(block, answers)] = release.answers_in_parts([offers[1].iloc[:40]])
    written = prediction_columns(release, offers[1].iloc[:40], block, answers, Layout(keep=("offer",)))
    assert list(written.columns) == ["offer", "score"]


def test_served_labelled_and_watched(
    workspace: Path, release: Release, offers: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    new = offers[1].iloc[:120]
    truths: list[object] = [*new["grade"].tolist()[:-1], 2.5]
    answered, fates, traffic, operations = serve_and_watch(
        workspace, release, new.drop(columns="grade"), truths, tmp_path
    )
    assert [one["prediction"] for one in answered] == pytest.approx(release.predict(new).tolist(), rel=1e-12)
    assert [one["fate"] for one in fates[:-1]] == ["recorded"] * 119
    assert "error" in fates[-1]
    known = np.isfinite(traffic.truths)
    assert sorted(traffic.truths[known]) == sorted(new["grade"].tolist()[:-1])
    assert operations == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "add --group COLUMN"), (("--group", "meal_id", "--target", "base_price"), "is no relevance")],
)
def test_what_is_no_ranking_is_refused_in_a_line(
    typed: Typed, tmp_path: Path, offers: tuple[pd.DataFrame, pd.DataFrame], words: tuple[str, ...], said: str
) -> None:
    offers[0].iloc[:300].to_csv(tmp_path / "t.csv", index=False)
    target = () if "--target" in words else ("--target", "grade")
    code, told = typed("build", "t.csv", "--task", "ranking", *target, *words)
    assert code == 2
    assert said in told
