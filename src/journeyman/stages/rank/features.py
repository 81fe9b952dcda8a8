"""A trial as numbers: who is proposed, by levels from all candidates to this one, and in which context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CONTEXT",
    "Proposal",
    "encode",
    "family",
    "feature_names",
    "kind_figures",
    "metric_figure",
    "own_kind",
    "own_kind_names",
    "penalties",
]

FloatArray = NDArray[np.float64]

CONTEXT: Mapping[str, tuple[float, float]] = {
    "log_rows": (3.3, 0.7),
    "log_columns": (1.1, 0.4),
    "categorical": (0.3, 0.3),
    "text": (0.0, 0.2),
    "dates": (0.0, 0.2),
    "levels": (0.7, 0.7),
    "missing": (0.05, 0.1),
    "classes": (1.0, 1.0),
    "balance": (0.9, 0.2),
    "binary": (0.4, 0.5),
    "multiclass": (0.2, 0.5),
    "regression": (0.4, 0.5),
    "done": (1.5, 0.8),
    "simple": (-0.4, 0.5),
    "best": (-0.6, 0.6),
    "over_simple": (-0.2, 0.2),
    "dry": (0.6, 0.6),
    "lately": (0.5, 0.4),
    "last_gain": (-2.0, 1.5),
    "members": (2.5, 1.5),
    "algorithms": (1.0, 0.5),
    "spread": (-2.5, 1.0),
    "same": (0.4, 0.5),
    "same_dry": (0.3, 0.4),
    "same_failed": (0.0, 0.5),
    "same_gap": (0.0, 0.2),
    "met": (0.0, 1.0),
    "met_helped": (0.2, 0.4),
    "met_gap": (0.1, 0.2),
}
"""Figures of a context, each with a centre and a scale; what is not known is taken to be at the centre."""

KINDS = ("binary", "multiclass", "regression")
"""Kinds of task that the shipped prior was learned on. A table of another kind leaves their figures out, so that it is
believed to be like the mean of them until one's own builds of its kind say otherwise."""

_OWN_KIND, _METRIC = "kind:", "metric:"
_CROSSED = (
    ("done", "done"),
    ("done", "log_rows"),
    ("dry", "log_rows"),
    ("dry", "done"),
    ("last_gain", "log_rows"),
    ("last_gain", "lately"),
    ("best", "log_rows"),
    ("over_simple", "done"),
    ("same", "done"),
    ("same_gap", "same"),
    ("same_gap", "done"),
    ("same_dry", "log_rows"),
    ("spread", "log_rows"),
    ("met", "done"),
    ("met_helped", "done"),
    ("met_gap", "done"),
)
_LINKED = ("log_rows", "log_columns", "categorical", "classes", "done", "over_simple", "same", "same_gap")
"""Figures that may matter to one algorithm otherwise than to another."""

_PENALTIES = {"all": 1e-3, "context": 0.5, "crossed": 1.0, "algorithm": 2.0, "kind": 4.0, "linked": 4.0, "name": 6.0}
"""Ridge penalties by level: what belongs to fewer trials is drawn more strongly towards the level above it."""

_NUMBER = re.compile(r"\s+\d+(?=[,)])")


@dataclass(frozen=True)
class Proposal:
    """A candidate in its context: the algorithm, the candidate's name and the figures."""

    algorithm: str
    name: str
    context: Mapping[str, float]


def family(name: str) -> str:
    """Return a candidate's name without the number of a series.

    Examples
    --------
    >>> family("lightgbm (searched 12)"), family("lightgbm (searched 3, log of the target)"), family("linear")
    ('lightgbm (searched)', 'lightgbm (searched, log of the target)', 'linear')
    """
    return _NUMBER.sub("", name)


def kind_figures(kind: str, metric: str) -> dict[str, float]:
    """Return the figures of a context that say of which kind of task its table is, and what its models are chosen by.

    Examples
    --------
    >>> kind_figures("binary", "log_loss")
    {'binary': 1.0, 'multiclass': 0.0, 'regression': 0.0, 'metric:log_loss': 1.0}
    >>> kind_figures("forecast", "mase")
    {'kind:forecast': 1.0, 'metric:mase': 1.0}
    """
    known = {name: float(name == kind) for name in KINDS} if kind in KINDS else {f"{_OWN_KIND}{kind}": 1.0}
    return {**known, f"{_METRIC}{metric}": 1.0}


