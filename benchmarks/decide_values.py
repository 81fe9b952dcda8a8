"""Decisions on simulated populations whose value is known: coverage, false GO, and what the policy loses to an oracle.

Run: python benchmarks/decide_values.py [--repeats 300] [--rows 800] [--seed 0]

Each population draws held-out rows (predictions of a model, what came, amounts); what the released policy is worth in
the population is computed from the true probabilities of 60,000 other cases. "covers" is the share of 90% intervals
that hold it, "GO" the share of samples with that verdict; in populations called null a model tells nothing, and each GO
is a false one. "share" is the policy's value as a share of the oracle's, who knows the true probability behind each
prediction and has the same limits.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.business_case import BusinessCase, Effect, Rule, RuleKind, Today, Volume, Worth
from journeyman.entities.case_rows import Recalibration
from journeyman.entities.decided_case import CaseVerdict
from journeyman.entities.held_out import HeldOut, NamedColumn
from journeyman.metrics.case_policy import choose_actions, gains, recalibrated
from journeyman.pipelines.decide_case import AboutModel, value_case
from journeyman.stages.judge_case import judge_case
from journeyman.stages.price_outcomes import price_outcomes

FloatArray = NDArray[np.float64]
TRUE_ROWS = 60_000


@dataclass(frozen=True)
class Cases:
    """Cases of a population: what the model predicts, the truth behind that, and amounts."""

    predicted: FloatArray
    true: FloatArray
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
    copies: int = 1


Draw = Callable[[np.random.Generator, int], Cases]


@dataclass(frozen=True)
class Population:
    """A population with its economics; ``noise`` draws what a value misses its mean by, for numbers."""

    name: str
    draw: Draw
    case: BusinessCase
    null: bool = False
    noise: Callable[[np.random.Generator, int], FloatArray] | None = None
    sampled: Callable[[np.random.Generator, int], Cases] | None = None
    """Where held-out rows are drawn otherwise than the cases to come."""


def case_of(
    yes: float | Worth,
    no: float | Worth,
    *,
    left: tuple[float | Worth, float | Worth] = (0.0, 0.0),
    today: Today | None = None,
    volume: Volume | None = None,
    prevalence: Mapping[str, float] | None = None,
    fixed: float = 0.0,
) -> BusinessCase:
    """Return a case of two classes."""

    def worth(value: float | Worth) -> Worth:
        return value if isinstance(value, Worth) else Worth(value)

    table = {
        "act": {"no": worth(no), "yes": worth(yes)},
        "leave": {"no": worth(left[1]), "yes": worth(left[0])},
    }
    return BusinessCase(
        "EUR",
        Effect.NONE,
        table,
        today or Today("leave"),
        volume or Volume(100, 365),
        fixed,
        prevalence=prevalence or {},
    )


def two(p: FloatArray) -> FloatArray:
    """Return probabilities of both classes."""
    return np.column_stack([1.0 - p, p])


def odds(p: FloatArray, power: float = 1.0, factor: float = 1.0) -> FloatArray:
    """Return probabilities whose odds are raised to a power and multiplied."""
    ratio = factor * (p / (1.0 - p)) ** power
    return ratio / (1.0 + ratio)


def beta(a: float, b: float, power: float = 1.0, factor: float = 1.0, sigma: float | None = None) -> Draw:
    """Return what draws cases with true probabilities of a beta distribution, which the model distorts."""

    def draw(rng: np.random.Generator, count: int) -> Cases:
        true = np.clip(rng.beta(a, b, count), 1e-6, 1 - 1e-6)
        columns = {} if sigma is None else {"amount": np.exp(rng.normal(0.0, sigma, count)) * 100.0}
        return Cases(two(odds(true, power, factor)), two(true), columns)

    return draw


def noise_model(share: float, spread: float = 0.5, sigma: float | None = None) -> Draw:
    """Return what draws cases of one true probability, of which the model knows nothing."""

    def draw(rng: np.random.Generator, count: int) -> Cases:
        told = odds(np.full(count, share), 1.0, np.exp(rng.normal(0.0, spread, count)))
        columns = {} if sigma is None else {"amount": np.exp(rng.normal(0.0, sigma, count)) * 100.0}
        columns = {**columns, "old": (rng.random(count) < 0.3).astype(float)}
        return Cases(two(told), two(np.full(count, share)), columns)

    return draw


def copied(draw: Draw, copies: int) -> Draw:
    """Return what draws each case several times: rows that depend on each other entirely."""

    def repeated(rng: np.random.Generator, count: int) -> Cases:
        few = draw(rng, -(-count // copies))
        told = {name: np.repeat(values, copies) for name, values in few.columns.items()}
        return Cases(np.repeat(few.predicted, copies, 0), np.repeat(few.true, copies, 0), told, copies)

    return repeated


def at_share(draw: Draw, share: float, likelihood: Callable[[FloatArray], FloatArray]) -> Draw:
    """Return cases of another prevalence: true odds are multiplied, the density follows by rejection."""

    def moved(rng: np.random.Generator, count: int) -> Cases:
        many = draw(rng, 40 * count)
        came = rng.random(len(many.true)) < many.true[:, 1]
        positives = rng.random(count) < share
        rows = np.where(positives, rng.choice(np.flatnonzero(came), count), rng.choice(np.flatnonzero(~came), count))
        before = float(many.true[:, 1].mean())
        ratio = share / before / ((1 - share) / (1 - before))
        return Cases(many.predicted[rows], two(odds(many.true[rows, 1], 1.0, ratio)), {})

    del likelihood
    return moved


def three(rng: np.random.Generator, count: int) -> Cases:
    """Return cases of three classes, told too boldly."""
    true = rng.dirichlet((0.6, 0.8, 1.2), count)
    told = np.clip(true, 1e-6, 1.0) ** 1.8
    return Cases(told / told.sum(1, keepdims=True), true)


def numbers(bias: float) -> Draw:
    """Return cases with a value; ``bias`` distorts what is predicted of it."""

    def draw(rng: np.random.Generator, count: int) -> Cases:
        mean = rng.normal(100.0, 30.0, count)
        return Cases((mean + bias * (mean - 100.0) + 20.0 * bias)[:, None], mean[:, None])

    return draw


def three_actions() -> BusinessCase:
    """Return a case with three actions and three classes."""
    worths = {"call": (60, -8, -8), "mail": (20, 15, -2), "leave": (0, 0, 0)}
    table = {a: dict(zip("abc", map(Worth, map(float, row)), strict=True)) for a, row in worths.items()}
    return BusinessCase("EUR", Effect.NONE, table, Today("leave"), Volume(100, 365))


def number_case(rate: float, plus: float) -> BusinessCase:
    """Return a case of a number: acting earns a rate of it."""
    table = {"act": {"each": Worth(plus, {"value": rate})}, "leave": {"each": Worth()}}
    return BusinessCase("EUR", Effect.NONE, table, Today("leave"), Volume(100, 365))


def populations() -> list[Population]:
    """Return all of them."""
    plain = case_of(100.0, -25.0)
    amount = Worth(-10.0, {"amount": 1.0})
    rule = Today("act", Rule("old", RuleKind.IS, 1.0))
    return [
        Population("calibrated", beta(1, 3), plain),
        Population("overbold model", beta(1, 3, power=2.0), plain),
        Population("timid model", beta(1, 3, power=0.5), plain),
        Population("odds three times too high", beta(1, 3, factor=3.0), plain),
        Population("status quo: everyone", beta(2, 3), case_of(60.0, -40.0, today=Today("act"))),
        Population("fixed costs near the value", beta(1, 3), case_of(100.0, -25.0, fixed=390_000.0)),
        Population("rare events, 2%", beta(0.2, 9.8), case_of(400.0, -10.0)),
        Population("rare events, 0.5%", beta(0.1, 19.9), case_of(2_000.0, -10.0)),
        Population(
            "rare disasters, 0.5%", beta(0.1, 19.9), case_of(0.0, -10.0, left=(-2_000.0, 0.0), today=Today("act"))
        ),
        Population("capacity 10 of 100", beta(1, 3), case_of(100.0, -25.0, volume=Volume(100, 365, 10))),
        Population("capacity 2 of 20", beta(0.5, 4), case_of(100.0, -5.0, volume=Volume(20, 365, 2))),
        Population(
            "budget, price a share of the amount",
            beta(1, 3, sigma=0.7),
            case_of(
                Worth(0.0, {"amount": 1.0}),
                Worth(-20.0),
                volume=Volume(100, 365, None, 600.0, Worth(5.0, {"amount": 0.1})),
            ),
        ),
        Population("amounts, long tail (1.0)", beta(1, 3, sigma=1.0), case_of(amount, -25.0)),
        Population("amounts, longer tail (1.5)", beta(1, 3, sigma=1.5), case_of(amount, -25.0)),
        Population(
            "prevalence moves, 25% to 10%",
            at_share(beta(1, 3), 0.10, odds),
            case_of(100.0, -25.0, prevalence={"no": 0.9, "yes": 0.1}),
            sampled=beta(1, 3),
        ),
        Population(
            "balanced rows, 3% to come",
            at_share(beta(2, 2), 0.03, odds),
            case_of(300.0, -10.0, prevalence={"no": 0.97, "yes": 0.03}),
            sampled=beta(2, 2),
        ),
        Population("three classes, three actions", three, three_actions()),
        Population("a number", numbers(0.0), number_case(1.0, -110.0), noise=lambda r, n: r.normal(0.0, 40.0, n)),
        Population(
            "a number, biased, t noise",
            numbers(0.5),
            number_case(1.0, -110.0),
            noise=lambda r, n: 30.0 * r.standard_t(3, n),
        ),
        Population("each row three times", copied(beta(1, 3), 3), plain),
        Population("null: acting breaks even", noise_model(0.2), case_of(100.0, -25.0), null=True),
        Population("null: acting pays for all", noise_model(0.25), case_of(100.0, -25.0), null=True),
        Population("null: everyone today", noise_model(0.2), case_of(100.0, -25.0, today=Today("act")), null=True),
        Population("null: a column's rule today", noise_model(0.2), case_of(100.0, -25.0, today=rule), null=True),
        Population("null: capacity", noise_model(0.2), case_of(100.0, -25.0, volume=Volume(100, 365, 10)), null=True),
        Population(
            "null: rare, long tail",
            noise_model(0.02, sigma=1.0),
            case_of(Worth(0.0, {"amount": 10.0}), -34.0),
            null=True,
        ),
        Population(
            "null: rare disasters",
            noise_model(0.002, 1.0),
            case_of(0.0, -4.0, left=(-2_000.0, 0.0), today=Today("act")),
            null=True,
        ),
        Population("null: each row three times", copied(noise_model(0.2), 3), case_of(100.0, -25.0), null=True),
    ]


def held_out(cases: Cases, came: FloatArray) -> HeldOut:
    """Return cases as the rows of a release."""
    columns = {n: NamedColumn(v, np.array([f"{x:g}" for x in v], dtype=object)) for n, v in cases.columns.items()}
    clusters = None if cases.copies == 1 else np.arange(len(came)) // cases.copies
    return HeldOut(cases.predicted, came, columns, clusters, "simulated rows", (), False, np.ones(len(came)))


def outcomes(population: Population, cases: Cases, rng: np.random.Generator) -> FloatArray:
    """Return what comes."""
    count = len(cases.true)
    if population.noise is not None:
        return cases.true[:, 0] + population.noise(rng, count)
    draws = rng.random(count)
    if cases.copies > 1:
        draws = np.repeat(draws[:: cases.copies], cases.copies)[:count]
    return (draws[:, None] > np.cumsum(cases.true, axis=1)[:, :-1]).sum(axis=1).astype(np.float64)


@dataclass(frozen=True)
class Truth:
    """The population as rows whose outcome is its expectation."""

    cases: Cases
    case: BusinessCase
    about: AboutModel

    def value(self, decide: Callable[[FloatArray], FloatArray]) -> float:
        """Return what acting by some predictions is worth, a case over the status quo."""
        rows = price_outcomes(
            held_out(self.cases, np.zeros(len(self.cases.true))),
            replace(self.case, prevalence={}),
            self.about.labels,
            "value",
        )
        true = (
            self.cases.true if self.about.labels else np.column_stack([np.ones(len(self.cases.true)), self.cases.true])
        )
        rows = replace(rows, happened=true)
        return float(gains(rows, choose_actions(rows, decide(rows.predicted), self.case.volume)).mean())


def released(ratio: FloatArray, correction: Recalibration, classes: bool, raw: FloatArray) -> FloatArray:
    """Return the predictions that decide once a policy is in use."""
    moved = raw * ratio / (raw * ratio).sum(axis=1, keepdims=True) if classes else raw
    return recalibrated(moved, correction, classes)


def measure(population: Population, repeats: int, count: int, seed: int) -> dict[str, float]:
    """Return coverage, GO, and the policy's share of the oracle's value."""
    rng = np.random.default_rng(seed)
    labels = (
        ()
        if population.noise is not None
        else ("no", "yes")
        if population.case.worth["leave"].keys() >= {"yes"}
        else ("a", "b", "c")
    )
    about = AboutModel("simulated", 1, labels, "value", "")
    truth = Truth(population.draw(rng, TRUE_ROWS), population.case, about)
    exact = truth.cases.true if labels else np.column_stack([np.ones(TRUE_ROWS), truth.cases.true])
    oracle = truth.value(lambda _: exact)
    covered, low, high, go, values, times = 0, 0, 0, 0, [], 0.0
    for k in range(repeats):
        cases = (population.sampled or population.draw)(rng, count)
        held = held_out(cases, outcomes(population, cases, rng))
        began = time.perf_counter()
        valued = value_case(held, population.case, about, seed=k)
        times += time.perf_counter() - began
        ratio = np.ones(len(labels) or 2)
        if population.case.prevalence:
            shares = np.bincount(held.truths.astype(int), minlength=len(labels)) / len(held)
            ratio = np.array(list(population.case.prevalence.values())) / shares
        real = truth.value(partial(released, ratio, valued.correction, bool(labels)))
        values.append(real)
        low += valued.before.low > real
        high += valued.before.high < real
        covered += valued.before.low <= real <= valued.before.high
        verdict, _ = judge_case(valued.net, valued.rivals, valued.policy, (), None, population.case)
        go += verdict is CaseVerdict.GO
    return {
        "covers": covered / repeats,
        "low above": low / repeats,
        "high below": high / repeats,
        "GO": go / repeats,
        "value": float(np.mean(values)),
        "oracle": oracle,
        "seconds": times / repeats,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--rows", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    print(f"{chosen.repeats} samples of {chosen.rows} held-out rows each, seed {chosen.seed}; 90% intervals")
    print(f"{'population':37} covers  low>  high<     GO    value   oracle  share  s")
    for number, population in enumerate(populations()):
        if chosen.only not in population.name:
            continue
        found = measure(population, chosen.repeats, chosen.rows, chosen.seed + number)
        share = found["value"] / found["oracle"] if found["oracle"] > 1e-9 and not population.null else float("nan")
        print(
            f"{population.name:37} {found['covers']:6.1%} {found['low above']:5.1%} {found['high below']:5.1%} "
            f"{found['GO']:6.1%} {found['value']:8.3f} {found['oracle']:8.3f} {share:6.1%} {found['seconds']:.2f}"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
