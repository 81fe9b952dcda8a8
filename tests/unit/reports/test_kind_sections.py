"""Sections of single kinds of task, on made-up reports that have what they show."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.evaluation import Curve
from journeyman.reports.html import render_section
from journeyman.reports.sections.ordered import OrderedSection
from journeyman.reports.sections.ranking import RankingSection
from journeyman.reports.sections.survival import SurvivalSection
from journeyman.testing.made_reports import HOSTILE, made_report
from journeyman.testing.section_checks import check_section

ORDERED = {
    "rank errors": (
        Curve("this model", "class", "mean rank error", (0.0, 1.0, 2.0), (0.5, 0.1, 0.7), (30.0, 50.0, 20.0)),
        Curve("the median class", "class", "mean rank error", (0.0, 1.0, 2.0), (1.0, 0.0, 1.0)),
    ),
    "rank distances": (Curve("this model", "classes off", "share of rows", (0.0, 1.0, 2.0), (0.7, 0.25, 0.05)),),
}


SURVIVAL = {
    "survival by risk": tuple(
        Curve(f"{words}{more}", "months", "share surviving", (0.0, 6.0, 12.0), (1.0, 0.9, end), (30.0,))
        for words, end in ((f"lowest third {HOSTILE}", 0.8), ("middle third", 0.5), ("highest third", 0.2))
        for more in ("", ", observed")
    ),
    "survival calibration": (
        Curve("6", "predicted chance to survive", "observed", (0.2, 0.5, 0.9), (0.25, 0.5, 0.85), (9.0, 9.0, 9.0)),
    ),
}
RANKED = {
    "ranking by size": (
        Curve("this model", "rows of a query", "NDCG@10", (2.0, 10.0), (0.9, 0.7), (20.0, 1.0)),
        Curve("by chance", "rows of a query", "NDCG@10", (2.0, 10.0), (0.7, 0.3), (20.0, 1.0)),
    ),
    "worst queries": (Curve(f"q7 {HOSTILE}", "rows", "NDCG@10", (4.0,), (0.31,), (0.6,)),),
}


def test_survival_by_risk_and_its_calibration() -> None:
    made = made_report("regression")
    report = replace(made, evaluation=replace(made.evaluation, own_curves=SURVIVAL))
    check_section(SurvivalSection(), report)
    assert SurvivalSection().view(made) is None
    page = render_section(SurvivalSection(), report).html
    assert "middle third: 30 rows" in page
    assert "predicted 20%, observed 25%, 9 rows" in page


def test_rankings_by_the_size_of_queries_and_the_worst() -> None:
    made = made_report("regression")
    report = replace(made, evaluation=replace(made.evaluation, own_curves=RANKED))
    check_section(RankingSection(), report)
    assert RankingSection().view(made) is None
    page = render_section(RankingSection(), report).html
    assert "0.9 (0.7), 20 queries" in page
    assert "10 or more rows" in page
    assert "0.7 (0.3), 1 query" in page


def test_how_far_off_ordered_classes_are() -> None:
    made = made_report("multiclass")
    report = replace(made, evaluation=replace(made.evaluation, own_curves=ORDERED))
    check_section(OrderedSection(), report)
    assert OrderedSection().view(made) is None
    page = render_section(OrderedSection(), report).html
    assert "95% of the rows are right or one class off" in page
    assert "0.7 (1), 20 rows" in page
