"""Leaks in plain words: each kind has a code with a page, and says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.stages.describe_leak import describe_leak

PAGES = Path(__file__).parents[3] / "docs" / "findings"


@pytest.mark.parametrize("kind", list(LeakKind))
@pytest.mark.parametrize("columns", [(), ("town",)])
def test_every_kind_is_told_with_its_place(kind: LeakKind, columns: tuple[str, ...]) -> None:
    leak = CodeLeak(kind, 20, "SVC.fit", 11, 30, columns, n_rows=1234)
    found = describe_leak(leak, lambda line: f"cell {line // 10}, line {line % 10}")
    assert (PAGES / f"{found.code}.md").is_file()
    assert "SVC" in found.message
    assert "cell " in found.message
    assert found.hint.startswith("The honest score")
    assert found.subject == columns
    assert ("1,234" in found.message) == (kind in (LeakKind.OVERLAP, LeakKind.GROUPS, LeakKind.TIME))


def test_codes_are_of_one_kind_each() -> None:
    told = [describe_leak(CodeLeak(kind, 1, "A.fit", 1, 1), str) for kind in LeakKind]
    assert len({found.code for found in told}) == len(LeakKind)
