"""The page, the terminal and the file of a decision: verdict first, names are no markup, nothing is lost."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from tests.decided_sample import decided_case

from journeyman.entities.overview import RealisedValue
from journeyman.errors import SettingsError
from journeyman.reports.decision_page import render_decision
from journeyman.reports.decision_view import decision_view
from journeyman.reports.decision_words import value_words
from journeyman.stores.decided_cases import decision_path, keep_decision, read_decision


def printed(view: object) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(view, highlight=False, markup=False)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # the file is the buffer above
    return text


@pytest.mark.parametrize("rich", [False, True])
def test_the_page_says_the_verdict_and_escapes_names(rich: bool) -> None:
    page = render_decision(decided_case(rich=rich))
    assert "PILOT: try it on at most 300 cases first" in page
    assert "must be answered" in page
    assert "<script" not in page
    assert "<b>sex" not in page
    assert "<i>EUR" not in page
    assert not re.search(r"https?://", page.replace("http://www.w3.org", ""))


def test_the_terminal_says_the_verdict_first() -> None:
    lines = printed(decision_view(decided_case(rich=True))).splitlines()
    assert lines[0].startswith("PILOT: ")
    assert "EUR" in lines[0]
    text = "\n".join(lines)
    for wanted in ("Policy", "Break-even", "Hangs on", "Groups", "Trial", "What the data cannot tell"):
        assert wanted in text


def test_a_decision_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    decided = decided_case(rich=True)
    path = keep_decision(tmp_path, decided)
    assert path == decision_path(tmp_path, "model", 1)
    assert read_decision(tmp_path, "model", 1) == decided
    assert read_decision(tmp_path, "model", 2) is None
    path.write_text("{}")
    with pytest.raises(SettingsError, match="is no decision of this version"):
        read_decision(tmp_path, "model", 1)


def test_realised_value_stands_beside_the_expected_one() -> None:
    expected = decided_case().per_case
    words = " ".join(value_words(RealisedValue("EUR", 90, expected.scaled(0.1), expected)))
    assert "Realised on 90 labelled rows" in words
    assert "less than was expected" in words
    few = " ".join(value_words(RealisedValue("EUR", 3, None, expected, "3 labels have come")))
    assert "3 labels have come" in few
