"""Small pictures as inline SVG: marks on two scales, with a text for every value that one can point at.

Drawn here rather than by a charting library, because a report then weighs a tenth of that library alone, opens at once
on a phone, prints, follows the reader's light or dark theme, and runs no code that could be attacked through a column's
name. Colours are classes that the report's style sheet defines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup, escape

from journeyman.reports.scales import Scale, Tick
from journeyman.reports.words import clean

__all__ = ["Area", "Bars", "Cells", "Dots", "Line", "Mark", "Note", "Rule", "plot", "spark"]

Place = Callable[[float], float]
_CHARACTER = 7.0  # mean width in pixels of a character of the labels' font at 12 px
_REACH = 40  # points of a line that answer when pointed at


class Mark(Protocol):
    """Something drawn on two scales."""

    def draw(self, x: Place, y: Place) -> str:
        """Return SVG, given the functions from values to pixels."""
        ...


def _tip(text: str) -> str:
    return f"<title>{escape(clean(text))}</title>" if text else ""


def _path(xs: Sequence[float], ys: Sequence[float], x: Place, y: Place) -> str:
    """Return path commands through all points, lifting the pen at values that are not finite."""
    parts, pen = [], "M"
    for a, b in zip(xs, ys, strict=True):
        if math.isfinite(a) and math.isfinite(b):
            parts.append(f"{pen}{x(a):.1f} {y(b):.1f}")
            pen = "L"
        else:
            pen = "M"
    return "".join(parts)


@dataclass(frozen=True)
class Line:
    """A line through points; ``step`` keeps each value until the next."""

    x: Sequence[float]
    y: Sequence[float]
    style: str = "c-model"
    tips: Sequence[str] = ()
    step: bool = False

    def draw(self, x: Place, y: Place) -> str:
        """Return the figure as one SVG element."""
        xs, ys = list(self.x), list(self.y)
        if self.step:
            xs = [v for v in xs for _ in (0, 1)][1:]
            ys = [v for v in ys for _ in (0, 1)][:-1]
        out = [f'<path class="line {self.style}" d="{_path(xs, ys, x, y)}"/>']
        every = max(1, math.ceil(len(self.tips) / _REACH))
        for k in range(0, len(self.tips), every):
            if math.isfinite(self.x[k]) and math.isfinite(self.y[k]):
                spot = f'cx="{x(self.x[k]):.1f}" cy="{y(self.y[k]):.1f}"'
                out.append(f'<circle class="hit {self.style}" {spot} r="7">{_tip(self.tips[k])}</circle>')
        return "".join(out)


@dataclass(frozen=True)
class Area:
    """The surface between two lines."""

    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    style: str = "c-model"

    def draw(self, x: Place, y: Place) -> str:
        """Return the figure as one SVG element."""
        there = _path(self.x, self.high, x, y)
        back = _path(self.x[::-1], self.low[::-1], x, y).replace("M", "L", 1)
        return f'<path class="area {self.style}" d="{there}{back}Z"/>'


@dataclass(frozen=True)
class Bars:
    """A histogram: ``len(edges) == len(heights) + 1``."""

    edges: Sequence[float]
    heights: Sequence[float]
    style: str = "c-model"
    tips: Sequence[str] = ()

    def draw(self, x: Place, y: Place) -> str:
        """Return the figure as one SVG element."""
        out = []
        ground = y(0.0)
        for k, height in enumerate(self.heights):
            left, right, top = x(self.edges[k]), x(self.edges[k + 1]), y(height)
            gap = 1.0 if right - left > 4 else 0.0
            wide = max(right - left - gap, 0.8)
            tall = max(ground - top, 1.0 if height > 0 else 0.0)
            box = f'x="{left:.1f}" y="{ground - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
            tip = _tip(self.tips[k]) if self.tips else ""
            out.append(f'<rect class="bar {self.style}" {box}>{tip}</rect>')
        return "".join(out)


@dataclass(frozen=True)
class Dots:
    """Points; ``hollow`` ones are drawn as rings."""

    x: Sequence[float]
    y: Sequence[float]
    style: str = "c-model"
    tips: Sequence[str] = ()
    radii: Sequence[float] = ()
    hollow: bool = False
    faint: bool = False

    def draw(self, x: Place, y: Place) -> str:
        """Return the figure as one SVG element."""
        kind = "ring" if self.hollow else "faint" if self.faint else "dot"
        out = []
        for k, (a, b) in enumerate(zip(self.x, self.y, strict=True)):
            if math.isfinite(a) and math.isfinite(b):
                radius = self.radii[k] if self.radii else 4.0
                tip = _tip(self.tips[k]) if self.tips else ""
                spot = f'cx="{x(a):.1f}" cy="{y(b):.1f}" r="{radius:.1f}"'
                out.append(f'<circle class="{kind} {self.style}" {spot}>{tip}</circle>')
        return "".join(out)


@dataclass(frozen=True)
class Cells:
    """Rectangles ``(left, bottom, right, top, strength 0 to 1, text)``, the darker the stronger."""

    cells: Sequence[tuple[float, float, float, float, float, str]]
    style: str = "c-model"

    def draw(self, x: Place, y: Place) -> str:
        """Return the figure as one SVG element."""
        out = []
        for left, bottom, right, top, strength, text in self.cells:
            box = f'x="{x(left):.1f}" y="{y(top):.1f}" width="{x(right) - x(left):.1f}" '
            box += f'height="{y(bottom) - y(top):.1f}" fill-opacity="{strength:.2f}"'
            out.append(f'<rect class="cell {self.style}" {box}>{_tip(text)}</rect>')
        return "".join(out)


@dataclass(frozen=True)
class Rule:
    """A straight dashed line from one point to another."""

    x: tuple[float, float]
    y: tuple[float, float]
    style: str = "c-base"
    tip: str = ""

    def draw(self, x: Place, y: Place) -> str:
        """Return the figure as one SVG element."""
        ends = f'x1="{x(self.x[0]):.1f}" y1="{y(self.y[0]):.1f}" x2="{x(self.x[1]):.1f}" y2="{y(self.y[1]):.1f}"'
        return f'<line class="rule {self.style}" {ends}>{_tip(self.tip)}</line>'


@dataclass(frozen=True)
class Note:
    """A short text at a point, shifted by pixels; ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    shift: tuple[float, float] = (0.0, -5.0)
    style: str = "c-base"

    def draw(self, x: Place, y: Place) -> str:
        """Return the figure as one SVG element."""
        spot = f'x="{x(self.x) + self.shift[0]:.1f}" y="{y(self.y) + self.shift[1]:.1f}"'
        return f'<text class="note {self.style}" text-anchor="{self.anchor}" {spot}>{escape(clean(self.text))}</text>'


