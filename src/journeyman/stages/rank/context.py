"""What a judgement is made from: what the table is like, and what the trials so far have shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from journeyman.entities.candidate import BASELINE, SIMPLE
from journeyman.entities.column import Kind
from journeyman.entities.search import TrialOutcome
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Trial, TrialStatus
from journeyman.stages.rank.features import kind_figures
from journeyman.stages.rank.memory import TABLE, table_number

__all__ = ["SearchHistory", "meta_features", "shown_by"]

_TINY = 1e-6
_IN_VAIN = (TrialStatus.FAILED, TrialStatus.OUT_OF_TIME)
_LAST = 3  # trials that "lately" means


@dataclass(frozen=True)
class SearchHistory:
    """What the trials so far have shown, as figures of a context.

    Attributes
    ----------
    overall : mapping of str to float
        Of the search: losses of the simple model and of the ensemble relative to the baseline's (natural logarithms),
        trials done, how long nothing has lifted the ensemble, its size, spread of the folds.
    by_algorithm : mapping of str to mapping of str to float
        Of each algorithm that was tried: how often, how often in vain, how near its best came to the ensemble.
    """

    overall: Mapping[str, float] = field(default_factory=dict)
    by_algorithm: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, algorithm: str) -> dict[str, float]:
        """Return all figures that concern a candidate of that algorithm."""
        return {**self.overall, **self.by_algorithm.get(algorithm, {})}


def meta_features(table: Table, task: Task) -> dict[str, float]:
    """Return what a table is like, as experience is compared by; computed once a search.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Table("t", pd.DataFrame({"a": [1.0, 2.0]}), (), "", 2)
    >>> meta_features(table, Task("y", "regression", "rmse"))["log_rows"]
    0.3010...
    """
    features = table.features
    kinds = [c.kind for c in features]
    missing = float(table.frame[[c.name for c in features]].isna().to_numpy().mean()) if features else 0.0
    number = table_number([c.name for c in features], task.target, task.kind)
    return {
        **({TABLE: number} if number is not None else {}),
        "log_rows": float(np.log10(max(len(table.frame), 1))),
        "log_columns": float(np.log10(max(len(features), 1))),
        "categorical": _share([k.categorical for k in kinds]),
        "text": _share([k is Kind.TEXT for k in kinds]),
        "dates": _share([k is Kind.DATETIME for k in kinds]),
        "levels": float(np.log10(max([len(c.categories) for c in features if c.kind.categorical], default=1) or 1)),
        "missing": missing,
        "classes": float(np.log2(max(len(task.labels), 1))),
        "balance": _balance(table, task),
        **kind_figures(task.kind, task.metric),
    }


def _share(flags: Sequence[bool]) -> float:
    return float(np.mean(flags)) if flags else 0.0


def _balance(table: Table, task: Task) -> float:
    """Return how even the classes are: their entropy relative to that of equal shares; 1 for numbers."""
    if not task.labels or len(task.labels) < 2:
        return 1.0
    shares = table.frame[task.target].value_counts(normalize=True).to_numpy(np.float64)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum() / np.log(len(task.labels)))


def shown_by(
    trials: Sequence[Trial], outcomes: Sequence[TrialOutcome], best: Ensemble | None, optimum: float
) -> SearchHistory:
    """Return what the trials so far have shown.

    Parameters
    ----------
    outcomes : sequence of TrialOutcome
        For each trial, whether it lifted the ensemble beyond noise, and its relative gain.
    best : Ensemble or None
        The best so far.
    optimum : float
        The score of predictions without a fault.

    Examples
    --------
    >>> shown_by((), (), None, 1.0).overall["done"]
    0.0
    """
    tried = [(t, o) for t, o in zip(trials, outcomes, strict=True) if t.candidate.algorithm not in SIMPLE]
    base = next((_loss(t, optimum) for t in trials if t.candidate.algorithm == BASELINE), None)
    plain = [_loss(t, optimum) for t in trials if t.candidate.algorithm in SIMPLE]
    simple = min((v for v in plain if v is not None), default=None)
    now = None if best is None else _positive(best.score, optimum)
    dry = next((k for k, (_, o) in enumerate(reversed(tried)) if o[0]), len(tried))
    gains = [max(0.0, o[1]) for _, o in tried[-_LAST:]]
    overall = {
        "done": float(np.log1p(len(tried))),
        "simple": _relative(simple, base),
        "best": _relative(now, base),
        "over_simple": _relative(now, simple),
        "dry": float(np.log1p(dry)),
        "lately": _share([o[0] for _, o in tried[-_LAST:]]) if tried else 1.0,
        "last_gain": float(np.log10(max(sum(gains), 1e-5))) if tried else 0.0,
        "members": float(len(best.members)) if best is not None else 0.0,
        "algorithms": float(np.log1p(len({t.candidate.learner for t, _ in tried}))),
        "spread": _spread(trials, optimum),
    }
    by_algorithm = {name: _of(name, tried, now, optimum) for name in {t.candidate.learner for t, _ in tried}}
    return SearchHistory(overall, dict(sorted(by_algorithm.items())))


def _of(
    name: str, tried: Sequence[tuple[Trial, tuple[bool, float]]], now: float | None, optimum: float
) -> dict[str, float]:
    mine = [(t, o) for t, o in tried if t.candidate.learner == name]
    losses = [v for v in (_loss(t, optimum) for t, _ in mine) if v is not None]
    return {
        "same": float(np.log1p(len(mine))),
        "same_dry": float(np.log1p(next((k for k, (_, o) in enumerate(reversed(mine)) if o[0]), len(mine)))),
        "same_failed": float(np.log1p(sum(t.status in _IN_VAIN for t, _ in mine))),
        "same_gap": _relative(min(losses), now) if losses else 0.0,
    }


def _loss(trial: Trial, optimum: float) -> float | None:
    if trial.status is not TrialStatus.DONE or trial.score is None or not np.isfinite(trial.score):
        return None
    return _positive(trial.score, optimum)


def _positive(score: float, optimum: float) -> float:
    return max(abs(optimum - score), _TINY)


def _relative(loss: float | None, to: float | None) -> float:
    """Return the logarithm of a loss relative to another, 0 where one is not known."""
    if loss is None or to is None:
        return 0.0
    return float(np.clip(np.log(loss / max(to, _TINY)), -5.0, 2.0))


def _spread(trials: Sequence[Trial], optimum: float) -> float:
    """Return the spread of the best trial's folds relative to its loss, as a logarithm; -3 where it is not known."""
    done = [(v, t) for t in trials if (v := _loss(t, optimum)) is not None and len(t.fold_scores) > 1]
    if not done:
        return -3.0
    loss, trial = min(done, key=lambda pair: pair[0])
    return float(np.clip(np.log(max(float(np.std(trial.fold_scores)) / loss, 1e-4)), -8.0, 1.0))
