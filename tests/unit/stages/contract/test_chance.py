"""Probabilities of contracts: exact where they can be counted, and kept under the nastiest healthy tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, Contract, LearnedCount, RowTest
from journeyman.stages.contract.chance import excess_probability, new_value_probability
from journeyman.stages.contract.counting_in_memory import count_frame
from journeyman.stages.contract.judging import column_chance, presence_tests, shape_tests
from journeyman.stages.contract.learning import _with_counts


@pytest.mark.parametrize(("found", "rows", "learned", "of"), [(3, 10, 1, 20), (40, 500, 20, 700), (9, 9, 0, 30)])
def test_excess_is_fishers_exact_test(found: int, rows: int, learned: int, of: int) -> None:
    exact = hypergeom.sf(found - 1, rows + of, found + learned, rows)
    assert excess_probability(found, rows, learned, of) == pytest.approx(exact, rel=1e-9)


def test_excess_of_millions_is_told_at_once() -> None:
    assert excess_probability(2_510_000, 5_000_000, 2_500_000, 5_000_000) < 1e-8
    assert excess_probability(2_500_100, 5_000_000, 2_500_000, 5_000_000) > 0.4


def _numbers(draw: str, rng: np.random.Generator, rows: int) -> np.ndarray:
    match draw:
        case "cauchy":
            return rng.standard_cauchy(rows)
        case "rare disasters":
            return np.where(rng.random(rows) < 1.5 / rows, 1e9, rng.integers(0, 3, rows)).astype(float)
        case "two values":
            return (rng.random(rows) < 0.01).astype(float)
        case _:
            return np.round(rng.lognormal(0, 3, rows), 1)


def _contract(values: np.ndarray) -> Contract:
    frame = pd.DataFrame({"v0": values, "p0": True})
    edges = sorted({float(v) for v in np.quantile(values, [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1], method="inverted_cdf")})
    learned = [LearnedCount(test, e, 0) for e in edges for test in (RowTest.BELOW, RowTest.ABOVE)]
    draft = ColumnRule(Column("x", Kind.NUMBER), learned=tuple(learned))
    empty = Contract("t", len(values), (draft,), drift=0.0)
    return Contract("t", len(values), (_with_counts(draft, [count_frame(frame, empty)]),), drift=0.0)


def _refused(contract: Contract, frame: pd.DataFrame) -> bool:
    counts, rule, chance = count_frame(frame, contract), contract.columns[0], column_chance(contract)
    judged = (*presence_tests(rule, contract, counts), *shape_tests(rule, contract, counts))
    return any(j.probability <= chance for j in judged)


@pytest.mark.slow
@pytest.mark.parametrize("draw", ["cauchy", "rare disasters", "two values", "lognormal"])
def test_healthy_numbers_are_refused_once_in_a_hundred(draw: str) -> None:
    rng, refused, runs = np.random.default_rng(1), 0, 150
    for run in range(runs):
        n, m = ((400, 400), (400, 50), (50, 400))[run % 3]
        values = _numbers(draw, rng, n + m)
        refused += _refused(_contract(values[:n]), pd.DataFrame({"v0": values[n:], "p0": True}))
    assert refused <= 0.01 * runs + 3 * math.sqrt(0.01 * runs)


def test_new_names_of_a_growing_vocabulary_are_healthy() -> None:
    """Zipf's names: half of those to come are new, and none of that is a fault; a misspelt frequent one is."""
    rng, refused, runs = np.random.default_rng(0), 0, 400
    for _ in range(runs):
        names = np.minimum(rng.zipf(1.6, 800), 10_000)
        learned, now = np.unique(names[:500], return_counts=True), np.unique(names[500:], return_counts=True)
        new = [int(n) for v, n in zip(*now, strict=True) if v not in learned[0]]
        both = [int(n) + int((names[500:] == v).sum()) for v, n in zip(*learned, strict=True)]
        refused += new_value_probability(new, 300, both, 500) <= 0.01
    assert refused <= 0.01 * runs + 3 * math.sqrt(0.01 * runs)
    assert new_value_probability([30], 300, [400, 400, 3, 1, 1], 500) < 1e-8
