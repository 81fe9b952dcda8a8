"""The estimators keep scikit-learn's contract, all of it, and fit in where its estimators do."""

from __future__ import annotations

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from journeyman import JourneymanClassifier, JourneymanRegressor

# Rows are divided into folds, and repeated rows are other folds than weighted ones: equal in spirit, not to the bit
# (tests/unit/test_estimator_weights.py has what holds).
_NOT_TO_THE_BIT = dict.fromkeys(
    ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"),
    "folds of repeated rows are other folds",
)


# Two trials are an ensemble; the third to be tried is CatBoost, which learns of ten rows in all 4,000 rounds, fold
# after fold: that says nothing of the contract.
@pytest.mark.slow
@parametrize_with_checks(
    [JourneymanClassifier(trials=2), JourneymanRegressor(trials=2)], expected_failed_checks=lambda _: _NOT_TO_THE_BIT
)
def test_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def orders():
    """Return 200 orders whose price follows from columns of all kinds."""
    rng = np.random.default_rng(3)
    n = 200
    frame = pd.DataFrame(
        {
            "weight": rng.gamma(2.0, 3.0, n).round(2),
            "pieces": rng.integers(1, 9, n),
            "express": rng.random(n) < 0.3,
            "country": rng.choice(["Norway", "Spain", "Kenya"], n),
            "class": pd.Categorical(rng.choice(["a", "b"], n)),
            "ordered": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D"),
            "remark": [" ".join(rng.choice(["fragile", "gift", "late", "call", "blue", "heavy"], 4)) for _ in range(n)],
        }
    )
    frame.loc[::17, "weight"] = np.nan
    frame.loc[::19, "country"] = None
    price = 5 + 3 * frame["weight"].fillna(6) + 20 * frame["express"] + 10 * (frame["country"] == "Kenya")
    return frame, (price + rng.normal(0, 2, n)).to_numpy()


@pytest.mark.slow
def test_frames_of_all_kinds_are_learned_from(orders):
    frame, price = orders
    train, test = frame.iloc[:140], frame.iloc[140:]
    regressor = JourneymanRegressor(trials=3, random_state=0).fit(train, price[:140])
    assert list(regressor.feature_names_in_) == list(frame.columns)
    assert regressor.score(test, price[140:]) > 0.6
    dear = np.where(price > np.median(price), "dear", "cheap")
    classifier = JourneymanClassifier(trials=3, random_state=0).fit(train, dear[:140])
    assert set(classifier.predict(test)) == {"cheap", "dear"}
    assert classifier.score(test, dear[140:]) > 0.75
    # Rows are answered one by one as they are answered together, unseen categories and missing values too.
    strange = test.assign(country="Atlantis", remark=None).iloc[:5]
    together = classifier.predict_proba(strange)
    alone = np.vstack([classifier.predict_proba(strange.iloc[[i]]) for i in range(len(strange))])
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@pytest.mark.slow
def test_a_fitted_one_is_copied_and_carried_into_another_process(orders, tmp_path):
    frame, price = orders
    fitted = JourneymanRegressor(trials=3, random_state=0, metric="mae").fit(frame, price)
    expected = fitted.predict(frame)
    unfitted = clone(fitted)
    assert unfitted.get_params() == fitted.get_params()
    assert not hasattr(unfitted, "model_")
    assert np.array_equal(unfitted.fit(frame, price).predict(frame), expected)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(frame), expected)
    joblib.dump((fitted, frame), tmp_path / "fitted.joblib")
    program = (
        "import sys, joblib, numpy as np\n"
        "fitted, frame = joblib.load(sys.argv[1])\n"
        "np.save(sys.argv[2], fitted.predict(frame))\n"
    )
    places = [str(tmp_path / "fitted.joblib"), str(tmp_path / "answers.npy")]
    subprocess.run([sys.executable, "-c", program, *places], check=True)
    assert np.array_equal(np.load(places[1]), expected)


@pytest.mark.slow
def test_it_is_cross_validated_and_searched_like_any_other():
    x, y = load_diabetes(return_X_y=True, as_frame=True)
    scores = cross_val_score(JourneymanRegressor(trials=2, random_state=0), x, y, cv=3)
    assert scores.shape == (3,)
    assert scores.min() > 0.35
    grid = GridSearchCV(
        JourneymanClassifier(trials=2, random_state=0), {"metric": ["roc_auc", "log_loss"]}, cv=2, scoring="roc_auc"
    ).fit(x, y > 140)
    assert set(grid.cv_results_["param_metric"]) == {"roc_auc", "log_loss"}
    assert grid.best_score_ > 0.75
    assert grid.predict(x).dtype == bool


def test_a_frame_with_names_leads_to_no_warning(orders, recwarn):
    x, price = orders
    model = JourneymanRegressor(trials=2, random_state=0).fit(x, price.astype(object))
    model.fit(x, price).predict(x)
    assert [str(w.message) for w in recwarn if "feature names" in str(w.message)] == []


@pytest.mark.parametrize("bad", [None, [1.0, float("nan")] * 100, [[1.0, 2.0]] * 200])
def test_a_target_beside_a_frame_is_checked(orders, bad):
    with pytest.raises(ValueError, match="y"):
        JourneymanRegressor(trials=2).fit(orders[0], bad)
