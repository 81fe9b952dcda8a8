"""Pilots that are looked at every day, and uplift: false GO, lengths beside a test of fixed size, ranking, refusals.

Run: python benchmarks/decide_pilots.py [--pilots 2000] [--trials 40] [--seed 0]

Pilots: cases go to either arm by a fair coin; the rule looks after each case, which is more often than every day. Where
a case gains nothing, each GO is a false one and may come in 5% of pilots at most. Where it gains, lengths are those
until the rule ends the pilot, beside a z-test of fixed size with the same errors (5%, power .8) and one look at its
end.

Uplift: randomised trials whose effect depends on one column; the correlation of estimated and true uplift, and how
often a trial is refused whose treatment is random, or depends on a column.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.errors import SettingsError
from journeyman.metrics.pilot_process import evidence_paths, signed_differences
from journeyman.stages.check_randomised import check_randomised, feature_matrix
from journeyman.stages.estimate_uplift import estimate_uplift

FloatArray = NDArray[np.float64]
World = Callable[[np.random.Generator, int], tuple[FloatArray, FloatArray]]
ALPHA = 0.05


def binary(first: float, second: float, worth: float = 100.0, cost: float = 0.0) -> World:
    """Return a world whose cases are worth something with either probability, with the policy and without."""

    def draw(rng: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray]:
        same = rng.random(count)
        return worth * (same < first) - cost, worth * (same < second)

    return draw


def disasters(rng: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray]:
    """Return cases that gain a little by the policy, and lose as much in rare disasters."""
    return np.where(rng.random(count) < 0.002, -499.0, 1.0), np.zeros(count)


def tails(rng: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray]:
    """Return cases of a long tail, limited to 1,000, from one distribution."""
    return tuple(np.minimum(np.exp(rng.normal(2.0, 1.8, count)), 1000.0) for _ in range(2))  # type: ignore[return-value]  # two of them


def trends(rng: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray]:
    """Return cases that are worth ever more, whatever is done, and go up and down together."""
    level = np.linspace(0.0, 80.0, count) + 10.0 * np.sin(np.arange(count) / 40.0)
    return level + rng.normal(0, 5, count), level + rng.normal(0, 5, count)


def copies(rng: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray]:
    """Return cases of which ten that follow one another are worth the same."""
    worth = np.repeat(rng.uniform(0.0, 100.0, -(-count // 10)), 10)[:count]
    return worth, worth


NULLS: dict[str, tuple[World, float, float]] = {
    "half of the cases": (binary(0.5, 0.5), 0.0, 100.0),
    "rare, 1%": (binary(0.01, 0.01), 0.0, 100.0),
    "rare disasters": (disasters, -499.0, 1.0),
    "long tail": (tails, 0.0, 1000.0),
    "trend and waves": (trends, -40.0, 130.0),
    "ten alike": (copies, 0.0, 100.0),
}
GAINS: dict[str, tuple[World, float, float]] = {
    "50% against 40%": (binary(0.5, 0.4), 0.0, 100.0),
    "30% against 25%": (binary(0.3, 0.25), 0.0, 100.0),
    "3% against 2%": (binary(0.03, 0.02), 0.0, 100.0),
    "40% at a cost of 5 against 30%": (binary(0.4, 0.3, cost=5.0), -5.0, 100.0),
}


def pilots(
    world: World, low: float, high: float, size: int, count: int, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return when each pilot ends, and whether with GO."""
    ends, go = np.full(count, float(size)), np.zeros(count, dtype=bool)
    for k in range(count):
        ours, other = world(rng, size)
        treated = rng.random(size) < 0.5
        values = np.clip(np.where(treated, ours, other), low, high)
        above, below = evidence_paths(signed_differences(values, treated, low, high))
        first = [
            int(p.argmax()) + 1 if p.any() else np.inf for p in (above >= np.log(1 / ALPHA), below >= np.log(1 / ALPHA))
        ]
        ends[k], go[k] = min(*first, size), first[0] < first[1]
    return ends, go


