"""What the terminal shows of one's own experience: how good the judgement was, and what was learned."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from journeyman.entities.expectation_review import ExpectationReview
from journeyman.reports.words import clean, duration, percent, plural, shorten

__all__ = ["experience_view"]

_WIDTH = 30
_FEW = 30  # trials below which the figures say little


def experience_view(look: ExpectationReview, place: str) -> RenderableType:
    """Return a screenful: Brier score, calibration, regret of the first picks, and a line an algorithm.

    Parameters
    ----------
    place : str
        Where the experience lies.
    """
    where = Text(f"Kept in {clean(place)}", style="dim", overflow="fold")
    if not look.trials:
        return Group(Text("No experience of your own yet: each build adds to it."), where)
    head = Text.assemble(
        (f"{plural(look.trials, 'trial')} in {plural(look.jobs, 'build')}", "bold"),
        f"; before each trial it was said how likely it is to improve the score beyond noise (decision {_DECISION})",
    )
    few = [Text(f"With fewer than {_FEW} trials, these figures say little.", style="dim")] if look.trials < _FEW else []
    return Group(
        head,
        Text(),
        *_quality(look),
        *few,
        Text(),
        Text("Stated, and what came", style="bold"),
        _calibration(look),
        *_regrets(look),
        Text(),
        Text("Learned of each algorithm", style="bold"),
        _algorithms(look),
        Text(),
        where,
    )


_DECISION = "0017"


def _quality(look: ExpectationReview) -> list[RenderableType]:
    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_row(
        "  Brier score",
        Text(f"{look.brier:.3f}", style="bold"),
        f"0 is perfect; the overall share alone: {look.brier_of_mean:.3f}",
    )
    grid.add_row(
        "  Calibration error",
        Text(f"{look.calibration_error:.3f}", style="bold"),
        "mean distance of what was stated from what came",
    )
    if math.isfinite(look.seconds_off):
        grid.add_row(
            "  Expected seconds",
            Text(f"{look.seconds_off:.1f} times", style="bold"),
            "half of the trials took at most so much longer, or shorter, than expected",
        )
    return [grid]


def _calibration(look: ExpectationReview) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in ("  stated", "trials", "stated", "came"):
        table.add_column(name, justify="left" if name == "  stated" else "right", no_wrap=True)
    table.add_column(f"0{' ' * (_WIDTH - 4)}100%", no_wrap=True)
    for row in look.calibration:
        table.add_row(
            f"  {percent(row.low, 2)} to {percent(row.high, 2)}",
            str(row.trials),
            percent(row.stated, 2),
            percent(row.came, 2),
            _line(row.stated, row.came),
        )
    legend = Text("  █ what came   | what was stated", style="dim")
    return Group(table, legend)


def _line(stated: float, came: float) -> Text:
    """Draw a bar as long as what came, with a mark where it was expected to end."""
    cells = ["█" if k < round(came * _WIDTH) else " " for k in range(_WIDTH)]
    text = Text("".join(cells), style="blue")
    at = min(_WIDTH - 1, max(0, round(stated * _WIDTH) - 1))
    return Text.assemble(text[:at], ("|", "bold yellow"), text[at + 1 :])


def _regrets(look: ExpectationReview) -> list[RenderableType]:
    if not look.regrets:
        return []
    most = max(r.regret for r in look.regrets) or 1.0
    table = Table.grid(padding=(0, 2, 0, 0))
    for r in look.regrets:
        which = f"  build {r.first}" if r.first == r.last else f"  builds {r.first} to {r.last}"
        table.add_row(which, percent(r.regret, 2), Text("█" * round(_WIDTH * r.regret / most), style="blue"))
    return [Text(), Text(f"Loss that the first {look.picks} picks left to later ones", style="bold"), table]


def _algorithms(look: ExpectationReview) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("  algorithm")
    for name in ("trials", "stated", "lifted", "by", "takes"):
        table.add_column(name, justify="right", no_wrap=True)
    for record in look.algorithms:
        table.add_row(
            "  " + shorten(clean(record.algorithm).replace("_", " "), 28),
            str(record.trials),
            percent(record.stated, 2),
            percent(record.came, 2),
            percent(record.gain, 2) if record.gain else "–",
            duration(record.seconds),
        )
    return table
