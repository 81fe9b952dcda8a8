"""Compare groups: how a policy treats the groups of a protected column, and what treating them alike would cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.case_rows import CaseRows, PolicyRows
from journeyman.entities.decided_case import GroupGap, GroupRates
from journeyman.metrics.case_policy import gains

__all__ = ["compare_groups"]

FloatArray = NDArray[np.float64]
_MOST = 12
_LEAST_ROWS = 10
_OTHERS = "all others"


def compare_groups(rows: CaseRows, predicted: FloatArray, policy: PolicyRows, column: str) -> GroupGap | None:
    """Return the groups beside one another; None where there is one.

    Errors are seen from what would have paid: a false alarm is a case that was acted on though leaving it was worth as
    much or more, and a missed one was left though acting on it would have paid.

    Parameters
    ----------
    predicted : ndarray of shape (n_samples, n_outputs)
        Predictions that decide.
    column : str
        The protected column, by name.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(2_000)
    >>> came = np.column_stack([p < 0.5, p >= 0.5]).astype(float)
    >>> worth = np.tile([[[-1.0, 1.0], [0.0, 0.0]]], (2_000, 1, 1))
    >>> groups = np.where(rng.random(2_000) < 0.5, "a", "b").astype(object)
    >>> ones = np.ones(2_000)
    >>> rows = CaseRows(worth, came, came, np.ones(2_000, int), ones, 1, True, ones, groups=groups)
    >>> policy = PolicyRows((p < 0.5).astype(int), ones)
    >>> found = compare_groups(rows, came, policy, "town")
    >>> [g.name for g in found.groups], found.ratio > 0.8, found.groups[0].missed
    (['a', 'b'], True, 0.0)
    """
    if rows.groups is None or rows.leave < 0:
        return None
    codes, names = _codes(rows.groups)
    if len(names) < 2:
        return None
    realised, index = rows.realised, np.arange(len(rows))
    selected = np.where(policy.action != rows.leave, policy.chance, 0.0)
    others = realised.copy()
    others[:, rows.leave] = -np.inf
    pays = others.max(axis=1) > realised[:, rows.leave]
    value = gains(rows, policy)
    found = [_rates(name, codes == k, selected, pays, value) for k, name in enumerate(names)]
    rates = np.array([one.selected for one in found])
    ratio = float(rates.min() / rates.max()) if rates.max() > 0 else 1.0
    table = np.array([[selected[codes == k].sum(), (1.0 - selected[codes == k]).sum()] for k in range(len(names))])
    p_value = float(stats.chi2_contingency(table)[1]) if (table.sum(axis=0) > 0).all() else 1.0
    gain = _expected_gain(rows, predicted)
    overall = float(np.average(selected, weights=rows.weights))
    more = realised[index, _best(rows, predicted)] - realised[:, rows.leave]
    chosen, everybody = np.zeros(len(rows)), np.ones(len(rows), dtype=bool)
    for k in range(len(names)):
        chosen += (codes == k) * _first_share(gain, codes == k, everybody, overall)
    missed = float((1.0 - selected)[pays].mean()) if pays.any() else 0.0
    alike = np.zeros(len(rows))
    possible = all((pays & (codes == k)).sum() >= _LEAST_ROWS for k in range(len(names)))
    for k in range(len(names) if possible else 0):
        alike += (codes == k) * _first_share(gain, codes == k, pays, 1.0 - missed)
    one_cut = _first_share(gain, everybody, everybody, overall)
    lost = [float(np.average((one_cut - cuts) * more, weights=rows.weights)) for cuts in (chosen, alike)]
    return GroupGap(column, tuple(found), ratio, p_value, lost[0], lost[1] if possible else None)


def _codes(groups: NDArray[np.object_]) -> tuple[NDArray[np.int64], list[str]]:
    """Return a code a row and names, the largest group first; small and further groups are one."""
    names, codes, counts = np.unique(groups.astype(str), return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept = [k for place, k in enumerate(order) if place < _MOST and counts[k] >= _LEAST_ROWS]
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    found = [str(names[k]) for k in kept] + ([_OTHERS] if len(kept) < len(names) else [])
    return place[codes].astype(np.int64), found


def _rates(
    name: str, part: NDArray[np.bool_], selected: FloatArray, pays: NDArray[np.bool_], value: FloatArray
) -> GroupRates:
    alarms, wanted = part & ~pays, part & pays
    return GroupRates(
        name=name,
        rows=int(part.sum()),
        selected=float(selected[part].mean()),
        false_alarms=float(selected[alarms].mean()) if alarms.any() else None,
        missed=float((1.0 - selected[wanted]).mean()) if wanted.any() else None,
        value=float(value[part].mean()),
    )


def _best(rows: CaseRows, predicted: FloatArray) -> NDArray[np.int64]:
    expected = np.einsum("iak,ik->ia", rows.worth, predicted)
    expected[:, rows.leave] = -np.inf
    return np.asarray(expected.argmax(axis=1))


def _expected_gain(rows: CaseRows, predicted: FloatArray) -> FloatArray:
    expected = np.einsum("iak,ik->ia", rows.worth, predicted)
    return np.asarray(expected[np.arange(len(rows)), _best(rows, predicted)] - expected[:, rows.leave])


def _first_share(gain: FloatArray, part: NDArray[np.bool_], counted: NDArray[np.bool_], share: float) -> FloatArray:
    """Return which rows of a part are above the cut that selects that share of its counted rows."""
    inside = gain[part & counted]
    if not len(inside) or share <= 0.0:
        return np.zeros(len(gain))
    cut = np.quantile(inside, max(0.0, 1.0 - share), method="inverted_cdf") if share < 1.0 else -np.inf
    return (gain > cut).astype(np.float64) if np.isfinite(cut) else np.ones(len(gain))
