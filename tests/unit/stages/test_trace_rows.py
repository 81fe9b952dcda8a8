"""Leaks of programs: found where they are planted, and not in the same code without them."""

from __future__ import annotations

import pytest

from journeyman.entities.code_leak import LeakKind
from journeyman.errors import InputError
from journeyman.stages.trace_rows import trace_rows

HEAD = """
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
df = pd.read_csv("t.csv")
X, y = df.drop(columns="y"), df["y"]
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
JUDGED = "model = LogisticRegression().fit(X_train, y_train)\nprint(model.score(X_test, y_test))\n"
BEFORE, RESAMPLED = LeakKind.PREPROCESSING, LeakKind.RESAMPLED
LOOP = """
for model in [LogisticRegression(), RandomForestClassifier()]:
    model.fit(X_train, y_train)
    print(accuracy_score(y_test, model.predict(X_test)))
"""
FUNCTION = """
def evaluated(model, a, b, c, d):
    model.fit(a, c)
    return model.score(b, d)
def scaled(table):
    return (table - table.mean()) / table.std()
"""
FOLDS = """
for train, test in KFold(5).split(X):
    model = LogisticRegression().fit(X[train], y[train])
    print(model.score(X[test], y[test]))
"""
CLASS = """
class Job:
    def __init__(self, table):
        self.table = table
    def prepare(self):
        self.table["a"] = self.table["a"].fillna(self.table["a"].mean())
        return self
    def parts(self):
        return train_test_split(self.table, y)