def looked_at_daily(world: World, size: int, rng: np.random.Generator, a_day: int = 20) -> bool:
    """Return whether a z-test of two means, looked at after each day of 20 cases from the third on, ever says GO."""
    ours, other = world(rng, size)
    treated = rng.random(size) < 0.5
    values = np.where(treated, ours, other)
    days = np.arange(3 * a_day, size + 1, a_day) - 1
    parts = []
    for arm in (treated, ~treated):
        count = np.maximum(np.cumsum(arm)[days], 2)
        mean = np.cumsum(arm * values)[days] / count
        spread = np.maximum(np.cumsum(arm * values**2)[days] / count - mean**2, 1e-12) / count
        parts.append((mean, spread))
    (first, a), (second, b) = parts
    return bool(((first - second) / np.sqrt(a + b) > stats.norm.isf(ALPHA)).any())


def fixed_size(world: World, low: float, high: float, rng: np.random.Generator) -> float:
    """Return the size of a z-test of one look with the same errors and a power of .8."""
    ours, other = world(rng, 400_000)
    treated = rng.random(400_000) < 0.5
    apart = signed_differences(np.where(treated, ours, other), treated, low, high)
    return ((stats.norm.isf(ALPHA) + stats.norm.ppf(0.8)) / apart.mean()) ** 2 * float(apart.var())


def trial(
    rng: np.random.Generator, count: int, confounded: float
) -> tuple[dict[str, NDArray[np.generic]], FloatArray, NDArray[np.bool_], FloatArray]:
    """Return columns, outcomes, treatment and true uplifts; confounded, a column tells who is treated."""
    x, z = rng.normal(size=count), rng.normal(size=count)
    block = {"x": x, "z": z, "noise": rng.normal(size=count), "town": rng.integers(0, 6, count).astype(np.int32)}
    treated = rng.random(count) < 1.0 / (1.0 + np.exp(-confounded * x))
    uplift = np.where(z > 0.0, 20.0, 0.0)
    outcome = (
        40.0 * (rng.random(count) < 1.0 / (1.0 + np.exp(-x)))
        + treated * (rng.random(count) < uplift / 40.0) * 40.0
        - 5.0 * treated
    )
    return block, outcome, treated, uplift - 5.0


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=2_000)
    parser.add_argument("--size", type=int, default=2_000)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"{chosen.pilots} pilots of at most {chosen.size} cases without a gain, a look at every case, alpha 5%")
    for name, (world, low, high) in NULLS.items():
        _, go = pilots(world, low, high, chosen.size, chosen.pilots, rng)
        naive = np.mean([looked_at_daily(world, chosen.size, rng) for _ in range(chosen.pilots // 4)])
        print(f"  {name:32} false GO {go.mean():.2%}; of a z-test that is looked at daily {naive:.1%}", flush=True)
    print("pilots with a gain: cases until the end, beside a test of fixed size")
    for name, (world, low, high) in GAINS.items():
        fixed = fixed_size(world, low, high, rng)
        ends, go = pilots(world, low, high, int(4 * fixed), chosen.pilots // 4, rng)
        print(
            f"  {name:32} GO {go.mean():.1%}, mean {ends.mean():,.0f}, median {np.median(ends):,.0f}, fixed size "
            f"{fixed:,.0f}",
            flush=True,
        )
    print(f"uplift: {chosen.trials} trials of 3,000 cases each")
    correlations, right, refused = [], 0, {0.0: 0, 0.3: 0, 0.6: 0}
    for k in range(chosen.trials):
        block, worth, treated, true = trial(rng, 3_000, 0.0)
        matrix, _, kinds = feature_matrix(block, "")
        found = estimate_uplift(matrix, kinds, worth, treated, seed=k)
        correlations.append(stats.spearmanr(found.estimated, true)[0])
        upper = found.estimated > np.median(found.estimated)
        right += found.scored[upper].mean() > found.scored[~upper].mean()
        for strength in refused:
            block, _, treated, _ = trial(rng, 3_000, strength)
            try:
                check_randomised(block, treated, "treated")
            except SettingsError:
                refused[strength] += 1
    print(
        f"  rank correlation with the true uplift {np.mean(correlations):.2f} (of .87 that two levels allow), "
        f"halves in the right order {right}/{chosen.trials}"
    )
    for strength, times in refused.items():
        print(
            f"  treatment depends on a column with log odds {strength:g} a standard deviation: refused "
            f"{times}/{chosen.trials}"
        )


if __name__ == "__main__":
    main()
