"""The built-in sections of the report through the public checks; broken ones; and what the page does with those."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path

import pytest

from journeyman import plugins
from journeyman.entities.report import BuildReport
from journeyman.plugins import load_parts, offered
from journeyman.reports.html import render_html
from journeyman.testing.made_reports import made_report
from journeyman.testing.section_checks import check_section

GROUP = "journeyman.report_sections"
BUILT_IN = ["verdict", "findings", "quality", "reasons", "data", "joins", "search", "use", "card", "settings", "pages"]


class Rows:
    """How many rows there are; ``fault`` is what is wrong with it."""

    def __init__(self, folder: Path, text: str, name: str = "rows", view: Callable[[], object] | None = None) -> None:
        self.name, self.title, self.weight = name, "Rows", 350
        self.template = folder / "rows.html.j2"
        self.template.write_text(text, encoding="utf-8")
        self._view = view

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        if self._view is not None:
            return self._view()  # type: ignore[return-value] # may be broken
        return {"rows": report.rows, "target": report.task.target}


TURNS = count()
GOOD = '<section id="rows"><h2>Rows</h2><p>{{ rows }} rows of {{ target }}</p></section>'


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in(name: str) -> None:
    check_section(load_parts(GROUP, [name])[name])


def test_all_that_are_built_in_are_named_here() -> None:
    assert set(BUILT_IN) <= offered(GROUP)


def test_a_section_without_a_fault(tmp_path: Path) -> None:
    check_section(Rows(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<section id="row">{{ rows }}</section>', "is one section: it is not one <section id='rows'>"),
        ('<section id="rows"><p>{{ rows }}</section>', "is one section: </section> closes another tag"),
        ('<section id="rows"></section>\nloose', "text stands outside of the section: 'loose'"),
        ('<section id="rows"><i id="find"></i></section>', r"ids of its own: other sections have the ids \['find'\]"),
        ('<section id="rows"><i id="a"></i><i id="a"></i></section>', "an id stands there twice"),
        ('<section id="rows">{{ target|safe }}</section>', "escapes: a text of the report becomes a script"),
        ('<section id="rows"><i title="{{ target|safe }}"></i></section>', r"(?s)escapes: .*the attribute onload"),
        ('<section id="rows"><img src="//a.example/x"></section>', "fetches nothing: <img src> fetches"),
        ('<section id="rows"><a href="https://a.example">a</a></section>', "fetches nothing: a link leads away"),
        ('<section id="rows">{{ nowhere }}</section>', "is one section: UndefinedError: 'nowhere' is undefined"),
    ],
)
def test_a_fault_of_a_template_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_section(Rows(tmp_path, text))


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (lambda: None, "shows something or nothing: it shows nothing of any report"),
        (lambda: ["rows"], "a view is neither facts nor None"),
        (lambda: {"rows": next(TURNS), "target": 1}, "is deterministic: the same report looks otherwise"),
        (lambda: {"report": 1, "rows": 1, "target": 1}, "a fact hides the report"),
    ],
)
def test_a_fault_of_a_view_is_told(tmp_path: Path, view: Callable[[], object], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_section(Rows(tmp_path, GOOD, view=view))


def test_a_name_that_is_no_id_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"has a place: 'two words' can be no id"):
        check_section(Rows(tmp_path, GOOD, "two words"))


def brings(monkeypatch: pytest.MonkeyPatch, make: Callable[[], object], *names: str) -> None:
    """Let a package bring sections, beside the built-in ones."""
    known, loaded = plugins.entry_points, EntryPoint.load
    points = [EntryPoint(name, f"package{i}:Rows", GROUP) for i, name in enumerate(names or ("rows",))]
    monkeypatch.setattr(EntryPoint, "load", lambda p: make if p.value.startswith("package") else loaded(p))
    monkeypatch.setattr(plugins, "entry_points", lambda group: [*known(group=group), *points])


def ids(page: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"', page)


def left_out(page: str) -> list[str]:
    return re.findall(r'<p class="note">(The section .*?)</p>', html.unescape(page))


def test_one_of_a_package_stands_where_its_weight_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = render_html(made_report("binary"))
    brings(monkeypatch, lambda: Rows(tmp_path, GOOD))
    page = render_html(made_report("binary"))
    assert ids(before) == BUILT_IN
    assert ids(page) == [*BUILT_IN[:3], "rows", *BUILT_IN[3:]]
    assert '<a href="#quality">Quality</a><a href="#rows">Rows</a><a href="#reasons">' in page
    assert not left_out(page)
    assert "<script>alert" not in page


def test_one_that_shows_nothing_is_not_in_the_navigation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = render_html(made_report("binary"))
    brings(monkeypatch, lambda: Rows(tmp_path, GOOD, view=lambda: None))
    assert render_html(made_report("binary")) == before


def broken() -> object:
    raise RuntimeError("<b>no</b> import")


def test_one_that_fails_does_not_lose_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises() -> object:
        raise KeyError("<script>alert(2)</script>")

    makers: dict[str, Callable[[], object]] = {
        "KeyError": lambda: Rows(tmp_path, GOOD, view=raises),
        "UndefinedError": lambda: Rows(tmp_path, '<section id="rows">{{ nowhere }}</section>'),
        "it calls itself 'other'": lambda: Rows(tmp_path, GOOD, "other"),
        "the part 'rows' of journeyman.report_sections cannot be used": broken,
        "AttributeError": object,
    }
    for said, make in makers.items():
        with monkeypatch.context() as patch:
            brings(patch, make)
            page = render_html(made_report("binary"))
        assert ids(page) == BUILT_IN, said
        [line] = left_out(page)
        assert line.startswith("The section 'rows' is left out, because it cannot be shown. "), said
        assert said in line
        assert "<script>alert" not in page


def test_of_two_of_one_name_none_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brings(monkeypatch, lambda: Rows(tmp_path, GOOD), "rows", "rows")
    page = render_html(made_report("binary"))
    assert ids(page) == BUILT_IN
    assert "two packages offer the part 'rows'" in left_out(page)[0]
