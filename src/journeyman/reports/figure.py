"""A figure as the report shows it: a drawn picture, or labelled bars that the page itself lays out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from journeyman.reports.words import number

__all__ = ["Bar", "Figure", "bars", "dots"]


@dataclass(frozen=True)
class Bar:
    """One labelled row of a bar chart; positions are percentages of the chart's width.

    Attributes
    ----------
    label, text : str
        Name at the left, value at the right.
    start, end : float
        The bar.
    low, high : float or None
        Ends of a whisker.
    style : str
        Colour class.
    tip : str
        Shown when pointed at.
    dot : bool
        Whether a point at ``end`` stands for the bar.
    """

    label: str
    text: str
    start: float
    end: float
    low: float | None = None
    high: float | None = None
    style: str = "c-model"
    tip: str = ""
    dot: bool = False

    @property
    def left(self) -> float:
        """Left end of the bar."""
        return min(self.start, self.end)

    @property
    def width(self) -> float:
        """Width of the bar, never quite nothing."""
        return max(abs(self.end - self.start), 0.4)


@dataclass(frozen=True)
class Figure:
    """A picture with its words.

    Attributes
    ----------
    title : str
        What it shows.
    svg : Markup or None
        Drawn picture; None where ``rows`` are the picture.
    note : str
        How to read it, in one sentence.
    legend : tuple of (str, str)
        Colour class and meaning.
    rows : tuple of Bar
        Labelled bars.
    wide_svg : Markup or None
        The same picture drawn wider, for the whole width of a large page; a phone shows ``svg``.
    """

    title: str
    svg: Markup | None = None
    note: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    rows: tuple[Bar, ...] = ()
    wide_svg: Markup | None = None


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    *,
    spans: Sequence[tuple[float, float]] = (),
    full: float | None = None,
    style: str = "c-model",
) -> tuple[Bar, ...]:
    """Lay out bars that start at 0, with whiskers where ``spans`` are given.

    Parameters
    ----------
    labels, values, texts : sequences
        One a bar.
    spans : sequence of (low, high)
        Whiskers.
    full : float, optional
        Value of a full-width bar; the greatest value otherwise.
    style : str
        Colour class.

    Examples
    --------
    >>> [(b.label, b.left, b.width) for b in bars(["a", "b"], [2.0, -2.0], ["2", "-2"])]
    [('a', 50.0, 50.0), ('b', 0.0, 50.0)]
    """
    ends = [v for v in (*values, *(v for span in spans for v in span)) if math.isfinite(v)]
    high = full if full is not None else max((*ends, 0.0))
    low = min((*ends, 0.0))
    width = (high - low) or 1.0

    def at(value: float) -> float:
        return round(100 * min(1.0, max(0.0, (value - low) / width)), 2) if math.isfinite(value) else 0.0

    rows = []
    for k, (label, value, text) in enumerate(zip(labels, values, texts, strict=True)):
        low_end, high_end = (at(spans[k][0]), at(spans[k][1])) if spans else (None, None)
        tip = f"{label}: {text}, from {number(spans[k][0])} to {number(spans[k][1])}" if spans else f"{label}: {text}"
        rows.append(Bar(label, text, at(0.0), at(value), low_end, high_end, style, tip))
    return tuple(rows)


def dots(
    labels: Sequence[str], values: Sequence[float], texts: Sequence[str], ends: tuple[float, float]
) -> tuple[Bar, ...]:
    """Lay out points on a scale that need not begin at 0.

    Parameters
    ----------
    labels, values, texts : sequences
        One a point.
    ends : (float, float)
        Lowest and highest value of the scale.

    Examples
    --------
    >>> [round(b.end) for b in dots(["a", "b"], [5.0, 6.0], ["5", "6"], (5.0, 6.0))]
    [4, 96]
    """
    low, width = ends[0], (ends[1] - ends[0]) or 1.0
    rows = []
    for label, value, text in zip(labels, values, texts, strict=True):
        at = round(4 + 92 * min(1.0, max(0.0, (value - low) / width)), 2) if math.isfinite(value) else 4.0
        rows.append(Bar(label, text, at, at, tip=f"{label}: {text}", dot=True))
    return tuple(rows)
