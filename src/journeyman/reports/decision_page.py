"""A decision as one self-contained HTML page: the verdict, what it hangs on, the policy, groups, the pilot."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from journeyman.entities.decided_case import CaseVerdict, DecidedCase
from journeyman.reports.decision_figures import curve_figure, group_figure, sensitivity_figure, uplift_figure
from journeyman.reports.decision_words import (
    break_even_words,
    chance_words,
    decision_headline,
    group_words,
    money,
    pilot_words,
    range_words,
    uplift_words,
    use_words,
)
from journeyman.reports.html import environment

__all__ = ["render_decision"]

_TEMPLATES = Path(__file__).parent / "templates"
_TONES = {CaseVerdict.GO: ("good", "✓"), CaseVerdict.PILOT: ("warn", "!"), CaseVerdict.NO_GO: ("bad", "✕")}


def render_decision(decided: DecidedCase) -> str:
    """Render a decision.

    Returns
    -------
    str
        One HTML file that needs nothing else and runs no script.
    """
    style, icon = _TONES[decided.verdict]
    unit = decided.case.unit
    return (
        environment()
        .get_template("decision.html.j2")
        .render(
            decided=decided,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            style=style,
            icon=icon,
            headline=decision_headline(decided),
            use=use_words(decided),
            values=_values(decided),
            break_even=break_even_words(decided),
            sensitivity=sensitivity_figure(decided),
            curve=curve_figure(decided),
            groups=None if decided.groups is None else group_figure(decided.groups),
            group_text=() if decided.groups is None else group_words(decided.groups, decided),
            pilot=() if decided.pilot is None else pilot_words(decided.pilot, decided.name, unit),
            piloted=decided.verdict is CaseVerdict.PILOT,
            uplift=None if decided.uplift is None else uplift_figure(decided.uplift, unit),
            uplift_text=uplift_words(decided),
            money=money,
            chance=chance_words,
        )
    )


def _values(decided: DecidedCase) -> list[tuple[str, str, str]]:
    """Return rows of the table of values: what is compared, a case with its interval, and the probability."""
    unit = decided.case.unit
    rows = [("the policy over what is done today", range_words(decided.per_case, unit), decided.per_case.probability)]
    if decided.case.overhead:
        net = decided.total.scaled(1.0 / decided.case.volume.total)
        rows.append(("the same, less what the model costs", range_words(net, unit), net.probability))
    rows += [
        (f"the policy over: {rival.name}", range_words(rival.over, unit), rival.over.probability)
        for rival in decided.rivals
        if rival.name != decided.case.today.words()
    ]
    told = [(what, value, chance_words(probability)) for what, value, probability in rows]
    if decided.perfect is None:
        return told
    return [*told, ("who knows what comes, over what is done today", money(decided.perfect, unit), "")]
