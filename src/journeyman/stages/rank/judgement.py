"""The expectation model: prior of what lifts an ensemble, shipped with the package and moved by one's own experience.

Two regressions over the same features: a logistic one for the chance that a trial lifts the ensemble beyond noise, and
a linear one for the logarithm of its relative gain if it does. Priors are normal distributions of the coefficients;
what is seen moves them (Bishop 2006, "Pattern recognition and machine learning", 3.3 and 4.5), so that the shipped
prior is where a user's own begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.experience import Experience
from journeyman.stages.rank.features import (
    CONTEXT,
    Proposal,
    encode,
    feature_names,
    metric_figure,
    own_kind,
    own_kind_names,
    penalties,
)

__all__ = ["Prior", "blank", "expect_successes", "from_text", "shipped_prior", "to_text", "update", "update_prior"]

FloatArray = NDArray[np.float64]
_STEPS = 8
_SETTLED = 1e-6
_LEAST_CHANCE, _MOST_CHANCE = 0.005, 0.995
_LEAST_GAIN = 1e-5
_MOST_OWN = 3000
"""Rows of one's own experience that are learned from, those of the most alike tables: more would cost more than it
teaches."""

_SHIPPED_COUNTS = 0.3
"""What was learned on other people's tables weighs this much beside one's own experience."""

_LEAST_LIKENESS, _OTHER_METRIC = 0.2, 0.5

_TABLE = ("log_rows", "log_columns", "categorical", "missing", "classes", "binary", "multiclass", "regression")


@dataclass(frozen=True)
class Prior:
    """Normal distributions of the coefficients.

    Attributes
    ----------
    names : tuple of str
        Features, see ``features.feature_names``.
    chance, chance_precision : ndarray of shape (n_features,) and (n_features, n_features)
        Of the logistic regression.
    gain, gain_precision : ndarray of the same shapes
        Of the linear regression of the logarithm of the relative gain.
    spread : float
        Standard deviation of that logarithm around its expectation.
    cost : ndarray of shape (n_features,)
        Expected coefficients of the logarithm of a trial's seconds over what sizes promise; see ``costs``.
    caution : float
        Factor of the ridge penalties that they began with.
    jobs : int
        Searches that they were learned from.
    """

    names: tuple[str, ...]
    chance: FloatArray
    chance_precision: FloatArray
    gain: FloatArray
    gain_precision: FloatArray
    spread: float
    cost: FloatArray
    caution: float = 1.0
    jobs: int = 0


def blank(proposals: Sequence[tuple[str, str]], caution: float = 1.0) -> Prior:
    """Return the uninformed prior, before any data.

    Parameters
    ----------
    proposals : sequence of (str, str)
        Algorithm and name of each candidate to be told apart.
    caution : float
        Factor of all ridge penalties.
    """
    names = feature_names(proposals)
    ridge = np.diag(penalties(names)) * caution
    none = np.zeros(len(names))
    return Prior(names, none, ridge, none, ridge.copy(), 1.0, none, caution)


def update(
    prior: Prior,
    proposals: Sequence[Proposal],
    succeeded: NDArray[np.bool_],
    gains: FloatArray,
    weights: FloatArray,
) -> Prior:
    """Update a prior by observed trials.

    Parameters
    ----------
    succeeded, gains, weights : ndarray of shape (n_proposals,)
        Whether each lifted the ensemble beyond noise, its relative gain, and how much it counts.
    """
    if not len(proposals):
        return prior
    x = encode(proposals, prior.names)
    chance, chance_precision = _logistic(x, succeeded.astype(np.float64), weights, prior)
    won = succeeded & (gains > 0)
    if not won.any():
        return replace(prior, chance=chance, chance_precision=chance_precision)
    logs = np.log(np.clip(gains[won], _LEAST_GAIN, 1.0))
    scaled = x[won].T * (weights[won] / prior.spread**2)
    gain_precision = prior.gain_precision + scaled @ x[won]
    gain = np.asarray(np.linalg.solve(gain_precision, prior.gain_precision @ prior.gain + scaled @ logs))
    return replace(prior, chance=chance, chance_precision=chance_precision, gain=gain, gain_precision=gain_precision)


def _logistic(x: FloatArray, y: FloatArray, weights: FloatArray, prior: Prior) -> tuple[FloatArray, FloatArray]:
    """Return mean and precision of the coefficients after Newton's steps."""
    before, precision = prior.chance, prior.chance_precision
    now, curvature = before, precision
    for _ in range(_STEPS):
        p = _sigmoid(x @ now)
        slope = x.T @ (weights * (y - p)) - precision @ (now - before)
        curvature = precision + (x.T * (weights * p * (1.0 - p))) @ x
        step = np.linalg.solve(curvature, slope)
        now = now + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < _SETTLED:
            break
    return now, curvature


def expect_successes(prior: Prior, proposals: Sequence[Proposal]) -> tuple[FloatArray, FloatArray]:
    """Return for each proposal the chance that it lifts the ensemble beyond noise, and the relative gain if it does.

    Returns
    -------
    chances, gains : ndarray of shape (n_proposals,)
        In 0..1. The gain is the mean of its log-normal distribution.
    """
    x = encode(proposals, prior.names)
    chances = np.clip(_sigmoid(x @ prior.chance), _LEAST_CHANCE, _MOST_CHANCE)
    gains = np.exp(np.minimum(x @ prior.gain + prior.spread**2 / 2, 0.0))
    return chances, gains


