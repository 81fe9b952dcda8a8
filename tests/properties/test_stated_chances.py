"""Probabilities that a candidate lifts the score come true as often as they are stated, also where none ever does."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.entities.experience import Expectation, Experience
from journeyman.stages.expectation_review import review_expectations
from journeyman.stages.rank.features import Proposal
from journeyman.stages.rank.judgement import expect_successes, update_prior

pytestmark = pytest.mark.slow
TABLE = {"rows": 7.0, "features": 2.0, "binary": 1.0}
NAMES = [("lightgbm", "lightgbm"), ("forest", "forest"), ("linear", "linear (searched 1)")]


def judged(chance: float, jobs: int, seed: int) -> list[Experience]:
    """Build after build on tables that are alike: what is stated is believed from all that came before."""
    rng = np.random.default_rng(seed)
    past: list[Experience] = []
    for number in range(jobs):
        prior = update_prior(TABLE, NAMES, past)
        for done, (algorithm, name) in enumerate(NAMES):
            context = {**TABLE, "done": float(np.log1p(done))}
            stated = float(expect_successes(prior, [Proposal(algorithm, name, context)])[0][0])
            came = bool(rng.random() < chance)
            expectation = Expectation(name, stated, 0.05, 1.0)
            past.append(Experience(context, algorithm, name, expectation, came, 0.05 * came, 1.0, job=str(number)))
    return [row for row in past if int(row.job) >= jobs // 2]


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.8])
def test_what_is_stated_comes_to_what_comes(chance: float) -> None:
    rows = judged(chance, 40, 0)
    stated, came = (np.mean([r.expectation.probability for r in rows]), np.mean([r.succeeded for r in rows]))
    assert abs(stated - came) < 0.1
    look = review_expectations([r for r in rows if r.algorithm != "linear"])
    assert look.calibration_error < 0.15
