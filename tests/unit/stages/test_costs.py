"""Expected seconds: what sizes promise, moved by what trials took; own jobs and this search each have their say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.experience import Expectation, Experience
from journeyman.stages.rank import CostModel, Proposal, TrialCost
from journeyman.stages.rank.costs import learn_costs
from journeyman.stages.rank.judgement import Prior, blank, from_text, shipped_prior, to_text, update_prior

NAMES = [("forest", "forest"), ("linear", "linear"), ("lightgbm", "lightgbm (quick)")]
TABLE = {"log_rows": 3.0, "regression": 1.0}


def proposal(algorithm: str, **figures: float) -> Proposal:
    return Proposal(algorithm, dict(NAMES)[algorithm], {**TABLE, **figures})


def nothing() -> Prior:
    return blank(NAMES)


def test_where_nothing_is_known_sizes_are_believed() -> None:
    said = CostModel(nothing()).seconds([proposal("forest"), proposal("linear")], [3.0, 0.5])
    assert said == pytest.approx((3.0, 0.5))


def test_what_was_learned_of_others_moves_the_expectation_by_algorithm_and_by_rows() -> None:
    rng = np.random.default_rng(0)
    took = [
        TrialCost(proposal(name, log_rows=rows), factor * (rows - 3.0) + rng.normal(0.0, 0.05))
        for name, factor in (("forest", 1.0), ("linear", -1.0))
        for rows in rng.uniform(2.3, 3.7, 200)
    ]
    told = CostModel(learn_costs(nothing(), took))
    for name, factor in (("forest", 1.0), ("linear", -1.0)):
        for rows in (2.5, 3.5):
            [seconds] = told.seconds([proposal(name, log_rows=rows)], [1.0])
            assert np.log(seconds) == pytest.approx(factor * (rows - 3.0), abs=0.1)


def test_beyond_the_largest_table_that_was_learned_from_nothing_is_extrapolated() -> None:
    took = [TrialCost(proposal("forest", log_rows=rows), rows) for rows in np.linspace(2.0, 4.4, 50)]
    told = CostModel(learn_costs(nothing(), took))
    large, vast = (told.seconds([proposal("forest", log_rows=rows)], [1.0]) for rows in (4.4, 7.0))
    assert vast == large


def test_a_slow_search_makes_all_dearer_and_a_slow_algorithm_itself_most() -> None:
    shown = [TrialCost.of(proposal("forest"), 4.0, 1.0) for _ in range(4)]
    said = CostModel(nothing()).seconds([proposal("forest"), proposal("lightgbm")], [1.0, 1.0], shown)
    assert 1.2 < said[1] < said[0] < 4.0


def own(seconds: float, job: str, **more: object) -> Experience:
    context = {**TABLE, "plain": float(np.log(1.0))}
    row = Experience(context, "forest", "forest", Expectation("", 0.5, 0.1, 1.0), True, 0.1, seconds, 0.5, job)
    return replace(row, **more)  # type: ignore[arg-type]  # fields by name


def test_ones_own_jobs_tell_how_fast_the_machine_is_each_job_once() -> None:
    many = [own(3.0, f"{k}") for k in range(20)]
    one = [own(3.0, "one") for _ in range(20)]
    plain, once, often = (
        CostModel(nothing(), past).seconds([proposal("forest")], [1.0])[0] for past in ([], one, many)
    )
    assert plain < once < often < 3.0


def test_rows_without_a_promise_or_a_result_tell_nothing() -> None:
    past = [own(9.0, "a", solo=None), own(9.0, "b", context=TABLE), own(0.01, "c", algorithm="baseline")]
    assert CostModel(nothing(), past).seconds([proposal("forest")], [1.0]) == pytest.approx((1.0,))


def test_costs_are_shipped_and_kept_in_text() -> None:
    assert np.abs(shipped_prior().cost).max() > 0.1
    again = from_text(to_text(shipped_prior()))
    np.testing.assert_array_equal(again.cost, shipped_prior().cost)


def test_a_new_candidate_takes_what_its_algorithm_takes() -> None:
    known = update_prior(TABLE, [("lightgbm", "lightgbm (quick)")], ())
    wider = update_prior(TABLE, [("lightgbm", "lightgbm (quick)"), ("mine", "mine (first)")], ())
    asked = [Proposal("lightgbm", "lightgbm (quick)", TABLE)]
    assert CostModel(known).seconds(asked, [1.0]) == pytest.approx(CostModel(wider).seconds(asked, [1.0]))
    [mine] = CostModel(wider).seconds([Proposal("mine", "mine (first)", TABLE)], [1.0])
    assert 0.05 < mine < 5.0