def _fitting(ticks: Sequence[Tick], width: float) -> list[Tick]:
    """Leave out every other label until the rest have room side by side."""
    kept = list(ticks)
    while len(kept) > 2 and sum(len(text) * _CHARACTER + 14 for _, text in kept) > width:
        kept = kept[::2]
    return kept


def plot(title: str, x: Scale, y: Scale, marks: Sequence[Mark], size: tuple[int, int] = (380, 240)) -> Markup:
    """Draw marks on two axes.

    Parameters
    ----------
    title : str
        What a reader who cannot see the picture is told.
    x, y : Scale
        Axes.
    marks : sequence of Mark
        From back to front.
    size : (int, int)
        Width and height in pixels at a scale of one.

    Examples
    --------
    >>> from journeyman.reports.scales import share_scale
    >>> svg = plot("<b>", share_scale("share"), share_scale("found"), [Line((0, 1), (0, 1))])
    >>> "<b>" in svg, svg.count("<path")
    (False, 1)
    """
    width, height = size
    left = 12 + max(len(text) for _, text in y.ticks) * _CHARACTER + (18 if y.label else 0)
    right, top, bottom = 22.0, 10.0, 46.0 if x.label else 26.0
    wide, tall = width - left - right, height - top - bottom

    def to_x(value: float) -> float:
        return left + x.at(value) * wide

    def to_y(value: float) -> float:
        return top + (1 - y.at(value)) * tall

    out = [f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(clean(title))}">']
    for value, text in y.ticks:
        at = to_y(value)
        out.append(f'<line class="grid" x1="{left:.1f}" y1="{at:.1f}" x2="{left + wide:.1f}" y2="{at:.1f}"/>')
        out.append(f'<text class="tick" text-anchor="end" x="{left - 6:.1f}" y="{at + 4:.1f}">{escape(text)}</text>')
    ground = top + tall
    out.append(f'<line class="axis" x1="{left:.1f}" y1="{ground:.1f}" x2="{left + wide:.1f}" y2="{ground:.1f}"/>')
    for value, text in _fitting(x.ticks, wide):
        at, half = to_x(value), len(text) * _CHARACTER / 2
        anchor = "end" if at + half > width else "middle"
        at = width - 2.0 if anchor == "end" else at
        out.append(
            f'<text class="tick" text-anchor="{anchor}" x="{at:.1f}" y="{ground + 17:.1f}">{escape(text)}</text>'
        )
    if x.label:
        spot = f'text-anchor="middle" x="{left + wide / 2:.1f}" y="{height - 8}"'
        out.append(f'<text class="label" {spot}>{escape(clean(x.label))}</text>')
    if y.label:
        middle = top + tall / 2
        turned = f'transform="translate(13 {middle:.1f}) rotate(-90)"'
        out.append(f'<text class="label" text-anchor="middle" {turned}>{escape(clean(y.label))}</text>')
    out.extend(mark.draw(to_x, to_y) for mark in marks)
    out.append("</svg>")
    return Markup("".join(out))


def spark(heights: Sequence[float], title: str, size: tuple[int, int] = (132, 34)) -> Markup:
    """Draw a histogram as small as a word, without axes.

    Examples
    --------
    >>> spark((1, 4, 2), "age").count("M")
    3
    """
    width, height = size
    top, each = max((*heights, 1e-300)), width / max(len(heights), 1)
    gap = 1.0 if each > 4 else 0.0
    path = []
    for k, value in enumerate(heights):
        tall = max(value / top * (height - 2), 1.0 if value > 0 else 0.0)
        path.append(f"M{k * each:.1f} {height}v{-tall:.1f}h{each - gap:.1f}v{tall:.1f}z")
    name = escape(clean(title))
    return Markup(
        f'<svg class="spark c-model" viewBox="0 0 {width} {height}" role="img" aria-label="{name}">'
        f'<path d="{"".join(path)}"/></svg>'
    )
