"""On real tables: a model that knows something is released, a shuffled target is not, an earthquake is not foretold."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.decision import Verdict
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.metrics import METRICS
from journeyman.stages.decide import decide
from journeyman.stages.evaluate import evaluate
from journeyman.stages.explain import explain
from journeyman.stages.profile import profile

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def judge(x, y, labels, seed=0):
    """Carry a random forest through profile, evaluate, explain and decide."""
    classify = bool(labels)
    rng = np.random.default_rng(seed)
    frame = x.copy()
    frame["target"] = pd.Categorical.from_codes(y.astype(int), categories=list(labels)) if classify else y
    kind = Kind.CATEGORY if classify else Kind.NUMBER
    columns = (*(Column(c, Kind.NUMBER) for c in x), Column("target", kind, Role.TARGET, categories=labels))
    n = len(y)
    table = Table("t", frame, columns, "0", n)
    rows = rng.permutation(n)
    kept, train = np.sort(rows[: n // 5]), np.sort(rows[n // 5 :])
    parts = np.array_split(rng.permutation(train), 3)
    folds = tuple(Fold(np.setdiff1d(train, part), np.sort(part)) for part in parts)
    split = Split(Scheme.SHUFFLED, train, kept, folds, "")
    values = x.to_numpy()

    def fit(rows):
        forest = RandomForestClassifier if classify else RandomForestRegressor
        model = forest(50, min_samples_leaf=3, random_state=0).fit(values[rows], y[rows])
        return (lambda z: model.predict_proba(z)) if classify else (lambda z: model.predict(z)[:, None])

    oof = np.concatenate([fit(f.fit)(values[f.validate]) for f in folds])
    task = Task("target", "binary" if classify else "regression", "roc_auc" if classify else "rmse", labels)
    truth = y[np.concatenate([f.validate for f in folds])]
    ensemble = Ensemble((), METRICS[task.metric].score(truth, oof), oof, threshold=0.5 if classify else None)
    final = fit(train)

    def predict(block):
        return final(np.column_stack([block[c] for c in x]))

    described = profile(None, None, table, task, split)
    found = evaluate(predict, ensemble, table, task, split, seed)
    explained = explain(predict, table, task, split, found, 36_000, seed)
    return described, found, explained, decide(task, found, (), None)


def cancer():
    bunch = load_breast_cancer(as_frame=True)
    return bunch.data, bunch.target.to_numpy(np.float64)


def test_a_model_that_knows_something_is_released():
    x, y = cancer()
    described, found, explained, decision = judge(x, y, ("malignant", "benign"))
    assert decision.verdict in (Verdict.RELEASE, Verdict.RELEASE_WITH_CARE)
    assert found.main.gain_low > 0.4
    telling = {c.name: c.association for c in described.columns}
    assert telling["worst perimeter"] > 0.4 > telling["fractal dimension error"]
    assert len(explained.dependences) == 6


def test_a_shuffled_target_is_not_released():
    x, y = cancer()
    shuffled = np.random.default_rng(7).permutation(y)
    _, found, _, decision = judge(x, shuffled, ("malignant", "benign"))
    assert decision.verdict is Verdict.DO_NOT_RELEASE
    assert found.main.low < 0.5 < found.main.high


def test_an_earthquake_is_not_foretold():
    path = DATA / "tabular" / "quake.csv.gz"
    if not path.exists():
        pytest.skip(f"needs {path}")
    with gzip.open(path, "rt") as lines:
        frame = pd.read_csv(lines).astype(float)
    _, found, _, decision = judge(frame.drop(columns="richter"), frame["richter"].to_numpy(), ())
    print(decision.reason)
    assert decision.verdict is not Verdict.RELEASE
    assert found.main.value > 0.95 * found.main.baseline
