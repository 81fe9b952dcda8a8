"""What the terminal shows of a table beside its contract: the verdict, a line a finding, and example rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journeyman.entities.contract import Breach, Contract, Verification
from journeyman.entities.finding import Severity
from journeyman.reports.words import clean, plural

__all__ = ["contract_view", "verification_view"]

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_WIDTH = 24


def verification_view(found: Verification) -> RenderableType:
    """Return the verdict, and each broken rule with its hint and a few rows."""
    errors = [b for b in found.breaches if b.finding.severity is Severity.ERROR]
    head = (
        Text(f"{clean(found.table)} breaks its contract: {plural(len(errors), 'finding')}", style="bold red")
        if errors
        else Text(f"{clean(found.table)} keeps its contract", style="bold green")
    )
    head.append(f"  ({plural(found.rows, 'row')}, {clean(found.contract)})", style="dim")
    parts: list[RenderableType] = [head]
    for breach in found.breaches:
        parts += [Text(), *_breach(breach)]
    if found.breaches:
        code = found.breaches[0].finding.code
        parts += [Text(), Text(f"`journeyman explain {code}` says more of a finding.", style="dim")]
    return Group(*parts)


def _breach(breach: Breach) -> list[RenderableType]:
    finding = breach.finding
    line = Text.assemble(
        (f"{finding.code} {finding.severity.value}: ", _STYLES.get(finding.severity, "")), clean(finding.message)
    )
    parts: list[RenderableType] = [line]
    if finding.hint and finding.severity is not Severity.NOTE:
        parts.append(Text(f"  {clean(finding.hint)}"))
    if breach.examples:
        parts.append(Padding(_rows(breach.examples), (0, 0, 0, 4)))
    return parts


def _rows(examples: Sequence[Mapping[str, str]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for number, name in enumerate(examples[0]):
        table.add_column(_short(name), style="bold" if number == 0 else "", no_wrap=True, overflow="ellipsis")
    for row in examples:
        table.add_row(*(_short(value) for value in row.values()))
    return table


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def contract_view(contract: Contract, place: str) -> RenderableType:
    """Return what was learned, in a few lines, and what can be typed next."""
    several = [
        (len(contract.keys), "key", ""),
        (len(contract.dependencies), "dependency", "dependencies"),
        (len(contract.orders), "order", ""),
    ]
    counted = ", ".join(plural(n, one, more) for n, one, more in several if n)
    head = Text.assemble(
        ("Contract written: ", "bold"),
        f"{place} ({plural(len(contract.columns), 'column')}, learned from {plural(contract.rows, 'row')})",
    )
    lines = [head]
    if counted:
        lines.append(Text(f"Between columns: {counted}"))
    for key in contract.keys[:3]:
        names = key.columns if len(key.columns) < len(contract.columns) else ("the whole row",)
        lines.append(Text(f"  key: {clean(', '.join(names))}"))
    lines += [Text(f"  {clean(d.fixed)} follows from {clean(d.given)}") for d in contract.dependencies[:6]]
    lines += [Text(f"  {clean(o.lesser)} is at most {clean(o.greater)}") for o in contract.orders[:6]]
    return Group(*lines)
