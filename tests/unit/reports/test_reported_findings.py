"""Findings are told as they stand: what was settled asks for nothing, what was not done is not said to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.report import BuildReport
from journeyman.entities.task import Scheme
from journeyman.reports.reported_findings import reported_findings

Sample = Callable[[str], BuildReport]

LEAK = Finding("DQ302", Severity.ERROR, ("total",), "seen", "It is not used.", remedy=Remedy.IGNORE_COLUMN)
DOUBT = Finding("DQ303", Severity.WARNING, ("total",), "seen", "Will it be known?")
TIME = Finding("DQ501", Severity.WARNING, ("pickup",), "seen", "hint", remedy=Remedy.USE_AS_TIME)
GROUP = Finding("DQ503", Severity.WARNING, ("mouse",), "seen", "hint", remedy=Remedy.USE_AS_GROUP)
LEFT_OUT = Finding("DQ602", Severity.NOTE, ("total",), "1 column(s) are not used")
ACCEPTED = Finding("DQ601", Severity.NOTE, ("total",), "accepted", evidence={"code": "DQ302"})


@pytest.fixture
def report(sample: Sample) -> BuildReport:
    return sample("regression")


def with_findings(report: BuildReport, role: Role, *findings: Finding) -> BuildReport:
    return replace(report, columns=(Column("total", Kind.NUMBER, role),), findings=findings)


def test_a_doubt_about_a_column_that_is_not_used_is_a_note(report: BuildReport) -> None:
    leak, doubt, _ = reported_findings(with_findings(report, Role.IGNORED, LEAK, DOUBT, LEFT_OUT))
    assert leak == LEAK
    assert (doubt.severity, doubt.hint) == (Severity.NOTE, "")


def test_a_doubt_about_a_column_that_is_used_stays(report: BuildReport) -> None:
    assert reported_findings(with_findings(report, Role.FEATURE, DOUBT)) == (DOUBT,)


def test_what_was_accepted_asks_for_nothing_and_was_not_done(report: BuildReport) -> None:
    leak, doubt, _ = reported_findings(with_findings(report, Role.FEATURE, LEAK, DOUBT, ACCEPTED))
    assert (leak.severity, leak.remedy, leak.hint) == (Severity.NOTE, Remedy.NONE, "")
    assert doubt == DOUBT


def test_a_column_that_was_taken_back_is_not_said_to_be_left_out(report: BuildReport) -> None:
    (leak,) = reported_findings(with_findings(report, Role.FEATURE, LEAK))
    assert (leak.severity, leak.remedy) == (Severity.ERROR, Remedy.NONE)


@pytest.mark.parametrize(
    ("finding", "change", "done"),
    [
        (TIME, {"scheme": Scheme.TIME, "time_column": "pickup"}, True),
        (TIME, {"scheme": Scheme.GROUPED, "group_column": "pickup"}, False),
        (GROUP, {"scheme": Scheme.GROUPED, "group_column": "mouse"}, True),
        (GROUP, {"scheme": Scheme.GROUPED, "group_column": "mouse (before the first '_')"}, True),
        (GROUP, {"scheme": Scheme.GROUPED, "group_column": "mouse house"}, False),
        (replace(TIME, remedy=Remedy.USE_ROW_ORDER, subject=()), {"scheme": Scheme.TIME, "time_column": None}, True),
        (replace(TIME, remedy=Remedy.USE_ROW_ORDER, subject=()), {"scheme": Scheme.SHUFFLED}, False),
    ],
)
def test_a_division_is_told_where_it_was_made(
    report: BuildReport, finding: Finding, change: dict[str, object], done: bool
) -> None:
    (seen,) = reported_findings(replace(report, task=replace(report.task, **change), findings=(finding,)))
    assert seen == (finding if done else replace(finding, remedy=Remedy.NONE))


def test_a_second_time_is_a_note_where_another_was_followed(report: BuildReport) -> None:
    timed = replace(report.task, scheme=Scheme.TIME, time_column="dropoff")
    (seen,) = reported_findings(replace(report, task=timed, findings=(TIME,)))
    assert (seen.severity, seen.remedy, seen.hint) == (Severity.NOTE, Remedy.NONE, "")
