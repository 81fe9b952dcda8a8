"""What the terminal shows of a decision: the verdict first, in the user's unit, then what it hangs on."""

from __future__ import annotations

import shlex

from rich.console import Group, RenderableType
from rich.text import Text

from journeyman.entities.decided_case import CaseVerdict, DecidedCase
from journeyman.entities.pilot_reading import PilotReading, PilotVerdict
from journeyman.reports.decision_words import (
    break_even_words,
    chance_words,
    decision_headline,
    group_words,
    money,
    pilot_words,
    range_words,
    reading_words,
    uplift_words,
    use_words,
)
from journeyman.reports.words import clean

__all__ = ["decision_view", "reading_view"]

_STYLES = {CaseVerdict.GO: "bold green", CaseVerdict.PILOT: "bold yellow", CaseVerdict.NO_GO: "bold red"}
_READ = {PilotVerdict.GO: "bold green", PilotVerdict.GO_ON: "bold yellow", PilotVerdict.NO_GO: "bold red"}
_SENSITIVITIES = 3


def decision_view(decided: DecidedCase, files: tuple[tuple[str, str], ...] = (), workspace: str = "") -> RenderableType:
    """Return some twenty lines on a decision.

    Parameters
    ----------
    files : tuple of (str, str)
        What was written: a caption and a path each.
    workspace : str
        To be named in commands; empty where they find it by themselves.
    """
    place = f" --workspace {shlex.quote(workspace)}" if workspace else ""
    unit = decided.case.unit
    lines: list[RenderableType] = [Text(clean(decision_headline(decided)), style=_STYLES[decided.verdict])]
    lines += [Text(f"  • {clean(reason)}") for reason in decided.reasons]
    lines.append(Text.assemble(("Policy  ", "bold"), clean(decided.policy.words)))
    lines.append(Text.assemble(("Use     ", "bold"), clean(use_words(decided))))
    chance = chance_words(decided.per_case.probability)
    value = f"{range_words(decided.per_case, unit)}; above nought with a probability of {chance}"
    perfect = "" if decided.perfect is None else f"; who knows what comes would earn {money(decided.perfect, unit)}"
    lines.append(Text.assemble(("A case  ", "bold"), clean(value + perfect)))
    lines.append(Text(f"        valued on {clean(decided.rows_from)}", style="dim"))
    lines += [Text.assemble(("Without a model  ", "bold"), text) for text in _rivals(decided)]
    lines += [Text.assemble(("Break-even  ", "bold"), clean(text)) for text in break_even_words(decided)]
    hangs = [
        f"{one.what}: {one.low_at} gives {money(one.low, unit)}, {one.high_at} gives {money(one.high, unit)}"
        for one in decided.sensitivities[:_SENSITIVITIES]
    ]
    lines += [Text.assemble(("Hangs on  ", "bold"), clean(text)) for text in hangs]
    if decided.groups is not None:
        lines += [Text.assemble(("Groups  ", "bold"), clean(text)) for text in group_words(decided.groups, decided)]
    lines += [Text.assemble(("Trial   ", "bold"), clean(text)) for text in uplift_words(decided)]
    if decided.verdict is CaseVerdict.PILOT and decided.pilot is not None:
        lines.append(Text("Pilot", style="bold"))
        lines += [
            Text(f"  {k}. {clean(text)}")
            for k, text in enumerate(pilot_words(decided.pilot, decided.name, unit, place), 1)
        ]
    told = [question for question in decided.questions if not question.is_open]
    lines += [Text("What the data cannot tell", style="bold")] if told else []
    lines += [Text(f"  • {clean(q.text)}" + (f" Answered: {clean(q.answer)}" if q.answer else "")) for q in told]
    lines += [Text(f"  {clean(note)}", style="dim") for note in decided.notes]
    lines += [Text.assemble((f"{caption}  ", "bold"), clean(path)) for caption, path in files]
    if not any(caption == "Page" for caption, _ in files):
        words = f"journeyman decide {shlex.quote(decided.name)} --economics FILE.toml --out page.html{place}"
        lines.append(Text.assemble(("Next  ", "bold"), ("pictures and all figures: ", ""), (words, "cyan")))
    return Group(*lines)


def reading_view(reading: PilotReading) -> RenderableType:
    """Return what a pilot shows so far."""
    first, *others = reading_words(reading)
    return Group(Text(clean(first), style=_READ[reading.verdict]), *(Text(f"  {clean(text)}") for text in others))


def _rivals(decided: DecidedCase) -> list[str]:
    """Say what the policy is worth over each rule without a model; what is done today is told above."""
    unit, found = decided.case.unit, []
    for rival in decided.rivals:
        if rival.name == decided.case.today.words():
            continue
        over = f"{range_words(rival.over, unit)} a case"
        found.append(f"{clean(rival.name)}: the policy is worth {over} more ({chance_words(rival.over.probability)})")
    return found
