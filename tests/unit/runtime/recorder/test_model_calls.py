"""Calls of models are recognised: which rows they learned and judged, what came out, whose prediction was scored."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.recorded_program import calls_of, record, row_numbers

from journeyman.entities.recording import CallRole, Recording

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are confined by Linux")

OPENING = """\
import numpy as np
import pandas as pd
df = pd.read_csv('t.csv')
X, y = df[['a', 'b']], df['y']
X_train, X_test = X[df.index % 3 > 0], X[df.index % 3 == 0]
y_train, y_test = y[X_train.index], y[X_test.index]
"""

SCIKIT = """\
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, r2_score, silhouette_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
scaler = StandardScaler()
scaler.fit_transform(X_train)
m = LogisticRegression().fit(X_train, y_train)
m.score(X_test, y_test)
search = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {'logisticregression__C': [1, 2]}, cv=3)
search.fit(X_train, y_train)
best = search.best_estimator_
probability = best.predict_proba(X_test)[:, 1]
f1_score(y_test, (probability > 0.5).astype(int))
f1_score(y_test, [1 if v > 0.4 else 0 for v in probability])
cross_val_score(LogisticRegression(C=3), X, y, cv=3).mean()
cross_validate(RandomForestClassifier(3), X, y, cv=3)
accuracy_score(y, cross_val_predict(m, X, y, cv=3))
for train, test in KFold(2).split(X):
    fold = LogisticRegression()
    fold.fit(X.iloc[train], y.iloc[train])
    accuracy_score(y.iloc[test], fold.predict(X.iloc[test]))
groups = KMeans(2, n_init=1).fit(X)
silhouette_score(X, groups.labels_)
class Mine:
    def fit(self, X, y):
        self.inner = LogisticRegression().fit(X, y)
        return self
    def predict(self, X):
        return self.inner.predict(X)
mine = Mine().fit(X_train, y_train)
r2_score(y_test, mine.predict(X_test))
tried = {}
for k in range(30):
    one = LogisticRegression(C=k + 1)
    one.fit(X_train, y_train)
    tried[k] = one
m.predict([[1, 2]])
"""


def recorded(tmp_path: Path, source: str) -> Recording:
    values = np.random.default_rng(0)
    (tmp_path / "work").mkdir()
    table = np.c_[values.normal(size=(45, 2)), np.arange(45) % 2]
    np.savetxt(
        tmp_path / "work" / "t.csv", table, delimiter=",", header="a,b,y", comments="", fmt=["%.6f", "%.6f", "%d"]
    )
    seen = record(tmp_path, OPENING + source)
    assert [(f.line, f.message) for f in seen.failures] == []
    return seen


TEST = list(range(0, 45, 3))
TRAIN = [k for k in range(45) if k % 3]


def test_calls_of_scikit_learn(tmp_path: Path) -> None:
    seen = recorded(tmp_path, SCIKIT)
    names = {model.number: (model.variable, model.name.rpartition(".")[2]) for model in seen.models}

    def told(text: str) -> tuple[object, ...]:
        call = calls_of(seen, text)[-1]
        rows = [row_numbers(seen, one) for one in call.rows]
        return call.role, None if call.model is None else names[call.model], rows

    assert told("scaler.fit_transform(X_train)")[1:] == (("scaler", "StandardScaler"), [TRAIN])
    assert told("m.score(X_test, y_test)") == (CallRole.SCORE, ("m", "LogisticRegression"), [TEST, TEST])
    assert told("search.fit(X_train, y_train)") == (CallRole.FIT, ("search", "GridSearchCV"), [TRAIN, TRAIN])
    searched = ("search", "GridSearchCV")
    assert told("best.predict_proba(X_test)") == (CallRole.PROBABILITY, searched, [TEST])
    for text in ("(probability > 0.5).astype(int)", "[1 if v > 0.4 else 0 for v in probability]"):
        assert told(f"f1_score(y_test, {text})") == (CallRole.METRIC, searched, [TEST, TEST])
    whole = list(range(45))
    crossed = told("cross_val_score(LogisticRegression(C=3), X, y, cv=3)")
    assert crossed == (CallRole.CROSS_VALIDATION, ("", "LogisticRegression"), [whole, whole])
    assert told("accuracy_score(y, cross_val_predict(m, X, y, cv=3))")[1] == ("m", "LogisticRegression")
    assert told("silhouette_score(X, groups.labels_)") == (CallRole.METRIC, ("groups", "KMeans"), [whole, whole])
    assert told("mine.predict(X_test)") == (CallRole.PREDICT, ("mine", "Mine"), [TEST])
    assert told("r2_score(y_test, mine.predict(X_test))")[1] == ("mine", "Mine")
    assert not [
        call for call in seen.calls if call.name.endswith("LogisticRegression.predict") and call.span.line == 38
    ]
    folds = [call for call in seen.calls if call.role is CallRole.SPLIT]
    assert [[len(seen.row_sets[one].numbers) for one in call.given] for call in folds] == [[22, 23], [23, 22]]
    fits = calls_of(seen, "fold.fit(X.iloc[train], y.iloc[train])")
    assert [call.rows[0] for call in fits] == [call.given[0] for call in folds]
    [by_hand] = calls_of(seen, "m.predict([[1, 2]])")
    assert (by_hand.rows, by_hand.given) == ((None,), ())
    value = calls_of(seen, "m.score(X_test, y_test)")[0].value
    assert value is not None
    assert 0 <= value <= 1

    added = [call for call in seen.calls if call.added]
    asked = [names[call.model] for call in added if call.model is not None]
    assert asked.count(("", "LogisticRegression")) + asked.count(("one", "LogisticRegression")) == 4
    assert {("m", "LogisticRegression"), ("groups", "KMeans"), ("", "RandomForestClassifier")} <= set(asked)
    assert ("mine", "Mine") not in asked
    assert ("search", "GridSearchCV") not in asked
    own = next(call for call in added if call.model is not None and names[call.model][0] == "m")
    assert row_numbers(seen, own.given[0]) == TRAIN
    assert seen.arrays[str(own.inputs)].shape == (30, 2)
    assert seen.arrays[str(own.output)].shape == (30,)


OTHERS = {
    "statsmodels": (
        """\
