"""Every built-in metric through the public checks, a broken one beside it, and one that a package brings."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.metric import Loss, MetricWords
from journeyman.interfaces import Metric
from journeyman.metrics import METRICS
from journeyman.metrics.ordered import ORDERED
from journeyman.metrics.regression import RegressionMetric
from journeyman.tasks.quantiles import PinballLoss, QuantileCoverage
from journeyman.testing.metric_checks import check_metric

PACKAGE = """
import numpy as np

from journeyman.entities.metric import Loss, MetricWords
from journeyman.metrics.regression import RegressionMetric


def share_within(y, predictions):
    return float((np.abs(predictions - y) <= 0.5).mean())


def within_half():
    words = MetricWords("Within a half", "share of predictions within 0.5 of the value", percent=True)
    return RegressionMetric("within_half", words, True, share_within, Loss.ABSOLUTE)
"""


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_built_in(metric: Metric) -> None:
    check_metric(metric)


@pytest.mark.parametrize("metric", ORDERED, ids=lambda metric: metric.name)
def test_metrics_of_ordered_classes(metric: Metric) -> None:
    check_metric(metric)


@pytest.mark.parametrize("metric", [PinballLoss((0.5, 0.1, 0.9)), QuantileCoverage((0.5, 0.1, 0.9))])
def test_metrics_of_several_numbers(metric: Metric) -> None:
    check_metric(metric, outputs=3)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"greater_is_better": True}, "perfect predictions miss the optimum"),
        ({"function": lambda y, p: float(np.abs(p[0] - y[0]))}, "wrong predictions are scored as better|order of rows"),
        ({"words": MetricWords("", "")}, "no label"),
    ],
)
def test_a_fault_is_told(fault: dict[str, object], told: str) -> None:
    words = MetricWords("Error", "size of an error")
    metric = RegressionMetric("error", words, False, lambda y, p: float(np.abs(p - y).mean()), Loss.ABSOLUTE)
    check_metric(metric)
    with pytest.raises(AssertionError, match=told):
        check_metric(replace(metric, **fault))


@pytest.mark.slow
def test_a_package_brings_a_metric_from_build_to_report(tmp_path: Path) -> None:
    """Installed as a package is: a module and its entry point on the path."""
    place = tmp_path / "packages"
    (place / "within-1.0.dist-info").mkdir(parents=True)
    (place / "within.py").write_text(PACKAGE)
    (place / "within-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: within\nVersion: 1.0\n")
    (place / "within-1.0.dist-info" / "entry_points.txt").write_text(
        "[journeyman.metrics]\nwithin_half = within:within_half\n"
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    pd.DataFrame({"x": x, "y": 3 * x + rng.normal(size=400)}).to_csv(tmp_path / "t.csv", index=False)
    words = ["build", "t.csv", "--target", "y", "--trials", "3", "--metric", "within_half", "--quiet"]
    run = subprocess.run(
        [sys.executable, "-m", "journeyman", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert "Within a half" in run.stdout
    unknown = subprocess.run(
        [sys.executable, "-m", "journeyman", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert unknown.returncode == 2
    assert "unknown metric 'within_half'" in unknown.stderr
