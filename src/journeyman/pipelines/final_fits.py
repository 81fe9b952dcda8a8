"""Final fits: an ensemble's preparations and members on the rows that teach, and on all rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.dataset import Dataset
from journeyman.entities.lookup_gain import LookupGain
from journeyman.entities.search import Search
from journeyman.entities.table import target_values, to_block
from journeyman.entities.trial import Ensemble
from journeyman.inference.model_files import FittedEnsemble, ModelCard, PlacedMember
from journeyman.interfaces import Averaging
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.memory_budget import fits_side_by_side
from journeyman.runtime.time_budget import SecondsAfterFit, TimeBudget, timed
from journeyman.stages.ensemble import ReplicaCost, with_seed_replicas
from journeyman.stages.train import FittedPart, FitTerms, PreparedRows, fit_member, fit_preparation
from journeyman.transformers.derived import DERIVED, deriving, joined
from journeyman.transformers.duplicate_lookup import build_lookup

__all__ = ["choose_seed_replicas", "fit_final", "model_card", "with_duplicate_lookup"]


def model_card(data: Dataset, chosen: Ensemble) -> ModelCard:
    """Return what a release of this ensemble must know to predict."""
    members = tuple(PlacedMember(m.candidate.algorithm, m.candidate.preparation, m.weight) for m in chosen.members)
    return ModelCard(
        data.task, data.table.features, members, chosen.temperature, chosen.threshold, spread=chosen.spread
    )


def choose_seed_replicas(context: BuildContext, data: Dataset, found: Search, chosen: Ensemble) -> Ensemble:
    """Let members be fitted with several seeds where time and latency allow. A step, because it reads the clock."""
    trials = {t.candidate.key: t for t in found.trials}
    budget = TimeBudget(data, context.settings, context.components)
    costs = []
    for member, once in zip(chosen.members, budget.seconds_of_fits(found, chosen), strict=True):
        candidate, algorithm = member.candidate, context.components.algorithms[member.candidate.algorithm]
        averaged = isinstance(algorithm, Averaging) and candidate.treatment is None and algorithm.varies(candidate)
        costs.append(ReplicaCost(once, trials[candidate.key].answer_seconds, averaged))
    left = budget.seconds_for_seed_replicas(found, context.run.elapsed())
    return with_seed_replicas(chosen, costs, context.settings.latency, left)


def fit_final(
    context: BuildContext,
    data: Dataset,
    chosen: Ensemble,
    parts: Sequence[NDArray[np.int64]],
    after: Sequence[SecondsAfterFit],
) -> tuple[FittedEnsemble, ...]:
    """Fit an ensemble's preparations and members on each of some parts of the rows; each is a step.

    ``after`` is what must be left of the budget when each member is done: boosting that takes longer than its trial
    promised stops where it is then, and no further seed replica is begun.
    """
    components, settings, table, task = context.components, context.settings, data.table, data.task
    names = sorted({m.candidate.preparation for m in chosen.members})
    first = deriving(table.features)

    # Fitted once for the part that is stored and for the models that learn from it, and only if a step needs it; where
    # memory is short, again for each of them, one part after the other.
    short = not fits_side_by_side(settings, chosen, table, task, components)
    threads = 1 if short else settings.threads

    def prepare(name: str, number: int) -> PreparedRows:
        derived = joined([fitted(n, number).x for n in first]) if first and name not in DERIVED else None
        return fit_preparation(components.preparations[name], table, task, parts[number], settings.seed, derived)

    fitted = prepare if short else cache(prepare)

    def each(name: str) -> tuple[partial[PreparedRows], ...]:
        return tuple(partial(fitted, name, number) for number in range(len(parts)))

    preparations = [
        context.run.step(
            f"prepare {name}",
            partial(_prepared_files, each(name)),
            name,
            settings.seed,
            *parts,
            using=[components.preparations[name]],
        )
        for name in (*first, *names)
    ]
    members = []
    for member, needed in zip(chosen.members, after, strict=True):
        algorithm = components.algorithms[member.candidate.algorithm]
        left = partial(_seconds_left, context, needed.least) if timed(settings) else None
        terms = FitTerms(threads, left, partial(_is_out_of_time, context, needed.another))
        fit = partial(fit_member, algorithm, each(member.candidate.preparation), terms)
        used = [algorithm, components.preparations[member.candidate.preparation]]
        members.append(context.run.step(f"fit {member.candidate.name}", fit, member, task, settings.seed, using=used))
    return tuple(
        FittedEnsemble(tuple(p[number] for p in preparations), tuple(m[number] for m in members))
        for number in range(len(parts))
    )


def with_duplicate_lookup(data: Dataset, fitted: FittedEnsemble, gain: LookupGain | None) -> FittedEnsemble:
    """Give an ensemble that was fitted on all rows their labels, where they are worth looking up."""
    if gain is None:
        return fitted
    table, names = data.table, [column.name for column in data.table.features]
    labels = target_values(table, data.task.target)
    lookup = build_lookup(to_block(table.frame, table.features), names, labels, gain.prior)
    return replace(fitted, known=lookup.to_file())


def _prepared_files(
    parts: Sequence[Callable[[], PreparedRows]], name: str, seed: int, *rows: NDArray[np.int64]
) -> tuple[FittedPart, ...]:
    """Return a preparation, fitted on each part, as files; ``seed`` and ``rows`` are what it was fitted with."""
    return tuple(FittedPart(name, part().fitted.to_files()) for part in parts)


def _is_out_of_time(context: BuildContext, needed: float) -> bool:
    return timed(context.settings) and _seconds_left(context, needed) < 0.0


def _seconds_left(context: BuildContext, needed: float) -> float:
    assert context.settings.budget is not None  # timed
    return context.settings.budget - needed - context.run.elapsed()
