"""What the terminal shows of an analysis: the verdict, what matters first, what gained, and what can be done next."""

from __future__ import annotations

import shlex

from rich.console import Group, RenderableType
from rich.text import Text

from journeyman.entities.analysis import Analysis
from journeyman.reports.analysis_words import chain_links, headline, top_discoveries
from journeyman.reports.words import clean, count, cut, place, plural

__all__ = ["analysis_summary"]

_FIRST = 5
_GAINS = 3
_LONGEST = 230  # characters of a sentence; the page and the file have the whole


def analysis_summary(analysis: Analysis, table: str, page: str, file: str) -> RenderableType:
    """Return about ten lines on an analysis.

    Parameters
    ----------
    table, page, file : str
        The table as the user named it, and the files that were written; "" where none was.
    """
    target = f", target '{clean(analysis.target)}'" if analysis.target else ""
    size = f"{place(table)}: {plural(analysis.rows, 'row')}, {plural(len(analysis.columns), 'column')}{target}"
    lines: list[RenderableType] = [Text(clean(size)), Text(headline(analysis), style="bold")]
    lines += [Text(f"  • {cut(discovery.sentence, _LONGEST)}") for discovery in top_discoveries(analysis, _FIRST)]
    more = len(analysis.discoveries) - _FIRST
    lines += [Text(f"    and {count(more)} more", style="dim")] if more > 0 else []
    chain = chain_links(analysis)
    gained = [link for link in chain if link.style == "good"]
    if gained:
        lines += [
            Text.assemble(("  ✓ ", "green"), f"{clean(link.done)} {clean(link.gained)}") for link in gained[:_GAINS]
        ]
    elif any(trial.gain is not None for trial in analysis.trials):
        tried = sum(trial.gain is not None for trial in analysis.trials)
        lines.append(Text(f"  – Models know this already: none of {plural(tried, 'action')} gained beyond noise."))
    lines += [Text(f"  {clean(note)}", style="dim") for note in analysis.notes[:3]]
    lines += [Text.assemble(("Page  ", "bold"), clean(page))] if page else []
    lines += [Text.assemble(("File  ", "bold"), clean(file))] if file else []
    if analysis.target:
        with_file = f" --analysis {shlex.quote(file)}" if file and analysis.trials else ""
        command = f"journeyman build {shlex.quote(table)} --target {shlex.quote(analysis.target)}{with_file}"
        lines.append(Text.assemble(("Next  ", "bold"), (command, "cyan")))
    elif not page:
        lines.append(
            Text.assemble(("Next  ", "bold"), (f"journeyman analyse {shlex.quote(table)} --out page.html", "cyan"))
        )
    return Group(*lines)
