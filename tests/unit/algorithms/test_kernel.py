"""A kernel on images: it beats a line where shapes move, its probabilities hold, landmarks lose little."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from journeyman.algorithms import kernel
from journeyman.algorithms.kernel import Kernel
from journeyman.algorithms.linear import Linear
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix
from journeyman.metrics import METRICS
from journeyman.transformers.pictures import Size, pixel_names

FloatArray = NDArray[np.float64]
NAMES = pixel_names(Size(8, 8, 1), "image")
TASK = Task("y", "multiclass", "log_loss", ("bar", "dash", "none"))


def shapes(rows: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return images of upright bars, level ones and noise, each somewhere."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, rows)
    x = rng.normal(0.3, 0.15, (rows, 8, 8))
    for i, (kind, a, b) in enumerate(zip(y, rng.integers(0, 8, rows), rng.integers(0, 4, rows), strict=True)):
        if kind == 0:
            x[i, b : b + 5, a] += 0.6
        elif kind == 1:
            x[i, a, b : b + 5] += 0.6
    return x.reshape(rows, 64), y.astype(np.float64)


def request(x: FloatArray, y: FloatArray, edged: bool = False, task: Task = TASK) -> FitRequest:
    return FitRequest(Matrix(x, NAMES), y, None, None, task, {"edges": edged}, 0, 0, 1, lambda: False)


@pytest.mark.slow
@pytest.mark.parametrize("edged", [False, True])
def test_it_beats_a_line_where_shapes_move_and_is_as_sure_as_it_is_right(edged: bool) -> None:
    (x, y), (new, truth) = shapes(300, 0), shapes(400, 1)
    score = METRICS["log_loss"].score
    found = Kernel().fit(request(x, y, edged)).predict(Matrix(new, NAMES))
    line = Linear().fit(request(x, y)).predict(Matrix(new, NAMES))
    assert score(truth, found) < 0.7 * score(truth, line)
    sure = found.max(axis=1)
    right = found.argmax(axis=1) == truth
    assert right.mean() == pytest.approx(sure.mean(), abs=0.04)


@pytest.mark.slow
def test_landmarks_stand_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    (x, y), (new, truth) = shapes(600, 0), shapes(400, 1)
    score = METRICS["log_loss"].score
    whole = score(truth, Kernel().fit(request(x, y)).predict(Matrix(new, NAMES)))
    monkeypatch.setattr(kernel, "_LANDMARKS", 300)
    few = Kernel().fit(request(x, y))
    assert len(few.rows) == 300
    assert score(truth, few.predict(Matrix(new, NAMES))) < whole + 0.1


def test_what_a_row_left_out_is_answered_is_what_a_fit_without_it_answers() -> None:
    x, y = shapes(60, 0)
    compared = x - x.mean(axis=0)
    outputs = (y[:, None] == np.arange(3)) - 1.0 / 3.0
    everything = np.arange(60)
    _, left_out = kernel._solve(compared, everything, 0.3, 0.01, outputs)
    for row in (0, 17, 59):
        kept = np.delete(everything, row)
        weights, _ = kernel._solve(compared[kept], np.arange(59), 0.3, 0.01, outputs[kept])
        likeness = np.exp(-0.3 * ((compared[row] - compared[kept]) ** 2).sum(axis=1))
        assert np.allclose(likeness @ weights, left_out[row], atol=1e-8)


@pytest.mark.slow
def test_a_rare_class_is_expected_as_often_as_it_comes_where_nothing_tells() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((600, 64)), (rng.random(600) < 0.05).astype(np.float64)
    task = Task("y", "binary", "log_loss", ("no", "yes"))
    found = Kernel().fit(request(x, y, task=task)).predict(Matrix(rng.random((400, 64)), NAMES))
    assert found[:, 1].mean() == pytest.approx(0.05, abs=0.03)
    assert found[:, 1].max() < 0.5
