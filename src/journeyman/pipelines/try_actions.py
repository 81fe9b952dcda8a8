"""Try what discoveries call for: models learned with and without, compared on the rows that confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.analysis import ActionKind, ActionTrial, Discovery, ModelAction
from journeyman.entities.column import Column, Kind
from journeyman.entities.dataset import Dataset
from journeyman.entities.gain import Gain
from journeyman.entities.table import target_values, to_block
from journeyman.entities.task import Task
from journeyman.stages.prove_gain import Changed, Examples, prove_gain
from journeyman.transformers.analysed import action_features

__all__ = ["try_actions"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_LEVEL = 0.05
_LEAST_ROWS = 200
_MOST_ROWS = 6_000
_MOST_COLUMNS = 40
_MOST_CROSSES, _MOST_DIFFERENCES = 4, 2
_FEW_CELLS = 60_000
"""Cells of a table of which models are compared on folds that are divided three times; larger ones twice."""

_NO_FOLDS_BY_TIME = "folds here are no later than what was learned; `journeyman build --analysis` tries it"
_ORDER = tuple(ActionKind)


@dataclass(frozen=True)
class _Wanted:
    """Actions that are tried together, and the discoveries that they follow from."""

    actions: tuple[ModelAction, ...]
    discoveries: tuple[int, ...]


def try_actions(
    data: Dataset, discoveries: Sequence[Discovery], rows: IntArray, clusters: IntArray, seed: int
) -> tuple[ActionTrial, ...]:
    """Return what each action gained; those of one kind that belong together are tried together.

    Parameters
    ----------
    rows, clusters : ndarrays of int64, shape (n_rows,)
        Positions of the confirming rows, and which of them depend on one another.

    Notes
    -----
    p-values are those of the corrected resampled t-test of ``prove_gain``, one-sided, after Holm (1979).
    """
    wanted = _grouped_actions(discoveries)
    later = [one for one in wanted if one.actions[0].kind is ActionKind.FADING]
    now = [one for one in wanted if one not in later]
    untried = tuple(ActionTrial(o.actions, o.discoveries, None, reason=_NO_FOLDS_BY_TIME) for o in later)
    if not now:
        return untried
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ROWS)).astype(np.int64)
    rows, clusters = rows[chosen], np.unique(clusters[chosen], return_inverse=True)[1]
    columns = _columns(data, discoveries, now)
    grouped = len(np.unique(clusters)) < len(clusters)
    why = ""
    if len(rows) < _LEAST_ROWS:
        why = f"{len(rows)} confirming rows are too few to compare models on"
    elif grouped and len(np.unique(clusters)) < 10:
        why = "too few groups of rows to compare models on"
    if why:
        return (*(ActionTrial(o.actions, o.discoveries, None, reason=why) for o in now), *untried)
    table, task = data.table, data.task
    frame = table.frame[[c.name for c in columns]].iloc[rows].reset_index(drop=True)
    examples = Examples(frame, target_values(table, task.target)[rows], table.weights_of(rows))
    examples = replace(examples, labels=_codes(examples.labels, task))
    classes = len(np.unique(examples.labels)) if task.labels else 0
    changes = {str(k): partial(_changed, one.actions, columns, task, seed) for k, one in enumerate(now)}
    gains = prove_gain(
        examples,
        changes,
        classes,
        groups=clusters if grouped else None,
        repeats=3 if frame.size <= _FEW_CELLS else 2,
        seed=seed,
    )
    found = [gains[str(k)] for k in range(len(now))]
    p_values = _holm([gain.p_value for gain in found])
    tried = [
        ActionTrial(o.actions, o.discoveries, gain, p, p <= _LEVEL and gain.after < gain.before)
        for o, gain, p in zip(now, found, p_values, strict=True)
    ]
    return (*sorted(tried, key=lambda trial: (not trial.accepted, -_share(trial.gain))), *untried)


def _share(gain: Gain | None) -> float:
    return 0.0 if gain is None else gain.share


def _codes(labels: FloatArray, task: Task) -> FloatArray:
    """Return classes numbered without gaps: some of many may have no row here."""
    return np.unique(labels, return_inverse=True)[1].astype(np.float64) if task.labels else labels


def _grouped_actions(discoveries: Sequence[Discovery]) -> list[_Wanted]:
    by_kind: dict[ActionKind, dict[ModelAction, list[int]]] = {}
    for place, discovery in enumerate(discoveries):
        if discovery.action is not None:
            by_kind.setdefault(discovery.action.kind, {}).setdefault(discovery.action, []).append(place)
    wanted = []
    for kind in _ORDER:
        actions = by_kind.get(kind, {})
        alone = {ActionKind.CROSS: _MOST_CROSSES, ActionKind.DIFFERENCE: _MOST_DIFFERENCES}.get(kind, 0)
        pairs = list(actions.items())
        wanted += [_Wanted((action,), tuple(places)) for action, places in pairs[:alone]]
        rest = pairs[alone:] if len(pairs) > alone else []
        if rest:
            together = tuple(action for action, _ in rest)
            wanted.append(_Wanted(together, tuple(sorted(place for _, places in rest for place in places))))
    return wanted


def _columns(data: Dataset, discoveries: Sequence[Discovery], wanted: Sequence[_Wanted]) -> tuple[Column, ...]:
    """Return the columns that models are shown: those that matter first, where there are many."""
    usable = [c for c in data.table.features if c.kind.numeric or c.kind.categorical or c.kind is Kind.DATETIME]
    if len(usable) <= _MOST_COLUMNS:
        return tuple(usable)
    needed = dict.fromkeys(name for one in wanted for action in one.actions for name in action.columns)
    ranked = sorted(discoveries, key=lambda d: -d.weight)
    needed |= dict.fromkeys(name for d in ranked for name in d.columns)
    needed |= dict.fromkeys(c.name for c in usable)
    kept = set(list(needed)[: max(_MOST_COLUMNS, len({n for o in wanted for a in o.actions for n in a.columns}))])
    return tuple(c for c in usable if c.name in kept)


def _changed(
    actions: tuple[ModelAction, ...], columns: tuple[Column, ...], task: Task, seed: int, examples: Examples
) -> Changed:
    """Do what actions say to the rows that are learned from, and to others as those have taught."""
    directions = {a.columns[0]: int(a.value) for a in actions if a.kind is ActionKind.MONOTONE}
    dropped = [name for a in actions if a.kind is ActionKind.DROP for name in a.columns if name in examples.rows]
    block = to_block(examples.rows, columns)
    # Some of many classes may have no row here: outputs are those that have.
    seen = task if len(task.labels) <= 2 else replace(task, labels=tuple(map(str, np.unique(examples.labels))))
    labels = _codes(examples.labels, seen) if len(task.labels) > 2 else examples.labels
    steps, values = action_features(actions, block, columns, labels, seen, seed)
    names = [f"{name} (made)" for step in steps for name in step.names()]

    def with_features(rows: pd.DataFrame, made: FloatArray) -> pd.DataFrame:
        features = pd.DataFrame(made, columns=names, index=rows.index)
        return pd.concat([rows.drop(columns=dropped), features], axis=1) if names else rows.drop(columns=dropped)

    def new_rows(rows: pd.DataFrame) -> pd.DataFrame:
        plain = to_block(rows, columns)
        return with_features(
            rows, np.hstack([s.transform(plain) for s in steps]) if steps else np.empty((len(rows), 0))
        )

    learned = replace(examples, rows=with_features(examples.rows, values), directions=directions)
    return Changed(learned, new_rows)


def _holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that allow for one another (Holm 1979).

    Examples
    --------
    >>> _holm([0.01, 0.5, 0.04])
    [0.03, 0.5, 0.08]
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(np.argsort(np.asarray(p_values), kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
