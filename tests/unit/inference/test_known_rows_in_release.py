"""A release answers rows that it has met by their truths, and says so; its score is of new rows."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.estimators import JourneymanClassifier
from journeyman.inference.release import Release
from journeyman.reports.html import render_html
from journeyman.reports.terminal import summary

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Return 300 rows whose label is hard to tell from what they say, 100 of them twice and apart."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"width": rng.normal(size=300), "depth": rng.normal(size=300)})
    frame["maker"] = rng.choice(["north", "south", None], 300)
    frame["passed"] = np.where(frame["width"] + 2.0 * rng.normal(size=300) > 0, "yes", "no")
    return pd.concat([frame, frame.iloc[:100]], ignore_index=True)


@pytest.fixture(scope="module")
def release(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(table, target="passed", trials=3, workspace=tmp_path_factory.mktemp("known"))


def test_known_rows_are_answered_by_their_truths_and_new_ones_by_the_model(release: Release, table: pd.DataFrame):
    again = load(release.path)
    known = again.predict_proba(table)[np.arange(400), (table["passed"] == "yes").astype(int)]
    assert known.min() > 0.9, "all rows of the table were met, those of the holdout too"
    moved = table.assign(width=table["width"] + 1e-9)
    new = again.predict_proba(moved)[np.arange(400), (table["passed"] == "yes").astype(int)]
    assert 0.5 < new.mean() < 0.75
    assert new.min() < 0.45


def test_the_score_is_of_new_rows(release: Release):
    assert release.evaluation.on_holdout
    assert 0.5 < release.evaluation.main.value < 0.85, "the holdout was not looked up"


def test_what_is_explained_is_the_model_and_not_what_it_knows_by_heart(tmp_path: Path):
    """Of 100 rows none are kept for the end: importances come from rows that were met, and must not say so of noise."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60), "y": rng.choice(["no", "yes"], 60)})
    few = build(pd.concat([frame, frame.iloc[:40]]), target="y", trials=2, workspace=tmp_path)
    assert few.report.recollection is not None
    assert not few.evaluation.on_holdout
    assert all(abs(importance.mean) < 0.2 for importance in few.evaluation.importances)


def test_rows_alone_are_answered_as_together(release: Release, table: pd.DataFrame):
    rows = pd.concat([table.head(5), table.head(5).assign(depth=9.0)]).drop(columns="passed")
    alone = np.vstack([release.predict_proba(rows.iloc[i : i + 1]) for i in range(10)])
    np.testing.assert_allclose(release.predict_proba(rows), alone, rtol=1e-12)
    as_mapping = release.predict_proba({name: rows[name].tolist() for name in rows})
    np.testing.assert_array_equal(as_mapping, release.predict_proba(rows))


def test_both_reports_say_so(release: Release):
    known = release.report.recollection
    assert known is not None
    assert known.recalled < 0.2 * known.loss
    page = render_html(release.report)
    assert "Rows that it learned from" in page
    assert f"{known.share:.0%}" in page
    console = Console(width=100, record=True, file=StringIO())
    console.print(summary(release.report, "report.html"))
    assert "with a duplicate; the score counts new rows only" in " ".join(console.export_text().split())


def test_who_expects_copies_gets_no_look_up(table: pd.DataFrame, tmp_path: Path):
    plain = build(table, target="passed", trials=3, workspace=tmp_path, accept=["DQ306"])
    assert plain.report.recollection is None
    assert not (plain.path / "known.msgpack").exists()
    assert "Rows it has met" not in render_html(plain.report)


def test_the_estimator_looks_up_as_well(table: pd.DataFrame):
    x, y = table[["width", "depth"]], table["passed"]
    estimator = JourneymanClassifier(trials=3).fit(x, y)
    assert (estimator.predict(x) == y).all()
    assert (estimator.predict(x + 1e-9) == y).mean() < 0.85
