"""The rule of GO, PILOT and NO-GO, figure by figure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.decided_sample import decided_case

from journeyman.entities.business_case import Effect, Volume
from journeyman.entities.decided_case import CaseVerdict, GroupGap, GroupRates, Question, Rival, ValueEstimate
from journeyman.stages.judge_case import judge_case, open_questions

GO, PILOT, NO_GO = CaseVerdict.GO, CaseVerdict.PILOT, CaseVerdict.NO_GO


def value(probability: float, mean: float = 1.0) -> ValueEstimate:
    return ValueEstimate(mean, mean - 1.0, mean + 1.0, probability)


@pytest.mark.parametrize(
    ("today", "rival", "waits", "verdict"),
    [
        (0.97, 0.96, False, GO),
        (0.97, 0.96, True, PILOT),
        (0.94, 0.96, False, PILOT),
        (0.97, 0.94, False, PILOT),
        (0.97, 0.10, False, NO_GO),
        (0.15, 0.97, False, NO_GO),
        (0.15, 0.97, True, NO_GO),
    ],
)
def test_the_rule(today: float, rival: float, waits: bool, verdict: CaseVerdict) -> None:
    sample = decided_case()
    questions = [Question("effect", "Is it?", must=True, answer="" if waits else "yes")]
    found, reasons = judge_case(
        value(today), [Rival("every case: act", value(rival))], sample.policy, questions, sample.pilot, sample.case
    )
    assert found is verdict
    assert reasons


def test_a_pilot_needs_a_plan_and_the_time() -> None:
    sample = decided_case()
    terms = (value(0.8), [Rival("every case: act", value(0.8))], sample.policy, [])
    assert judge_case(*terms, sample.pilot, sample.case)[0] is PILOT
    found, reasons = judge_case(*terms, None, sample.case)
    assert (found, reasons[-1]) == (NO_GO, "No pilot of 100,000 cases would show it.")
    short = replace(sample.case, volume=Volume(40.0, 30.0))
    found, reasons = judge_case(*terms, sample.pilot, short)
    assert found is NO_GO
    assert "20 days of the 30" in reasons[-1]


def test_how_sure_one_has_to_be_is_a_setting() -> None:
    sample = decided_case()
    terms = (value(0.97), [Rival("every case: act", value(0.97))], sample.policy, [], sample.pilot)
    assert judge_case(*terms, sample.case)[0] is GO
    assert judge_case(*terms, replace(sample.case, sure=0.99))[0] is PILOT


def test_a_policy_that_acts_on_nobody_is_no_go() -> None:
    sample = decided_case()
    nobody = replace(sample.policy, share=0.0)
    found, reasons = judge_case(value(0.99), [Rival("every case: act", value(0.99))], nobody, [], None, sample.case)
    assert found is NO_GO
    assert reasons[0].startswith("No case is worth acting on")


def test_questions_that_go_waits_for_come_first() -> None:
    case = decided_case().case
    rates = (GroupRates("a", 90, 0.5, 0.1, 0.1, 1.0), GroupRates("b", 90, 0.2, 0.1, 0.1, 1.0))
    gap = GroupGap("sex", rates, 0.4, 1e-6, 0.1, 0.1)
    found = open_questions(case, gap, None, in_time=False)
    assert [q.name for q in found if q.is_open] == ["effect", "groups"]
    assert [q.must for q in found] == [True, True, False, False]
    chance = replace(gap, p_value=0.3)
    assert not any(q.is_open for q in open_questions(replace(case, effect=Effect.NONE), chance, None, in_time=True))
    assert not any(q.name == "effect" for q in open_questions(case, None, decided_case(rich=True).uplift, True))
