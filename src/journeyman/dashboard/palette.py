"""Colours of the live page's pictures: the report's, in its light and its dark form, told apart by the colour-blind."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "Palette", "palette", "see_through"]


@dataclass(frozen=True)
class Palette:
    """Colours as "#rrggbb", named as in the style sheets of the report and of this page.

    Attributes
    ----------
    card, ink, soft, line : str
        Ground, text, lesser text, grid.
    model, base : str
        What is measured, and what it is compared with.
    estimate, feed, harm : str
        Estimated without truths; a broken feed; what has become worse.
    good : str
        What speaks for the challenger.
    """

    card: str
    ink: str
    soft: str
    line: str
    model: str
    base: str
    estimate: str
    feed: str
    harm: str
    good: str


LIGHT = Palette(
    "#ffffff", "#1a1f26", "#5a6472", "#e2e5ea", "#0072b2", "#808994", "#d98200", "#b9588f", "#d55e00", "#009e73"
)
DARK = Palette(
    "#1b2027", "#e7eaee", "#9ba6b3", "#2d343d", "#5cb8f0", "#8d97a3", "#f2a93b", "#e08fbd", "#ff8a4d", "#2fc79b"
)


def palette(theme: str) -> Palette:
    """Return the colours of a theme, "light" or "dark".

    Examples
    --------
    >>> palette("dark").ink
    '#e7eaee'
    """
    return DARK if theme == "dark" else LIGHT


def see_through(colour: str, share: float) -> str:
    """Return a colour that covers only a share of what is behind it.

    Examples
    --------
    >>> see_through("#0072b2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"
