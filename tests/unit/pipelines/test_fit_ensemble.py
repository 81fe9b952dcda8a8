"""Rows and labels of an estimator stay together, whatever columns are called and whatever leaves rows out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score

from journeyman import JourneymanClassifier, JourneymanRegressor
from journeyman.pipelines.fit_ensemble import _table, embedded_settings
from journeyman.sources import frames

SETTINGS = embedded_settings("1m", 1, None, 1, 0)


def _rows(n=300):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=n), "colour": rng.choice(["red", "blue", "green"], n)}), rng


@pytest.mark.slow
@pytest.mark.parametrize("names", [("target", "a"), ("target", "target_"), ("target_", "target__")])
def test_a_column_called_as_ours_is_a_feature_and_never_the_labels(names):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 2)), columns=list(names))
    noise = rng.integers(0, 2, 300)
    model = JourneymanClassifier(trials=2, random_state=0).fit(frame.iloc[:200], noise[:200])
    assert model.model_.search.ensemble.score < 0.7
    assert roc_auc_score(noise[200:], model.predict_proba(frame.iloc[200:])[:, 1]) < 0.7
    told = (frame[names[0]] > 0).to_numpy()
    for one in (frame, frame.assign(colour=rng.choice(["red", "blue"], 300))):
        model = JourneymanClassifier(trials=2, random_state=0).fit(one.iloc[:200], told[:200])
        assert roc_auc_score(told[200:], model.predict_proba(one.iloc[200:])[:, 1]) > 0.97


@pytest.mark.parametrize("kind", ["regression", "multiclass"])
def test_labels_follow_their_rows_when_rows_are_left_out(monkeypatch, kind):
    frame, rng = _rows(4000)
    y = rng.integers(0, 5, 4000).astype(np.float64)
    frame["same"] = y
    # A sampler is planted: the table is said to outgrow its memory, and a third of its rows are drawn.
    monkeypatch.setattr(frames.FrameSource, "memory", lambda self: 3 * SETTINGS.table_memory)
    table, task, findings = _table(frame, y, None, kind, SETTINGS)
    assert 1000 <= len(table.frame) < 4000
    labels = table.frame[task.target]
    labels = labels.cat.codes if kind != "regression" else labels
    assert np.array_equal(labels.to_numpy(np.float64), table.frame["same"].to_numpy(np.float64))
    assert [f.code for f in findings if f.code == "DQ001"] == ["DQ001"]


@pytest.mark.slow
def test_a_fit_on_drawn_rows_warns_and_learns_what_the_rows_say(monkeypatch):
    frame, _ = _rows(3000)
    y = np.where(frame["a"] > 0, "up", "down")
    monkeypatch.setattr(frames.FrameSource, "memory", lambda self: 10**11)
    with pytest.warns(UserWarning, match="larger than memory"):
        model = JourneymanClassifier(trials=2, random_state=0).fit(frame, y)
    assert model.score(frame, y) > 0.97


def test_numbers_of_a_target_are_no_markers_and_rows_no_second_header():
    frame, _ = _rows(100)
    frame = frame.rename(columns={"a": "Unnamed: 1"}).assign(**{"Unnamed: 2": "x"})
    y = np.where(np.arange(100) % 3 == 0, -999.0, 1.5)
    table, task, _ = _table(frame, y, None, "regression", SETTINGS)
    assert np.array_equal(table.frame[task.target].to_numpy(), y)


def _as_polars(frame):
    return pytest.importorskip("polars").from_pandas(frame)


@pytest.mark.parametrize(
    "made", [pa.Table.from_pandas, _as_polars, lambda f: f.set_index(pd.date_range("2024", periods=len(f)))]
)
def test_any_frame_is_learned_from_and_answered(made):
    frame, _ = _rows(200)
    y = np.where(frame["a"] > 0, "2", "1")
    table = made(frame)
    model = JourneymanClassifier(trials=2, random_state=0).fit(table, y)
    assert list(model.feature_names_in_) == ["a", "colour"]
    assert model.classes_.tolist() == ["1", "2"]
    assert (model.predict(table) == y).mean() > 0.97


def test_an_array_after_a_frame_is_answered_by_place_with_a_warning():
    frame, rng = _rows(200)
    frame["b"] = rng.normal(size=200)
    numbers = frame[["b", "a"]]
    model = JourneymanRegressor(trials=2, random_state=0).fit(numbers, frame["a"])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        by_place = model.predict(numbers.to_numpy())
    assert np.array_equal(by_place, model.predict(numbers))
    unnamed = numbers.set_axis([0, 1], axis=1)
    model = JourneymanRegressor(trials=2, random_state=0).fit(unnamed, frame["a"])
    assert np.array_equal(model.predict(unnamed), model.predict(numbers.to_numpy()))


def test_sparse_matrices_are_learned_from():
    rng = np.random.default_rng(0)
    x = sparse.random(200, 10, 0.3, random_state=0, format="csr")
    y = np.asarray(x[:, 0].todense()).ravel() + 0.01 * rng.normal(size=200)
    model = JourneymanRegressor(trials=2, random_state=0).fit(x, y)
    assert np.array_equal(model.predict(x), model.predict(x.toarray()))


@pytest.mark.parametrize(
    "labels",
    [
        np.array([2**53, 2**53 + 1, 2**63 - 1]),
        pytest.param(np.array([2**63, 2**64 - 1, 2**64 - 2], dtype=np.uint64), marks=pytest.mark.slow),
        np.array(["1", "2", "02"], dtype=object),
        pytest.param(np.array([True, False]), marks=pytest.mark.slow),
        pytest.param(np.array([-1, 1], dtype=np.int8), marks=pytest.mark.slow),
        pd.Series(["a", "b"], dtype="category"),
        pytest.param(pd.Series([2**60 + 1, 2**60 + 2], dtype="Int64"), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_predictions_are_labels_as_they_were_given(labels):
    frame, _ = _rows(200)
    codes = np.digitize(frame["a"], np.quantile(frame["a"], np.linspace(0, 1, len(labels) + 1)[1:-1]))
    y = pd.Series(labels).iloc[codes].reset_index(drop=True)
    model = JourneymanClassifier(trials=2, random_state=0).fit(frame, y)
    predicted = model.predict(frame.iloc[:50])
    assert len(predicted) == 50
    assert set(model.classes_.tolist()) == set(pd.Series(labels).tolist())
    assert set(predicted.tolist()) <= set(pd.Series(labels).tolist())


def test_missing_labels_are_refused_in_words():
    frame, _ = _rows(100)
    with pytest.raises(ValueError, match="missing labels"):
        JourneymanClassifier(trials=1).fit(frame, [None, "a"] * 50)


def test_truth_values_among_objects_are_labels():
    frame, _ = _rows(100)
    model = JourneymanClassifier(trials=1).fit(frame, pd.Series([True, False] * 50, dtype=object))
    assert model.classes_.tolist() == [False, True]


def test_rows_that_only_have_names_are_answered_and_rows_that_have_nothing_refused_in_words():
    names = pd.DataFrame({"id": [f"ID{i:05d}" for i in range(60)]})
    y = np.arange(60) % 2
    assert len(JourneymanClassifier(trials=1).fit(names, y).predict(names.iloc[:3])) == 3
    with pytest.raises(ValueError, match="no column is left"):
        JourneymanClassifier(trials=1).fit(pd.DataFrame({"t": ["a"] * 60}), y)
