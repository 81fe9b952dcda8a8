"""The section of groups: it escapes what it shows, and says nothing where no groups were looked for."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from journeyman.entities.grouping import GroupCard, Grouping, NumberOfGroups
from journeyman.entities.report import BuildReport
from journeyman.reports.html import render_html
from journeyman.reports.sections.groups import GroupsSection
from journeyman.testing.made_reports import HOSTILE, made_report
from journeyman.testing.section_checks import check_section

CURVE = tuple(NumberOfGroups(k, "k-means", 1.0 / k, 0.1, 0.9 / k, 3.0 if k < 5 else float("nan")) for k in range(2, 8))
CARDS = tuple(
    GroupCard(f"group {k}", 50, 0.5, (HOSTILE,), ((HOSTILE, HOSTILE),), 3, 0.9, 0.8, HOSTILE if k == 1 else "")
    for k in (1, 2)
)
FOUND = Grouping(
    2, 0, "k-means", 3, CURVE, 0.0167, 0.025, HOSTILE, (HOSTILE,), (HOSTILE,), CARDS, 0.01, (HOSTILE, "b"),
    ((0.0, 1.0, 0), (1.0, 0.0, 1), (3.0, 3.0, -1)),
)  # fmt: skip


def report(found: Grouping) -> BuildReport:
    return replace(made_report("multiclass"), posed={"groups": msgspec.to_builtins(found)})


def test_it_keeps_the_contract() -> None:
    nothing = replace(FOUND, k=1, cards=CARDS[:1], curve=(), points=())
    check_section(GroupsSection(), report(FOUND), report(nothing))


def test_a_page_without_groups_has_no_such_section() -> None:
    assert GroupsSection().view(made_report("binary")) is None
    assert 'id="groups"' in render_html(report(FOUND))


def test_no_groups_are_said_plainly_and_get_no_cards() -> None:
    view = GroupsSection().view(report(replace(FOUND, k=1, cards=CARDS[:1], reason="they are no tighter")))
    assert view is not None
    assert str(view["verdict"]).startswith("No groups were found: they are no tighter")
    assert not view["cards"]


def test_the_chosen_number_and_the_runner_up_are_marked() -> None:
    view = GroupsSection().view(report(FOUND))
    assert view is not None
    assert [remark for _, remark in view["numbers"]] == ["chosen", "runner-up", "", "", "", ""]  # type: ignore[attr-defined] # pairs
