"""Groups that were found without labels: a card each, a picture, and why so many."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from journeyman.entities.grouping import GroupCard, Grouping, NumberOfGroups
from journeyman.entities.report import BuildReport
from journeyman.reports.charts import Dots, Line, Mark, Note, Rule, plot
from journeyman.reports.figure import Figure
from journeyman.reports.scales import linear_scale, share_scale
from journeyman.reports.words import number, percent, plural

__all__ = ["GroupsSection"]

_COLOURS = 7
_STABLE, _DISSOLVED = 0.75, 0.5  # of Jaccard stability (Hennig 2007)
_STRONG = 0.8


class GroupsSection:
    """What groups there are, or that there are none."""

    name, title, weight = "groups", "Groups", 250
    template = Path(__file__).with_name("groups.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return cards, figures and the table of numbers of groups; None where no groups were looked for."""
        if self.name not in report.posed:
            return None
        found = msgspec.convert(report.posed[self.name], Grouping)
        return {
            "found": found,
            "verdict": _verdict(found),
            "evidence": _evidence(found),
            "cards": [(card, _colour(k), _how_sure(card)) for k, card in enumerate(found.cards)] if found.k > 1 else [],
            "figures": [figure for figure in (_picture(found), _curve(found)) if figure is not None],
            "numbers": [(point, _remark(point, found)) for point in found.curve],
            "outside": percent(found.outside, 2),
            "allowed": percent(float(report.task.options.get("outside", 0.01)), 2),
        }


def _colour(place: int) -> str:
    return f"c-a{place % _COLOURS}" if place >= 0 else "c-base"


def _verdict(found: Grouping) -> str:
    if found.k == 1:
        return f"No groups were found: {found.reason}."
    sizes = " and ".join(filter(None, [", ".join(str(c.rows) for c in found.cards[:-1]), str(found.cards[-1].rows)]))
    after = f"; the next best number is {found.runner_up}" if found.runner_up else ""
    return f"{plural(found.k, 'group')} of {sizes} rows: {found.reason}{after}."


def _evidence(found: Grouping) -> str:
    """Return what copies without groups say, in words."""

    def share(value: float) -> str:
        return f"{value:.0%}" if value > 0.02 else "less than 2%"

    columns, mode = share(found.beyond_columns), share(found.beyond_one_mode)
    return (
        f"Of copies of the table whose columns were shuffled, {columns} look as grouped as the table; of copies whose "
        f"columns vary together as here but have one hump each, {mode}. Groups are believed where both are at most 3%."
    )


def _how_sure(card: GroupCard) -> str:
    firm = (
        "Stable"
        if card.stability >= _STABLE
        else "Doubtful"
        if card.stability > _DISSOLVED
        else "Dissolves on other rows"
    )
    return f"{firm}: found again on resampled rows with a Jaccard similarity of {card.stability:.2f}"


def _remark(point: NumberOfGroups, found: Grouping) -> str:
    if point.k == found.k:
        return "asked for" if found.asked else "chosen"
    return "runner-up" if point.k == found.runner_up else ""


def _picture(found: Grouping) -> Figure | None:
    if not found.points or len(found.axes) != 2:
        return None
    xs, ys = [p[0] for p in found.points], [p[1] for p in found.points]
    x, y = linear_scale(min(xs), max(xs), found.axes[0]), linear_scale(min(ys), max(ys), found.axes[1])
    marks: list[Mark] = []
    legend = []
    shown = [*range(len(found.cards)), -1]
    for place in shown:
        own = [(a, b) for a, b, code in found.points if code == place]
        name = found.cards[place].name if place >= 0 else "none of these"
        if not own:
            continue
        style = _colour(place)
        legend.append((style, name))
        tips = [f"{name}: {found.axes[0]} {number(a)}, {found.axes[1]} {number(b)}" for a, b in own]
        marks.append(Dots([a for a, _ in own], [b for _, b in own], style, tips, [3.0] * len(own), hollow=place < 0))
    title = "The groups on two columns" if "axis" not in found.axes[0] else "The groups on two axes"
    title = title if found.k > 1 else "The rows"
    note = "The two columns that tell the groups best; others tell them, too." if found.k > 1 else ""
    return Figure(title, plot(title, x, y, marks, (380, 300)), note, tuple(legend))


def _curve(found: Grouping) -> Figure | None:
    if len(found.curve) < 2:
        return None
    ks = [float(point.k) for point in found.curve]
    agreement = [max(0.0, point.agreement) for point in found.curve]
    strength = [point.strength for point in found.curve]
    x = linear_scale(min(ks), max(ks), "number of groups")
    y = share_scale("found again on other rows")
    tips = [f"{point.k} groups, {point.method}" for point in found.curve]
    marks: list[Mark] = [
        Rule((x.low, x.high), (_STRONG, _STRONG), "c-base"),
        Line(ks, agreement, "c-a1"),
        Dots(ks, agreement, "c-a1", [f"{t}: agreement {a:.2f}" for t, a in zip(tips, agreement, strict=True)]),
        Line(ks, strength, "c-model"),
        Dots(
            ks, strength, "c-model", [f"{t}: prediction strength {s:.2f}" for t, s in zip(tips, strength, strict=True)]
        ),
    ]
    if found.k > 1 and found.k in {point.k for point in found.curve}:
        marks.append(Rule((found.k, found.k), (y.low, y.high), "c-ink"))
        marks.append(Note(found.k, y.low, "asked for" if found.asked else "chosen", "start", (5.0, -6.0), "c-ink"))
    legend = (("c-model", "prediction strength, of the weakest group"), ("c-a1", "agreement, of all rows"))
    note = "Two halves of the rows are grouped apart and compared. Groups that are there reach the dashed line, 0.8."
    return Figure("How many groups", plot("How many groups", x, y, marks, (380, 300)), note, legend)
