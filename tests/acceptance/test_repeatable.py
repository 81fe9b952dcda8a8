"""One seed and one number of trials give one model: bit for bit, in any process, from any folder, at any time."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import journeyman
from journeyman import JourneymanClassifier, JourneymanRegressor
from journeyman.stores.workspace import Workspace

TRIALS = 4
TIMED = ("report.", "manifest.", "settings.toml", "model_card.md")


def model_files(release):
    """Return the bytes of all files but those that name a moment, a place or the version."""
    files = (p for p in sorted(release.path.rglob("*")) if p.is_file())
    return {str(p.relative_to(release.path)): p.read_bytes() for p in files if not p.name.startswith(TIMED)}


@pytest.fixture(scope="module")
def first(tmp_path_factory, wine_csv):
    workspace = tmp_path_factory.mktemp("first")
    return journeyman.build(wine_csv, target="class_1", trials=TRIALS, workspace=workspace)


def same(one, other, rows):
    return (
        np.array_equal(one.predict_proba(rows), other.predict_proba(rows))
        and model_files(one) == model_files(other)
        and one.evaluation == other.evaluation
    )


@pytest.mark.slow
def test_another_process_in_another_folder_releases_the_same(first, tmp_path, wine_csv, wine_frame, start):
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(wine_csv, tmp_path / "elsewhere" / "wine.csv")
    words = ["build", "wine.csv", "--target", "class_1", "--trials", str(TRIALS), "--workspace", "own"]
    build = start(words, cwd=tmp_path / "elsewhere")
    _, errors = build.communicate()
    assert build.returncode == 0, errors
    second = journeyman.load("wine", workspace=tmp_path / "elsewhere" / "own")
    assert len(model_files(second)) > 3
    assert same(first, second, wine_frame)


@pytest.mark.slow
def test_experience_changes_nothing_where_the_trials_are_counted(first, wine_csv, wine_frame):
    workspace = first.path.parents[2]
    with Workspace(workspace) as place:
        assert len(place.experience.read()) > 0
    second = journeyman.build(wine_csv, target="class_1", trials=TRIALS, workspace=workspace)
    assert second.version == first.version + 1
    assert same(first, second, wine_frame)


@pytest.mark.slow
def test_another_seed_gives_another_model(first, tmp_path, wine_csv, wine_frame):
    second = journeyman.build(wine_csv, target="class_1", trials=TRIALS, workspace=tmp_path, seed=1)
    assert not np.array_equal(first.predict_proba(wine_frame), second.predict_proba(wine_frame))


@pytest.mark.slow
@pytest.mark.parametrize("workspace", [False, True], ids=["nothing stored", "with experience"])
def test_a_classifier_fitted_twice_answers_the_same(tmp_path, wine_frame, workspace):
    x, y = wine_frame.drop(columns="class_1"), wine_frame["class_1"]
    place = tmp_path if workspace else None
    first, second = (
        JourneymanClassifier(trials=3, random_state=0, workspace=place).fit(x, y).predict_proba(x) for _ in range(2)
    )
    assert np.array_equal(first, second)
    other = JourneymanClassifier(trials=3, random_state=1).fit(x, y).predict_proba(x)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_a_regressor_fitted_twice_answers_the_same(wine_frame):
    x, y = wine_frame.drop(columns=["class_1", "alcohol"]), wine_frame["alcohol"]
    first, second = (JourneymanRegressor(trials=3, random_state=0).fit(x, y).predict(x) for _ in range(2))
    assert np.array_equal(first, second)
