"""What a simulation shows."""

import io

from rich.console import Console

from journeyman.entities.decision import Action
from journeyman.entities.operation import Move, Operation
from journeyman.entities.simulation import PolicyResult, Simulated, SimulatedDay
from journeyman.reports.simulation_view import DayView, summary


def shown(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_day_on_which_something_was_done_is_a_line() -> None:
    console = shown()
    move = Move(Action.RETRAIN, "A fresh model would spare 0.02 of loss on each prediction.")
    with DayView(console) as view:
        view.day(SimulatedDay(1, 9, 250, 0.2, 1))
        view.day(SimulatedDay(2, 9, 500, float("nan"), 1, 2, Operation(1, "simulated", 1, 0, move, 1)))
    assert text(console).split() == f"day 2 retrain {move.reason}".split()


def test_the_table_marks_the_least_loss_and_tells_what_counts_nowhere() -> None:
    console = shown()
    results = (PolicyResult("the loop", 0.18, 3, 12.5), PolicyResult("never learn again", 0.25, 0, 14.0))
    console.print(summary(Simulated(1000, 5000, 20, "Brier score", "EUR", results, (), unknown=2), 61.0))
    said = text(console)
    assert "5,000 rows in 20 simulated days" in said
    assert "0.18 *" in said
    assert "0.25 *" not in said
    assert "cost in EUR" in said
    assert "2 rows had no truth" in said
