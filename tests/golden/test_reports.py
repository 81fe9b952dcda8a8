"""What people read, as text, beside the text that was read and approved.

After a wanted change: ``JOURNEYMAN_UPDATE_GOLDEN=1 pytest tests/golden``, and read the difference before committing it.
"""

from __future__ import annotations

import importlib.util
import io
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from journeyman.entities.report import BuildReport
from journeyman.reports.html import render_html
from journeyman.reports.terminal import summary

_HERE = Path(__file__).parent
_BLOCKS = {"p", "h1", "h2", "h3", "li", "tr", "figcaption", "section", "dt", "dd", "summary", "pre", "nav", "title"}


class _Text(HTMLParser):
    """A page's words: a line a block, " | " between cells, pictures as their names."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "svg" and not self.hidden:
            self.parts.append(f" [picture: {facts['aria-label']}] ")
        if tag in ("style", "script", "svg"):
            self.hidden += 1
        if tag == "br":
            self.parts.append(" / ")
        if tag in _BLOCKS or facts.get("class") == "row":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "script", "svg")
        self.parts.append("\n" if tag in _BLOCKS else " | " if tag in ("td", "th", "span") else "")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data.replace("\n", " "))


def _words(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    lines = (re.sub(r"\s+", " ", line).strip(" |") for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line) + "\n"


@pytest.fixture(scope="module")
def report() -> BuildReport:
    # Tests are imported by path, so that a file in another folder is no module by itself.
    spec = importlib.util.spec_from_file_location("golden_sample", _HERE.parent / "unit" / "reports" / "sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    made: BuildReport = module.sample("regression")
    return made


def _agrees(text: str, name: str) -> None:
    path = _HERE / name
    if os.environ.get("JOURNEYMAN_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_report_reads_as_approved(report: BuildReport) -> None:
    _agrees(_words(render_html(report)), "report.txt")


def test_summary_reads_as_approved(report: BuildReport) -> None:
    stream = io.StringIO()
    Console(file=stream, width=80, color_system=None).print(summary(report, "models/diabetes/3/report.html"))
    _agrees("\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n", "summary.txt")
