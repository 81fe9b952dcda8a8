"""What the terminal shows of a review: suspects by column, the surest of them, steps and what was changed."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from journeyman.entities.cleaning import SuspectCell, TableReview
from journeyman.reports.words import clean, percent, plural, shorten

__all__ = ["cleaning_view"]

_SHOWN = 12
_WIDE = 34


def cleaning_view(review: TableReview) -> RenderableType:
    """Return a screenful: how many cells are suspected, where, the surest ones and why, and what is proved."""
    parts: list[RenderableType] = [_headline(review)]
    parts += [Text(note, style="dim") for note in review.notes]
    if review.suspects:
        parts += [Text(), _by_column(review), Text(), _surest(review)]
    if review.wrong_labels:
        parts += [Text(), _labels(review)]
    if review.steps:
        parts += [Text(), _steps(review)]
    return Group(*parts)


def _headline(review: TableReview) -> Text:
    cells = review.looked * review.columns
    if not review.suspects:
        return Text(f"No wrong cells found in {plural(review.looked, 'row')} of {plural(review.columns, 'column')}.")
    share = percent(len(review.suspects) / max(1, cells))
    told = f" {plural(len(review.labelled), 'row')} labelled." if review.labelled else " No row is labelled."
    return Text.assemble(
        (f"{plural(len(review.suspects), 'cell')} judged wrong", "bold"),
        f" of {cells:,} ({share}), in {plural(len({s.row for s in review.suspects}), 'row')}.{told}",
    )


def _by_column(review: TableReview) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("Column", overflow="fold")
    grid.add_column("Wrong", justify="right")
    grid.add_column("Suggestions", justify="right")
    grid.add_column("Mostly because the cell")
    counts = Counter(s.column for s in review.suspects)
    for column, number in counts.most_common(_SHOWN):
        some = [s for s in review.suspects if s.column == column]
        reason = Counter(_general(s.reason) for s in some).most_common(1)[0][0]
        proposals = sum(s.suggestion is not None for s in some)
        grid.add_row(clean(shorten(column, _WIDE)), f"{number:,}", f"{proposals:,}", clean(reason))
    if len(counts) > _SHOWN:
        grid.add_row(f"and {len(counts) - _SHOWN} more", "", "", "")
    return grid


def _general(reason: str) -> str:
    """Return a reason without what is particular to a cell."""
    for opening in ("is a rare spelling", "in the rows that agree"):
        if opening in reason:
            return {"is a rare spelling": "is a rare spelling of a usual text"}.get(
                opening, "differs from rows that agree with it elsewhere"
            )
    return reason


def _surest(review: TableReview) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title_justify="left")
    for heading in ("Row", "Column", "Holds", "Should be", "Sure"):
        grid.add_column(heading, justify="right" if heading in ("Row", "Sure") else "left", overflow="fold")
    ranked = sorted(review.suspects, key=lambda s: (-s.probability * (0.5 + s.confidence), s.row))
    shown: list[SuspectCell] = []
    used = Counter[str]()
    for suspect in ranked:  # a few of each column, not twelve of one
        if used[suspect.column] < 3 and len(shown) < _SHOWN:
            used[suspect.column] += 1
            shown.append(suspect)
    for s in shown:
        wanted = "?" if s.suggestion is None else repr(shorten(s.suggestion, _WIDE))
        grid.add_row(
            str(s.row),
            clean(shorten(s.column, _WIDE)),
            clean(repr(shorten(s.value, _WIDE))),
            clean(wanted),
            percent(s.probability),
        )
    return grid


def _labels(review: TableReview) -> Group:
    first = review.wrong_labels[:5]
    lines = [
        Text(
            f"  row {w.row}: {clean(shorten(w.given, _WIDE))}, likely {clean(shorten(w.likely, _WIDE))}"
            f" ({percent(w.probability)})"
        )
        for w in first
    ]
    return Group(Text(f"{plural(len(review.wrong_labels), 'label')} of the target doubted", style="bold"), *lines)


def _steps(review: TableReview) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Step", "Cells or rows", "Takes off the loss", "p", "Verdict"):
        grid.add_column(heading, justify="left" if heading in ("Step", "Verdict") else "right")
    for step in review.steps:
        style = "green" if step.accepted else ""
        grid.add_row(step.name, f"{step.cells:,}", f"{step.gain:+.1%}", f"{step.p_value:.3f}", step.note, style=style)
    return grid
