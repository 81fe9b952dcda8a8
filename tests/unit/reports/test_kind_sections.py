"""Sections of single kinds of task, on made-up reports that have what they show."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.evaluation import Curve
from journeyman.reports.html import render_section
from journeyman.reports.sections.ordered import OrderedSection
from journeyman.testing.made_reports import made_report
from journeyman.testing.section_checks import check_section

ORDERED = {
    "rank errors": (
        Curve("this model", "class", "mean rank error", (0.0, 1.0, 2.0), (0.5, 0.1, 0.7), (30.0, 50.0, 20.0)),
        Curve("the median class", "class", "mean rank error", (0.0, 1.0, 2.0), (1.0, 0.0, 1.0)),
    ),
    "rank distances": (Curve("this model", "classes off", "share of rows", (0.0, 1.0, 2.0), (0.7, 0.25, 0.05)),),
}


def test_how_far_off_ordered_classes_are() -> None:
    made = made_report("multiclass")
    report = replace(made, evaluation=replace(made.evaluation, own_curves=ORDERED))
    check_section(OrderedSection(), report)
    assert OrderedSection().view(made) is None
    page = render_section(OrderedSection(), report).html
    assert "95% of the rows are right or one class off" in page
    assert "0.7 (1), 20 rows" in page
