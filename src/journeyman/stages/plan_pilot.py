"""Plan a pilot: how many cases, how long, and when it may end, by pilots that are simulated from held-out rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.business_case import BusinessCase
from journeyman.entities.case_rows import CaseRows, PolicyRows
from journeyman.entities.decided_case import PilotPlan
from journeyman.metrics.pilot_process import evidence_paths, signed_differences

__all__ = ["plan_pilot"]

FloatArray = NDArray[np.float64]
_SIZES = ((2_000, 400), (16_000, 120), (100_000, 40))  # cases of a simulated pilot, and pilots
_POWER = 0.8
_ALPHA = 0.05


def plan_pilot(
    rows: CaseRows, policy: PolicyRows, case: BusinessCase, alpha: float = _ALPHA, seed: int = 0
) -> PilotPlan | None:
    """Return a pilot that ends in GO with a probability of .8 where cases gain what the held-out rows say.

    Only cases that the policy treats otherwise than today tell anything; each goes to the policy or to the status quo
    by a fair coin. None where there is no such case, or no pilot of 100,000 cases would do.

    Parameters
    ----------
    alpha : float
        Most probability of a false GO, under looks at every case.
    seed : int
        Of the simulated pilots.
    """
    index = np.arange(len(rows))
    chance = np.where(policy.action != rows.today, policy.chance, 0.0) * rows.weights
    if not chance.any():
        return None
    eligible = np.flatnonzero(chance > 0.0)
    worth = rows.worth[eligible]
    pairs = np.stack([worth[np.arange(len(eligible)), a[eligible]] for a in (policy.action, rows.today)], axis=1)
    seen = pairs if rows.classes else np.einsum("iak,ik->ia", pairs, rows.happened[eligible])
    low, high = float(seen.min()), float(seen.max())
    if high <= low:
        return None
    realised = rows.realised
    ours, other = realised[index, policy.action], realised[index, rows.today]
    a_day = float(chance.mean()) * case.volume.cases
    hurdle = case.overhead / (a_day * case.volume.days)
    mean, shares = hurdle / (2.0 * (high - low)), chance / chance.sum()
    if not abs(mean) < 1.0:
        return None
    rng = np.random.default_rng(seed)
    for size, pilots in _SIZES:
        ends, proved = _ends(
            rng.choice(len(rows), (pilots, size), p=shares), ours, other, (low, high, mean, alpha), rng
        )
        proved_at = np.where(proved, ends, np.inf)
        if proved.mean() >= _POWER:
            cases = int(np.quantile(proved_at, _POWER, method="higher"))
            gain, spread = _moments(ours, other, shares, (low, high, mean))
            fixed = ((stats.norm.isf(alpha) + stats.norm.ppf(_POWER)) / gain) ** 2 * spread if gain > 0 else np.inf
            expected = float(np.minimum(ends, cases).mean())
            return PilotPlan(
                cases=cases,
                expected=expected,
                fixed_size=int(np.ceil(min(fixed, 1e12))),
                days=cases / a_day,
                expected_days=expected / a_day,
                low=low,
                high=high,
                hurdle=hurdle,
                alpha=alpha,
                power=float((proved_at <= cases).mean()),
                seed=seed,
            )
    return None


def _ends(
    drawn: NDArray[np.int64],
    ours: FloatArray,
    other: FloatArray,
    terms: tuple[float, float, float, float],
    rng: np.random.Generator,
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return after how many cases each pilot ends, and whether it ends with GO."""
    low, high, mean, alpha = terms
    count, size = drawn.shape
    ends, proved = np.full(count, float(size)), np.zeros(count, dtype=bool)
    wanted = np.log(1.0 / alpha)
    for start in range(0, count, max(1, 400_000 // size)):
        part = drawn[start : start + max(1, 400_000 // size)]
        treated = rng.random(part.shape) < 0.5
        values = np.where(treated, ours[part], other[part])
        above, below = evidence_paths(signed_differences(values, treated, low, high), mean)
        for k in range(len(part)):
            first, against = (_first(path >= wanted) for path in (above[k], below[k]))
            ends[start + k] = min(first, against, float(size))
            proved[start + k] = first < against
    return ends, proved


def _first(passed: NDArray[np.bool_]) -> float:
    place = int(passed.argmax())
    return float(place + 1) if passed[place] else float("inf")


def _moments(
    ours: FloatArray, other: FloatArray, shares: FloatArray, terms: tuple[float, float, float]
) -> tuple[float, float]:
    """Return mean, above the hurdle, and variance of the signed differences with the best guess."""
    low, high, mean = terms
    width = high - low
    first, second = float(shares @ ours), float(shares @ other)
    guess = (first + second) / 2.0
    square = float(shares @ ((ours - guess) ** 2 + (other - guess) ** 2)) / 2.0 / width**2
    gain = (first - second) / 2.0 / width
    return gain - mean, square - gain**2
