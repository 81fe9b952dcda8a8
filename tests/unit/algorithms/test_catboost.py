"""CatBoost: several models are stored and loaded as one, also where each has its own encoding of a category."""

import numpy as np

from journeyman.algorithms.catboost_trees import CatBoost
from journeyman.entities.task import Task, TaskKind
from journeyman.interfaces import FitRequest, Matrix

TASK = Task("y", TaskKind.REGRESSION, "rmse")


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
