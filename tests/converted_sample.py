"""A small prototype, its recording and the pipeline's code as a person would write it: what parts of `convert` get."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from journeyman.entities.code_change import CodeChange
from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.conversion import (
    ConversionReport,
    ModelChoice,
    Operation,
    OperationKind,
    PipelineCode,
    ProjectChecks,
)
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.recording import CallRole, RecordedCall, RecordedTable, Recording, RowSet, Span

NAME = "Titanic survivors.ipynb"
SOURCE = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
df = pd.read_csv("train.csv")
df["Age"] = df["Age"].fillna(df["Age"].median())
df = df.dropna(subset=["Embarked"])
df["Family"] = df["SibSp"] + df["Parch"]
X = pd.get_dummies(df[["Pclass", "Sex", "Age", "Family", "Fare", "Embarked"]], drop_first=True)
y = df["Survived"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression(max_iter=1000)
model.fit(X_train, y_train)
print(accuracy_score(y_test, model.predict(X_test)))
"""
LEARNED = '''\
"""What preparation learns from rows, kept for predicting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Learned:
    """Values by name: computed in training, given back in predicting."""

    def __init__(self) -> None:
        self.learning = True
        self._values: dict[str, Any] = {}

    def __call__(self, name: str, compute: Callable[[], Any]) -> Any:
        """Return the value of a name."""
        if self.learning:
            self._values[name] = compute()
        return self._values[name]
'''
PREPARATION = '''\
"""From rows of passengers to features."""

import pandas as pd

from .learned import Learned


def prepare(rows: pd.DataFrame, learned: Learned) -> pd.DataFrame:
    df = rows.copy()
    df["Age"] = df["Age"].fillna(learned("age_median", lambda: df["Age"].median()))
    if learned.learning:
        df = df.dropna(subset=["Embarked"])
    df["Family"] = df["SibSp"] + df["Parch"]
    for name in ("Sex", "Embarked"):
        df[name] = pd.Categorical(df[name], categories=learned(name, lambda name=name: sorted(df[name].unique())))
    return pd.get_dummies(df[["Pclass", "Sex", "Age", "Family", "Fare", "Embarked"]], drop_first=True)
'''
TRAINING = '''\
"""The fits of the prototype."""

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split


def fit_as_told(features: pd.DataFrame, target: pd.Series) -> LogisticRegression:
    x_train, _, y_train, _ = train_test_split(features, target, random_state=0)
    return fit(x_train, y_train)


def fit(features: pd.DataFrame, target: pd.Series) -> LogisticRegression:
    return LogisticRegression(max_iter=1000).fit(features, target)
'''
TABLES = '''\
"""The tables that the prototype read."""

from pathlib import Path

import pandas as pd


def read_rows(folder: Path) -> pd.DataFrame:
    return pd.read_csv(Path(folder) / "train.csv")
'''
PIPELINE = '''\
"""All of it: rows in, predictions out."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from . import training
from .learned import Learned
from .preparation import prepare


class Pipeline:
    def fit(self, rows: pd.DataFrame) -> Pipeline:
        return self._fit(rows, training.fit)

    def fit_as_told(self, rows: pd.DataFrame) -> Pipeline:
        return self._fit(rows, training.fit_as_told)

    def _fit(self, rows: pd.DataFrame, fit) -> Pipeline:
        self.learned = Learned()
        features = prepare(rows, self.learned)
        self.model = fit(features, rows.loc[features.index, "Survived"])
        self.learned.learning = False
        return self

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return self.model.predict(prepare(rows, self.learned))

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        return self.model.predict_proba(prepare(rows, self.learned))

    def save(self, path: Path) -> None:
        joblib.dump(self, path)

    @classmethod
    def load(cls, path: Path) -> Pipeline:
        return joblib.load(path)
'''
MODULES = {
    "learned.py": LEARNED,
    "preparation.py": PREPARATION,
    "training.py": TRAINING,
    "tables.py": TABLES,
    "pipeline.py": PIPELINE,
}
COLUMNS = ("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")


@dataclass(frozen=True)
class ConvertedSample:
    """What a conversion has in its hands before the project is written, and the text of ``data/train.csv``."""

    code: PipelineCode
    recording: Recording
    report: ConversionReport
    data: str


