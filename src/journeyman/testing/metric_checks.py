"""Contract checks that any metric can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from journeyman.interfaces import Metric
from journeyman.metrics.weighted import weighted_score
from journeyman.testing.run_all import run_all

__all__ = ["METRIC_CHECKS", "check_metric"]

FloatArray = NDArray[np.float64]
_ROWS = 60
_CLASSES = {"binary": 2, "multiclass": 3, "ordered": 3}


def check_metric(metric: Metric, outputs: int = 1) -> None:
    """Run every check for every kind of task that the metric fits.

    Parameters
    ----------
    outputs : int
        Numbers of a prediction, where it is of no classes.

    Raises
    ------
    AssertionError
        Naming the checks that failed, the metric and the task.

    Examples
    --------
    >>> from journeyman.metrics import METRICS
    >>> check_metric(METRICS["rmse"])
    """
    for kind in sorted(metric.kinds):
        run_all(f"{metric.name} on {kind}", METRIC_CHECKS, metric, kind, outputs)


def _rows(kind: str, faults: float, outputs: int) -> tuple[FloatArray, FloatArray]:
    """Return labels or values and predictions of them, of which a share is wrong."""
    rng = np.random.default_rng(0)
    classes = _CLASSES.get(kind, 0)
    if not classes:
        y = rng.lognormal(size=_ROWS)
        return y, np.tile((y + faults * rng.normal(size=_ROWS))[:, None], (1, outputs))
    y = (np.arange(_ROWS) % classes).astype(np.float64)
    told = np.where(rng.random(_ROWS) < faults, (y + 1) % classes, y).astype(np.int64)
    return y, np.eye(classes)[told] * 0.98 + 0.02 / classes if faults else np.eye(classes)[told]


def _says_what_it_is(metric: Metric, kind: str, outputs: int) -> None:
    assert metric.name.isidentifier(), "its name is no identifier"
    assert metric.words.label, "it has no label"
    assert metric.words.meaning, "it has no meaning"
    assert np.isfinite(metric.optimum), "its optimum is not finite"


def _is_best_without_a_fault(metric: Metric, kind: str, outputs: int) -> None:
    y, perfect = _rows(kind, 0.0, outputs)
    assert np.isclose(metric.score(y, perfect), metric.optimum, atol=1e-6), "perfect predictions miss the optimum"
    worse = metric.score(y, _rows(kind, 0.5, outputs)[1])
    assert (worse < metric.optimum) == metric.greater_is_better, "wrong predictions are scored as better"


def _does_not_change_what_it_scores(metric: Metric, kind: str, outputs: int) -> None:
    y, predictions = _rows(kind, 0.3, outputs)
    before = y.copy(), predictions.copy()
    first = metric.score(y, predictions)
    assert np.array_equal(y, before[0]), "it changes the labels"
    assert np.array_equal(predictions, before[1]), "it changes the predictions"
    assert first == metric.score(y, predictions), "it scores the same rows otherwise the second time"


def _does_not_follow_the_order_of_rows(metric: Metric, kind: str, outputs: int) -> None:
    y, predictions = _rows(kind, 0.3, outputs)
    turned = metric.score(y[::-1], predictions[::-1])
    assert np.isclose(metric.score(y, predictions), turned, rtol=1e-9), "the order of rows changes it"


def _weighs_rows_as_if_repeated(metric: Metric, kind: str, outputs: int) -> None:
    y, predictions = _rows(kind, 0.3, outputs)
    weights = np.random.default_rng(1).integers(1, 4, size=_ROWS)
    repeated = metric.score(np.repeat(y, weights), np.repeat(predictions, weights, axis=0))
    weighed = weighted_score(metric, y, predictions)(weights[None].astype(np.float64))[0]
    assert np.isclose(weighed, repeated, rtol=1e-6), "a row that weighs 2 is not scored as two rows"


def _tells_what_each_row_costs(metric: Metric, kind: str, outputs: int) -> None:
    y, perfect = _rows(kind, 0.0, outputs)
    best, worse = metric.row_losses(y, perfect), metric.row_losses(y, _rows(kind, 0.5, outputs)[1])
    assert best.shape == y.shape, "it has not one loss a row"
    assert np.isfinite(worse).all(), "a loss is not finite"
    assert best.mean() < worse.mean(), "wrong predictions cost no more than perfect ones"


def _knows_a_constant(metric: Metric, kind: str, outputs: int) -> None:
    y, _ = _rows(kind, 0.0, outputs)
    width = _CLASSES.get(kind, outputs)
    constant = metric.best_constant(y, width)
    assert constant.shape == (width,), f"its best constant has shape {constant.shape}, not {(width,)}"
    assert np.isfinite(metric.score(y, np.tile(constant, (_ROWS, 1)))), "its best constant has no score"


METRIC_CHECKS: Mapping[str, Callable[[Metric, str, int], None]] = {
    "says what it is": _says_what_it_is,
    "is best without a fault": _is_best_without_a_fault,
    "does not change what it scores": _does_not_change_what_it_scores,
    "does not follow the order of rows": _does_not_follow_the_order_of_rows,
    "weighs rows as if repeated": _weighs_rows_as_if_repeated,
    "tells what each row costs": _tells_what_each_row_costs,
    "knows a constant": _knows_a_constant,
}
