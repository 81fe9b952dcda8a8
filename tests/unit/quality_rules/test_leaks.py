"""Leaks are found by what they do; strong features in good company are left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from journeyman.entities.finding import Remedy, Severity
from journeyman.quality_rules.aggregates import AggregateRule
from journeyman.quality_rules.functions import DefinitionRule, IdentityRule
from journeyman.quality_rules.leaks import LeakRule

N = 1500


def test_a_copy_of_the_target_is_set_aside(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    y = rng.integers(0, 2, N)
    table = make_table(
        {"a": rng.normal(size=N) + y, "answer": np.where(y, "won", "lost"), "y": np.where(y, "up", "dn")}
    )
    [found] = run_rule(LeakRule(), table, code="DQ301")
    assert (found.subject, found.remedy) == (("answer",), Remedy.IGNORE_COLUMN)


def test_that_a_value_is_missing_can_be_the_leak(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    y = rng.integers(0, 2, N)
    day = np.where(y, rng.integers(1, 300, N).astype(float), np.nan)
    table = make_table({"a": rng.normal(size=N) + y, "closing_day": day, "y": np.where(y, "yes", "no")})
    assert [f.subject for f in run_rule(LeakRule(), table, code="DQ301")] == [("closing_day",)]


def test_a_strong_feature_is_no_leak(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    """An AUC of about 0.98 alone, as good signals have it."""
    y = rng.integers(0, 2, N)
    table = make_table({"a": rng.normal(size=N) + 3 * y, "b": rng.normal(size=N), "y": np.where(y, "yes", "no")})
    assert run_rule(LeakRule(), table, code="DQ301") == []


def test_a_perfect_feature_whose_company_is_as_good_is_no_leak(
    make_table: Any, run_rule: Any, rng: np.random.Generator
) -> None:
    y = rng.integers(0, 3, N)
    petals = {f"petal{i}": 10.0 * y + rng.normal(size=N) for i in range(2)}
    others = {f"sepal{i}": 2.5 * y + rng.normal(size=N) for i in range(3)}
    table = make_table({**petals, **others, "y": np.array(["r", "s", "t"], dtype=object)[y]})
    assert run_rule(LeakRule(), table, code="DQ301") == []


def test_a_cost_gives_a_rare_count_away(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    claims = (rng.random(20 * N) < 0.02).astype(float) * rng.integers(1, 2, 20 * N)
    cost = claims * rng.lognormal(9, 1, 20 * N)
    table = make_table(
        {"age": rng.integers(18, 90, 20 * N), "zone": rng.integers(1, 8, 20 * N), "c": cost, "y": claims}
    )
    assert [f.subject for f in run_rule(LeakRule(), table, code="DQ301")] == [("c",)]


def test_a_result_is_asked_about_and_kept(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    y = rng.integers(0, 2, N)
    table = make_table(
        {
            "a": rng.normal(size=N) + y,
            "call_duration": rng.exponential(1.0 + 3.0 * y),
            "duration_asked": rng.normal(size=N),
            "y": np.where(y, "yes", "no"),
        }
    )
    found = run_rule(LeakRule(), table, code="DQ303")
    assert [(f.subject, f.remedy) for f in found] == [(("call_duration",), Remedy.NONE)]


def test_a_total_that_contains_the_target(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    fare, tolls, tip = rng.integers(5, 60, N) / 2, rng.choice([0, 0, 0, 5.76], N), rng.integers(0, 900, N) / 100
    fee = rng.choice([0.8, 3.3, 3.8], N)
    table = make_table(
        {"fare": fare, "km": fare / 2 + rng.normal(size=N), "tolls": tolls, "sum": fare + tolls + tip + fee, "y": tip}
    )
    [found] = run_rule(IdentityRule(), table)
    assert found.subject == ("sum",)
    assert found.evidence["account"] == "y = sum - fare - tolls"


def test_parts_that_sum_to_the_target(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    a, b = rng.integers(0, 100, N), rng.integers(0, 300, N)
    table = make_table({"casual": a, "registered": b, "temp": rng.normal(size=N), "y": a + b})
    assert sorted(f.subject[0] for f in run_rule(IdentityRule(), table)) == ["casual", "registered"]


def test_a_noisy_sum_is_no_identity(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    a, b = rng.normal(size=N), rng.normal(size=N)
    table = make_table({"a": a, "b": b, "y": a + b + 0.1 * rng.normal(size=N)})
    assert run_rule(IdentityRule(), table) == []


def test_parts_of_a_compound_label(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    gene, drug = rng.choice(["c", "t"], N), rng.choice(["m", "s"], N)
    table = make_table({"gene": gene, "drug": drug, "level": rng.normal(size=N), "y": np.char.add(gene, drug)})
    found = run_rule(DefinitionRule(), table)
    assert {f.subject[0]: f.remedy for f in found} == dict.fromkeys(["gene", "drug"], Remedy.IGNORE_COLUMN)


def test_a_trait_of_some_classes_is_asked_about_only(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    kind = rng.choice(["bird", "fish", "mammal"], N)
    table = make_table({"feathers": np.where(kind == "bird", "yes", "no"), "size": rng.normal(size=N), "y": kind})
    assert [f.remedy for f in run_rule(DefinitionRule(), table)] == [Remedy.NONE]


def test_bands_of_a_number(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    price = rng.lognormal(10, 1, N)
    band = np.array(["low", "mid", "high", "top"], dtype=object)[np.searchsorted([9000, 30000, 70000], price)]
    grade = np.array(["a", "b", "c"], dtype=object)[np.searchsorted([9000, 30000], price * rng.lognormal(0, 0.1, N))]
    table = make_table({"band": band, "grade": grade, "y": price})
    assert [f.subject for f in run_rule(DefinitionRule(), table)] == [("band",)]


def test_groups_whose_numbers_lie_apart_are_no_bands(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    """Five places with means of their own: a strong column, and not the target cut up."""
    place = rng.integers(0, 5, N)
    table = make_table({"place": np.array(list("abcde"), dtype=object)[place], "y": 30.0 * place + rng.normal(size=N)})
    assert run_rule(DefinitionRule(), table) == []


def test_target_means_by_group_with_and_without_the_row(
    make_table: Any, run_rule: Any, rng: np.random.Generator
) -> None:
    shop = rng.integers(0, 40, N)
    y = rng.normal(size=N) + shop % 5
    counts, sums = np.bincount(shop), np.bincount(shop, weights=y)
    table = make_table(
        {
            "shop": shop,
            "encoded": (sums / counts)[shop],
            "left_out": (sums[shop] - y) / (counts[shop] - 1),
            "honest": (shop % 5) + rng.normal(size=40)[shop],
            "y": y,
        }
    )
    assert sorted(f.subject[0] for f in run_rule(AggregateRule(), table)) == ["encoded", "left_out"]


def _clean(rng: np.random.Generator, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """A column and the number that follows from it but for noise."""
    x = rng.uniform(0, 100, N)
    return x, 3 * x + 20 * np.sin(x / 7) + rng.normal(scale=noise, size=N)


@pytest.mark.parametrize("noise", [5.0, 15.0, 25.0])
@pytest.mark.parametrize("others", [0, 3])
def test_the_one_telling_column_of_a_clean_regression_is_kept_and_told(
    make_table: Any, run_rule: Any, rng: np.random.Generator, noise: float, others: int
) -> None:
    x, y = _clean(rng, noise)
    table = make_table({"speed": x, **{f"other{i}": rng.normal(size=N) for i in range(others)}, "y": y})
    [found] = run_rule(LeakRule(), table, code="DQ301")
    assert (found.subject, found.remedy) == (("speed",), Remedy.NONE)
    assert found.severity in (Severity.NOTE, Severity.WARNING)
    assert "so it is used" in found.message


def test_a_threshold_that_decides_a_class_is_a_feature(
    make_table: Any, run_rule: Any, rng: np.random.Generator
) -> None:
    x = rng.normal(size=N)
    table = make_table({"x": x, "noise": rng.normal(size=N), "y": np.where(x > 0, "yes", "no")})
    assert [f.remedy for f in run_rule(LeakRule(), table, code="DQ301")] == [Remedy.NONE]


@pytest.mark.parametrize(
    ("name", "made_of"),
    [
        ("speed", lambda y, rng: y),
        ("speed", lambda y, rng: 1.609344 * y - 7),
        ("speed", lambda y, rng: -np.exp(y / 100)),
        ("speed", lambda y, rng: np.round(y / 4)),
        ("yield_later", lambda y, rng: y + rng.normal(scale=15, size=N)),
        ("final_result", lambda y, rng: y + rng.normal(scale=15, size=N)),
    ],
)
def test_the_target_in_another_form_or_by_its_name_is_set_aside(
    make_table: Any, run_rule: Any, rng: np.random.Generator, name: str, made_of: Any
) -> None:
    _, y = _clean(rng, 5.0)
    table = make_table({name: made_of(y, rng), "other": rng.normal(size=N), "yield": y}, target="yield")
    [found] = run_rule(LeakRule(), table, target="yield", code="DQ301")
    assert found.remedy is Remedy.IGNORE_COLUMN
    assert found.evidence["sign"] in found.message


def test_what_is_filled_in_only_where_something_happened_is_set_aside(
    make_table: Any, run_rule: Any, rng: np.random.Generator
) -> None:
    happened = rng.random(10 * N) < 0.05
    loss = np.where(happened, rng.lognormal(3, 0.3, 10 * N), 0.0)
    bill = np.where(happened, 5 * loss + rng.normal(scale=2, size=10 * N), np.nan)
    table = make_table({"bill": bill, "age": rng.integers(18, 90, 10 * N), "y": loss})
    [found] = run_rule(LeakRule(), table, code="DQ301")
    assert (found.subject, found.remedy) == (("bill",), Remedy.IGNORE_COLUMN)
    assert "filled in exactly where" in found.message