import statsmodels.api as sm
import statsmodels.formula.api as smf
from sklearn.metrics import mean_squared_error
results = sm.OLS(y_train, sm.add_constant(X_train)).fit()
mean_squared_error(y_test, results.predict(sm.add_constant(X_test)))
by_formula = smf.ols('y ~ a', data=df[df.a > 0]).fit()
by_formula.predict(X_test)
""",
        [("results", "OLS", "fit"), ("results", "OLS", "predict"), ("results", "OLS", "metric"),
         ("by_formula", "OLS", "fit"), ("by_formula", "OLS", "predict")],
    ),
    "xgboost": (
        """\
import xgboost
from sklearn.metrics import roc_auc_score
trained = xgboost.DMatrix(X_train, label=y_train)
booster = xgboost.train({'max_depth': 2}, trained, 2)
roc_auc_score(y_test, booster.predict(xgboost.DMatrix(X_test)))
forest = xgboost.XGBRegressor(n_estimators=2).fit(X_train, y_train)
forest.predict(X_test)
""",
        [("booster", "Booster", "fit"), ("booster", "Booster", "predict"),
         ("booster", "Booster", "metric"), ("forest", "XGBRegressor", "fit"),
         ("forest", "XGBRegressor", "predict")],
    ),
    "imblearn": (
        """\
from imblearn.under_sampling import RandomUnderSampler
from sklearn.linear_model import LogisticRegression
X_less, y_less = RandomUnderSampler(random_state=0).fit_resample(X_train, y_train)
m = LogisticRegression().fit(X_less, y_less)
m.predict(X_test)
""",
        [(None, None, "resample"), ("m", "LogisticRegression", "fit"),
         ("m", "LogisticRegression", "predict")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("library", list(OTHERS))
def test_calls_of_other_libraries(library: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    source, wanted = OTHERS[library]
    seen = recorded(tmp_path, source)
    names = {model.number: (model.variable, model.name.rpartition(".")[2]) for model in seen.models}
    calls = [call for call in seen.calls if not call.added]
    told = [
        (
            *((None, None) if call.model is None else names[call.model]),
            call.role.value,
            bool(call.rows) and call.rows[0] is not None,
        )
        for call in calls
    ]
    assert [one[:3] for one in told] == wanted
    assert all(known for *_, known in told)
    predicted = [call for call in calls if call.role is CallRole.PREDICT]
    for call in predicted:
        assert row_numbers(seen, call.given[0]) == TEST
        assert len(seen.arrays[str(call.inputs)]) == len(seen.arrays[str(call.output)]) == len(TEST)
