"""Findings are explained where they are met: in the terminal, in the report, and in what is installed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from journeyman.errors import SettingsError
from journeyman.reports.finding_pages import finding_page, finding_sections
from journeyman.reports.html import render_html

ROOT = Path(__file__).parents[3]


def test_every_page_is_there_as_plain_text() -> None:
    codes = [page.stem for page in (ROOT / "docs" / "findings").glob("*.md") if page.stem != "README"]
    assert len(codes) > 70
    for code in codes:
        page = finding_page(code)
        assert page.startswith(f"{code}: ")
        assert "**" not in page
        assert "](" not in page


def test_a_code_that_is_none_gets_the_nearest() -> None:
    with pytest.raises(SettingsError, match="no finding 'DQ30'") as refused:
        finding_page("DQ30")
    assert "DQ30" in refused.value.hint
    assert finding_page("DQ302:total") == finding_page("dq302")


@pytest.mark.slow
def test_a_code_in_the_report_leads_to_its_page(sample) -> None:
    page = render_html(sample("regression"))
    targets = set(re.findall(r'id="([A-Z]{2}\d{3})"', page))
    links = set(re.findall(r'href="#([A-Z]{2}\d{3})"', page))
    assert links
    assert links <= targets
    assert "journeyman explain CODE" in page


def test_sections_run_no_code() -> None:
    for _, _, body in finding_sections(["DQ302"]):
        assert all("<script" not in paragraph for paragraph in body)


def test_the_wheel_takes_the_pages_along() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["docs/findings"] == "journeyman/findings"
