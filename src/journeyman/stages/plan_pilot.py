"""Plan a pilot: how many cases, how long, and when it may end, by pilots that are simulated from held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.business_case import BusinessCase, Volume
from journeyman.entities.case_rows import CaseRows, PolicyRows
from journeyman.entities.decided_case import PilotPlan
from journeyman.metrics.pilot_process import evidence_paths, signed_differences

__all__ = ["PilotCases", "pilot_cases", "plan_pilot"]

FloatArray = NDArray[np.float64]
_SIZES = ((2_000, 400), (16_000, 120), (100_000, 40))  # cases of a simulated pilot, and pilots
_POWER = 0.8


@dataclass(frozen=True)
class PilotCases:
    """Cases that a pilot would hold: those that the policy treats otherwise than today.

    Attributes
    ----------
    ours, other : ndarray of shape (n_cases,)
        What cases were worth with the policy, and as today; they need not be the same cases.
    our_shares, other_shares : ndarray of shape (n_cases,)
        How often each comes; each sums to 1.
    low, high : float
        Least and greatest worth that a case can have.
    a_day : float
        Such cases a day.
    """

    ours: FloatArray
    other: FloatArray
    our_shares: FloatArray
    other_shares: FloatArray
    low: float
    high: float
    a_day: float


def pilot_cases(
    rows: CaseRows, policy: PolicyRows, volume: Volume, done: NDArray[np.int64] | None = None
) -> PilotCases | None:
    """Return the cases of a pilot; None where the policy does what is done today, or nothing is at stake.

    Parameters
    ----------
    done : ndarray of shape (n_samples,), optional
        Action that each row had in a trial, whose outcomes are those of that action; by default, outcomes are taken to
        be the same whatever is done.
    """
    count = len(rows)
    drawn = np.tile(np.arange(count), 2)  # each row as it is acted on, and as it is left where capacity is used up
    action = np.concatenate([policy.action, np.full(count, rows.leave)])
    chance = np.concatenate([policy.chance, 1.0 - policy.chance]) * rows.weights[drawn]
    chance = np.where(action != rows.today[drawn], chance, 0.0)
    if rows.leave < 0:
        chance[count:] = 0.0
    eligible = np.flatnonzero(chance > 0.0)
    if not len(eligible):
        return None
    index, drawn = np.arange(len(eligible)), drawn[eligible]
    worth, actions = rows.worth[drawn], (action[eligible], rows.today[drawn])
    pairs = np.stack([worth[index, done_so] for done_so in actions], axis=1)
    seen = pairs if rows.classes else np.einsum("iak,ik->ia", pairs, rows.happened[drawn])
    low, high = float(seen.min()), float(seen.max())
    values = [rows.realised[drawn][index, done_so] for done_so in actions]
    arms = [np.ones(len(eligible), dtype=bool) if done is None else done[drawn] == done_so for done_so in actions]
    if high <= low or not all(arm.any() for arm in arms):
        return None
    shares = [chance[eligible][arm] / chance[eligible][arm].sum() for arm in arms]
    ours, other = (value[arm] for value, arm in zip(values, arms, strict=True))
    a_day = float(chance.sum()) / float(rows.weights.sum()) * volume.cases
    return PilotCases(ours, other, shares[0], shares[1], low, high, a_day)


def plan_pilot(found: PilotCases, case: BusinessCase, seed: int = 0) -> PilotPlan | None:
    """Return a pilot that ends in GO with a probability of .8 where cases gain what the held-out rows say.

    Each case goes to the policy or to the status quo by a fair coin. None where no pilot of 100,000 cases would do.

    Parameters
    ----------
    case : BusinessCase
        Its ``sure`` less than 1 by the most probability of a false GO, under looks at every case.
    seed : int
        Of the simulated pilots.
    """
    low, high, alpha = found.low, found.high, 1.0 - case.sure
    hurdle = case.overhead / (found.a_day * case.volume.days)
    mean = hurdle / (2.0 * (high - low))
    gain, spread = _moments(found, mean)
    if not abs(mean) < 1.0 or gain <= 0.0:
        return None
    rng = np.random.default_rng(seed)
    for size, pilots in _SIZES:
        ends, proved = _ends(found, (pilots, size), mean, alpha, rng)
        if proved.mean() < _POWER:
            continue
        proved_at = np.where(proved, ends, np.inf)
        cases = int(np.quantile(proved_at, _POWER, method="higher"))
        fixed = ((stats.norm.isf(alpha) + stats.norm.ppf(_POWER)) / gain) ** 2 * spread
        expected = float(np.minimum(ends, cases).mean())
        return PilotPlan(
            cases=cases,
            expected=expected,
            fixed_size=int(np.ceil(min(fixed, 1e12))),
            days=cases / found.a_day,
            expected_days=expected / found.a_day,
            low=low,
            high=high,
            hurdle=hurdle,
            alpha=alpha,
            power=float((proved_at <= cases).mean()),
            seed=seed,
        )
    return None


def _ends(
    found: PilotCases, shape: tuple[int, int], mean: float, alpha: float, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return after how many cases each of so many pilots ends, and whether it ends with GO."""
    count, size = shape
    ends, proved = np.full(count, float(size)), np.zeros(count, dtype=bool)
    wanted, at_once = np.log(1.0 / alpha), max(1, 400_000 // size)
    for start in range(0, count, at_once):
        part = (min(at_once, count - start), size)
        treated = rng.random(part) < 0.5
        ours = rng.choice(found.ours, part, p=found.our_shares)
        other = rng.choice(found.other, part, p=found.other_shares)
        apart = signed_differences(np.where(treated, ours, other), treated, found.low, found.high)
        above, below = evidence_paths(apart, mean)
        for k in range(part[0]):
            first, against = (_first(path >= wanted) for path in (above[k], below[k]))
            ends[start + k] = min(first, against, float(size))
            proved[start + k] = first < against
    return ends, proved


def _first(passed: NDArray[np.bool_]) -> float:
    place = int(passed.argmax())
    return float(place + 1) if passed[place] else float("inf")


def _moments(found: PilotCases, mean: float) -> tuple[float, float]:
    """Return mean, above the hurdle, and variance of the signed differences with the best guess."""
    width = found.high - found.low
    first, second = float(found.our_shares @ found.ours), float(found.other_shares @ found.other)
    guess = (first + second) / 2.0
    square = float(found.our_shares @ (found.ours - guess) ** 2 + found.other_shares @ (found.other - guess) ** 2)
    gain = (first - second) / 2.0 / width
    return gain - mean, square / 2.0 / width**2 - gain**2
