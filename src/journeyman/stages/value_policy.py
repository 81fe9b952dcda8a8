"""Value a policy: over the status quo and over rules without a model, by what came, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.business_case import BusinessCase, Volume
from journeyman.entities.case_rows import CaseRows, PolicyRows, RowSampling
from journeyman.entities.decided_case import CurvePoint, Rival, ValueEstimate
from journeyman.metrics.case_policy import choose_actions, constant_actions, gains, possible_gains, rank_effects
from journeyman.metrics.mean_distribution import estimate_mean

__all__ = [
    "break_even_prevalence",
    "break_even_price",
    "perfect_value",
    "value_curve",
    "value_over_rivals",
    "value_policy",
]

FloatArray = NDArray[np.float64]
_POINTS = 21


def value_policy(
    rows: CaseRows, policy: PolicyRows, hurdle: float, sampling: RowSampling
) -> tuple[ValueEstimate, ValueEstimate]:
    """Return the value a case over the status quo, before and after what the model costs (``hurdle``)."""
    found, ends = gains(rows, policy) + rank_effects(rows, policy), possible_gains(rows, policy)
    before = estimate_mean(found, ends, sampling)
    return before, before if hurdle == 0.0 else estimate_mean(found, ends, sampling, hurdle)


def value_over_rivals(
    rows: CaseRows, policy: PolicyRows, case: BusinessCase, sampling: RowSampling
) -> tuple[Rival, ...]:
    """Return what the policy is worth over rules without a model, a case, net of what the model costs.

    Each action for all rows, as far as capacity allows that; and where worths differ by row, what they call for where
    the average is predicted for every row.
    """
    hurdle = case.overhead / case.volume.total
    rivals, own = [], gains(rows, policy) + rank_effects(rows, policy)
    for code, action in enumerate(case.actions):
        other = constant_actions(rows, case.volume, code)
        apart = own - gains(rows, other)
        whole = float(other.chance.mean()) >= 1.0
        name = f"every case: {action}" if whole else f"{action} by lot, as far as the limit allows"
        rivals.append(Rival(name, estimate_mean(apart, _ends_apart(rows, policy, other), sampling, hurdle)))
    if (rows.worth != rows.worth[:1]).any():
        usual = np.average(rows.happened, axis=0, weights=rows.weights)
        other = choose_actions(rows, np.tile(usual, (len(rows), 1)), case.volume)
        apart = own - gains(rows, other) - rank_effects(rows, other)
        found = estimate_mean(apart, _ends_apart(rows, policy, other), sampling, hurdle)
        rivals.append(Rival("by the worths of each case, with the same prediction for all", found))
    return tuple(rivals)


def perfect_value(rows: CaseRows, volume: Volume) -> float:
    """Return the value a case over the status quo of one who knows what comes, within the same limits.

    Examples
    --------
    >>> worth = np.tile([[[-1.0, 9.0], [0.0, 0.0]]], (4, 1, 1))
    >>> came = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    >>> rows = CaseRows(worth, came, came, np.ones(4, int), np.ones(4), 1, True, np.ones(4))
    >>> perfect_value(rows, Volume(10, 1))
    2.25
    """
    realised, index = rows.realised, np.arange(len(rows))
    now = realised[index, rows.today]
    if rows.leave < 0:
        return float(np.average(realised.max(axis=1) - now, weights=rows.weights))
    more = realised.max(axis=1) - realised[:, rows.leave]
    rate = more / np.maximum(rows.price, 1e-12)
    order = np.argsort(-rate, kind="stable")
    weights = rows.weights[order] / rows.weights.sum()
    room = np.ones(len(rows))
    if volume.capacity is not None:
        spent = np.cumsum(weights) - weights
        room = np.clip((volume.capacity / volume.cases - spent) / weights, 0.0, 1.0)
    elif volume.budget is not None:
        own = weights * rows.price[order]
        room = np.clip((volume.budget / volume.cases - np.cumsum(own) + own) / np.maximum(own, 1e-300), 0.0, 1.0)
    base = float(np.average(realised[:, rows.leave] - now, weights=rows.weights))
    return base + float((weights * more[order] * room).sum())


def value_curve(rows: CaseRows, predicted: FloatArray) -> tuple[CurvePoint, ...]:
    """Return the value by the share of cases that are acted on, the greatest expected gain over leaving them first.

    Parameters
    ----------
    predicted : ndarray of shape (n_samples, n_outputs)
        Predictions that decide. Empty where no action leaves a case alone.
    """
    if rows.leave < 0:
        return ()
    index = np.arange(len(rows))
    expected = np.einsum("iak,ik->ia", rows.worth, predicted)
    others = expected.copy()
    others[:, rows.leave] = -np.inf
    best = others.argmax(axis=1)
    order = np.argsort(-(expected[index, best] - expected[:, rows.leave]), kind="stable")
    realised = rows.realised
    base = realised[:, rows.leave] - realised[index, rows.today]
    more = realised[index, best] - realised[:, rows.leave]
    place = np.empty(len(rows))
    place[order] = (np.cumsum(rows.weights[order]) - rows.weights[order] / 2.0) / rows.weights.sum()
    points = []
    for share in np.linspace(0.0, 1.0, _POINTS):
        found = (base + np.where(place <= share, more, 0.0)) * rows.weights
        mean, error = float(found.mean()), float(found.std()) / np.sqrt(len(rows))
        points.append(CurvePoint(float(share), mean, mean - 1.645 * error, mean + 1.645 * error))
    return tuple(points)


def break_even_price(rows: CaseRows, policy: PolicyRows, net: float, actions: Sequence[str]) -> float | None:
    """Return how much dearer each act may become until nothing is left; None where that does not depend on it."""
    if rows.leave < 0 or len(actions) < 2:
        return None
    acted = np.where(policy.action != rows.leave, policy.chance, 0.0)
    more = float(np.average(acted - (rows.today != rows.leave), weights=rows.weights))
    return net / more if more > 1e-9 and net > 0.0 else None


def break_even_prevalence(
    rows: CaseRows, policy: PolicyRows, labels: Sequence[str], overhead: float
) -> tuple[tuple[str, float, float | None], ...]:
    """Return the positive class, its share, and the share at which the same policy earns nothing; empty for others.

    Parameters
    ----------
    overhead : float
        What the model costs, a case.
    """
    if not rows.classes or len(labels) != 2:
        return ()
    came, found = rows.outcome, gains(rows, policy)
    share = float(np.average(came == 1, weights=rows.weights))
    if not (came == 0).any() or not (came == 1).any():
        return ((labels[1], share, None),)
    negative, positive = float(found[came == 0].mean()), float(found[came == 1].mean())
    if positive == negative:
        return ((labels[1], share, None),)
    at = (overhead - negative) / (positive - negative)
    return ((labels[1], share, at if 0.0 < at < 1.0 else None),)


def _ends_apart(rows: CaseRows, policy: PolicyRows, other: PolicyRows) -> tuple[tuple[float, float], ...]:
    """Return the least and greatest difference of two policies that a row could have had, for each class."""
    index = np.arange(len(rows))

    def worth(done: PolicyRows) -> FloatArray:
        values = rows.worth[index, done.action]
        if rows.leave < 0:
            return np.asarray(values)
        return np.asarray(done.chance[:, None] * values + (1.0 - done.chance[:, None]) * rows.worth[:, rows.leave])

    apart = worth(policy) - worth(other)
    if not rows.classes:
        apart = (apart * rows.happened).sum(axis=1, keepdims=True)
    return tuple((float(low), float(high)) for low, high in zip(apart.min(0), apart.max(0), strict=True))
