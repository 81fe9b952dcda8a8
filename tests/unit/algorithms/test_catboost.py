"""CatBoost: its trees as arrays predict as it does, with every kind of split, and without it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import catboost
import numpy as np
import pytest

from journeyman.algorithms import catboost_library
from journeyman.algorithms.catboost_trees import CatBoost
from journeyman.algorithms.neural import Neural
from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.interfaces import FitRequest, Matrix

REGRESSION = Task("y", "regression", "rmse")
TASKS = {
    "identity": REGRESSION,
    "logistic": Task("y", "binary", "roc_auc", ("no", "yes")),
    "softmax": Task("y", "multiclass", "log_loss", ("a", "b", "c")),
}
CATEGORICAL = (1, 3)  # neither first nor last, as dates follow categories


def features(rows: int, seed: int, shops: int = 60) -> Matrix:
    """Return numbers with missing and infinite values, a category of many levels and one of few, some of them new."""
    rng = np.random.default_rng(seed)
    values = np.column_stack(
        [
            rng.normal(size=rows),
            rng.integers(0, shops, rows),
            rng.normal(size=rows) * 1e3,
            rng.integers(0, 6, rows),
            rng.integers(0, 3, rows),
        ]
    ).astype(np.float64)
    values[rng.random(values.shape) < 0.05] = np.nan
    values[:3, 0] = (np.inf, -np.inf, 1e300)
    return Matrix(values, ("size", "shop", "far", "kind", "day"), CATEGORICAL)


def labels(x: Matrix, link: str) -> np.ndarray:
    size, shop, _, kind, _ = np.nan_to_num(x.values, posinf=1.0, neginf=-1.0).clip(-100, 100).T
    told = size + shop % 5 + kind + np.random.default_rng(1).normal(size=len(size))
    if link == "identity":
        return told
    return np.searchsorted(np.quantile(told, [0.5] if link == "logistic" else [0.3, 0.7]), told).astype(np.float64)


def request(link: str, x: Matrix, rounds: int = 60, seed: int = 0, **parameters: object) -> FitRequest:
    parameters = {"depth": 4, "learning_rate": 0.2, **parameters}
    return FitRequest(x, labels(x, link), None, None, TASKS[link], parameters, rounds, seed, 1, lambda: False)


def keep_fitted(monkeypatch) -> list[catboost.CatBoost]:
    """Return a list to which each model that CatBoost fits is added."""
    fitted: list[catboost.CatBoost] = []
    arrays = catboost_library._to_arrays
    monkeypatch.setattr(
        catboost_library, "_to_arrays", lambda model, link: (fitted.append(model), arrays(model, link))[1]
    )
    return fitted


def predicted(model: catboost.CatBoost, x: Matrix, link: str) -> np.ndarray:
    form = "RawFormulaVal" if link == "identity" else "Probability"
    return np.asarray(model.predict(catboost_library._features_data(x), prediction_type=form)).reshape(
        len(x.values), -1
    )


@pytest.mark.parametrize("link", TASKS)
def test_arrays_predict_as_catboost_does(link, monkeypatch):
    """Numbers, categories told apart one by one and by encodings, missing values, and categories never seen."""
    fitted = keep_fitted(monkeypatch)
    ours = CatBoost().fit(request(link, features(900, 0)))
    asked = features(700, 1, shops=90)
    kinds = {len(table) for table in ours.trees.tables}
    assert len(kinds) > 1  # both kinds of tables
    assert np.allclose(ours.predict(asked), predicted(fitted[0], asked, link), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("link", TASKS)
def test_a_row_is_predicted_alike_in_any_company(link):
    """To the last bit: few rows, some rows and many take three ways through the trees."""
    model = CatBoost().fit(request(link, features(900, 0), depth=5))
    x = features(40_000, 2)
    whole = model.predict(x)
    for rows in (1, 3, 7, 200, 1_500, 9_000):
        part = Matrix(x.values[:rows], x.names, x.categorical)
        assert np.array_equal(model.predict(part), whole[:rows]), rows


def test_the_mean_of_models_with_encodings_of_their_own_survives_storage():
    """More levels than are told apart one by one make CatBoost encode them, otherwise in each fit."""
    x = features(600, 0)
    models = [CatBoost().fit(request("identity", x, seed=seed, depth=3 + seed)) for seed in range(3)]
    mean = np.mean([model.predict(x) for model in models], axis=0)
    files = CatBoost().average(models).to_files()
    assert sorted(files) == ["symmetric.msgpack"]
    again = CatBoost().from_files({**files, "further.msgpack": b""})
    assert np.allclose(again.predict(x), mean, atol=1e-12)


@pytest.mark.parametrize("link", TASKS)
def test_what_a_release_of_an_earlier_version_holds_is_converted(link, monkeypatch, tmp_path):
    """Those kept CatBoost's own format, a file a fit; codes beyond the first guess are found too."""
    fitted = keep_fitted(monkeypatch)
    x = features(900, 0, shops=400)
    files = {"kind.txt": TASKS[link].kind.encode()}
    for number in range(2):
        CatBoost().fit(request(link, x, seed=number))
        fitted[number].save_model(str(tmp_path / "model.cbm"))
        files[f"model.{number}.cbm" if number else "model.cbm"] = (tmp_path / "model.cbm").read_bytes()
    old = catboost.sum_models(fitted[:2], weights=[0.5, 0.5], ctr_merge_policy="KeepAllTables")
    asked = features(300, 3, shops=500)
    scores = old.predict(catboost_library._features_data(asked), prediction_type="RawFormulaVal").reshape(300, -1)
    assert np.allclose(CatBoost().from_files(files).trees.scores(asked), scores, rtol=1e-9, atol=1e-12)


