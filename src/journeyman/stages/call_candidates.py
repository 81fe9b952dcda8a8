"""Call candidates: what an analysis has confirmed becomes candidates like any other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from journeyman.algorithms.lightgbm_candidates import MONOTONE
from journeyman.entities.analysis import ActionKind, ModelAction
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.task import Scheme, Task
from journeyman.entities.weakness import Treatment, TreatmentKind
from journeyman.tasks import task_type

__all__ = ["PREPARATION", "action_candidates"]

PREPARATION = "analysed"
"""The preparation that makes the features of actions."""

_FEATURES = frozenset([ActionKind.CROSS, ActionKind.DIFFERENCE, ActionKind.SIDE, ActionKind.GAPS])


def action_candidates(actions: Sequence[ModelAction], base: Candidate, task: Task) -> tuple[Candidate, ...]:
    """Return the base with features, with constraints, with both, and with older rows that weigh less, as actions say.

    Parameters
    ----------
    base : Candidate
        Boosted trees on columns as they are.

    Examples
    --------
    >>> actions = (ModelAction(ActionKind.MONOTONE, ("age",), 1.0), ModelAction(ActionKind.CROSS, ("a", "b")))
    >>> task = Task("y", "regression", "rmse")
    >>> [c.style for c in action_candidates(actions, Candidate("lightgbm"), task)]
    ['features of the analysis', 'monotone by the analysis', 'features, monotone, by the analysis']
    """
    features = any(action.kind in _FEATURES for action in actions)
    directions = {a.columns[0]: int(a.value) for a in actions if a.kind is ActionKind.MONOTONE}
    directions = directions if len(task.labels) <= 2 else {}
    constrained = {**base.parameters, MONOTONE: json.dumps(directions, sort_keys=True, ensure_ascii=False)}
    known_as = f"{base.algorithm}_{PREPARATION}"
    plain = replace(base, turn=Turn.EARLY, reason="an analysis has confirmed what it is given", known_as=known_as)
    found = []
    if features:
        found.append(replace(plain, preparation=PREPARATION, style="features of the analysis"))
    if directions:
        found.append(replace(plain, parameters=constrained, style="monotone by the analysis"))
    if features and directions:
        both = replace(plain, preparation=PREPARATION, parameters=constrained)
        found.append(replace(both, style="features, monotone, by the analysis"))
    fading = any(action.kind is ActionKind.FADING for action in actions)
    if fading and task.scheme is Scheme.TIME and TreatmentKind.FADING in task_type(task).traits.treatments:
        found.append(replace(plain, treatment=Treatment(TreatmentKind.FADING), style="by the analysis"))
    return tuple(_with_learner_name(candidate) for candidate in found)


def _with_learner_name(candidate: Candidate) -> Candidate:
    """Return a candidate whose key tells its preparation: the key is made of learner and parameters alone."""
    own = candidate.preparation == PREPARATION
    return replace(candidate, known_as=f"{candidate.known_as}_features" if own else candidate.known_as)
