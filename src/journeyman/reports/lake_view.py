"""What the terminal shows of a search for data."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journeyman.entities.lake import JoinVerdict, LakeSearch
from journeyman.reports.words import clean, duration, percent, plural

__all__ = ["search_view"]

_MOST_REFUSED = 12
_NO_KEY = "it shares no key with the table"


def search_view(found: LakeSearch) -> RenderableType:
    """Return the accepted joins with their gains, then the others with the reasons."""
    accepted = [v for v in found.verdicts if v.accepted]
    others = [v for v in found.verdicts if not v.accepted and v.reason != _NO_KEY]
    strangers = [v for v in found.verdicts if v.reason == _NO_KEY]
    parts: list[RenderableType] = [Text(_head(found, len(accepted)), style="bold")]
    if accepted:
        parts += [Text(), _accepted_table(accepted)]
        if found.loss == found.loss:
            gained = percent(1.0 - found.joined_loss / found.loss) if found.loss else "0%"
            words = f"Together: {found.measure} {found.loss:.4g} -> {found.joined_loss:.4g} out of fold, {gained} less."
            parts.append(Padding(Text(words), (0, 0, 0, 2), expand=False))
    if others:
        parts += [Text(), Text("Not joined", style="bold"), _refusal_table(others[:_MOST_REFUSED])]
        if len(others) > _MOST_REFUSED:
            parts.append(
                Padding(
                    Text(f"and {len(others) - _MOST_REFUSED:,} more; --json tells of each"), (0, 0, 0, 2), expand=False
                )
            )
    if strangers:
        shown = ", ".join(clean(v.table) for v in strangers[:4]) + (", ..." if len(strangers) > 4 else "")
        words = f"{plural(len(strangers), 'table')} without a common key: {shown}"
        parts += [Text(), Padding(Text(words), (0, 0, 0, 2), expand=False)]
    for note in found.notes:
        parts += [Padding(Text(f"! {note}", style="yellow"), (0, 0, 0, 2), expand=False)]
    return Group(*parts)


def _head(found: LakeSearch, accepted: int) -> str:
    helping = {0: "none helps", 1: "1 join helps"}.get(accepted, f"{accepted} joins help")
    anew = "" if found.read == found.tables else f", {found.read:,} of them read anew"
    return (
        f"{plural(found.tables, 'table')} searched{anew} in {duration(found.seconds)}: "
        f"{helping} to predict {clean(found.target)}"
    )


def _accepted_table(verdicts: Sequence[JoinVerdict]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("  table", "join", "on", "rows met", "loss", "p", "as of", "licence"):
        table.add_column(name, overflow="fold", header_style="dim")
    for v in verdicts:
        if v.join is None:
            continue
        table.add_row(
            Text(f"✓ {clean(v.table)}", style="green"),
            v.join.kind.replace("_", " "),
            clean(v.join.words),
            percent(v.match_rate),
            f"-{percent(v.gain)}",
            f"{v.p_value or 0.0:.1g}",
            v.newest,
            clean(v.licence),
        )
    return table


def _refusal_table(verdicts: Sequence[JoinVerdict]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for v in verdicts:
        on = "" if v.join is None else f" ({clean(v.join.words)})"
        table.add_row(Text(f"  ✗ {clean(v.table)}{on}"), clean(v.reason))
    return table