"""

PLANTED = [
    ("scaler", "X = StandardScaler().fit_transform(X)\n" + SPLIT + JUDGED, BEFORE),
    ("fitted and applied", "s = StandardScaler()\ns.fit(X)\nX = s.transform(X)\n" + SPLIT + JUDGED, BEFORE),
    ("mean", "X['a'] = X['a'].fillna(X['a'].mean())\n" + SPLIT + JUDGED, BEFORE),
    ("mean in place", "X['a'].fillna(X['a'].mean(), inplace=True)\n" + SPLIT + JUDGED, BEFORE),
    ("mean of a function", FUNCTION + "X = scaled(X)\n" + SPLIT + JUDGED, BEFORE),
    ("frequencies", "X['c'] = X['c'].map(X['c'].value_counts())\n" + SPLIT + JUDGED, BEFORE),
    ("bins", "X['a'] = pd.qcut(X['a'], 4)\n" + SPLIT + JUDGED, BEFORE),
    ("components", "X = PCA(2).fit_transform(X)\n" + SPLIT + LOOP, BEFORE),
    ("words", "X = TfidfVectorizer().fit_transform(df['text'])\n" + SPLIT + JUDGED, BEFORE),
    ("folds", "X = StandardScaler().fit_transform(X)\n" + FOLDS, BEFORE),
    (
        "cross-validated",
        "X = StandardScaler().fit_transform(X)\ncross_val_score(LogisticRegression(), X, y)\n",
        BEFORE,
    ),
    (
        "two tables",
        "other = pd.read_csv('u.csv')\nboth = pd.concat([df, other])\nboth['a'] = both['a'] - both['a'].min()\n"
        "train, test = both[:len(df)], both[len(df):]\nmodel = LogisticRegression()\n"
        "model.fit(train.drop(columns='y'), train['y'])\nmodel.predict(test)\n",
        BEFORE,
    ),
    ("a class", CLASS + "X_train, X_test, y_train, y_test = Job(X).prepare().parts()\n" + JUDGED, BEFORE),
    ("statistics of the test rows", SPLIT + "X_test['a'] = X_test['a'] - X_test['a'].mean()\n" + JUDGED, BEFORE),
    ("synthetic rows", "X, y = SMOTE().fit_resample(X, y)\n" + SPLIT + JUDGED, RESAMPLED),
    (
        "drawn with replacement",
        "df = df.sample(900, replace=True)\nX, y = df[['a']], df['y']\n" + SPLIT + JUDGED,
        RESAMPLED,
    ),
    ("training score", "m = RandomForestClassifier()\nm.fit(X, y)\nm.score(X, y)\n", LeakKind.TRAINING_SCORE),
    ("learned from all", SPLIT + "m = LogisticRegression()\nm.fit(X, y)\nm.score(X_test, y_test)\n", LeakKind.OVERLAP),
]

HONEST = [
    (
        "scaler",
        SPLIT + "s = StandardScaler().fit(X_train)\nX_train, X_test = s.transform(X_train), s.transform(X_test)\n",
    ),
    (
        "mean",
        SPLIT + "m = X_train['a'].mean()\nX_train['a'] = X_train['a'].fillna(m)\nX_test['a'] = X_test['a'].fillna(m)\n",
    ),
    ("constant", "X['a'] = X['a'].fillna(0)\n" + SPLIT),
    ("dummies", "X = pd.get_dummies(X)\n" + SPLIT),
    ("codes", "X['c'] = LabelEncoder().fit_transform(X['c'])\n" + SPLIT),
    ("bins with edges", "X['a'] = pd.cut(X['a'], [0, 10, 20])\n" + SPLIT),
    ("row by row", "X['s'] = X[['a', 'b']].mean(axis=1)\nX['t'] = X.apply(lambda r: r.max(), axis=1)\n" + SPLIT),
    ("pictures", "print(X.mean(), X.corr())\nX.describe()\n" + SPLIT),
    ("synthetic rows", SPLIT + "X_train, y_train = SMOTE().fit_resample(X_train, y_train)\n"),
    (
        "by time",
        "X_train, X_test = X[X.year < 2015], X[X.year >= 2015]\n"
        "y_train, y_test = y[X.year < 2015], y[X.year >= 2015]\n",
    ),
    ("complement", "mask = X['a'] > 3\nX_train, X_test, y_train, y_test = X[mask], X[~mask], y[mask], y[~mask]\n"),
    (
        "sampled",
        "X_train = X.sample(frac=0.8)\nX_test = X.drop(X_train.index)\n"
        "y_train, y_test = y[X_train.index], y.drop(X_train.index)\n",
    ),
    (
        "training score beside",
        SPLIT + "m = LogisticRegression().fit(X_train, y_train)\nm.score(X_train, y_train)\nm.score(X_test, y_test)\n",
    ),
]


@pytest.mark.parametrize(("code", "kind"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED])
def test_a_planted_leak_is_found(code: str, kind: LeakKind) -> None:
    found = trace_rows(HEAD + code)
    assert {leak.kind for leak in found} == {kind}
    assert all(leak.cause <= leak.judged for leak in found)


@pytest.mark.parametrize("code", [h[1] for h in HONEST], ids=[h[0] for h in HONEST])
def test_honest_code_has_none(code: str) -> None:
    assert trace_rows(HEAD + code + JUDGED + LOOP) == ()


def test_a_pipeline_that_is_fitted_in_each_fold_has_none() -> None:
    code = "model = make_pipeline(StandardScaler(), LogisticRegression())\ncross_val_score(model, X, y)\n"
    assert trace_rows(HEAD + code + SPLIT + "model.fit(X_train, y_train)\nmodel.score(X_test, y_test)\n") == ()


def test_a_leak_tells_its_lines() -> None:
    [leak] = trace_rows(HEAD + "X = PCA(2).fit_transform(X)\n" + SPLIT + JUDGED)
    first = HEAD.count("\n") + 1
    assert (leak.cause, leak.line, leak.judged, leak.method) == (first, first + 2, first + 3, "LogisticRegression.fit")


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(InputError, match="no Python of today"):
        trace_rows("print 'two'\n")


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    return f(x)\nf(df)\n",
        "while True:\n    X = X.append(X)\n",
        "a = [[df]]\na.append(a)\nb = np.array(a)\n",
        "x, *z = df\n(p, q), r = foo()\nw[0].a[1:2, ...] = lambda: 1\n",
        "@decorated\nasync def g():\n    async with a as b:\n        await c\n",
        "try:\n    import z\nexcept ImportError:\n    z = None\nelse:\n    pass\nfinally:\n    del z\n",
        "match X:\n    case 1:\n        pass\n",
        "class A(A):\n    def fit(self, X):\n        return self.fit(X)\nA().fit(df)\n",
        "f = lambda *a, **k: f(*a, **k)\nf(1, z=2)\n",
    ],
)
def test_odd_programs_end(code: str) -> None:
    trace_rows(HEAD + code)
