"""Champion against challenger: the evidence of paired labels, round by round, on a scale of odds."""

from __future__ import annotations

import math
from typing import Any

from journeyman.dashboard.frames import APART, Figure, axis, frame, mark, stamp, time_axis
from journeyman.dashboard.palette import Palette
from journeyman.dashboard.words import moment
from journeyman.entities.overview import ModelState, Round
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.metrics.e_process import evidence, odds
from journeyman.reports.words import number, plural
from journeyman.stages.promote import ALPHA

__all__ = ["contest_figure", "contest_legend", "contest_words", "contests"]

_NEEDED = 1.0 / ALPHA
_LEAST, _MOST = 1e-3, 1e3  # evidence is kept up to 1,000 to 1


def contests(state: ModelState) -> tuple[Round, ...]:
    """Return the rounds in which a challenger was tried."""
    return tuple(r for r in state.rounds if r.contest is not None)


def contest_words(state: ModelState) -> tuple[str, ...]:
    """Say how the latest contest stands, in a few sentences.

    Examples
    --------
    >>> contest_words(ModelState("m", (), "Brier score", False, (), ()))
    ('Nobody challenges the champion.',)
    """
    last = state.rounds[-1] if state.rounds else None
    if last is None or last.challenger is None:
        held = contests(state)
        if not held or held[-1].contest is None:
            return ("Nobody challenges the champion.",)
        contest = held[-1].contest
        return (f"Nobody challenges the champion now. The last contest: {_names(contest)}.", _evidence_text(contest))
    if last.contest is None or last.challenger not in (last.contest.challenger, last.contest.champion):
        return (f"Release {last.challenger} has just begun to run in the shadow; labels have to come first.",)
    contest = last.contest
    if contest.guard:
        first = f"Release {contest.champion} was promoted; the one before, release {contest.challenger}, may come back."
    else:
        first = (
            f"Release {contest.challenger} runs in the shadow of release {contest.champion}; users see nothing of it."
        )
    return (first, _evidence_text(contest))


def contest_figure(state: ModelState, colours: Palette) -> Figure:
    """Draw the evidence for the challenger and against it, and the line beyond which it decides.

    Parameters
    ----------
    state : ModelState
        With a round that holds a contest.
    colours : Palette
        Of the theme.
    """
    held = contests(state)
    begin, end = held[0].begin, state.rounds[-1].end
    above: list[float | None] = []
    below: list[float | None] = []
    x: list[str] = []
    texts: list[str] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    before: PairedComparison | None = None
    named = -1.0
    for seen in held:
        contest = seen.contest
        if contest is None:
            continue
        pair = (contest.champion, contest.challenger)
        if before is None or pair != (before.champion, before.challenger):
            if before is not None:
                x.append(stamp(seen.begin))
                above.append(None)
                below.append(None)
                texts.append("")
            place = (seen.begin - begin) / max(1, end - begin)
            shape, note = mark(seen.begin, f"{contest.challenger} vs {contest.champion}", place, colours)
            shapes.append(shape)
            if place - named > APART:
                notes.append(note)
                named = place
        better, worse = (min(_MOST, max(_LEAST, value)) for value in evidence(contest))
        x.append(stamp((seen.begin + seen.end) // 2))
        above.append(better)
        below.append(worse)
        texts.append(f"<b>{moment(seen.begin, year=False)}</b>, {_names(contest)}<br>{_evidence_text(contest)}")
        before = contest
    line = {"width": 2, "dash": "dash", "color": colours.base}
    shapes.append(
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": _NEEDED,
            "y1": _NEEDED,
            "line": line,
            "layer": "below",
        }
    )
    values = [v for v in (*above, *below) if v is not None]
    low, high = math.log10(min(*values, 0.1)), math.log10(max(*values, 40.0))
    data = [_series(x, below, colours.harm, "dot"), {**_series(x, above, colours.good, "solid"), "text": texts}]
    data[1]["hovertemplate"] = "%{text}<extra></extra>"
    odds = {
        "type": "log",
        "range": [low - 0.15, high + 0.25],
        "tickmode": "array",
        "tickvals": [0.001, 0.01, 0.1, 1, 20, 100, 1000],
        "ticktext": ["1/1000", "1/100", "1/10", "1", "20", "100", "1,000"],
    }
    own = {
        "hovermode": "x",
        "shapes": shapes,
        "annotations": notes,
        "xaxis": time_axis([held[0], state.rounds[-1]], colours),
        "yaxis": axis(colours, odds),
    }
    return {"data": data, "layout": frame(colours, state.name, own)}


def contest_legend() -> tuple[tuple[str, str], ...]:
    """Say what is drawn how."""
    return (
        ("c-good", "evidence that the challenger is better"),
        ("c-harm dotted", "that it is worse"),
        ("c-base dashed", f"{_NEEDED:.0f} to 1 decides"),
    )


def _names(contest: PairedComparison) -> str:
    return f"release {contest.challenger} against release {contest.champion}"


def _evidence_text(contest: PairedComparison) -> str:
    if not contest.truths:
        return "No row with a known outcome yet that both predicted."
    better, worse = evidence(contest)
    rows = f"{plural(contest.truths, 'row')} with a known outcome"
    return (
        f"On {rows} the challenger's loss was {_difference(contest.mean)}, "
        f"on the latest {contest.recent_rows:.0f} {_difference(contest.recent_mean)}. "
        f"Evidence for it {odds(better)}, against it {odds(worse)}; {_NEEDED:.0f} to 1 decides."
    )


def _difference(gain: float) -> str:
    return f"{number(abs(gain))} a row {'lower' if gain >= 0 else 'higher'}"


def _series(x: list[str], y: list[float | None], colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "size": 5},
        "hoverinfo": "skip",
    }
