"""What a policy does with each row of a business case under its limits, and what that is worth over the status quo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import bdtr

from journeyman.entities.business_case import Volume
from journeyman.entities.case_rows import CaseRows, PolicyRows, Recalibration

__all__ = ["choose_actions", "constant_actions", "gains", "possible_gains", "rank_effects", "recalibrated"]

FloatArray = NDArray[np.float64]
_FLOOR = 1e-7


def recalibrated(predicted: FloatArray, correction: Recalibration, classes: bool) -> FloatArray:
    """Return predictions as a correction changes them, shape (n_samples, n_outputs).

    Examples
    --------
    >>> recalibrated(np.array([[0.5, 0.5]]), Recalibration(2.0, (0.0, np.log(3.0))), True).round(2).tolist()
    [[0.25, 0.75]]
    """
    if not correction.changes:
        return predicted
    if not classes:
        values = correction.shifts[0] + correction.scale * predicted[:, 1]
        return np.column_stack([predicted[:, 0], values])
    raw = np.log(np.clip(predicted, _FLOOR, 1.0)) * correction.scale + np.asarray(correction.shifts)
    raw = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def choose_actions(rows: CaseRows, predicted: FloatArray, volume: Volume) -> PolicyRows:
    """Return what is done with each row: the action of the greatest expected worth, where capacity or budget allows it.

    Under a capacity of k of m cases a day, a row's chance is the probability that fewer than k of the day's other cases
    stand before it.

    Parameters
    ----------
    predicted : ndarray of shape (n_samples, n_outputs)
        Predictions that decide.
    volume : Volume
        Its limits.
    """
    expected = np.einsum("iak,ik->ia", rows.worth, predicted)
    action = expected.argmax(axis=1)
    if volume.capacity is None and volume.budget is None:
        return PolicyRows(action, np.ones(len(rows)))
    gain = expected[np.arange(len(rows)), action] - expected[:, rows.leave]
    pays = gain > 0.0
    chosen = np.where(pays, action, rows.leave)
    if volume.budget is not None:
        return PolicyRows(chosen, np.where(pays, _within_budget(gain, rows, volume.budget / volume.cases), 0.0))
    assert volume.capacity is not None
    chance, rank, slope = _within_capacity(gain, rows.weights, volume.capacity, volume.cases)
    return PolicyRows(chosen, np.where(pays, chance, 0.0), rank, np.where(pays, slope, 0.0))


def constant_actions(rows: CaseRows, volume: Volume, action: int) -> PolicyRows:
    """Return one action for all rows; where capacity or budget does not allow it, for rows drawn by lot.

    Examples
    --------
    >>> rows = CaseRows(
    ...     np.zeros((4, 2, 1)), np.ones((4, 1)), np.ones((4, 1)), np.zeros(4, int), np.ones(4), 1, False, np.ones(4)
    ... )
    >>> constant_actions(rows, Volume(100, 1, capacity=25), 0).chance.tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    share = 1.0
    if action != rows.leave:
        if volume.capacity is not None:
            share = min(1.0, volume.capacity / volume.cases)
        elif volume.budget is not None:
            taken = float(np.average(rows.price, weights=rows.weights)) * volume.cases
            share = min(1.0, volume.budget / taken) if taken > 0 else 1.0
    return PolicyRows(np.full(len(rows), action, dtype=np.int64), np.full(len(rows), share))


def gains(rows: CaseRows, policy: PolicyRows, over: NDArray[np.int64] | None = None) -> FloatArray:
    """Return what a policy is worth over other actions (the status quo) by what came, shape (n_samples,)."""
    realised, index = rows.realised, np.arange(len(rows))
    other = realised[index, rows.today if over is None else over]
    done = realised[index, policy.action]
    if rows.leave < 0:
        return done - other
    return policy.chance * done + (1.0 - policy.chance) * realised[:, rows.leave] - other


