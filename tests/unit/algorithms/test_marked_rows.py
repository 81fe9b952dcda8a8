"""A few marked rows teach what detectors cannot know, and chance marks teach nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from journeyman.algorithms.anomaly_scores import AnomalyModel, AnomalyScores
from journeyman.entities.anomaly import MARKED_ODD, MARKED_ORDINARY
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix

FloatArray = NDArray[np.float64]
TASK = Task("anomaly score", "anomaly", "planted_roc_auc", metric_loss="anomaly")


def fitted(x: FloatArray, y: FloatArray, seed: int = 0) -> AnomalyModel:
    request = FitRequest(Matrix(x, ()), y, None, None, TASK, {}, 0, seed, 1, lambda: False)
    model = AnomalyScores().fit(request)
    assert isinstance(model, AnomalyModel)
    return model


def hidden(rng: np.random.Generator, rows: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return rows of which some are bad in a way that is not rare: a sum of two columns that is a little high."""
    x = rng.normal(size=(rows, 5))
    return x, x[:, 0] + x[:, 1] > 2.2


@pytest.mark.slow
def test_what_is_not_rare_is_learned_from_marks() -> None:
    rng = np.random.default_rng(0)
    x, bad = hidden(rng, 1_500)
    y = np.zeros(1_500)
    marked = rng.choice(1_500, 200, replace=False)
    y[marked] = np.where(bad[marked], MARKED_ODD, MARKED_ORDINARY)
    asked, truth = hidden(rng, 2_000)
    alone, taught = fitted(x, np.zeros(1_500)), fitted(x, y)
    before, after = (roc_auc_score(truth, m.predict(Matrix(asked, ()))[:, 0]) for m in (alone, taught))
    assert after > before + 0.1
    again = AnomalyScores().from_files(taught.to_files())
    assert np.array_equal(again.predict(Matrix(asked, ())), taught.predict(Matrix(asked, ())))
    flagged = (taught.predict(Matrix(asked[~truth], ()))[:, 0] >= 0.95).mean()
    assert flagged <= 0.08  # what is said of false alarms holds with marks, too


@pytest.mark.slow
def test_marks_by_chance_do_not_hide_what_detectors_see() -> None:
    used, areas = 0, []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(400, 4)), np.zeros(400)
        y[rng.choice(400, 60, replace=False)] = np.where(rng.random(60) < 0.3, MARKED_ODD, MARKED_ORDINARY)
        model = fitted(x, y, seed)
        used += model.marked is not None
        asked = np.vstack([rng.normal(size=(300, 4)), rng.normal(size=(60, 4)) + 5.0])
        areas.append(roc_auc_score(np.arange(360) >= 300, model.predict(Matrix(asked, ()))[:, 0]))
    assert used < 4
    assert min(areas) > 0.8


def test_too_few_marks_teach_nothing_and_marked_rows_never_teach_detectors() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(300, 3)), np.zeros(300)
    y[:4], y[4:40] = MARKED_ODD, MARKED_ORDINARY
    model = fitted(x, y)
    assert model.marked is None
    moved = x.copy()
    moved[:4] = 50.0
    assert np.array_equal(fitted(moved, y).predict(Matrix(x, ())), model.predict(Matrix(x, ())))
