"""What one's own builds of a kind of task teach, of which the shipped prior knows nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from journeyman.entities.candidate import Candidate
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import TrialOutcome
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.trial import Trial, TrialStatus
from journeyman.stages.learn import learn
from journeyman.stages.rank import Cost, SearchHistory, meta_features, rank, update_prior
from journeyman.stages.stop import chance_of_more, reason_to_stop
from journeyman.stores.experience import opened_experience

OWN_KINDS = [
    ("forecast", "mase"),
    ("groups", "adjusted_rand"),
    ("anomaly", "planted_roc_auc"),
    ("survival", "concordance"),
    ("ranking", "ndcg"),
    ("ordered", "rank_error"),
    ("quantiles", "pinball"),
]
FIRST, SECOND, THIRD = (Candidate(f"own_{name}", style="usual") for name in ("a", "b", "c"))
CANDIDATES = (FIRST, SECOND, THIRD)
COSTS = {c.key: Cost(10.0, 10.0) for c in CANDIDATES}
NOTHING_SHOWN = SearchHistory({"done": 0.0})


def context_of(kind: str, metric: str) -> dict[str, float]:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    return meta_features(Table("t", frame, (), "", 2), Task("y", kind, metric))


def one_build(context: dict[str, float], helped: tuple[Candidate, ...]) -> tuple[Experience, ...]:
    """Return what a build learns in which these candidates alone lifted the ensemble."""
    trials = [Trial(c, TrialStatus.DONE, seconds=9.0, score=0.5) for c in CANDIDATES]
    outcomes = [TrialOutcome(c in helped, 0.05 if c in helped else 0.0) for c in CANDIDATES]
    stated = [Expectation(c.key, 0.5, 0.1, 10.0, {"done": 0.0}) for c in CANDIDATES]
    return learn(context, trials, stated, outcomes, 0.0)


def next_order(context: dict[str, float], past: tuple[Experience, ...]) -> tuple[Expectation, ...]:
    prior = update_prior(context, [(c.algorithm, c.name) for c in CANDIDATES], past)
    return rank(CANDIDATES, COSTS, context, NOTHING_SHOWN, prior, {})


@pytest.mark.parametrize(("kind", "metric"), OWN_KINDS)
def test_three_builds_of_a_kind_change_the_order_of_the_fourth_through_the_store(
    kind: str, metric: str, tmp_path: Path
) -> None:
    context = context_of(kind, metric)
    neutral = next_order(context, ())
    assert neutral[0].probability == pytest.approx(neutral[-1].probability)  # nothing is believed of one alone
    last = next(c for c in CANDIDATES if c.key == neutral[-1].candidate)
    with opened_experience(tmp_path) as store:
        for number in range(3):
            store.add(f"build {number}", one_build(context, (last,)))
        past = store.read()
    ranked = next_order(context, past)
    assert ranked[0].candidate == last.key
    assert ranked[0].probability > neutral[0].probability > ranked[-1].probability


@pytest.mark.parametrize(("kind", "metric"), OWN_KINDS)
def test_three_builds_in_which_nothing_helped_lower_what_the_stop_rule_believes(kind: str, metric: str) -> None:
    context = context_of(kind, metric)
    before = chance_of_more(next_order(context, ()), None)
    in_vain = next_order(context, 3 * one_build(context, ()))
    assert chance_of_more(in_vain, None) < 0.7 * before
    assert reason_to_stop(next_order(context, 30 * one_build(context, ())), None, None, False)


def test_what_a_kind_taught_is_hardly_believed_of_another() -> None:
    past = 5 * one_build(context_of("groups", "adjusted_rand"), (THIRD,))
    same, other = (
        next_order(context, past)[0].probability
        for context in (context_of("groups", "adjusted_rand"), context_of("forecast", "mase"))
    )
    neutral = next_order(context_of("forecast", "mase"), ())[0].probability
    assert same - neutral > 2.0 * (other - neutral)


def test_what_lifted_another_metric_counts_for_less() -> None:
    past = 3 * one_build(context_of("forecast", "mase"), (THIRD,))
    same, other = (next_order(context_of("forecast", m), past)[0].probability for m in ("mase", "wql"))
    assert same > other


def test_a_kind_without_builds_is_believed_to_be_like_the_mean_of_the_known_ones() -> None:
    found = {kind: next_order(context_of(kind, "m"), ())[0].probability for kind in ("binary", "regression", "groups")}
    assert min(found.values()) <= found["groups"] <= max(found.values())
