"""Describe a policy: as a threshold where there is one, and as what it does in a sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.business_case import BusinessCase
from journeyman.entities.case_rows import CaseRows, PolicyRows, Recalibration
from journeyman.entities.decided_case import Policy
from journeyman.metrics.case_policy import recalibrated

__all__ = ["describe_policy"]

FloatArray = NDArray[np.float64]
_GRID = 20_001


def describe_policy(
    rows: CaseRows, policy: PolicyRows, correction: Recalibration, case: BusinessCase, measure: str
) -> Policy:
    """Return a policy as people apply it.

    Parameters
    ----------
    policy : PolicyRows
        What is done with the rows by the correction of all rows.
    correction : Recalibration
        Of predictions before they decide.
    measure : str
        What is compared with a threshold, such as "the probability of 'yes'".
    """
    acted = np.where(policy.action != rows.leave, policy.chance, 0.0) if rows.leave >= 0 else np.zeros(len(rows))
    share = float(np.average(acted, weights=rows.weights)) if rows.leave >= 0 else 1.0
    volume = case.volume
    limit = "" if rows.leave < 0 else "capacity" if volume.capacity is not None else "budget" if volume.budget else ""
    predicted = recalibrated(rows.predicted, correction, rows.classes)
    expected = np.einsum("iak,ik->ia", rows.worth, predicted)
    cut = 0.0
    if rows.leave >= 0 and limit and share > 0.0:
        others = expected.copy()
        others[:, rows.leave] = -np.inf
        gain = (others.max(axis=1) - expected[:, rows.leave]) / np.maximum(rows.price, 1e-12)
        cut = max(0.0, float(np.quantile(gain, 1.0 - share)))
    threshold, above = _threshold(rows, correction, cut)
    ratios = tuple(share / float(rows.happened[:, k].mean()) for k, share in enumerate(case.prevalence.values()))
    if threshold is not None and ratios:
        # what decides was moved to the stated prevalence; people compare what the model predicts
        odds = threshold / (1.0 - threshold) * ratios[0] / ratios[1]
        threshold = odds / (1.0 + odds)
    if cut == 0.0:
        limit = ""  # it is not what binds
    words = _words(case, share, threshold, above, limit, measure)
    return Policy(correction.scale, correction.shifts, cut, share, threshold, above, limit, words, ratios)


def _threshold(rows: CaseRows, correction: Recalibration, cut: float) -> tuple[float | None, bool]:
    """Return the prediction at which the action changes, where all rows have the same worths and two actions."""
    same = (rows.worth == rows.worth[:1]).all() and (rows.price == rows.price[0]).all()
    if rows.leave < 0 or not same or rows.worth.shape[1] != 2 or rows.worth.shape[2] != 2:
        return None, True
    if rows.classes:
        told = np.linspace(0.0, 1.0, _GRID)
        grid = np.column_stack([1.0 - told, told])
    else:
        told = np.linspace(rows.predicted[:, 1].min(), rows.predicted[:, 1].max(), _GRID)
        grid = np.column_stack([np.ones(_GRID), told])
    worth = rows.worth[0]
    act = 1 - rows.leave
    # predictions of a stated prevalence are moved already: the threshold is one of those
    decided = recalibrated(grid, correction, rows.classes)
    acted = decided @ (worth[act] - worth[rows.leave]) / max(rows.price[0], 1e-12) > cut
    turns = np.flatnonzero(acted[1:] != acted[:-1])
    if len(turns) != 1:
        return None, True
    return float((told[turns[0]] + told[turns[0] + 1]) / 2.0), bool(acted[-1])


def _words(case: BusinessCase, share: float, threshold: float | None, above: bool, limit: str, measure: str) -> str:
    if not case.actions or share == 0.0:
        return "Act on no case."
    act = " or ".join(f"'{action}'" for action in case.actions if action != "leave")
    part = f"which is {share:.1%} of the cases"
    if threshold is not None:
        side = "above" if above else "below"
        first = f"Do {act} where {measure} is {side} {_short(threshold)}, {part}"
    elif "leave" in case.actions:
        first = f"Do {act} where its expected worth is greater than that of leaving the case, {part}"
    else:
        first = f"Do what has the greatest expected worth: {act}"
    if limit == "capacity":
        return f"{first}; of a day's cases the {case.volume.capacity:g} with the greatest expected gain."
    if limit == "budget":
        return f"{first}; the greatest expected gain for its price first, until the day's budget is spent."
    return f"{first}."


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000.0 else f"{value:.3g}"
