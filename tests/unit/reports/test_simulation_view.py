"""What a simulation shows."""

import io
from dataclasses import replace

from rich.console import Console

from journeyman.entities.decision import Action
from journeyman.entities.operation import Move, Operation
from journeyman.entities.simulation import PolicyResult, Simulated, SimulatedDay
from journeyman.reports.simulation_page import render_page
from journeyman.reports.simulation_view import DayView, summary
from journeyman.reports.simulation_words import verdict


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
    assert said.split("\n")[1].startswith("The loop was worth it: it cost 1.5 EUR less than never learning again")
    assert "5,000 rows in 20 simulated days" in said
    assert "0.18 *" in said
    assert "0.25 *" not in said
    assert "cost in EUR" in said
    assert "2 rows had no label" in said


def simulated(*results: PolicyResult) -> Simulated:
    return Simulated(500, 4_000, 16, "Brier score", "points", results, ())


def test_the_verdict_says_what_the_loop_cost_beside_others() -> None:
    never, often = PolicyResult("never learn again", 0.2, 0, 9.8, 0.9), PolicyResult("learn again as often", 0.2, 2, 14)
    worse = verdict(simulated(PolicyResult("the loop", 0.21, 2, 12.0), never, often))
    assert worse.startswith("The loop was not worth it here: it cost 2.2 points more than never learning again")
    assert "2 points less than learning again as often (2 times)" in worse
    alike = verdict(simulated(PolicyResult("the loop", 0.2, 1, 9.5), never))
    assert alike.startswith("The loop made no clear difference")
    idle = verdict(simulated(PolicyResult("the loop", 0.2, 0, 9.8), never))
    assert idle.startswith("The loop never learned again")


def test_the_verdict_counts_promotions_and_what_was_undone_beside_retrainings() -> None:
    never = PolicyResult("never learn again", 0.2, 0, 9.8, 0.9)
    moves = [Action.RETRAIN, Action.PROMOTE, Action.RETRAIN, Action.PROMOTE, Action.ROLL_BACK, Action.RETRAIN]
    operations = tuple(Operation(n, "m", n, 0, Move(move, ""), 1) for n, move in enumerate(moves, 1))
    done = Simulated(
        500, 4_000, 16, "Brier score", "points", (PolicyResult("the loop", 0.1, 3, 5.0), never), operations
    )
    said = "It learned again 3 times; it promoted 2 of these models, and undid 1 of the promotions."
    assert verdict(done).endswith(said)
    kept = verdict(replace(done, operations=operations[:2]))
    assert kept.endswith("1 of these models, and undid none of the promotions.")
    assert verdict(replace(done, operations=())).endswith("it promoted none of these models.")
    assert said in " ".join(render_page(done, "a.csv").split())
    console = shown(300)
    console.print(summary(done, 61.0))
    assert said in text(console)


def test_the_page_needs_nothing_else_and_runs_no_script() -> None:
    ours = PolicyResult("the loop", 0.18, 3, 12.5, 0.0, (0.1, float("nan"), 0.2))
    never = PolicyResult("never learn again", 0.25, 0, 14.0, 0.5, (0.1, 0.3, 0.2))
    dropped = Operation(1, "simulated", 1, 0, Move(Action.KEEP, "<b>worse</b>", version=3), 1)
    page = render_page(Simulated(500, 4_000, 3, "Brier score", "EUR", (ours, never), (dropped,)), "a <i>.csv")
    assert "The loop was worth it" in page
    assert "drop 3" in page
    assert "&lt;b&gt;worse" in page
    assert not any(word in page for word in ("<script", "<b>worse", "<i>.csv", "http:", "https:"))
