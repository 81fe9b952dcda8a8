"""CatBoost: several models are stored and loaded as one, also where each has its own encoding of a category."""

import subprocess
import sys

import numpy as np
import pytest

from journeyman.algorithms.catboost_trees import CatBoost
from journeyman.algorithms.neural import Neural
from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.interfaces import FitRequest, Matrix

TASK = Task("y", "regression", "rmse")


def test_the_mean_of_models_with_encodings_of_their_own_survives_storage():
    """More levels than are told apart one by one make CatBoost encode them, otherwise in each fit."""
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 40, 600)
    x = Matrix(np.column_stack([rng.normal(size=600), levels]).astype(np.float64), ("size", "shop"), (1,))
    y = x.values[:, 0] + levels % 7 + rng.normal(size=600)
    models = [
        CatBoost().fit(
            FitRequest(x, y, None, None, TASK, {"depth": 3, "learning_rate": 0.2}, 20, seed, 1, lambda: False)
        )
        for seed in range(3)
    ]
    mean = np.mean([model.predict(x) for model in models], axis=0)
    files = CatBoost().average(models).to_files()
    assert sorted(files) == ["kind.txt", "model.1.cbm", "model.2.cbm", "model.cbm"]
    again = CatBoost().from_files({**files, "further.msgpack": b""})
    assert np.allclose(again.predict(x), mean, atol=1e-9)


def test_without_catboost_it_proposes_nothing_and_says_what_to_install(monkeypatch):
    assert not isinstance(CatBoost().candidates(TASK, 500, ()), Refusal)
    for algorithm in ("catboost_trees", "neural"):
        monkeypatch.setattr(f"journeyman.algorithms.{algorithm}.find_spec", lambda name: None)
    assert CatBoost().candidates(TASK, 500, ()) == needs_extra("catboost")
    assert Neural().candidates(TASK, 500, ()) == needs_extra("neural")


def test_a_release_with_its_trees_says_what_it_needs(monkeypatch):
    monkeypatch.setattr("journeyman.algorithms.catboost_trees.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="CatBoost is not installed") as caught:
        CatBoost().from_files({"model.cbm": b"", "kind.txt": b"binary"})
    assert caught.value.hint == 'pip install "journeyman[catboost]"'


@pytest.mark.slow
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
