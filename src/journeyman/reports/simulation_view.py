"""What a simulation shows: a line for each thing the loop does, a bar of the days; then the verdict and a table."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from journeyman.entities.decision import Action
from journeyman.entities.operation import Operation
from journeyman.entities.simulation import PolicyResult, Simulated, SimulatedDay
from journeyman.reports.simulation_words import move_words, verdict
from journeyman.reports.words import duration, number, plural

__all__ = ["DayView", "summary"]

_STYLES = {
    Action.RETRAIN: "bold cyan",
    Action.PROMOTE: "bold green",
    Action.ROLL_BACK: "bold yellow",
    Action.ASK: "bold magenta",
    Action.KEEP: "dim",
}
_WEEK = 7


class DayView:
    """Tells of days as they pass: the bar only where somebody watches.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (
            TextColumn("day {task.completed:.0f} of {task.total:.0f}"),
            BarColumn(),
            TextColumn("{task.description}"),
        )
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._bar: TaskID | None = None
        self._losses: list[float] = []

    def __enter__(self) -> Self:
        """Return the manager itself."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; the bar goes."""
        self._progress.stop()

    def day(self, day: SimulatedDay) -> None:
        """A day has passed."""
        if self._bar is None:
            self._bar = self._progress.add_task("", total=day.days)
        if not math.isnan(day.loss):
            self._losses = [*self._losses, day.loss][-_WEEK:]
        loss = sum(self._losses) / len(self._losses) if self._losses else float("nan")
        shadow = "" if day.challenger is None else f", release {day.challenger} in the shadow"
        said = f"loss of the last {plural(len(self._losses), 'day')} {loss:.3f}, release {day.champion} answers{shadow}"
        self._progress.update(self._bar, completed=day.number, description=said)
        if day.operation is not None:
            self._console.print(_line(day.number, day.operation))


def summary(done: Simulated, seconds: float) -> RenderableType:
    """Return whether the loop was worth it, then what it cost beside other policies, then the rest."""
    head = Text(
        f"{plural(done.rows, 'row')} in {plural(done.days, 'simulated day')}, replayed in {duration(seconds)}; "
        f"the first model learned from {plural(done.first, 'row')}."
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("policy")
    for name in (f"cost in {done.unit}", "more than the loop", done.loss, "learned again"):
        table.add_column(name, justify="right")
    costs = [r.cost for r in done.results if r.cost is not None]
    ours, least = done.results[0], min(r.loss for r in done.results)
    for result in done.results:
        style = "bold" if result is ours else ""
        mark = " *" if costs and result.cost == min(costs) else ""
        cost = "" if result.cost is None else f"{number(result.cost, 4)}{mark}"
        table.add_row(
            result.name,
            cost,
            _cost_difference(result, ours),
            f"{number(result.loss, 4)}{' *' if result.loss == least else ''}",
            str(result.retrainings),
            style=style,
        )
    notes = Text("* the least; ± is what chance explains (95%), from day to day", style="dim")
    parts: list[RenderableType] = ["", Text(verdict(done), style="bold"), "", table, notes, "", head]
    if done.unknown:
        parts.append(Text(f"{plural(done.unknown, 'row')} had no label that the first model knew, and count nowhere."))
    return Group(*parts)


def _cost_difference(result: PolicyResult, ours: PolicyResult) -> str:
    if result is ours or result.cost is None or ours.cost is None:
        return ""
    return f"{result.cost - ours.cost:+.3g} ±{number(result.doubt, 2)}"


def _line(day: int, operation: Operation) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, min_width=8)
    grid.add_column(no_wrap=True, min_width=9)
    grid.add_column(ratio=1)
    action = operation.move.action
    grid.add_row(f"day {day}", Text(move_words(operation), style=_STYLES.get(action, "")), operation.move.reason)
    return grid
