"""Pictures of a decision: what the answer hangs on, value by the share that is acted on, groups, and uplift."""

from __future__ import annotations

from journeyman.entities.decided_case import DecidedCase, GroupGap, Uplift
from journeyman.reports.charts import Area, Line, Mark, Note, Rule, plot
from journeyman.reports.decision_words import money
from journeyman.reports.figure import Bar, Figure, bars
from journeyman.reports.scales import linear_scale, share_scale
from journeyman.reports.words import percent, shorten

__all__ = ["curve_figure", "group_figure", "sensitivity_figure", "uplift_figure"]

_SIZES = ((380, 260), (1080, 320))
_NAME = 38


def sensitivity_figure(decided: DecidedCase) -> Figure | None:
    """Return the tornado: what the value becomes where one thing is otherwise; None where nothing was varied."""
    told = [one for one in decided.sensitivities if one.low != one.high]
    if not told:
        return None
    base, unit = decided.total.mean, decided.case.unit
    ends = [v for one in told for v in (one.low, one.high)] + [base, 0.0]
    low, width = min(ends), (max(ends) - min(ends)) or 1.0

    def at(value: float) -> float:
        return round(100.0 * (value - low) / width, 2)

    rows = [
        Bar(
            shorten(f"{one.what}: {one.low_at} to {one.high_at}", 60),
            f"{money(one.low, unit)} to {money(one.high, unit)}",
            at(min(one.low, one.high)),
            at(max(one.low, one.high)),
            at(base),
            at(base),
            "c-model" if min(one.low, one.high) > 0.0 else "c-bad",
            f"{one.what}: at {one.low_at} {money(one.low, unit)}, at {one.high_at} {money(one.high, unit)}",
        )
        for one in told
    ]
    zero = Bar("nothing gained", money(0.0, unit), at(0.0), at(0.0), style="c-base", tip="no gain over today", dot=True)
    follows = "stays" if decided.uplift is not None else "follows"
    note = (
        "Value over what is done today while the model is used, where one thing is a fifth smaller or greater and the "
        f"policy {follows}. The mark in each bar is the value as the file has it, {money(base, unit)}; the point is "
        "nought. Bars that reach below nought have another colour."
    )
    return Figure("What the answer hangs on", note=note, rows=(*rows, zero))


def curve_figure(decided: DecidedCase) -> Figure | None:
    """Return the value by the share of cases that are acted on; None where no action leaves a case alone."""
    if not decided.curve:
        return None
    unit, total = decided.case.unit, decided.case.volume.total
    shares = [point.share for point in decided.curve]
    values = [point.value * total for point in decided.curve]
    lows, highs = ([v * total for v in ends] for ends in zip(*((p.low, p.high) for p in decided.curve), strict=True))
    x = share_scale("share of cases that are acted on, the greatest expected gain first")
    y = linear_scale(min(lows), max(highs), unit, zero=True)
    tips = [f"{percent(s)} acted on: {money(v, unit)}" for s, v in zip(shares, values, strict=True)]
    at = decided.policy.share
    marks: list[Mark] = [
        Area(shares, lows, highs),
        Rule((0.0, 1.0), (0.0, 0.0)),
        Line(shares, values, tips=tips),
        Rule((at, at), (y.low, y.high), "c-a1", f"the policy acts on {percent(at)}"),
        Note(
            at,
            y.high,
            f"policy: {percent(at)}",
            "start" if at < 0.7 else "end",
            (6.0 if at < 0.7 else -6.0, 12.0),
            "c-a1",
        ),
    ]
    title = "Value by how many are acted on"
    small, wide = (plot(title, x, y, marks, size) for size in _SIZES)
    note = "Value over what is done today while the model is used, before its own costs; 90% intervals at each point."
    return Figure(title, small, note, wide_svg=wide)


def group_figure(gap: GroupGap) -> Figure:
    """Return the selection rate of each group."""
    names = [shorten(group.name, _NAME) for group in gap.groups]
    rates = [group.selected for group in gap.groups]
    rows = bars(names, rates, [percent(rate) for rate in rates])
    return Figure(f"Acted on, by '{gap.column}'", note="Share of the held-out cases of each group.", rows=rows)


def uplift_figure(uplift: Uplift, unit: str) -> Figure:
    """Return what acting changes, by fifths of the estimated uplift."""
    names = ["lowest fifth", "second", "third", "fourth", "highest fifth"][: len(uplift.fifths)]
    values = [fifth.mean for fifth in uplift.fifths]
    spans = [(fifth.low, fifth.high) for fifth in uplift.fifths]
    rows = bars(names, values, [money(v, unit) for v in values], spans=spans)
    note = f"What acting changes a case, in {unit}, by the uplift that was estimated from other rows; 90% intervals."
    return Figure("Uplift, as the trial shows it", note=note, rows=rows)