def test_without_catboost_it_proposes_nothing_and_says_what_to_install(monkeypatch):
    assert not isinstance(CatBoost().candidates(REGRESSION, 500, ()), Refusal)
    for algorithm in ("catboost_trees", "neural"):
        monkeypatch.setattr(f"journeyman.algorithms.{algorithm}.find_spec", lambda name: None)
    assert CatBoost().candidates(REGRESSION, 500, ()) == needs_extra("catboost")
    assert Neural().candidates(REGRESSION, 500, ()) == needs_extra("neural")


def test_a_release_of_an_earlier_version_says_what_it_needs(monkeypatch):
    monkeypatch.setattr("journeyman.algorithms.catboost_trees.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="CatBoost is not installed") as caught:
        CatBoost().from_files({"model.cbm": b"", "kind.txt": b"binary"})
    assert caught.value.hint == 'pip install "journeyman[catboost]"'


def test_stored_trees_predict_where_catboost_cannot_be_imported(tmp_path: Path):
    x = features(300, 0)
    model = CatBoost().fit(request("logistic", x))
    for name, content in model.to_files().items():
        (tmp_path / name).write_bytes(content)
    np.save(tmp_path / "x.npy", x.values)
    np.save(tmp_path / "wanted.npy", model.predict(x))
    code = (
        "import sys\n"
        "sys.modules['catboost'] = None\n"  # importing it fails
        "import numpy as np\n"
        "from journeyman.algorithms.catboost_trees import CatBoost\n"
        "from journeyman.interfaces import Matrix\n"
        f"model = CatBoost().from_files({{'symmetric.msgpack': open('symmetric.msgpack', 'rb').read()}})\n"
        f"x = Matrix(np.load('x.npy'), {x.names!r}, {x.categorical!r})\n"
        "print(np.array_equal(model.predict(x), np.load('wanted.npy')))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600, cwd=tmp_path
    )
    assert shown.stdout.strip() == "True"


def test_proposing_does_not_load_catboost():
    code = (
        "import sys\n"
        "from journeyman.algorithms.catboost_trees import CatBoost\n"
        "from journeyman.entities.task import Task\n"
        "assert len(CatBoost().candidates(Task('y', 'regression', 'rmse'), 500, ()))\n"
        "print('catboost' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600)
    assert shown.stdout.strip() == "False"


def test_a_class_without_training_rows_is_never_likely(monkeypatch):
    fitted = keep_fitted(monkeypatch)
    x = features(900, 0)
    asked = request("softmax", x)
    gone = asked.y != 1.0
    few = Matrix(x.values[gone], x.names, x.categorical)
    model = CatBoost().fit(replace(asked, x=few, y=asked.y[gone]))
    assert np.allclose(model.predict(x), predicted(fitted[0], x, "softmax"), rtol=1e-9, atol=1e-12)
    assert (model.predict(x)[:, 1] == 0).all()
