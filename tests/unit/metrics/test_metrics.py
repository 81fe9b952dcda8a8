"""Our metrics agree with scikit-learn's on random answers."""

import numpy as np
import pytest
from sklearn import metrics as reference

from journeyman.errors import SettingsError
from journeyman.metrics import METRICS, find_metric
from journeyman.tasks import find_task_type
from journeyman.testing.kinds import KINDS


def _answers(classes: int, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    y = rng.integers(0, classes, 400).astype(float)
    p = rng.dirichlet(np.ones(classes), 400)
    return y, np.round(p, 1) + 1e-3 if ties else p


@pytest.mark.parametrize("ties", [False, True])
def test_binary_metrics_agree_with_scikit_learn(ties):
    y, p = _answers(2, ties)
    p = p / p.sum(axis=1, keepdims=True)
    hard = p.argmax(axis=1)
    expected = {
        "roc_auc": reference.roc_auc_score(y, p[:, 1]),
        "log_loss": reference.log_loss(y, p),
        "accuracy": reference.accuracy_score(y, hard),
        "balanced_accuracy": reference.balanced_accuracy_score(y, hard),
        "f1": reference.f1_score(y, hard),
        "average_precision": reference.average_precision_score(y, p[:, 1]),
        "brier": reference.brier_score_loss(y, p[:, 1]),
    }
    for name, value in expected.items():
        assert METRICS[name].score(y, p) == pytest.approx(value, abs=1e-9), name


def test_multiclass_metrics_agree_with_scikit_learn():
    y, p = _answers(5, ties=False)
    assert METRICS["log_loss"].score(y, p) == pytest.approx(reference.log_loss(y, p))
    assert METRICS["f1"].score(y, p) == pytest.approx(reference.f1_score(y, p.argmax(axis=1), average="macro"))


def test_regression_metrics_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    y, p = rng.normal(size=300), rng.normal(size=(300, 1))
    expected = {
        "rmse": reference.root_mean_squared_error(y, p),
        "mae": reference.mean_absolute_error(y, p),
        "median_absolute_error": reference.median_absolute_error(y, p),
        "r2": reference.r2_score(y, p),
        "mape": reference.mean_absolute_percentage_error(y, p),
    }
    for name, value in expected.items():
        assert METRICS[name].score(y, p) == pytest.approx(value), name


def test_one_class_has_no_area():
    assert np.isnan(METRICS["roc_auc"].score(np.zeros(3), np.full((3, 2), 0.5)))


def test_a_metric_of_another_task_is_refused_with_those_that_fit():
    with pytest.raises(SettingsError, match="use one of mae"):
        find_metric("roc_auc", "regression")
    assert all(find_metric(find_task_type(kind).default_metric, kind) for kind in KINDS)
