"""Rank: before each trial, the probability that a candidate lifts the ensemble, its expected gain and its seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from journeyman.entities.candidate import SIMPLE, Candidate
from journeyman.entities.experience import Expectation
from journeyman.stages.rank.context import SearchHistory, meta_features, shown_by
from journeyman.stages.rank.costs import PLAIN, Cost, CostModel, TrialCost
from journeyman.stages.rank.features import Proposal
from journeyman.stages.rank.judgement import Prior, expect_successes, update_prior
from journeyman.stages.rank.memory import remembered

__all__ = [
    "Cost",
    "CostModel",
    "Prior",
    "Proposal",
    "SearchHistory",
    "TrialCost",
    "meta_features",
    "overhead_allowance",
    "rank",
    "remembered",
    "shown_by",
    "update_prior",
    "worth",
]

_LEAST_SECONDS = 0.05
_MOST_PATIENT, _SHARE_OF_LEFT = 0.5, 0.3


def rank(
    candidates: Sequence[Candidate],
    costs: Mapping[str, Cost],
    context: Mapping[str, float],
    shown: SearchHistory,
    prior: Prior,
    known: Mapping[str, Mapping[str, float]],
    seconds_more: float = 0.0,
) -> tuple[Expectation, ...]:
    """Order candidates by expected gain per second, the simple ones first.

    Parameters
    ----------
    candidates : sequence of Candidate
        Those not tried yet.
    costs : mapping of str to Cost
        Of a whole trial, by candidate key.
    context : mapping of str to float
        Meta-features of the table, from ``meta_features``.
    shown : SearchHistory
        What the trials so far have shown, from ``shown_by``.
    prior : Prior
        From ``update_prior``, once a search.
    known : mapping of str to mapping of str to float
        From ``remembered``, once a search: what earlier jobs of the same table say of candidates, by their names.
    seconds_more : float
        That each trial is assumed to take, from ``overhead_allowance``.

    Returns
    -------
    tuple of Expectation
        Most promising first.
    """
    if not candidates:
        return ()
    plain = {c.key: {PLAIN: float(np.log(max(costs[c.key].plain, _LEAST_SECONDS)))} for c in candidates}
    proposals = [
        Proposal(c.algorithm, c.name, {**context, **shown.of(c.algorithm), **known.get(c.name, {}), **plain[c.key]})
        for c in candidates
    ]
    chances, gains = expect_successes(prior, proposals)
    expectations = []
    for position, (candidate, proposal) in enumerate(zip(candidates, proposals, strict=True)):
        chance, gain = float(chances[position]), float(gains[position])
        cost = max(costs[candidate.key].seconds, _LEAST_SECONDS)
        expectation = Expectation(candidate.key, chance, gain, cost, proposal.context)
        order = SIMPLE.index(candidate.algorithm) if candidate.algorithm in SIMPLE else len(SIMPLE)
        expectations.append((order, -worth(expectation, seconds_more), position, expectation))
    return tuple(e for *_, e in sorted(expectations, key=lambda item: item[:3]))


def worth(expectation: Expectation, seconds_more: float) -> float:
    """Return the gain a second that is expected of a trial, each of which is assumed to take some seconds more.

    Examples
    --------
    >>> small, large = Expectation("a", 0.5, 0.01, 1.0), Expectation("b", 0.5, 0.06, 12.0)
    >>> worth(small, 0.0) > worth(large, 0.0), worth(small, 4.0) > worth(large, 4.0)
    (True, False)
    """
    return expectation.probability * expectation.gain / (expectation.seconds + seconds_more)


def overhead_allowance(costs: Mapping[str, Cost], seconds_left: float) -> float:
    """Return how many seconds more every trial is assumed to take while much time is left.

    Gain per second is what to go by where each trial displaces others. While there is time for many, what gains most
    comes first: what is dear and good might else get no turn when time has become short.

    Parameters
    ----------
    costs : mapping of str to Cost
        Of the candidates that wait.
    seconds_left : float
        For all trials that are to come; 0 where no time is set.
    """
    usual = float(np.median([cost.seconds for cost in costs.values()])) if costs else 0.0
    return min(_MOST_PATIENT * usual, _SHARE_OF_LEFT * max(0.0, seconds_left))