def update_prior(
    context: Mapping[str, float],
    candidates: Sequence[tuple[str, str]],
    past: Sequence[Experience],
    known: Prior | None = None,
) -> Prior:
    """Return the prior that a search begins with: the shipped one, updated by the user's experience.

    Parameters
    ----------
    context : mapping of str to float
        The table's meta-features; experience counts the more the more alike its table was.
    candidates : sequence of (str, str)
        Algorithm and name of each candidate: one that is new is believed to be like the average of all.
    past : sequence of Experience
        Earlier jobs.
    known : Prior, optional
        What is believed without them; by default what comes with the package.
    """
    met = [*candidates, *((row.algorithm, row.candidate) for row in past)]
    prior = _widened(shipped_prior() if known is None else known, feature_names(met))
    prior = _widened(prior, own_kind_names((row.algorithm, row.candidate, own_kind(row.context)) for row in past))
    rows = [row for row in past if "done" in row.context]  # without what earlier trials showed, little can be learned
    if not rows:
        return prior
    prior = replace(
        prior,
        chance_precision=prior.chance_precision * _SHIPPED_COUNTS,
        gain_precision=prior.gain_precision * _SHIPPED_COUNTS,
    )
    likeness = _likeness(context, rows)
    nearest = np.sort(np.argsort(-likeness, kind="stable")[:_MOST_OWN])
    kept = [rows[i] for i in nearest]
    proposals = [Proposal(row.algorithm, row.candidate, row.context) for row in kept]
    succeeded = np.array([row.succeeded for row in kept])
    gains = np.array([row.gain for row in kept])
    return update(prior, proposals, succeeded, gains, likeness[nearest])


def _likeness(context: Mapping[str, float], rows: Sequence[Experience]) -> FloatArray:
    """Return how alike the tables of earlier trials were, 0.2..1: the least of another kind of task that is one's own.

    What lifted one metric says half as much of another.
    """
    scale = np.array([CONTEXT[key][1] for key in _TABLE])
    here = np.array([context.get(key, CONTEXT[key][0]) for key in _TABLE])
    there = np.array([[row.context.get(key, h) for key, h in zip(_TABLE, here, strict=True)] for row in rows])
    distance = (((there - here) / scale) ** 2).mean(axis=1)
    kind, metric = own_kind(context), metric_figure(context)
    alike = np.exp(-distance) * np.array([own_kind(row.context) == kind for row in rows])
    alike *= [1.0 if metric_figure(row.context) in (metric, "") else _OTHER_METRIC for row in rows]
    return np.asarray(_LEAST_LIKENESS + (1.0 - _LEAST_LIKENESS) * alike)


def _widened(prior: Prior, wanted: Sequence[str]) -> Prior:
    """Return a prior with coefficients of these features too; those of new ones are uninformed."""
    known = set(prior.names)
    new = [name for name in wanted if name not in known]
    if not new:
        return prior
    names = (*prior.names, *new)
    old, size = len(prior.names), len(names)
    ridge = penalties(new) * prior.caution

    def wide(precision: FloatArray) -> FloatArray:
        grown = np.zeros((size, size))
        grown[:old, :old] = precision
        grown[range(old, size), range(old, size)] = ridge
        return grown

    none = np.zeros(len(new))
    return replace(
        prior,
        names=names,
        chance=np.concatenate([prior.chance, none]),
        chance_precision=wide(prior.chance_precision),
        gain=np.concatenate([prior.gain, none]),
        cost=np.concatenate([prior.cost, none]),
        gain_precision=wide(prior.gain_precision),
    )


@cache
def shipped_prior() -> Prior:
    """Return the prior that comes with the package (``make experience`` writes them)."""
    return from_text(files("journeyman.stages.rank").joinpath("prior.json").read_bytes())


def to_text(prior: Prior) -> bytes:
    """Return a prior as JSON: four significant digits, of the precisions the lower triangle.

    Examples
    --------
    >>> again = from_text(to_text(blank([("linear", "linear")])))
    >>> again.names == blank([("linear", "linear")]).names
    True
    """
    rows, columns = np.tril_indices(len(prior.names))
    plain = {
        "jobs": prior.jobs,
        "caution": prior.caution,
        "spread": _short(prior.spread),
        "names": prior.names,
        "chance": [_short(v) for v in prior.chance],
        "gain": [_short(v) for v in prior.gain],
        "cost": [_short(v) for v in prior.cost],
        "chance_precision": [_short(v) for v in prior.chance_precision[rows, columns]],
        "gain_precision": [_short(v) for v in prior.gain_precision[rows, columns]],
    }
    return msgspec.json.encode(plain) + b"\n"


def from_text(text: bytes) -> Prior:
    """Read what ``to_text`` gave."""
    plain: dict[str, Any] = msgspec.json.decode(text)
    size = len(plain["names"])
    rows, columns = np.tril_indices(size)

    def full(values: Sequence[float]) -> FloatArray:
        matrix = np.zeros((size, size))
        matrix[rows, columns] = values
        matrix[columns, rows] = values
        return matrix

    return Prior(
        names=tuple(plain["names"]),
        chance=np.array(plain["chance"], dtype=np.float64),
        chance_precision=full(plain["chance_precision"]),
        gain=np.array(plain["gain"], dtype=np.float64),
        gain_precision=full(plain["gain_precision"]),
        spread=float(plain["spread"]),
        cost=np.array(plain["cost"], dtype=np.float64),
        caution=float(plain["caution"]),
        jobs=int(plain["jobs"]),
    )


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _sigmoid(z: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -30.0, 30.0))))
