"""Rank: before each trial, the probability that a candidate lifts the ensemble, its expected gain and its seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from journeyman.entities.candidate import Candidate
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.trial import Trial

__all__ = ["meta_features", "rank"]

_BELIEF = 6.0
"""How many past jobs the shipped order weighs as much as."""

_PRIOR: Mapping[str, tuple[float, float]] = {
    "lightgbm (quick)": (0.90, 0.20),
    "catboost (quick)": (0.75, 0.06),
    "catboost (usual)": (0.45, 0.02),
    "extra_trees (fine)": (0.45, 0.03),
    "lightgbm (small random)": (0.45, 0.02),
    "lightgbm (deep)": (0.40, 0.015),
    "catboost (deep)": (0.40, 0.012),
    "forest (fine)": (0.30, 0.012),
    "lightgbm (wide random)": (0.30, 0.008),
    "lightgbm (narrow)": (0.30, 0.008),
    "extra_trees (calm)": (0.20, 0.006),
    "forest (calm)": (0.20, 0.006),
    "catboost (shallow)": (0.20, 0.005),
}
"""Probability of lifting the ensemble beyond noise, and relative gain: the order of the field's benchmarks."""
_UNKNOWN = (0.3, 0.01)


def meta_features(table: Table, task: Task) -> dict[str, float]:
    """Return what a table is like, as experience is compared by.

    Examples
    --------
    >>> import pandas as pd
    >>> from journeyman.entities.task import TaskKind
    >>> table = Table("t", pd.DataFrame({"a": [1.0, 2.0]}), (), "", 2)
    >>> meta_features(table, Task("y", TaskKind.REGRESSION, "rmse"))["log_rows"]
    0.3010...
    """
    features = table.features
    missing = float(table.frame[[c.name for c in features]].isna().to_numpy().mean()) if features else 0.0
    return {
        "log_rows": float(np.log10(max(len(table.frame), 1))),
        "log_columns": float(np.log10(max(len(features), 1))),
        "classes": float(len(task.labels)),
        "categorical": float(np.mean([c.kind.categorical for c in features])) if features else 0.0,
        "missing": missing,
    }


def rank(
    candidates: Sequence[Candidate],
    seconds: Mapping[str, float],
    trials: Sequence[Trial],
    context: Mapping[str, float],
    past: Sequence[Experience],
) -> tuple[Expectation, ...]:
    """Order candidates by expected gain per second, the simple ones first.

    Parameters
    ----------
    candidates : sequence of Candidate
        Those not tried yet.
    seconds : mapping of str to float
        Expected seconds of a whole trial, by candidate key.
    trials : sequence of Trial
        Those done: a second candidate of one algorithm adds less than the first of another.
    context : mapping
        Meta-features of the table.
    past : sequence of Experience
        Earlier jobs; weighed by how alike their tables were.

    Returns
    -------
    tuple of Expectation
        Most promising first.
    """
    tried = [t.candidate.algorithm for t in trials]
    expectations = []
    for position, candidate in enumerate(candidates):
        probability, gain = _PRIOR.get(candidate.name, _UNKNOWN)
        successes, weight, gains = _remember(candidate.name, context, past)
        probability = (probability * _BELIEF + successes) / (_BELIEF + weight)
        gain = (gain * _BELIEF + gains) / (_BELIEF + weight)
        again = 0.7 ** tried.count(candidate.algorithm)
        cost = max(seconds[candidate.key], 0.05)
        value = probability * gain * again / cost
        simple = candidate.algorithm in ("baseline", "linear")
        expectations.append(
            (not simple, -value, position, Expectation(candidate.key, probability * again, gain * again, cost))
        )
    return tuple(e for *_, e in sorted(expectations, key=lambda item: item[:3]))


def _remember(name: str, context: Mapping[str, float], past: Sequence[Experience]) -> tuple[float, float, float]:
    """Return successes, weight and gains of earlier trials of this name, each weighed by likeness of its table."""
    successes = weight = gains = 0.0
    for experience in past:
        if experience.candidate != name:
            continue
        distance = sum((context[k] - experience.context.get(k, context[k])) ** 2 for k in sorted(context))
        likeness = float(np.exp(-distance))
        weight += likeness
        successes += likeness * experience.succeeded
        gains += likeness * max(experience.gain, 0.0)
    return successes, weight, gains
