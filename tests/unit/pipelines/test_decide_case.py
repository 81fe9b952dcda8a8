"""The line of a decision on populations whose value is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.business_case import BusinessCase, Effect, Rule, RuleKind, Today, Volume, Worth
from journeyman.entities.decided_case import CaseVerdict
from journeyman.entities.held_out import HeldOut, NamedColumn, Trial
from journeyman.errors import SettingsError
from journeyman.pipelines.decide_case import AboutModel, decide_case, value_case
from journeyman.stages.plan_pilot import pilot_cases

ABOUT = AboutModel("model", 1, ("no", "yes"), "y", "")
WORTH = {"act": {"no": Worth(-25.0), "yes": Worth(100.0)}, "leave": {"no": Worth(), "yes": Worth()}}
CASE = BusinessCase("EUR", Effect.NONE, WORTH, Today("leave"), Volume(100.0, 365.0))


def held_out(
    told: np.ndarray, came: np.ndarray, columns: Mapping[str, np.ndarray] | None = None, block: object = None
) -> HeldOut:
    named = {
        name: NamedColumn(
            values.astype(float) if values.dtype != object else np.full(len(values), np.nan),
            np.array([str(v) for v in values], dtype=object),
        )
        for name, values in (columns or {}).items()
    }
    told = np.column_stack([1 - told, told]) if told.ndim == 1 else told
    return HeldOut(told, came, named, None, "rows", (), False, np.full(len(came), 0.2), dict(block or {}))  # type: ignore[call-overload]  # a mapping of arrays


def good(count: int = 1_500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(1.0, 3.0, count)
    return p, (rng.random(count) < p).astype(float)


def test_a_good_model_is_a_go_and_its_value_is_what_it_is() -> None:
    told, came = good()
    found = decide_case(held_out(told, came), CASE, ABOUT)
    assert found.verdict is CaseVerdict.GO
    assert found.per_case.low < 12.7 < found.per_case.high  # 12.73 by a million cases
    assert found.policy.threshold == pytest.approx(0.2, abs=0.03)
    assert found.total.mean == pytest.approx(found.per_case.mean * 36_500)
    assert found.perfect is not None
    assert found.perfect > found.per_case.mean
    assert found.sensitivities[0].low < found.total.mean < found.sensitivities[0].high
    (label, share, at), *_ = found.prevalence
    assert (label, at is not None and at < share) == ("yes", True)


@pytest.mark.slow
@pytest.mark.parametrize("today", [Today("leave"), Today("act"), Today("act", Rule("old", RuleKind.IS, 1.0))])
def test_a_model_that_tells_nothing_is_hardly_ever_a_go(today: Today) -> None:
    go = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        told, came = rng.uniform(0.1, 0.3, 400), (rng.random(400) < 0.2).astype(float)
        held = held_out(told, came, {"old": (rng.random(400) < 0.3).astype(float)})
        valued = value_case(held, replace(CASE, today=today), ABOUT, seed=seed)
        go += min(valued.net.probability, *(r.over.probability for r in valued.rivals)) >= 0.95
    assert go / 100 < 0.05


def test_a_model_is_not_praised_for_what_a_rule_does_without_it() -> None:
    rng = np.random.default_rng(0)
    told, came = rng.uniform(0.45, 0.55, 800), (rng.random(800) < 0.5).astype(float)
    found = decide_case(held_out(told, came), CASE, ABOUT)
    assert found.per_case.probability > 0.99
    assert found.verdict is CaseVerdict.NO_GO
    assert "A rule without a model does the same: every case: act" in found.reasons[0]


@pytest.mark.slow
def test_what_is_only_believed_needs_a_pilot_which_an_answer_replaces() -> None:
    told, came = good()
    believed = replace(CASE, effect=Effect.ASSUMED)
    found = decide_case(held_out(told, came), believed, ABOUT)
    assert found.verdict is CaseVerdict.PILOT
    assert found.pilot is not None
    assert 0 < found.pilot.cases < 2_000
    assert found.pilot.expected <= found.pilot.cases
    answered = decide_case(held_out(told, came), replace(believed, replies={"effect": "a trial of 2024"}), ABOUT)
    assert answered.verdict is CaseVerdict.GO


def test_a_pilot_that_takes_longer_than_the_use_is_none() -> None:
    told, came = good()
    short = replace(CASE, effect=Effect.ASSUMED, volume=Volume(2.0, 20.0))
    found = decide_case(held_out(told, came), short, ABOUT)
    assert found.verdict is CaseVerdict.NO_GO
    assert "A pilot that could show it takes" in found.reasons[-1]


def test_fixed_costs_are_paid_from_the_value() -> None:
    told, came = good()
    found = decide_case(held_out(told, came), replace(CASE, fixed=2_000_000.0), ABOUT)
    assert found.verdict is CaseVerdict.NO_GO
    assert found.per_case.mean > 0.0 > found.total.mean
    assert found.total.mean == pytest.approx(found.per_case.mean * 36_500 - 2_000_000.0, rel=1e-6)


@pytest.mark.slow
def test_a_stated_prevalence_is_what_the_value_stands_for() -> None:
    rng = np.random.default_rng(1)
    p = rng.beta(2.0, 2.0, 3_000)  # rows that were balanced
    came = (rng.random(3_000) < p).astype(float)
    rare = replace(CASE, worth={**WORTH, "act": {"no": Worth(-10.0), "yes": Worth(300.0)}})
    stated = replace(rare, prevalence={"no": 0.97, "yes": 0.03})
    balanced, moved = (decide_case(held_out(p, came), case, ABOUT) for case in (rare, stated))
    assert moved.per_case.mean < balanced.per_case.mean / 10.0
    assert moved.policy.threshold is not None
    assert balanced.policy.threshold is not None
    assert moved.policy.threshold > 5.0 * balanced.policy.threshold


@pytest.mark.slow
def test_capacity_and_groups_are_told() -> None:
    told, came = good()
    rng = np.random.default_rng(3)
    sex = np.where(rng.random(1_500) < 0.2 + 0.6 * (told > 0.3), "a", "b").astype(object)
    limited = replace(CASE, volume=Volume(100.0, 365.0, capacity=10.0), protected="sex")
    found = decide_case(held_out(told, came, {"sex": sex}), limited, ABOUT)
    assert found.policy.share == pytest.approx(0.1, abs=0.02)
    assert found.policy.limit == "capacity"
    assert found.groups is not None
    assert found.groups.ratio < 0.8
    assert found.verdict is CaseVerdict.PILOT, "groups that are treated otherwise are never passed over"
    assert any(q.name == "groups" and q.is_open for q in found.questions)
    answered = replace(limited, replies={"groups": "by law"})
    assert decide_case(held_out(told, came, {"sex": sex}), answered, ABOUT).verdict is CaseVerdict.GO


@pytest.mark.slow
def test_a_number_and_several_classes_are_decided_alike() -> None:
    rng = np.random.default_rng(0)
    mean = rng.normal(100.0, 30.0, 800)
    worth = {"act": {"each": Worth(-110.0, {"y": 1.0})}, "leave": {"each": Worth()}}
    number = decide_case(
        held_out(mean[:, None], mean + rng.normal(0, 20, 800)),
        replace(CASE, worth=worth),
        AboutModel("model", 1, (), "y", ""),
    )
    assert number.verdict is CaseVerdict.GO
    assert number.policy.threshold == pytest.approx(110.0, abs=4.0)
    true = rng.dirichlet((0.5, 0.5, 0.5), 800)
    came = (rng.random(800)[:, None] > np.cumsum(true, 1)[:, :-1]).sum(1).astype(float)
    table = {"call": (60.0, -8.0, -8.0), "mail": (20.0, 15.0, -2.0), "leave": (0.0, 0.0, 0.0)}
    worths = {a: dict(zip("abc", map(Worth, row), strict=True)) for a, row in table.items()}
    several = decide_case(
        held_out(true, came), replace(CASE, worth=worths), AboutModel("model", 1, ("a", "b", "c"), "y", "")
    )
    assert several.verdict is CaseVerdict.GO
    assert several.policy.threshold is None


def trial(strength: float, count: int = 3_000) -> tuple[HeldOut, Trial]:
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=count), rng.normal(size=count)
    treated = rng.random(count) < 1.0 / (1.0 + np.exp(-strength * x))
    base = 1.0 / (1.0 + np.exp(-x))
    came = (rng.random(count) < base - 0.7 * base * treated * (z > 0)).astype(float)
    held = held_out(base, came, block={"x": x, "z": z})
    return held, Trial("mailed", treated)


@pytest.mark.slow
def test_a_trial_finds_whom_acting_changes() -> None:
    held, arms = trial(0.0)
    worth = {"act": {"no": Worth(-8.0), "yes": Worth(-108.0)}, "leave": {"no": Worth(), "yes": Worth(-100.0)}}
    case = replace(CASE, worth=worth, effect=Effect.ASSUMED)
    found = decide_case(held, case, ABOUT, arms)
    assert found.verdict is CaseVerdict.PILOT, "over acting on everyone it is not shown by these rows"
    assert found.pilot is not None
    assert found.uplift is not None
    assert found.uplift.ranked.low > 5.0
    assert found.per_case.low < 13.5 < found.per_case.high  # half of the cases, 35 - 8 each
    assert found.perfect is None
    assert not any(q.name == "effect" for q in found.questions)


def test_a_treatment_that_is_not_random_is_refused() -> None:
    held, arms = trial(0.5)
    with pytest.raises(SettingsError, match="'mailed' was not given at random: 'x' tells"):
        decide_case(held, CASE, ABOUT, arms)


@pytest.mark.parametrize("values", [(10.0, 5.0), (-10.0, -5.0), (0.0, 0.0)])
def test_costs_of_one_sign_only_are_refused(values: tuple[float, float]) -> None:
    told, came = good(200)
    worth = {**WORTH, "act": {"no": Worth(values[1]), "yes": Worth(values[0])}}
    with pytest.raises(SettingsError, match="costs of one sign only"):
        decide_case(held_out(told, came), replace(CASE, worth=worth), ABOUT)


def test_what_does_not_fit_the_rows_is_a_line() -> None:
    told, came = good(200)
    old = {"old": np.zeros(200), "amount": np.where(np.arange(200) < 3, np.nan, 5.0)}
    rule = replace(CASE, today=Today("act", Rule("old", RuleKind.ABOVE, 5.0)))
    with pytest.raises(SettingsError, match="holds in none of 200 rows"):
        decide_case(held_out(told, came, old), rule, ABOUT)
    amount = replace(CASE, worth={**WORTH, "act": {"no": Worth(-1.0), "yes": Worth(0.0, {"amount": 1.0})}})
    with pytest.raises(SettingsError, match="has no number in 3 of 200 rows"):
        decide_case(held_out(told, came, old), amount, ABOUT)
    busy = replace(
        CASE, today=Today("act", Rule("old", RuleKind.BELOW, 1.0)), volume=Volume(100.0, 365.0, capacity=5.0)
    )
    with pytest.raises(SettingsError, match="above the capacity of 5"):
        decide_case(held_out(told, came, old), busy, ABOUT)


@pytest.mark.parametrize("capacity", [None, 30.0])
def test_the_cases_of_a_pilot_gain_what_the_policy_gains(capacity: float | None) -> None:
    told, came = good()
    rng = np.random.default_rng(5)
    held = held_out(told, came, {"old": (rng.random(1_500) < 0.25).astype(float)})
    case = replace(
        CASE, today=Today("act", Rule("old", RuleKind.IS, 1.0)), volume=Volume(100.0, 365.0, capacity=capacity)
    )
    valued = value_case(held, case, ABOUT)
    found = pilot_cases(valued.rows, valued.chosen, case.volume)
    assert found is not None
    gain = float(found.our_shares @ found.ours - found.other_shares @ found.other)
    assert gain * found.a_day / case.volume.cases == pytest.approx(valued.before.mean)
