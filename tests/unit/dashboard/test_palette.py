"""The live page and the report wear the same colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import journeyman
from journeyman.dashboard.palette import DARK, LIGHT, Palette

PACKAGE = Path(journeyman.__file__).parent
REPORT = (PACKAGE / "reports" / "templates" / "style.css").read_text(encoding="utf-8").splitlines()
PAGE = (PACKAGE / "dashboard" / "assets" / "page.css").read_text(encoding="utf-8").splitlines()
OURS = {"estimate": "a1", "feed": "a3", "harm": "a5", "good": "a2"}


def test_the_style_sheets_begin_alike() -> None:
    assert PAGE[:2] == REPORT[:2]
    assert all(f"--{name}:var(--{theirs})" in PAGE[3] for name, theirs in OURS.items() if name != "good")


@pytest.mark.parametrize(("colours", "line"), [(LIGHT, 0), (DARK, 1)], ids=["light", "dark"])
def test_pictures_wear_the_colours_of_the_style_sheet(colours: Palette, line: int) -> None:
    known = dict(re.findall(r"--([\w-]+):(#[0-9a-f]+)", PAGE[line]))
    for name, colour in vars(colours).items():
        wanted = known[OURS.get(name, name)]
        assert colour == (wanted if len(wanted) == 7 else "#" + "".join(2 * digit for digit in wanted[1:])), name


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_lines_stand_out_from_the_ground(colours: Palette) -> None:
    """The web's guidelines (WCAG 2.2) ask for 4.5 to 1 of text, and for 3 to 1 of pictures."""
    assert min(_contrast(colours.card, text) for text in (colours.ink, colours.soft)) >= 4.5
    lines = (colours.model, colours.base, colours.feed, colours.harm, colours.good)
    assert min(_contrast(colours.card, line) for line in lines) >= 3.0
