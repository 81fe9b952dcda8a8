"""Contract checks that any section of the report can be run through."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from journeyman.entities.report import BuildReport
from journeyman.interfaces import ReportSection
from journeyman.plugins import load_usable
from journeyman.reports.html import render_section
from journeyman.testing.kinds import KINDS
from journeyman.testing.made_reports import bare_report, made_report
from journeyman.testing.run_all import run_all

__all__ = ["SECTION_CHECKS", "check_section"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_PAGE = {"tip"}  # ids of the page itself
_FETCHED = {"src", "srcset", "action", "data", "poster", "background", "formaction"}
_FETCHING = {"script", "link", "iframe", "object", "embed", "base", "meta", "form", "image", "use"}


@dataclass
class _Outline(HTMLParser):
    """The tags of a fragment: whether they nest, with their attributes, and those at the top."""

    open: list[str] = field(default_factory=list)
    roots: list[tuple[str, str | None]] = field(default_factory=list)
    tags: list[tuple[str, Mapping[str, str | None]]] = field(default_factory=list)
    loose: str = ""
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that opens."""
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag without content."""
        if not self.open:
            self.roots.append((tag, dict(attrs).get("id")))
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Note a tag that closes another than the one that is open."""
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another tag")

    def handle_data(self, data: str) -> None:
        """Note text outside of all tags."""
        self.loose += "" if self.open else data.strip()

    @property
    def ids(self) -> list[str]:
        """All ids, in order."""
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


def check_section(section: ReportSection, *reports: BuildReport) -> None:
    """Run every check on made-up reports of each kind of task, on bare ones, and on further ones of one's own.

    A section that shows only what a package's own parts leave in a report needs such a report: on one at least it has
    to show something.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the section.

    Examples
    --------
    >>> from journeyman.reports.sections.card import CardSection
    >>> check_section(CardSection())
    """
    known = tuple(report for kind in KINDS for report in (made_report(kind), bare_report(kind)))
    run_all(f"the section {section.name}", SECTION_CHECKS, section, (*known, *reports))


Reports = tuple[BuildReport, ...]


def _has_a_place(section: ReportSection, reports: Reports) -> None:
    assert _NAME.fullmatch(section.name), f"{section.name!r} can be no id: letters, digits, - and _, a letter first"
    assert "\n" not in section.title, "its title is longer than a line"
    assert math.isfinite(section.weight), "its weight is no number"
    assert section.template.is_file(), f"there is no template {section.template}"


def _shows_something_or_nothing(section: ReportSection, reports: Reports) -> None:
    views = [section.view(report) for report in reports]
    assert all(view is None or isinstance(view, Mapping) for view in views), "a view is neither facts nor None"
    assert any(view is not None for view in views), "it shows nothing of any report"
    assert not any("report" in view for view in views if view is not None), "a fact hides the report: call it otherwise"


def _is_one_section(section: ReportSection, reports: Reports) -> None:
    for html in _pages(section, reports):
        outline = _outline(html)
        assert not outline.faults, outline.faults[0]
        assert not outline.open, f"<{outline.open[-1]}> is not closed" if outline.open else ""
        assert outline.roots == [("section", section.name)], f"it is not one <section id={section.name!r}>"
        assert not outline.loose, f"text stands outside of the section: {outline.loose[:40]!r}"


def _has_ids_of_its_own(section: ReportSection, reports: Reports) -> None:
    others = {*_PAGE, *(one for name, ids in _installed_ids().items() if name != section.name for one in ids)}
    for html in _pages(section, reports):
        ids = _outline(html).ids
        assert len(set(ids)) == len(ids), f"an id stands there twice: {sorted(ids)}"
        assert not others & set(ids), f"other sections have the ids {sorted(others & set(ids))}"


def _escapes(section: ReportSection, reports: Reports) -> None:
    for html in _pages(section, reports):
        outline = _outline(html)
        assert "script" not in {tag for tag, _ in outline.tags}, "a text of the report becomes a script"
        events = [name for _, attributes in outline.tags for name in attributes if name.startswith("on")]
        assert not events, f"a text of the report becomes the attribute {events[0] if events else ''}"
        assert "\u202e" not in html, "a character that turns text around is shown"


def _fetches_nothing(section: ReportSection, reports: Reports) -> None:
    for html in _pages(section, reports):
        for tag, attributes in _outline(html).tags:
            assert tag not in _FETCHING, f"<{tag}> fetches, runs or sends something"
            fetched = [name for name in attributes if name in _FETCHED]
            assert not fetched, f"<{tag} {fetched[0] if fetched else ''}> fetches something"
            for name in ("href", "xlink:href"):
                assert (attributes.get(name) or "#").startswith("#"), f"a link leads away: {attributes[name]}"
            style = attributes.get("style") or ""
            assert not re.search(r"url\(|@import", style), f"a style fetches something: {style[:40]}"


def _is_deterministic(section: ReportSection, reports: Reports) -> None:
    assert _pages(section, reports) == _pages(section, reports), "the same report looks otherwise the second time"


SECTION_CHECKS: Mapping[str, Callable[[ReportSection, Reports], None]] = {
    "has a place": _has_a_place,
    "shows something or nothing": _shows_something_or_nothing,
    "is one section": _is_one_section,
    "has ids of its own": _has_ids_of_its_own,
    "escapes": _escapes,
    "fetches nothing": _fetches_nothing,
    "is deterministic": _is_deterministic,
}


@cache
def _installed_ids() -> Mapping[str, frozenset[str]]:
    """Return the ids of each installed section on a made-up report of each kind of task."""
    reports = tuple(map(made_report, KINDS))
    parts = load_usable("journeyman.report_sections").parts
    return {n: frozenset(i for html in _pages(p, reports) for i in _outline(html).ids) for n, p in parts.items()}


def _pages(section: ReportSection, reports: Reports) -> list[str]:
    """Return what the section makes of each report of which it shows something."""
    rendered = [render_section(section, report) for report in reports]
    return [str(one.html) for one in rendered if one is not None]


def _outline(html: str) -> _Outline:
    outline = _Outline()
    outline.feed(html)
    outline.close()
    return outline
