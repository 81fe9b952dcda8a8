"""Rank: before each trial, the probability that a candidate lifts the ensemble, its expected gain and its seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from journeyman.entities.candidate import SIMPLE, Candidate
from journeyman.entities.experience import Expectation
from journeyman.stages.rank.context import Shown, meta_features, shown_by
from journeyman.stages.rank.costs import PLAIN, Cost, Foresight, Took
from journeyman.stages.rank.features import Proposal
from journeyman.stages.rank.judgement import Beliefs, believe, judge
from journeyman.stages.rank.memory import remembered

__all__ = [
    "Beliefs",
    "Cost",
    "Foresight",
    "Proposal",
    "Shown",
    "Took",
    "judge",
    "meta_features",
    "rank",
    "remembered",
    "shown_by",
]

_LEAST_SECONDS = 0.05


def rank(
    candidates: Sequence[Candidate],
    costs: Mapping[str, Cost],
    context: Mapping[str, float],
    shown: Shown,
    beliefs: Beliefs,
    known: Mapping[str, Mapping[str, float]],
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
    shown : Shown
        What the trials so far have shown, from ``shown_by``.
    beliefs : Beliefs
        From ``judge``, once a search.
    known : mapping of str to mapping of str to float
        From ``remembered``, once a search: what earlier jobs of the same table say of candidates, by their names.

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
    chances, gains = believe(beliefs, proposals)
    expectations = []
    for position, (candidate, proposal) in enumerate(zip(candidates, proposals, strict=True)):
        chance, gain = float(chances[position]), float(gains[position])
        cost = max(costs[candidate.key].seconds, _LEAST_SECONDS)
        expectation = Expectation(candidate.key, chance, gain, cost, proposal.context)
        order = SIMPLE.index(candidate.algorithm) if candidate.algorithm in SIMPLE else len(SIMPLE)
        expectations.append((order, -chance * gain / cost, position, expectation))
    return tuple(e for *_, e in sorted(expectations, key=lambda item: item[:3]))
