"""Lessons: what earlier operations taught, shrunk towards what is shipped."""

from dataclasses import replace

import pytest

from journeyman.entities.decision import Action
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Move, Operation, Outcome
from journeyman.entities.staleness import Staleness, WindowScore
from journeyman.stages.learn_operations import context_of, learn_operations


def operation(model: str, number: int, slope: float = 0.3, gain: float | None = None, window: float = 0.0) -> Operation:
    move = Move(Action.RETRAIN, "It pays.", evidence={"trigger": "jump", "expected gain": 0.02})
    context = {"slope": slope, "expected gain": 0.1, "unit": 0.2, "window sliding 1000": window}
    outcome = None if gain is None else Outcome(gain, 500)
    return Operation(number, model, number, number, move, 1, context, outcome)


def test_nothing_done_nothing_learned() -> None:
    assert learn_operations(()) == Lessons()
    kept = replace(operation("a", 1), move=Move(Action.KEEP, "Nothing asks for a change."))
    assert learn_operations([kept]) == Lessons()


def test_slopes_of_streams_move_the_belief_each_stream_once() -> None:
    one = learn_operations([operation("a", 1, 0.9)])
    assert one.slope == pytest.approx((Lessons().slope + 0.9) / 2)
    again = learn_operations([operation("a", n, 0.9) for n in range(1, 9)])
    assert again.slope == one.slope
    many = learn_operations([operation(name, 1, 0.9) for name in "abcdefgh"])
    assert one.slope < many.slope < 0.9
    assert many.slope_spread < one.slope_spread


def test_gains_that_did_not_come_true_lower_what_is_expected() -> None:
    fooled = learn_operations([operation("a", n, gain=0.0) for n in range(1, 13)])
    right = learn_operations([operation("a", n, gain=0.02) for n in range(1, 13)])
    assert fooled.kept["jump"] == pytest.approx(4 / 16)
    assert right.kept["jump"] == pytest.approx(1.0)
    assert right.operations == 12


def test_one_wild_outcome_does_not_decide() -> None:
    wild = learn_operations([operation("a", 1, gain=-50.0)])
    assert wild.kept["jump"] == pytest.approx(3 / 5)


def test_what_was_promoted_at_once_is_measured_after_its_promotion() -> None:
    retrained = replace(operation("a", 1), outcome=Outcome(0.0, 0, version=2))
    promotion = Operation(
        2, "a", 2, 2, Move(Action.PROMOTE, "Proved.", version=2), 1, {}, Outcome(0.01, 400, version=2)
    )
    assert learn_operations([retrained]).operations == 0
    lessons = learn_operations([retrained, promotion])
    assert lessons.operations == 1
    assert lessons.kept["jump"] == pytest.approx((4 + 0.5) / 5)


def test_what_windows_did_carries_over() -> None:
    lessons = learn_operations([operation(name, 1, window=-0.3) for name in "abcd"])
    assert lessons.windows["sliding 1000"] == pytest.approx(-0.3 * 4 / 6)


def test_a_context_is_told_in_units_of_the_reference() -> None:
    staleness = Staleness(0, windows={"all": WindowScore(5, 0, 0), "sliding 1000": WindowScore(5.0, -0.5, 0.1)})
    move = Move(Action.RETRAIN, "It pays.", evidence={"expected gain": 0.04})
    context = context_of(staleness, 0.02, 0.2, move)
    assert context["slope"] == pytest.approx(0.1)
    assert context["expected gain"] == pytest.approx(0.2)
    assert context["window sliding 1000"] == pytest.approx(-0.5)
