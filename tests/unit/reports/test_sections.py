"""The report's sections for people: thresholds by cost, example rows, the model card, how to serve."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from journeyman.entities.column import Role
from journeyman.entities.evaluation import Example, ThresholdCounts
from journeyman.entities.report import BuildReport
from journeyman.reports.card import evaluation_card
from journeyman.reports.example_rows import example_views
from journeyman.reports.html import render_html
from journeyman.reports.model_card import model_card, model_card_text
from journeyman.reports.phrases import unseen_words
from journeyman.reports.threshold_choice import threshold_view
from journeyman.testing.kinds import KINDS

Sample = Callable[[str], BuildReport]
COUNTS = ThresholdCounts((0.0, 0.25, 0.5, 0.75, 1.0), (40, 38, 30, 20, 0), (60, 30, 10, 2, 0), 40, 60)


def _binary(sample: Sample) -> BuildReport:
    report = sample("binary")
    return replace(report, evaluation=replace(report.evaluation, thresholds=COUNTS))


def test_thresholds_are_told_with_their_figures(sample: Sample) -> None:
    view = threshold_view(_binary(sample))
    assert view is not None
    assert json.loads(view.data)["tp"] == [40, 38, 30, 20, 0]
    row = next(row for row in view.rows if row.threshold == "0.5")
    assert (row.called, row.precision, row.recall) == ("40", "75%", "75%")
    assert threshold_view(sample("regression")) is None


def test_older_reports_have_no_such_sections(sample: Sample) -> None:
    page = render_html(replace(sample("binary"), examples=()))
    assert "Choose a threshold" not in page
    assert "Example rows" not in page


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium to run the page's script")
@pytest.mark.slow
def test_the_slider_says_what_a_threshold_costs(sample: Sample, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render_html(_binary(sample)), encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    # At 0.5 with costs of 1: 10 false positives and 10 missed of 100 rows are 200 in a thousand.
    assert '<dd id="out-cost">200</dd>' in dom
    assert '<dd id="out-precision">75.0%</dd>' in dom
    assert '<dd id="out-recall">75.0%</dd>' in dom


def test_example_rows_say_what_moved_them(sample: Sample) -> None:
    example = Example("worst", "yes", "no", 0.93, (("age", "61", -0.21), ("city", "<b>Paris</b>", 0.04)))
    report = replace(sample("binary"), examples=(example,))
    [view] = example_views(report)
    assert view.prediction == "no (93%)"
    assert [r[2] for r in view.reasons] == ["−21.0 points", "+4.0 points"]
    page = render_html(report)
    assert "age = 61" in page
    assert "<b>Paris</b>" not in page


def test_intervals_of_rows_that_chose_the_model_are_not_called_95_percent(sample: Sample) -> None:
    report = sample("binary")
    kept, chosen = (replace(report, evaluation=replace(report.evaluation, on_holdout=on)) for on in (True, False))
    for text in (model_card_text(chosen), evaluation_card(chosen.evaluation)):
        assert "widened" in text
        assert "95% interval" not in text
        assert "95% bootstrap" not in text
    assert "95% bootstrap intervals" in model_card_text(kept)
    assert "95% interval" in evaluation_card(kept.evaluation)


def test_how_rare_an_error_may_be_to_have_been_missed(sample: Sample) -> None:
    evaluation = replace(sample("binary").evaluation, rows=900, records=None)
    assert "fewer than about 1 row in 300 " in unseen_words(evaluation)
    assert "fewer than about 1 row in 60 " in unseen_words(replace(evaluation, records=180))


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_card_has_the_fields_sections(sample: Sample, kind: str) -> None:
    report = sample(kind)
    headings = [section.heading for section in model_card(report)]
    assert headings == ["Model details", "Intended use", "Training data", "Metrics", "Limits"]
    assert all(section.lines for section in model_card(report))
    text = model_card_text(report)
    assert "95% bootstrap intervals" in text
    assert report.task.target in text
    for section in model_card(report):
        for line in section.lines:
            assert line[0].isupper() or line[0].isdigit() or line.startswith(report.name), line
            assert line.endswith("."), line


def test_the_report_says_how_to_serve_and_hides_the_machinery(sample: Sample) -> None:
    report = replace(sample("binary"), stage_seconds={"hurry": 1.0, "frame the task": 2.0, "trial 1: x": 3.0})
    page = render_html(report)
    assert f"journeyman serve {report.name}" in page
    assert f"journeyman operate {report.name}" in page
    assert ">hurry<" not in page
    assert "frame the task" not in page
    assert "Reading and checking the data" in page
    settings = page[page.index('id="settings"') :]
    assert settings.index("<details") < settings.index("<dl")


@pytest.mark.parametrize("kind", KINDS)
def test_the_request_that_is_printed_is_one_that_a_service_takes(sample: Sample, kind: str) -> None:
    report = sample(kind)
    page = html.unescape(render_html(report))
    command = next(line for line in re.findall(r"<code>(curl [^<]+)</code>", page))
    words = shlex.split(command)
    row = json.loads(words[words.index("-d") + 1])["row"]
    assert set(row) == {column.name for column in report.columns if column.role is Role.FEATURE}
