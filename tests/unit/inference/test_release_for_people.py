"""A release in Python: cards and one-line names, reasons, intervals, pickles by reference."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from journeyman.api.build import build
from journeyman.api.predict import Layout, predict_file
from journeyman.api.score import score_file
from journeyman.errors import ReleaseError, SettingsError
from journeyman.inference.release import Release

pytestmark = pytest.mark.slow  # each builds models


def _table(classes: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 300
    frame = pd.DataFrame({"x": rng.normal(size=n), "c": rng.choice(list("abc"), n), "z": rng.normal(size=n)})
    y = 3 * frame.x + 2 * (frame.c == "a") + 0.3 * rng.normal(size=n)
    return frame.assign(y=pd.qcut(y, classes, labels=list("KLMN")[:classes]).astype(str) if classes else y)


@pytest.fixture(scope="module")
def number(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(_table(), target="y", name="number", trials=2, workspace=tmp_path_factory.mktemp("number"))


@pytest.fixture(scope="module", params=[2, 3])
def classes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    place = tmp_path_factory.mktemp("classes")
    return build(_table(request.param), target="y", name="classes", trials=2, workspace=place)


def test_everything_that_is_shown_is_one_line(number: Release) -> None:
    for shown in (number, number.report, number.evaluation):
        assert "\n" not in repr(shown)
        assert len(repr(shown)) < 120
    assert "number 1" in repr(number)
    assert f"{number.evaluation.main.value:.4g}" in repr(number.evaluation)


def test_a_notebook_shows_cards(number: Release) -> None:
    card = number._repr_html_()
    assert number.report.decision.verdict.value.capitalize() in card
    assert "RMSE" in card
    assert "95% interval" in card
    assert number.report_path.resolve().as_uri() in card
    assert "RMSE" in (number.evaluation._repr_html_() or "")
    assert "number 1" in (number.report._repr_html_() or "")


def test_names_in_a_card_run_no_code(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    frame = _table().rename(columns={"y": evil})
    card = build(frame, target=evil, name="evil", trials=1, workspace=tmp_path)._repr_html_()
    assert "<script" not in card


def test_contributions_sum_to_the_prediction(number: Release) -> None:
    rows = _table().iloc[10:20]
    reasons = number.explain(rows)
    assert list(reasons.columns) == ["x", "c", "z"]
    assert list(reasons.index) == list(rows.index)
    np.testing.assert_allclose(reasons.sum(axis=1) + reasons.attrs["base"], number.predict(rows))
    assert (reasons.abs().mean().idxmax()) == "x"


def test_contributions_to_a_class(classes: Release) -> None:
    rows = _table(len(classes.task.labels)).iloc[:12]
    reasons = classes.explain(rows)
    np.testing.assert_allclose(
        reasons.sum(axis=1) + reasons.attrs["base"], classes.predict_proba(rows).max(axis=1), atol=1e-12
    )
    of_k = classes.explain(rows, label="K")
    np.testing.assert_allclose(of_k.sum(axis=1) + of_k.attrs["base"], classes.predict_proba(rows)[:, 0], atol=1e-12)
    with pytest.raises(SettingsError, match="no label 'Q'"):
        classes.explain(rows, label="Q")


def test_rows_are_explained_alone_as_together(number: Release) -> None:
    rows = _table().iloc[:5]
    together = number.explain(rows).to_numpy()
    alone = np.vstack([number.explain(rows.iloc[[i]]).to_numpy() for i in range(5)])
    np.testing.assert_allclose(alone, together)


def test_intervals_hold_the_value(number: Release) -> None:
    rows = _table()
    bounds = number.predict_interval(rows)
    np.testing.assert_allclose(bounds["prediction"], number.predict(rows))
    assert (bounds["low"] < bounds["high"]).all()
    assert bounds["low"].le(rows.y).mul(bounds["high"].ge(rows.y)).mean() > 0.8
    with pytest.raises(TypeError, match="predicts numbers"):
        number.predict_set(rows)


def test_intervals_follow_the_size_of_the_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"x": rng.uniform(1, 5, 600), "z": rng.normal(size=600)})
    table["y"] = np.exp(table.x + 0.3 * rng.normal(size=600))
    table.to_csv(tmp_path / "rows.csv", index=False)
    release = build(table, target="y", name="long", trials=2, workspace=tmp_path / "w")
    bounds = release.predict_interval(table)
    width = bounds["high"] - bounds["low"]
    assert width[table.x > 4].mean() > 2 * width[table.x < 2].mean()
    assert (bounds["low"].le(table.y) & bounds["high"].ge(table.y)).mean() > 0.8
    predict = predict_file(
        str(release.path), tmp_path / "rows.csv", out=tmp_path / "p.csv", layout=Layout(interval=True)
    )
    score = score_file(
        release, tmp_path / "rows.csv", lambda _: None, out=tmp_path / "s.csv", layout=Layout(interval=True)
    )
    for written in (pd.read_csv(predict.path), pd.read_csv(score.path)):
        np.testing.assert_allclose(written[["y from", "y to"]], bounds[["low", "high"]], rtol=1e-3)


def test_sets_hold_the_label(classes: Release) -> None:
    rows = _table(len(classes.task.labels))
    sets = classes.predict_set(rows)
    assert all(label in likely for label, likely in zip(classes.predict(rows), sets, strict=True))
    assert np.mean([y in likely for y, likely in zip(rows.y, sets, strict=True)]) > 0.8
    with pytest.raises(TypeError, match="predict_set"):
        classes.predict_interval(rows)


def test_a_pickle_refers_to_the_folder(number: Release, tmp_path: Path) -> None:
    rows = _table()
    joblib.dump(number, tmp_path / "model.joblib")
    assert (tmp_path / "model.joblib").stat().st_size < 1000
    assert np.array_equal(joblib.load(tmp_path / "model.joblib").predict(rows), number.predict(rows))
    code = f"import joblib; print(joblib.load({str(tmp_path / 'model.joblib')!r}).name)"
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert elsewhere.stdout.strip() == "number"


def test_a_pickle_whose_folder_has_gone_or_changed_says_so(tmp_path: Path) -> None:
    release = build(_table(), target="y", name="m", trials=1, workspace=tmp_path / "w")
    other = build(_table(), target="z", name="other", trials=1, workspace=tmp_path / "w")
    stored = pickle.dumps(release)
    release.path.parent.chmod(0o755)
    release.path.chmod(0o755)
    moved = release.path.rename(tmp_path / "moved")
    with pytest.raises(ReleaseError, match="is gone") as gone:
        pickle.loads(stored)
    assert "journeyman.load" in gone.value.hint
    shutil.copytree(other.path, release.path)
    with pytest.raises(ReleaseError, match="not the one that was pickled"):
        pickle.loads(stored)
    with pytest.raises(ReleaseError):
        pickle.dumps(Release(moved / "nowhere", release.manifest, release._files))
