"""What the estimators make of sample_weight, and what they say a model relies on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import mean_squared_error, roc_auc_score

from journeyman import JourneymanClassifier, JourneymanRegressor


def _rows(seed: int, n: int = 300):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    return X, 2.0 * X[:, 0] - X[:, 1] + 0.1 * rng.normal(size=n)


@pytest.mark.slow
def test_rows_that_weigh_next_to_nothing_mislead_nobody():
    X, y = _rows(0)
    wrong = np.arange(len(y)) % 2 == 0
    misled = np.where(wrong, -y, y)
    weights = np.where(wrong, 0.01, 1.0)
    test, truth = _rows(1)
    model = JourneymanRegressor(trials=7, random_state=0)
    unaware = clone(model).fit(X, misled).score(test, truth)
    aware = clone(model).fit(X, misled, sample_weight=weights)
    assert unaware < 0.5 < 0.9 < aware.score(test, truth)
    # Of what was tried with weights, nothing learned without them, and what could not is named.
    assert {"neighbours"} <= set(aware.model_.left_out)
    assert not set(aware.model_.left_out) & {t.candidate.algorithm for t in aware.model_.search.trials}


@pytest.mark.slow
def test_a_row_of_weight_zero_is_as_good_as_not_there():
    X, y = _rows(2)
    kept = np.arange(len(y)) % 3 > 0
    given = JourneymanRegressor(trials=3, random_state=0).fit(X, y, sample_weight=kept.astype(float))
    removed = JourneymanRegressor(trials=3, random_state=0).fit(X[kept], y[kept], sample_weight=np.ones(kept.sum()))
    assert np.array_equal(given.predict(X), removed.predict(X))


@pytest.mark.slow
def test_a_weight_of_three_is_like_three_rows():
    X, y = _rows(3)
    slope = np.where(X[:, 2] > 0, 3.0, -1.0)  # two populations: the weight decides whose slope a line has
    y = slope * X[:, 0]
    counts = np.where(X[:, 2] > 0, 3, 1)
    model = JourneymanRegressor(trials=2, random_state=0)  # a constant, and a line
    weighted = clone(model).fit(X, y, sample_weight=counts.astype(float))
    repeated = clone(model).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    plain = clone(model).fit(X, y)
    others, _ = _rows(33)  # rows that were there several times are looked up; these were never there
    distance = mean_squared_error(repeated.predict(others), weighted.predict(others))
    assert distance < 0.05 * mean_squared_error(repeated.predict(others), plain.predict(others))


@pytest.mark.slow
def test_the_score_that_chooses_is_weighted():
    rng = np.random.default_rng(4)
    X, y = _rows(4)
    labels = (y + rng.normal(size=len(y)) > 0).astype(int)
    weights = rng.gamma(0.5, 1.0, len(y))
    fitted = JourneymanClassifier(trials=2, random_state=0).fit(X, labels, sample_weight=weights)
    ensemble = fitted.model_.search.ensemble
    # Out-of-fold predictions come in the order of the folds: a score of all rows needs their labels in it.
    found = [t.score for t in fitted.model_.search.trials]
    assert ensemble.score in found
    plain = JourneymanClassifier(trials=2, random_state=0).fit(X, labels).model_.search.ensemble
    assert plain.score != ensemble.score


def test_one_label_only_after_rows_of_weight_zero_is_refused():
    X, y = _rows(5, 60)
    labels = np.where(y > 0, "a", "b")
    with pytest.raises(ValueError, match=r"one class only: 'a' \(hint"):
        JourneymanClassifier(trials=1).fit(X, labels, sample_weight=(labels == "a").astype(float))


@pytest.mark.parametrize(
    "weights", [np.full(60, -1.0), np.zeros(60), np.ones(59), np.ones((60, 2)), np.full(60, np.nan)]
)
def test_weights_that_are_none_are_refused(weights):
    X, y = _rows(6, 60)
    with pytest.raises(ValueError):  # noqa: PT011 - the contract names no message
        JourneymanRegressor(trials=1).fit(X, y, sample_weight=weights)


def test_importances_name_what_the_model_relies_on():
    X, y = _rows(7)
    frame = pd.DataFrame(X, columns=["much", "some", "none"]).assign(same="one value")
    fitted = JourneymanRegressor(trials=2, random_state=0).fit(frame, y)
    importances = dict(zip(fitted.feature_names_in_, fitted.feature_importances_, strict=True))
    assert fitted.n_features_in_ == len(fitted.feature_importances_) == 4
    assert sum(importances.values()) == pytest.approx(1.0)
    assert importances["much"] > importances["some"] > 0.1 > importances["none"]
    assert importances["same"] == 0.0
    # Another fit has importances of its own.
    fitted.fit(frame, X[:, 1])
    assert fitted.feature_importances_[1] > 0.9


def test_arrays_have_importances_too():
    X, y = _rows(8, 100)
    assert JourneymanRegressor(trials=2, random_state=0).fit(X, y).feature_importances_.argmax() == 0
    with pytest.raises(ValueError, match="not fitted"):
        _ = JourneymanRegressor().feature_importances_


def test_weighted_roc_auc_agrees_with_scikit_learn():
    from journeyman.metrics import METRICS  # noqa: PLC0415 - beside what it is compared with
    from journeyman.metrics.weighted import score_rows  # noqa: PLC0415 - as above

    rng = np.random.default_rng(9)
    y, p, w = rng.integers(0, 2, 200), rng.random(200).round(1), rng.gamma(0.5, 1.0, 200)
    ours = score_rows(METRICS["roc_auc"], y.astype(float), np.column_stack([1 - p, p]), w)
    assert ours == pytest.approx(roc_auc_score(y, p, sample_weight=w))
