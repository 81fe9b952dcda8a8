"""Iterating: weaknesses of the ensemble become candidates, and what each of them gained is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import SIMPLE, Candidate
from journeyman.entities.column import Kind
from journeyman.entities.dataset import Dataset
from journeyman.entities.experience import Expectation
from journeyman.entities.search import TrialOutcome
from journeyman.entities.table import Table
from journeyman.entities.trial import Ensemble, Trial
from journeyman.entities.weakness import Attempt, Cause, Weakness
from journeyman.interfaces import Algorithm, WeighsRows
from journeyman.runtime.build_context import BuildContext
from journeyman.stages.diagnose import diagnose, inside
from journeyman.stages.ensemble import metric_losses
from journeyman.stages.rank import worth
from journeyman.stages.treat import treat

__all__ = ["Diagnosed", "attempted", "diagnosed", "informed", "untried"]

FloatArray = NDArray[np.float64]
_TELLING = (Cause.TOO_FEW_ROWS, Cause.OTHER_RELATION, Cause.DRIFT, Cause.IMBALANCE)
_EXPECTED_BACK, _LEAST_CHANCE = 0.5, 0.3  # set by judgement: too few real tables had such a weakness to measure it
_MOST_TREATED = 3  # candidates a diagnosis: the gravest weaknesses first
_ROUNDS = (3, 10)
"""Trials beyond the simple ones after which the ensemble is diagnosed: with three, what still fails is not a fault of
one algorithm; after ten, the first treatments have been tried, and what they left can be seen."""


@dataclass(frozen=True)
class Diagnosed:
    """State of the search over weaknesses.

    Attributes
    ----------
    weaknesses : tuple of Weakness
        In the order found.
    aims : mapping of str to int
        By key of a candidate, the position of the weakness that it is tried against.
    """

    weaknesses: tuple[Weakness, ...] = ()
    aims: Mapping[str, int] = field(default_factory=dict)


def diagnosed(
    context: BuildContext,
    data: Dataset,
    so_far: Diagnosed,
    trials: Sequence[Trial],
    waiting: Sequence[Candidate],
    best: Ensemble,
) -> tuple[Diagnosed, list[Candidate]]:
    """Diagnose the ensemble where it is time for that; return what is found so far, and new candidates."""
    table, task, seed = data.table, data.task, context.settings.seed
    tried = sum(1 for t in trials if t.candidate.algorithm not in SIMPLE)
    if tried not in _ROUNDS or trials[-1].candidate.algorithm in SIMPLE:
        return so_far, []
    number = 1 + _ROUNDS.index(tried)
    found = context.run.step(f"diagnose {number}", partial(diagnose, table, data.split), task, best, seed)
    seen = {(w.place, w.cause) for w in so_far.weaknesses}
    new = tuple(w for w in found if (w.place, w.cause) not in seen)
    base = _base(context.components.algorithms, best, trials)
    aims, added = dict(so_far.aims), []
    most = len(aims) + _MOST_TREATED
    scales = {c.target_scale for c in [*(t.candidate for t in trials), *waiting]}
    done, queued = {t.candidate.key for t in trials}, {c.key for c in waiting}
    for position, weakness in enumerate(new, len(so_far.weaknesses)):
        if base is None or not _told_by_the_matrix(weakness, table):
            continue
        for candidate in treat(weakness, base, task):
            # Other scales are proposed from the start where the target has a long tail: that is not said twice.
            known = candidate.target_scale != base.target_scale and candidate.target_scale in scales
            if candidate.key not in done and candidate.key not in aims and not known and len(aims) < most:
                aims[candidate.key] = position
                added += [] if candidate.key in queued else [candidate]
    return Diagnosed((*so_far.weaknesses, *new), aims), added


def informed(ranked: Sequence[Expectation], seen: Diagnosed, seconds_more: float = 0.0) -> tuple[Expectation, ...]:
    """Return expectations in order again, where the evidence of a weakness says how much a treatment may gain.

    Beliefs about what an algorithm gains in general know nothing of what was just seen: of the loss that could be told
    from the columns after all, half is expected back, with a fair chance at least.
    """
    if not seen.aims:
        return tuple(ranked)
    told = {key: seen.weaknesses[k] for key, k in seen.aims.items() if seen.weaknesses[k].cause in _TELLING}
    known = [
        replace(
            e, probability=max(e.probability, _LEAST_CHANCE), gain=max(e.gain, _EXPECTED_BACK * told[e.candidate].share)
        )
        if e.candidate in told
        else e
        for e in ranked
    ]
    return tuple(sorted(known, key=lambda e: -worth(e, seconds_more)))


def _base(algorithms: Mapping[str, Algorithm], best: Ensemble, trials: Sequence[Trial]) -> Candidate | None:
    """Return the heaviest member, else the last trial, that weighs rows and is shown columns as they are."""
    for candidate in [*(m.candidate for m in best.members), *(t.candidate for t in reversed(trials) if t.fold_scores)]:
        algorithm = algorithms[candidate.algorithm]
        if isinstance(algorithm, WeighsRows) and algorithm.weighs_rows and candidate.preparation == "native":
            return replace(candidate, treatment=None)
    return None


def _told_by_the_matrix(weakness: Weakness, table: Table) -> bool:
    """Say whether rows of the place can be told by a feature: dates come in parts."""
    condition = weakness.place.condition
    return condition is None or table.column(condition.column).kind is not Kind.DATETIME


def attempted(
    data: Dataset,
    seen: Diagnosed,
    candidate: Candidate,
    before: Ensemble | None,
    after: Ensemble,
    outcome: TrialOutcome,
) -> list[Attempt]:
    """Return what a trial gained against the weakness that it was tried for; nothing where it was for none.

    Parameters
    ----------
    before, after : Ensemble or None, Ensemble
        The best before and after the trial.
    """
    if candidate.key not in seen.aims:
        return []
    attempt = Attempt(seen.aims[candidate.key], candidate.key, candidate.name, tried=True)
    if before is None or before is after or candidate.key not in {m.candidate.key for m in after.members}:
        return [attempt]
    y = data.validated_labels
    there = inside(seen.weaknesses[attempt.weakness], data.table, data.split, y)
    old, new = (float(metric_losses(y, e.predictions, data.task)[there].mean()) for e in (before, after))
    within = (old - new) / old if old > 0 else 0.0
    return [replace(attempt, accepted=outcome.beyond_noise, gain=outcome.gain, inside=within)]


def untried(seen: Diagnosed, waiting: Sequence[Candidate]) -> list[Attempt]:
    """Return the attempts whose turn never came."""
    return [Attempt(seen.aims[c.key], c.key, c.name) for c in waiting if c.key in seen.aims]
