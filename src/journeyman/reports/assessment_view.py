"""What the terminal shows of an assessment: the ranking first, then what speaks against the first, and what to type."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journeyman.entities.use_case import Assessment, RefusedTarget, UseCase
from journeyman.reports.assessment_words import (
    case_name,
    chance_words,
    headline,
    own_words,
    score_range,
    style_of,
)
from journeyman.reports.words import clean, count, cut, duration, number

__all__ = ["assessment_view"]

_MOST_CASES, _MOST_TOLD, _MOST_REFUSED = 25, 3, 6
_LONGEST = 200
_COLOURS = {"good": "green", "warn": "yellow", "bad": "red", "calm": "dim"}


def assessment_view(found: Assessment, page: str, file: str) -> RenderableType:
    """Return the ranking, what raises and what speaks against its first cases, and the columns that are none.

    Parameters
    ----------
    page, file : str
        The files that were written; "" where none was.
    """
    several = len({case.table for case in found.cases} | {one.table for one in found.refused}) > 1
    parts: list[RenderableType] = [Text(headline(found), style="bold")]
    if found.cases:
        parts += [Text(), _ranking(found.cases[:_MOST_CASES], several)]
        more = len(found.cases) - _MOST_CASES
        parts += [Text(f"  and {count(more)} more", style="dim")] if more > 0 else []
        for case in found.cases[:_MOST_TOLD]:
            parts += _remark_lines(case, several)
    if found.refused:
        parts += [Text(), Text("No use cases", style="bold"), _refusal_table(found.refused, several)]
        more = len(found.refused) - _MOST_REFUSED
        parts += [Text(f"  and {count(more)} more; --json tells of each", style="dim")] if more > 0 else []
    notes = [*found.notes, *([own_words(found)] if found.outcomes else [])]
    parts += [Text()] if notes else []
    parts += [Padding(Text(f"! {clean(note)}", style="yellow"), (0, 0, 0, 2), expand=False) for note in notes]
    parts += [Text(), Text(_measure(found), style="dim")]
    parts += [Text.assemble(("Page  ", "bold"), clean(page))] if page else []
    parts += [Text.assemble(("File  ", "bold"), clean(file))] if file else []
    parts += _next(found, several)
    return Group(*parts)


def _measure(found: Assessment) -> str:
    return (
        f"Probability: that a full build saves {100 * found.request.margin:.0f}% of the baseline's loss or more, "
        f"clearly beyond noise, on rows kept apart. {duration(found.seconds)} in all."
    )


def _next(found: Assessment, several: bool) -> list[RenderableType]:
    first = next((case for case in found.cases if (case.estimate.probability or 0.0) >= 0.3), None)
    if first is None or several or found.request.source.startswith("<") or "://" in found.request.source:
        return []
    ignored = "".join(f" --ignore {shlex.quote(name)}" for name in first.leaks)
    source, target = shlex.quote(found.request.source), shlex.quote(first.target)
    return [Text.assemble(("Next  ", "bold"), (f"journeyman build {source} --target {target}{ignored}", "cyan"))]


def _ranking(cases: Sequence[UseCase], several: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("  probability", "target", "kind", "expected, nine times in ten", "without a model", "against"):
        table.add_column(name, overflow="fold", header_style="dim")
    for case in cases:
        against = list(dict.fromkeys(one.kind for one in case.against))
        base = "–" if case.base_score != case.base_score else number(case.base_score)
        table.add_row(
            Text(f"  {chance_words(case.estimate.probability)}", style=_COLOURS[style_of(case)]),
            clean(case_name(case, several)),
            case.task,
            score_range(case),
            base,
            ", ".join(against[:3]) + (f" and {len(against) - 3} more" if len(against) > 3 else ""),
        )
    return table


def _remark_lines(case: UseCase, several: bool) -> list[RenderableType]:
    if not case.raises and not case.against:
        return []
    lines: list[RenderableType] = [Text(), Text(clean(case_name(case, several)), style="bold")]
    marks = [("+", "green", one.message) for one in case.raises[:_MOST_TOLD]]
    marks += [("-", "red", one.message) for one in case.against[:_MOST_TOLD]]
    for mark, colour, message in marks:
        lines.append(Text.assemble((f"  {mark} ", colour), cut(clean(message), _LONGEST)))
    if case.with_leaks is not None:
        lines.append(Text(f"    With what gives it away: {chance_words(case.with_leaks)}.", style="dim"))
    return lines


def _refusal_table(refused: Sequence[RefusedTarget], several: bool) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for one in refused[:_MOST_REFUSED]:
        name = f"{one.table}.{one.target}" if several else one.target
        table.add_row(Text(f"  ✗ {clean(name)}"), clean(one.reason))
    return table
