"""What the terminal shows of a conversion: the verdict, scores, checks, leaks, and what to type next."""

from __future__ import annotations

import shlex

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journeyman.entities.conversion import ConversionReport
from journeyman.entities.finding import Severity
from journeyman.reports.conversion.words import (
    check_words,
    leak_words,
    metric_name,
    model_name,
    other_findings,
    score_rows,
    verdict_on,
)
from journeyman.reports.words import clean, cut, duration, plural

__all__ = ["conversion_view"]

_COLOURS = {"good": "green", "warn": "yellow", "bad": "red", "calm": "bold"}
_SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "dim")}
_MOST_LEAKS, _MOST_FINDINGS, _LONGEST = 4, 4, 200


def conversion_view(report: ConversionReport, folder: str) -> RenderableType:
    """Return what a conversion came to, in a screenful.

    Parameters
    ----------
    report : ConversionReport
    folder : str
        Where the project lies, or the report alone where there is no project.
    """
    verdict = verdict_on(report)
    parts: list[RenderableType] = [
        Text(verdict.headline, style=f"bold {_COLOURS[verdict.tone]}"),
        Text(f"  {clean(_measure(report))}", style="dim"),
    ]
    parts += [Padding(clean(why), (0, 0, 0, 2), expand=False) for why in verdict.because if why]
    if score_rows(report):
        parts += [Text(), Text(metric_name(report.metric).capitalize(), style="bold"), _scores(report)]
        parts += [Padding(Text(clean(one), style="dim"), (0, 0, 0, 2)) for one in report.honest_reasons]
    if report.model is not None:
        parts += [Text(), Text("Tests of the project", style="bold"), _checks(report)]
        parts += [_hung("!", clean(report.checks.message), "yellow")] if report.checks.message else []
    parts += _leaks(report)
    parts += _findings(report)
    parts += [Text(), _where(report, folder)]
    return Group(*parts)


def _measure(report: ConversionReport) -> str:
    told = [report.prototype, plural(report.statements, "statement")]
    if report.model is not None:
        told += [
            f"{report.kept} in the pipeline",
            f"{report.opaque} taken over as they stand",
            model_name(report.model),
        ]
    told += [f"{plural(len(report.changes), 'line')} mended"] if report.changes else []
    return ", ".join([*told, duration(report.seconds)])


def _scores(report: ConversionReport) -> Table:
    grid = Table.grid(padding=(0, 3, 0, 0))
    for name, _, text in score_rows(report):
        grid.add_row(f"  {name}", Text(text, style="bold"))
    return grid


def _checks(report: ConversionReport) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for words, outcome, remark in check_words(report):
        sign, style = _SIGNS[outcome]
        grid.add_row(Text(f"  {sign}", style=style), words, Text(remark, style="dim"))
    return grid


def _leaks(report: ConversionReport) -> list[RenderableType]:
    if not report.leaks:
        return []
    parts: list[RenderableType] = [Text(), Text("Leaks", style="bold")]
    for leak in report.leaks[:_MOST_LEAKS]:
        words = leak_words(leak, report)
        parts.append(
            _hung(
                "!",
                cut(
                    clean(f"{words.code} {words.seen}".strip() if words.code else f"{words.title}: {words.seen}"),
                    2 * _LONGEST,
                ),
                "yellow",
            )
        )
    more = len(report.leaks) - _MOST_LEAKS
    return [*parts, Text(f"  and {more} more", style="dim")] if more > 0 else parts


def _findings(report: ConversionReport) -> list[RenderableType]:
    found = [one for one in other_findings(report) if one.severity in (Severity.ERROR, Severity.WARNING)]
    if not found:
        return []
    told = [_hung("!", cut(f"{one.code} {clean(one.message)}", _LONGEST), "yellow") for one in found[:_MOST_FINDINGS]]
    parts: list[RenderableType] = [Text(), Text("Noticed", style="bold"), *told]
    more = len(found) - _MOST_FINDINGS
    return [*parts, Text(f"  and {more} more", style="dim")] if more > 0 else parts


def _hung(mark: str, text: str, style: str) -> Table:
    """Return text that hangs from a mark."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(Text(f"  {mark}", style=style), Text(text))
    return grid


def _where(report: ConversionReport, folder: str) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    place = clean(folder).rstrip("/")
    if report.model is not None:
        grid.add_row(Text("Project", style="bold"), place)
    grid.add_row(Text("Report", style="bold"), f"{place}/report.html")
    if report.model is not None:
        command = f"cd {shlex.quote(place)} && pip install -e '.[test]' && python -m unittest"
        grid.add_row(Text("Next", style="bold"), Text(command, style="cyan"))
    return grid
