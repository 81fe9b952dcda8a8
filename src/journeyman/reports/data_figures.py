"""Pictures of the data: the target, what is missing, and every column."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.report import BuildReport
from journeyman.reports.charts import Bars, plot, spark
from journeyman.reports.figure import Figure, bars
from journeyman.reports.scales import date_scale, date_text, linear_scale
from journeyman.reports.words import number, percent, plural

__all__ = ["ColumnRow", "column_row", "column_rows", "missing_figure", "target_figure"]

_ROWS = 1000  # columns listed at most, so that a table of many thousands still gives a file that opens
_MISSING = 20
_VALUES = 20


@dataclass(frozen=True)
class ColumnRow:
    """A column as a row of the table; sort keys are numbers, -1 where there is none."""

    name: str
    kind: str
    role: str
    reason: str
    unit: str
    picture: Markup | None
    middle: str
    span: str
    missing: str
    missing_share: float
    distinct: str
    distinct_count: int
    association: str
    association_value: float
    importance: str
    importance_value: float


def target_figure(report: BuildReport) -> Figure | None:
    """Return the distribution of the column to predict."""
    profile = next((p for p in report.profile.columns if p.name == report.task.target), None)
    column = next((c for c in report.columns if c.name == report.task.target), None)
    if profile is None:
        return None
    title = f"The target: {report.task.target}"
    if profile.top_values:
        total = max(report.profile.rows - profile.missing, 1)
        labels, counts = profile.top_values[:_VALUES], profile.top_counts[:_VALUES]
        texts = [f"{c:,} ({percent(c / total)})" for c in counts]
        rest = profile.distinct - len(labels)
        note = f"{plural(rest, 'rarer value')} not shown." if rest > 0 else ""
        return Figure(title, note=note, rows=bars(labels, [float(c) for c in counts], texts))
    if not profile.bin_counts:
        return None
    label = report.task.target if not column or not column.unit else f"{report.task.target} [{column.unit}]"
    return Figure(title, _histogram(profile, title, label), _middle_note(profile))


def _middle_note(profile: ColumnProfile) -> str:
    if len(profile.quantiles) != 7 or profile.kind is Kind.DATETIME:
        return ""
    low, middle, high = profile.quantiles[1], profile.quantiles[3], profile.quantiles[5]
    return f"Half of the values are below {number(middle)}; 90% lie between {number(low)} and {number(high)}."


def _histogram(profile: ColumnProfile, title: str, label: str) -> Markup:
    edges, counts = profile.bin_edges, profile.bin_counts
    dates, span = profile.kind is Kind.DATETIME, edges[-1] - edges[0]
    x = date_scale(edges[0], edges[-1], label) if dates else linear_scale(edges[0], edges[-1], label)
    ends = [date_text(e, span) if dates else number(e) for e in edges]
    tips = [f"{a} to {b}: {plural(c, 'row')}" for (a, b), c in zip(itertools.pairwise(ends), counts, strict=True)]
    return plot(title, x, linear_scale(0, max(counts), "rows", zero=True), [Bars(edges, counts, tips=tips)])


def missing_figure(report: BuildReport) -> Figure | None:
    """Return the columns with the most missing values."""
    rows = max(report.profile.rows, 1)
    holes = sorted((p for p in report.profile.columns if p.missing), key=lambda p: -p.missing)
    if not holes:
        return None
    shown = holes[:_MISSING]
    shares = [p.missing / rows for p in shown]
    texts = [f"{percent(s)}" for s in shares]
    note = f"{plural(len(holes), 'column')} of {len(report.profile.columns)} with missing values."
    if len(holes) > len(shown):
        note += f" The {len(shown)} with the most are shown."
    return Figure(
        "Missing values", note=note, rows=bars([p.name for p in shown], shares, texts, full=1.0, style="c-base")
    )


def column_rows(report: BuildReport) -> tuple[list[ColumnRow], int]:
    """Return the table of columns, the target first, then by importance, and how many are left out."""
    profiles = {p.name: p for p in report.profile.columns}
    worth = {i.column: i.mean for i in report.evaluation.importances}

    def order(column: Column) -> tuple[int, float, float]:
        profile = profiles.get(column.name)
        alone = profile.association if profile and profile.association is not None else -1.0
        part = 0 if column.role is Role.TARGET else 2 if column.role is Role.IGNORED else 1
        return part, -worth.get(column.name, -1e300), -alone

    ordered = sorted(report.columns, key=order)
    rows = [column_row(c, profiles.get(c.name), worth, max(report.profile.rows, 1)) for c in ordered[:_ROWS]]
    return rows, len(ordered) - len(rows)


def column_row(column: Column, profile: ColumnProfile | None, worth: Mapping[str, float], rows: int) -> ColumnRow:
    """Return a column as a row of a table; ``worth`` holds importances by name, ``rows`` those of the table."""
    counts: tuple[int, ...] = ()
    middle = span = ""
    if profile:
        counts = profile.bin_counts or profile.top_counts[:12]
        middle, span = _typical(profile)
    # The target tells itself; a figure there would only puzzle.
    strength = profile.association if profile and column.role is not Role.TARGET else None
    value = worth.get(column.name)
    return ColumnRow(
        name=column.name,
        kind=str(column.kind),
        role=str(column.role),
        reason=column.reason,
        unit=column.unit or "",
        # One bar says nothing, and identifiers are all of height one.
        picture=spark(counts, f"distribution of {column.name}") if len(counts) > 1 and max(counts) > 1 else None,
        middle=middle,
        span=span,
        missing=percent(profile.missing / rows) if profile else "–",
        missing_share=profile.missing / rows if profile else -1.0,
        distinct=f"{profile.distinct:,}" if profile else "–",
        distinct_count=profile.distinct if profile else -1,
        association="–" if strength is None else number(strength, 2),
        association_value=-1.0 if strength is None else strength,
        importance="–" if value is None else number(value, 2),
        importance_value=-1e300 if value is None else value,
    )


def _typical(profile: ColumnProfile) -> tuple[str, str]:
    """Return the middle or most frequent value, and where the rest lies."""
    if len(profile.quantiles) == 7:
        low, middle, high = profile.quantiles[1], profile.quantiles[3], profile.quantiles[5]
        if profile.kind is Kind.DATETIME:
            return date_text(middle, 1e7), f"{date_text(low, 1e7)} to {date_text(high, 1e7)}"
        return number(middle), f"{number(low)} to {number(high)}"
    if profile.kind is not Kind.IDENTIFIER and profile.top_values:
        return profile.top_values[0], plural(profile.top_counts[0], "row") if profile.top_counts else ""
    return "", ""
