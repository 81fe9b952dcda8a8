"""What a trial takes: by sizes, by what trials like it took beside that, and by what this search has shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import BASELINE
from journeyman.entities.experience import Experience
from journeyman.stages.rank.features import Proposal, encode, penalties
from journeyman.stages.rank.judgement import Prior

__all__ = ["PLAIN", "Cost", "CostModel", "TrialCost", "learn_costs"]

FloatArray = NDArray[np.float64]

PLAIN = "plain"
"""The figure of a context that says what sizes alone promise: the logarithm of seconds."""

_TELLING = (
    "log_rows",
    "log_columns",
    "categorical",
    "text",
    "dates",
    "levels",
    "missing",
    "classes",
    "balance",
    "binary",
    "multiclass",
    "regression",
    "simple",
    "same",
)
"""Figures that seconds may depend on. ``simple``: what the simple model left of the baseline's loss; where there is
much to learn, boosting goes on for long. ``same`` tells the first trial of an algorithm, which prepares its features.
"""

_KNOWN_UP_TO = {"log_rows": 4.4, "log_columns": 2.3}
"""Beyond the tables that costs were learned from, what the largest of them showed is believed to go on."""

_OWN, _OWN_ALGORITHM = 0.3, 0.3
_SEARCH, _SEARCH_ALGORITHM = 0.4, 0.4
_TRIAL = 0.4
"""Standard deviations of the logarithm of seconds: of a machine and of an algorithm on it, of a search and of an
algorithm in it, and of a single trial."""

_MOST_OWN = 150
_LEAST_SECONDS = 0.01


@dataclass(frozen=True)
class Cost:
    """Expected seconds of a trial, and what sizes alone promise."""

    seconds: float
    plain: float


@dataclass(frozen=True)
class TrialCost:
    """What a trial took: who it was, in which context, and the logarithm of seconds over what sizes promised."""

    proposal: Proposal
    ratio: float

    @classmethod
    def of(cls, proposal: Proposal, seconds: float, plain: float) -> TrialCost:
        """Return it from seconds."""
        return cls(proposal, float(np.log(max(seconds, _LEAST_SECONDS) / plain)))


@dataclass(frozen=True)
class CostModel:
    """What is known of costs when a search begins.

    Attributes
    ----------
    prior : Prior
        From ``judge``.
    past : sequence of Experience
        Earlier jobs; the latest trials that say what sizes had promised are learned from.
    """

    prior: Prior
    past: Sequence[Experience] = ()

    @cached_property
    def _own(self) -> tuple[list[str], list[str], FloatArray]:
        """Return algorithm and job of one's own latest trials, and how much longer than believed each took."""
        ended = (row for row in self.past if row.algorithm != BASELINE and row.solo is not None)
        told = [row for row in ended if PLAIN in row.context][-_MOST_OWN:]
        proposals = [Proposal(row.algorithm, row.candidate, row.context) for row in told]
        took = np.array([np.log(max(row.seconds, _LEAST_SECONDS)) - row.context[PLAIN] for row in told])
        return [row.algorithm for row in told], [row.job for row in told], took - self._predict_log_cost(proposals)

    def seconds(
        self, waiting: Sequence[Proposal], plain: Sequence[float], shown: Sequence[TrialCost] = ()
    ) -> tuple[float, ...]:
        """Return the expected seconds of each trial that waits: the median, of what is believed to be log-normal.

        How much longer than believed the trials of this search took, and those of earlier jobs, is shared out between
        machine, search and algorithm as their variances have it (best linear unbiased prediction).

        Parameters
        ----------
        waiting : sequence of Proposal
            In the context of the table and of what trials have shown; ``same`` says how often its algorithm was tried.
        plain : sequence of float
            Seconds by sizes alone, of each.
        shown : sequence of TrialCost
            Trials of this search so far.

        References
        ----------
        Henderson 1975, "Best linear unbiased estimation and prediction under a selection model".
        """
        expected = np.log(np.asarray(plain, dtype=np.float64)) + self._predict_log_cost(waiting)
        algorithms, jobs, missed = self._own
        names = np.array([*algorithms, *(t.proposal.algorithm for t in shown)])
        if len(names):
            searches = np.array([*(f"job {job}" for job in jobs), *("this" for _ in shown)])
            now = np.array([t.ratio for t in shown]) - self._predict_log_cost([t.proposal for t in shown])
            between = _shared(names[:, None] == names, searches[:, None] == searches) + _TRIAL**2 * np.eye(len(names))
            asked = np.array([p.algorithm for p in waiting])[:, None] == names
            shares = np.linalg.solve(between, np.concatenate([missed, now]))
            expected = expected + _shared(asked, (searches == "this")[None, :]) @ shares
        return tuple(np.exp(expected).tolist())

    def _predict_log_cost(self, proposals: Sequence[Proposal]) -> FloatArray:
        if not proposals:
            return np.zeros(0)
        return np.asarray(encode([_cost_features(p) for p in proposals], self.prior.names) @ self.prior.cost)


def learn_costs(prior: Prior, took: Sequence[TrialCost], caution: float = 1.0) -> Prior:
    """Return a prior that knows what trials took beside what sizes promised: ridge regression of the logarithm."""
    if not took:
        return prior
    x = encode([_cost_features(t.proposal) for t in took], prior.names)
    y = np.array([t.ratio for t in took])
    ridge = np.diag(penalties(prior.names)) * caution
    return replace(prior, cost=np.asarray(np.linalg.solve(x.T @ x + ridge, x.T @ y)))


def _shared(same: NDArray[np.bool_], together: NDArray[np.bool_]) -> FloatArray:
    """Return the covariance of trials by whether they are of one algorithm, and of one search."""
    shared = _OWN**2 + _OWN_ALGORITHM**2 * same + together * (_SEARCH**2 + _SEARCH_ALGORITHM**2 * same)
    return np.asarray(shared, dtype=np.float64)


def _cost_features(proposal: Proposal) -> Proposal:
    """Return a proposal with those figures only that seconds may depend on."""
    figures = {key: proposal.context[key] for key in _TELLING if key in proposal.context}
    kept = {key: min(value, _KNOWN_UP_TO.get(key, np.inf)) for key, value in figures.items()}
    return Proposal(proposal.algorithm, proposal.name, kept)
