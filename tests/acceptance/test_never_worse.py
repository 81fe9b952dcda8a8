"""What nobody asked for makes no model worse, whatever the machine does besides."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

import journeyman
from journeyman.entities.candidate import SIMPLE
from journeyman.entities.column import Role
from journeyman.entities.decision import Verdict
from journeyman.reports.search_words import overrun_words, stop_words


def arm(rows: int) -> pd.DataFrame:
    """Where the hand of an arm of four joints is: smooth, without noise, and hard for trees."""
    angles = np.random.default_rng(0).uniform(-np.pi, np.pi, (rows, 4))
    turned = np.cumsum(angles, axis=1)
    distance = np.hypot(np.cos(turned).sum(axis=1) - 1.0, np.sin(turned).sum(axis=1) - 1.0)
    return pd.DataFrame(angles, columns=list("abcd")).assign(distance=distance)


@pytest.mark.slow
def test_on_a_smooth_function_the_best_that_was_found_is_released(tmp_path):
    release = journeyman.build(arm(1_200), target="distance", trials=5, workspace=tmp_path)
    report = release.report
    first = [t.candidate.name for t in report.trials if t.candidate.algorithm not in SIMPLE]
    assert "lightgbm (deep)" in first[:3]
    assert "catboost (quick)" in first[:3]
    alone = min(t.score for t in report.trials if t.score is not None)
    assert report.ensemble_scores[-1] <= 1.01 * alone, "no limit that nobody asked for comes between"
    assert report.unlimited_score is None or report.ensemble_scores[-1] <= 1.01 * report.unlimited_score


@pytest.mark.slow
def test_a_clean_regression_on_one_telling_column_is_released(tmp_path):
    rng = np.random.default_rng(1)
    load = rng.uniform(0, 100, 1_500)
    frame = pd.DataFrame({"load": load, "shift": rng.integers(1, 4, 1_500), "room": rng.normal(size=1_500)})
    frame["heat"] = 3 * load + 20 * np.sin(load / 7) + rng.normal(scale=18, size=1_500)
    report = journeyman.build(frame, target="heat", trials=3, workspace=tmp_path).report
    assert next(c for c in report.columns if c.name == "load").role is Role.FEATURE
    assert report.decision.verdict is Verdict.RELEASE
    assert any(f.code == "DQ301" and f.subject == ("load",) for f in report.findings), "it is told all the same"


@pytest.fixture
def stress() -> Iterator[None]:
    """Other people's load: more busy processes than there are cores."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.usefixtures("stress")
@pytest.mark.parametrize("budget", [2.0, 8.0])
def test_under_load_a_build_ends_and_says_what_the_time_was_short_for(tmp_path, budget):
    report = journeyman.build(arm(1_500), target="distance", budget=budget, workspace=tmp_path).report
    assert report.search_seconds > 0.0
    assert stop_words(report).startswith("Stopped at ")
    worked = [t for t in report.trials if t.candidate.algorithm not in SIMPLE and t.score is not None]
    if not worked:
        assert report.thin
        assert report.decision.verdict is not Verdict.RELEASE
    if report.seconds > 1.1 * budget + 1.0:
        assert "the least for this table here is about" in overrun_words(report)
    else:
        assert overrun_words(report) == ""