def possible_gains(
    rows: CaseRows, policy: PolicyRows, over: NDArray[np.int64] | None = None
) -> tuple[tuple[float, float], ...]:
    """Return the least and greatest gain that a row could have had, for each class.

    Of classes, every class could have come; of numbers, those that came are looked at, and there is one pair.
    """
    if not rows.classes:
        found = gains(rows, policy, over)
        return ((float(found.min()), float(found.max())),)
    index = np.arange(len(rows))
    other = rows.worth[index, rows.today if over is None else over]
    apart = rows.worth[index, policy.action] - other
    if rows.leave >= 0:
        chance = policy.chance[:, None]
        apart = chance * apart + (1.0 - chance) * (rows.worth[:, rows.leave] - other)
    return tuple((float(low), float(high)) for low, high in zip(apart.min(axis=0), apart.max(axis=0), strict=True))


def rank_effects(rows: CaseRows, policy: PolicyRows) -> FloatArray:
    """Return what each row does to the mean gain by its place in the ranks of the others, shape (n_samples,); mean 0.

    Under a capacity, a sample with more good cases does not act on more of them: gains and these effects together are
    what a row adds to the estimate (its influence function), and vary less than gains alone.

    Examples
    --------
    >>> p = np.random.default_rng(0).random(500)
    >>> told = np.column_stack([1 - p, p])
    >>> worth, ones = np.tile([[[1.0, 1.0], [0.0, 0.0]]], (500, 1, 1)), np.ones(500)
    >>> rows = CaseRows(worth, told, told.round(), np.ones(500, int), ones, 1, True, ones)
    >>> found = choose_actions(rows, told, Volume(20, 1, capacity=5))
    >>> round(float(np.std(gains(rows, found) + rank_effects(rows, found))), 3)  # each act earns 1, and 5 are made
    0.0
    """
    if policy.rank is None or policy.slope is None or rows.leave < 0:
        return np.zeros(len(rows))
    realised, index = rows.realised, np.arange(len(rows))
    apart = realised[index, policy.action] - realised[:, rows.leave]
    pull = rows.weights * policy.slope * apart / rows.weights.sum()
    order = np.argsort(policy.rank, kind="stable")
    ordered = np.cumsum(pull[order])
    place = np.searchsorted(policy.rank[order], policy.rank, side="right")
    later = ordered[-1] - np.concatenate([[0.0], ordered])[place]
    same = (
        np.concatenate([[0.0], ordered])[place]
        - np.concatenate([[0.0], ordered])[np.searchsorted(policy.rank[order], policy.rank, side="left")]
    )
    effect = later + same / 2.0
    return np.asarray(effect - np.average(effect, weights=rows.weights))


def _within_capacity(
    gain: FloatArray, weights: FloatArray, most: float, cases: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return its chance to be among the first ``most`` of a day's ``cases``, its rank, and the chance's slope."""
    days = max(1.0, 1.0 / most)  # a capacity below one case a day is one case in so many days
    allowed, asked = max(1, round(most * days)), max(1, round(cases * days))
    order = np.argsort(-gain, kind="stable")
    ranked = np.cumsum(weights[order]) - weights[order] / 2.0
    before = np.empty(len(gain))
    before[order] = ranked / weights.sum()
    start = np.flatnonzero(np.r_[True, np.diff(gain[order]) != 0.0])
    for a, b in zip(start, np.r_[start[1:], len(gain)], strict=True):  # equal gains are drawn by lot
        if b - a > 1:
            before[order[a:b]] = (ranked[a:b] * weights[order[a:b]]).sum() / weights[order[a:b]].sum() / weights.sum()
    before = np.clip(before, 0.0, 1.0)
    if allowed >= asked:
        return np.ones(len(gain)), before, np.zeros(len(gain))
    slope = -(asked - 1) * stats.binom.pmf(allowed - 1, asked - 2, before)
    return np.asarray(bdtr(allowed - 1, asked - 1, before)), before, np.asarray(slope)


def _within_budget(gain: FloatArray, rows: CaseRows, a_case: float) -> FloatArray:
    """Return which rows are acted on where so much may be spent a case, the greatest gain for its price first."""
    order = np.argsort(-gain / np.maximum(rows.price, 1e-12), kind="stable")
    spent = np.cumsum((rows.price * rows.weights)[order]) / rows.weights.sum()
    chance = np.zeros(len(gain))
    own = (rows.price * rows.weights)[order] / rows.weights.sum()
    chance[order] = np.clip((a_case - (spent - own)) / np.maximum(own, 1e-300), 0.0, 1.0)
    return chance
