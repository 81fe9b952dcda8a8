"""A recorded program becomes one source that learns and predicts: equal, for one row, in any order."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.conversion import OperationKind, PipelineCode, ProjectChecks
from journeyman.entities.recording import Recording
from journeyman.errors import InputError
from journeyman.runtime.confined_program import Limits
from journeyman.runtime.recorder import record_program
from journeyman.runtime.try_pipeline import try_pipeline
from journeyman.stages.plan_pipeline import list_models, plan_pipeline

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="programs are confined by Linux")]

_LIMITS = Limits(seconds=120.0)


def _write_people(path: Path) -> None:
    random = np.random.default_rng(0)
    n = 120
    people = pd.DataFrame(
        {
            "Age": random.integers(18, 80, n).astype(float),
            "Sex": random.choice(["f", "m"], n),
            "Town": random.choice(["A", "B", "C"], n),
            "Fare": random.gamma(2.0, 20.0, n).round(2),
            "Bought": random.integers(0, 2, n),
        }
    )
    people.loc[::7, "Age"] = np.nan
    people.loc[::11, "Town"] = np.nan
    people.to_csv(path, index=False)


def _planned(source: str, folder: Path) -> tuple[Recording, PipelineCode, ProjectChecks]:
    """Record a program, plan its pipeline and try it."""
    work, tried = folder / "work", folder / "tried"
    work.mkdir()
    (tried / "data").mkdir(parents=True)
    _write_people(work / "people.csv")
    _write_people(tried / "data" / "people.csv")
    recording = record_program(source, work, _LIMITS)
    code = plan_pipeline(recording, None, None)
    return recording, code, try_pipeline(code, recording, tried, _LIMITS)


def _passes(checks: ProjectChecks) -> bool:
    told = (checks.equal_predictions, checks.one_row_equal, checks.shuffled_equal, checks.missing_column_told)
    return all(told) and not checks.message


def test_statistics_dummies_filters_and_a_division(tmp_path: Path) -> None:
    source = """\
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

df = pd.read_csv('people.csv')
df.head()
# gaps are filled with what most are
df['Age'] = df['Age'].fillna(df['Age'].median())
df.dropna(inplace=True)
df = df[df.Fare < 150]
plt.hist(df.Age)
df = pd.get_dummies(df, columns=['Sex', 'Town'], drop_first=True)
X = df.drop('Bought', axis=1)
y = df['Bought']
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
model = LogisticRegression()
model.fit(X_train, y_train)
print(accuracy_score(y_test, model.predict(X_test)))
"""
    recording, code, checks = _planned(source, tmp_path)
    assert _passes(checks), checks
    assert code.target == "Bought"
    assert "Bought" not in code.columns
    kinds = {operation.text.split(" ")[0]: operation.kind for operation in code.operations}
    assert kinds["df['Age']"] is OperationKind.LEARNED
    assert kinds["X_train,"] is OperationKind.SPLIT
    assert kinds["df.dropna(inplace=True)"] is OperationKind.FILTER
    assert "plt" not in "".join(code.modules.values())
    assert "# gaps are filled with what most are" in code.modules["preparation.py"]
    assert list_models(recording)[-1].metric == "accuracy_score"


def test_encoders_in_loops_bins_groups_and_functions(tmp_path: Path) -> None:
    source = """\
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import LabelEncoder

people = pd.read_csv("people.csv")
means = list(people.groupby('Sex')['Age'].mean())

def age_of(row):
    if pd.isnull(row['Age']):
        return means[0] if row['Sex'] == 'f' else means[1]
    return row['Age']

def scaled(column):
    return (column - column.mean()) / column.std()

people['Age'] = people.apply(age_of, axis=1)
people['Town'] = people['Town'].fillna(people['Town'].mode()[0])
people['FareOfTown'] = people.groupby('Town')['Fare'].transform('mean')
people['Band'] = pd.qcut(people['Fare'], 4, labels=False)
people['Fare'] = scaled(people['Fare'])
encoder = LabelEncoder()
for name in ['Sex', 'Town']:
    people[name] = encoder.fit_transform(people[name])
    print(name)
columns = [c for c in people.columns if c != 'Bought']
forest = RandomForestClassifier(n_estimators=20)
forest.fit(people[columns], people.Bought)
predicted = forest.predict(people[columns])
print(np.mean(predicted == people.Bought))
"""
    _, code, checks = _planned(source, tmp_path)
    assert _passes(checks), checks
    assert "print" not in "".join(code.modules.values())
    assert code.target == "Bought"


def test_a_data_set_of_a_library_and_a_loop_over_divisions(tmp_path: Path) -> None:
    source = """\
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

iris = load_iris()
X, y = iris.data, iris.target
for train, test in StratifiedKFold(n_splits=3, shuffle=True, random_state=1).split(X, y):
    X_train, X_test = X[train], X[test]
    tree = DecisionTreeClassifier(random_state=0)
    tree.fit(X_train, y[train])
    print(accuracy_score(y[test], tree.predict(X_test)))
"""
    _, code, checks = _planned(source, tmp_path)
    assert checks.equal_predictions, checks
    assert checks.one_row_equal
    assert checks.n_compared == 50
    assert code.target == "target"
    assert code.columns[0] == "sepal length (cm)"


def test_a_program_without_a_model_is_refused() -> None:
    recording = Recording(source="x = 1\n", finished=True, ended="done", seconds=0.0)
    assert list_models(recording) == ()
    with pytest.raises(InputError, match="no model was fitted"):
        plan_pipeline(recording, None, None)


def test_a_function_that_learns_is_called_for_both_parts(tmp_path: Path) -> None:
    source = """\
import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

def load():
    return pd.read_csv("people.csv")

def prepare(data, fill):
    data = data.copy()
    data["Age"] = data["Age"].fillna(fill)
    data["z"] = (data["Fare"] - data["Fare"].mean()) / data["Fare"].std()
    return data[["Age", "z"]].values

def evaluate(model, X, y):
    print(accuracy_score(y, model.predict(X)))

df = load()
np.random.seed(1)
mask = np.random.rand(len(df)) < 0.8
train = df[mask]
test = df[~mask]
fill = train.Age.median()
X_train, X_test = prepare(train, fill), prepare(test, fill)
for strength in [0.1, 1.0]:
    model = LogisticRegression(C=strength)
    model.fit(X_train, train.Bought.values)
    evaluate(model, X_test, test.Bought.values)
"""
    _, code, checks = _planned(source, tmp_path)
    assert checks.equal_predictions, checks
    assert "np.random.seed(1)" in code.modules["training.py"]
    assert "KMeans" not in "".join(code.modules.values())