def metric_figure(context: Mapping[str, float]) -> str:
    """Return the figure of a context that names the metric; empty where an older version wrote it."""
    return next((key for key in context if key.startswith(_METRIC)), "")


def own_kind(context: Mapping[str, float]) -> str:
    """Return the figure of a context that names a kind of task the shipped prior does not know; empty for others."""
    return next((key for key in context if key.startswith(_OWN_KIND)), "")


def own_kind_names(proposals: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """Return the features of (algorithm, candidate's name, ``own_kind``) triples, in a fixed order."""
    triples = sorted({t for t in proposals if t[2]})
    names = [kind for _, _, kind in triples]
    names += [f"{algorithm}*{kind}" for algorithm, _, kind in triples]
    names += [f"[{family(name)}]*{kind}" for _, name, kind in triples]
    return tuple(dict.fromkeys(names))


def feature_names(proposals: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the names of all features that these (algorithm, candidate's name) pairs need, in a fixed order."""
    pairs = sorted(set(proposals))
    names = ["1", *CONTEXT, *(f"{a}*{b}" for a, b in _CROSSED)]
    for algorithm in sorted({a for a, _ in pairs}):
        names += [algorithm, *(f"{algorithm}*{other}" for other in (*KINDS, *_LINKED))]
    for known in sorted({family(n) for _, n in pairs}):
        names += [f"[{known}]", *(f"[{known}]*{kind}" for kind in KINDS)]
    names += [f"[[{n}]]" for n in sorted({n for _, n in pairs if family(n) != n})]
    return tuple(names)


def penalties(names: Sequence[str]) -> FloatArray:
    """Return the ridge penalty of each feature, shape (n_features,)."""
    return np.array([_PENALTIES[_level(name)] for name in names])


def _level(name: str) -> str:
    if name == "1":
        return "all"
    if name.startswith("["):
        return "name"
    left, _, right = name.partition("*")
    if left in CONTEXT or left.startswith(_OWN_KIND):
        return "crossed" if right else "context"
    if not right:
        return "algorithm"
    return "kind" if right in KINDS or right.startswith(_OWN_KIND) else "linked"


def encode(proposals: Sequence[Proposal], names: Sequence[str]) -> FloatArray:
    """Return proposals as features, shape (n_proposals, n_features); who is not among the names is of no algorithm."""
    at = {name: k for k, name in enumerate(names)}
    n_rows = len(proposals)
    x = np.zeros((n_rows, len(names)))
    raw = np.array([[p.context.get(key, centre) for key, (centre, _) in CONTEXT.items()] for p in proposals])
    centre, scale = np.array(list(CONTEXT.values())).T
    z = np.clip((raw.reshape(n_rows, len(CONTEXT)) - centre) / scale, -3.0, 3.0)
    column = {key: k for k, key in enumerate(CONTEXT)}
    x[:, at["1"]] = 1.0
    x[:, [at[key] for key in CONTEXT]] = z
    for a, b in _CROSSED:
        x[:, at[f"{a}*{b}"]] = z[:, column[a]] * z[:, column[b]]
    flags = {kind: raw.reshape(n_rows, len(CONTEXT))[:, column[kind]] for kind in KINDS}
    for kind in [name for name in names if name.startswith(_OWN_KIND)]:
        flags[kind] = np.array([p.context.get(kind, 0.0) for p in proposals])
        x[:, at[kind]] = flags[kind]
    for algorithm in {p.algorithm for p in proposals} & set(names):
        rows = np.array([i for i, p in enumerate(proposals) if p.algorithm == algorithm])
        x[rows, at[algorithm]] = 1.0
        for kind in [kind for kind in flags if f"{algorithm}*{kind}" in at]:
            x[rows, at[f"{algorithm}*{kind}"]] = flags[kind][rows]
        for key in _LINKED:
            x[rows, at[f"{algorithm}*{key}"]] = z[rows, column[key]]
    for name in {p.name for p in proposals}:
        rows = np.array([i for i, p in enumerate(proposals) if p.name == name])
        known = f"[{family(name)}]"
        if known in at:
            x[rows, at[known]] = 1.0
            for kind in [kind for kind in flags if f"{known}*{kind}" in at]:
                x[rows, at[f"{known}*{kind}"]] = flags[kind][rows]
        if f"[[{name}]]" in at:
            x[rows, at[f"[[{name}]]"]] = 1.0
    return x
