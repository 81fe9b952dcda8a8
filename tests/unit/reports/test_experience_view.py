"""What the terminal shows of one's own experience."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

from journeyman.entities.expectation_review import AlgorithmRecord, ExpectationReview, Regret, StatedAndCame
from journeyman.reports.experience_view import experience_view

NOTHING = ExpectationReview(0, 0, float("nan"), float("nan"), float("nan"), (), 5, (), ())
LOOK = ExpectationReview(
    jobs=13,
    trials=90,
    brier=0.1534,
    brier_of_mean=0.23,
    calibration_error=0.041,
    calibration=(StatedAndCame(0.0, 0.1, 50, 0.05, 0.04), StatedAndCame(0.9, 1.0, 40, 0.95, 1.0)),
    picks=5,
    regrets=(Regret(1, 10, 0.02), Regret(11, 13, 0.01)),
    algorithms=(AlgorithmRecord("extra_trees", 12, 0.3, 0.25, 0.021, 3.2),),
)


def rendered_text(renderable: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=80, no_color=True, color_system=None).print(renderable)
    return stream.getvalue()


def test_nothing_yet() -> None:
    text = rendered_text(experience_view(NOTHING, "/home/ann/experience.db"))
    assert "each build adds to it" in text
    assert "/home/ann/experience.db" in text
    assert "nan" not in text


def test_the_judgement_on_a_screen() -> None:
    text = rendered_text(experience_view(LOOK, "/home/ann/experience.db"))
    assert "90 trials in 13 builds" in text
    assert "0.153" in text
    assert "0.041" in text
    assert "0% to 10%" in text
    assert "builds 11 to 13" in text
    assert "extra trees" in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert len(text.splitlines()) <= 40


def test_a_bar_is_as_long_as_what_came() -> None:
    rows = [line for line in rendered_text(experience_view(LOOK, "e")).splitlines() if "90% to 100%" in line]
    assert rows[0].count("█") == 29, "thirty cells, one of which is the mark of what was stated"


def test_few_trials_are_said_to_be_few() -> None:
    few = ExpectationReview(1, 2, 0.1, 0.2, 0.1, LOOK.calibration, 5, (), LOOK.algorithms)
    assert "say little" in rendered_text(experience_view(few, "e"))
    assert "say little" not in rendered_text(experience_view(LOOK, "e"))