def converted_sample() -> ConvertedSample:
    """Return a prototype of 300 rows, run here."""
    rng = np.random.default_rng(7)
    n = 300
    rows = pd.DataFrame(
        {
            "Pclass": rng.integers(1, 4, n),
            "Name": [f"Passenger {k}" for k in range(n)],
            "Sex": rng.choice(["male", "female"], n),
            "Age": np.where(rng.random(n) < 0.2, np.nan, rng.integers(1, 80, n)),
            "SibSp": rng.integers(0, 4, n),
            "Parch": rng.integers(0, 3, n),
            "Fare": rng.lognormal(3, 1, n).round(2),
            "Embarked": rng.choice(["S", "C", "Q", ""], n, p=[0.6, 0.2, 0.18, 0.02]),
        }
    )
    odds = 1.5 * (rows["Sex"] == "female") - 0.6 * (rows["Pclass"] - 2) - 0.05 * (rows["Age"].fillna(40) - 25)
    rows["Survived"] = (odds + rng.normal(0, 1, n) > 0).astype(int)
    text = rows.to_csv(index=False)
    numbers, predicted, score = _run(text)
    recording = Recording(
        SOURCE,
        finished=True,
        ended="done",
        seconds=1.0,
        tables=(
            RecordedTable(
                0,
                Span(5, 5, 5, 29),
                "pandas.read_csv",
                "train.csv",
                "pandas.DataFrame",
                tuple(map(str, rows.columns)),
                n,
            ),
        ),
        calls=(
            RecordedCall(0, Span(13, 0, 13, 27), CallRole.FIT, "LogisticRegression.fit", 0),
            RecordedCall(
                1, Span(14, 29, 14, 50), CallRole.PREDICT, "LogisticRegression.predict", 0, (0,), (0,), output="p1"
            ),
        ),
        row_sets=(RowSet(0, numbers),),
        arrays={"p1": predicted},
    )
    model = ModelChoice(
        0,
        "sklearn.linear_model.LogisticRegression",
        "model",
        score,
        "sklearn.metrics.accuracy_score",
        14,
    )
    operations = (
        Operation(5, 'df = pd.read_csv("train.csv")', OperationKind.READ),
        Operation(6, 'df["Age"] = df["Age"].fillna(df["Age"].median())', OperationKind.LEARNED, "the median of Age"),
        Operation(7, 'df = df.dropna(subset=["Embarked"])', OperationKind.FILTER),
        Operation(8, 'df["Family"] = df["SibSp"] + df["Parch"]', OperationKind.ROW),
        Operation(
            9,
            'X = pd.get_dummies(df[["Pclass", "Sex", "Age", "Family", "Fare", "Embarked"]], drop_first=True)',
            OperationKind.LEARNED,
            "the categories of Sex and Embarked",
        ),
        Operation(11, "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)", OperationKind.SPLIT),
        Operation(13, "model.fit(X_train, y_train)", OperationKind.FIT),
    )
    code = PipelineCode(MODULES, operations, 0, COLUMNS, "Survived", {"train.csv": "data/train.csv"}, (), model, call=1)
    report = ConversionReport(
        prototype=NAME,
        language="Python",
        statements=14,
        kept=9,
        opaque=0,
        operations=operations,
        model=model,
        other_models=(ModelChoice(1, "sklearn.tree.DecisionTreeClassifier", "tree", 0.71, "accuracy", 20),),
        changes=(CodeChange(9, "df.append(x)", "pd.concat([df, x])", "pandas has no append since version 2"),),
        findings=(
            Finding("CV101", Severity.WARNING, ("df",), "Cell 2 uses 'df', which only cell 3 makes.", "Move it."),
        ),
        leaks=(CodeLeak(LeakKind.PREPROCESSING, 13, "LogisticRegression.fit", 6, 14),),
        checks=ProjectChecks(True, True, True, True, len(numbers), 0.0),
        metric="accuracy",
        score_as_told=score,
        score_repeated=score,
        score_honest=score - 0.02,
        honest_low=score - 0.09,
        honest_high=score + 0.04,
        score_build=score + 0.01,
        places={line: f"cell {1 + line // 5}, line {1 + line % 5}" for line in range(1, 15)},
        seconds=12.0,
    )
    return ConvertedSample(code, recording, report, text)


def _run(text: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Run the prototype; return the numbers of the rows that it predicted, what it gave, and its score."""
    df = pd.read_csv(io.StringIO(text))
    df["Age"] = df["Age"].fillna(df["Age"].median())
    df = df.dropna(subset=["Embarked"])
    df["Family"] = df["SibSp"] + df["Parch"]
    features = pd.get_dummies(df[["Pclass", "Sex", "Age", "Family", "Fare", "Embarked"]], drop_first=True)
    x_train, x_test, y_train, y_test = train_test_split(features, df["Survived"], random_state=0)
    predicted = LogisticRegression(max_iter=1000).fit(x_train, y_train).predict(x_test)
    return x_test.index.to_numpy(), predicted, float((predicted == y_test).mean())
