"""The look back judges what was stated by what came."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from journeyman.entities.experience import Expectation, Experience
from journeyman.stages.expectation_review import review_expectations


def row(
    stated: float, came: bool, *, gain: float = 0.0, job: str = "a", algorithm: str = "forest", seconds: float = 2.0
) -> Experience:
    return Experience({}, algorithm, algorithm, Expectation("k", stated, 0.1, 1.0), came, gain, seconds, job=job)


def test_brier_score_and_calibration() -> None:
    look = review_expectations([row(0.25, False), row(0.25, False), row(0.25, False), row(0.25, True), row(1.0, True)])
    assert look.brier == pytest.approx((3 * 0.25**2 + 0.75**2) / 5)
    assert look.brier_of_mean == pytest.approx(0.4 * 0.6)
    assert look.calibration_error == pytest.approx(0.0)
    assert [(c.low, c.trials, c.came) for c in look.calibration] == [(0.2, 4, 0.25), (0.9, 1, 1.0)]


def test_overconfidence_is_an_error() -> None:
    look = review_expectations([row(0.95, False)] * 3 + [row(0.95, True)])
    assert look.calibration_error == pytest.approx(0.7)


def test_the_simple_models_are_not_judged() -> None:
    look = review_expectations(
        [row(0.9, False, algorithm="baseline"), row(0.9, False, algorithm="linear"), row(0.5, True)]
    )
    assert (look.jobs, look.trials) == (1, 1)


def test_regret_is_what_later_picks_took_off() -> None:
    job = [row(0.5, True, gain=0.5)] * 5 + [row(0.5, True, gain=0.1), row(0.5, True, gain=0.2)]
    [regret] = review_expectations(job).regrets
    assert regret.regret == pytest.approx(1 - 0.9 * 0.8)
    assert review_expectations(job[:5]).regrets == (), "five picks leave nothing to later ones"


def test_regrets_go_by_tens_of_jobs() -> None:
    jobs = [[row(0.5, True, gain=0.1 if n < 10 else 0.05, job=str(n))] * 6 for n in range(13)]
    regrets = review_expectations([r for job in jobs for r in job]).regrets
    assert [(r.first, r.last) for r in regrets] == [(1, 10), (11, 13)]
    assert [r.regret for r in regrets] == pytest.approx([0.1, 0.05])


def test_what_was_learned_of_each_algorithm() -> None:
    rows = [row(0.4, True, gain=0.3, seconds=1.0), row(0.6, False, seconds=3.0), row(0.5, False, algorithm="catboost")]
    forest, catboost = review_expectations(rows).algorithms
    assert (forest.algorithm, forest.trials, forest.stated, forest.came) == ("forest", 2, 0.5, 0.5)
    assert (forest.gain, forest.seconds) == (0.3, 2.0)
    assert (catboost.came, catboost.gain) == (0.0, 0.0)


def test_half_of_the_trials_took_so_many_times_what_was_expected() -> None:
    rows = [replace(row(0.5, True, seconds=s), solo=0.5) for s in (0.5, 1.0, 2.0, 4.0, 1 / 8)]
    stopped = row(0.5, False, seconds=100.0)
    assert review_expectations([*rows, stopped]).seconds_off == pytest.approx(2.0)
    assert math.isnan(review_expectations([stopped]).seconds_off)


def test_nothing_to_look_back_on() -> None:
    look = review_expectations(())
    assert look.trials == 0
    assert math.isnan(look.brier)
    assert look.calibration == look.regrets == look.algorithms == ()
