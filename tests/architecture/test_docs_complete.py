"""What a newcomer looks for is there: every stage in ten-minutes.md, a page for each finding and each decision."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "journeyman"
CODE = re.compile(r"\b(?:CV|DC|DQ|DR|PR)\d{3}\b")
SOURCES = sorted(PACKAGE.rglob("*.py"))


def stages() -> list[str]:
    """Return each stage's file below the package; a stage that is a folder counts as its first file."""
    folder = PACKAGE / "stages"
    files = [p for p in folder.glob("*.py") if p.name != "__init__.py"]
    files += [p / "__init__.py" for p in folder.iterdir() if (p / "__init__.py").is_file()]
    return sorted(p.relative_to(PACKAGE).as_posix() for p in files)


@pytest.mark.parametrize("stage", stages())
def test_every_stage_is_linked(stage: str) -> None:
    assert f"](../src/journeyman/{stage})" in (DOCS / "ten-minutes.md").read_text(encoding="utf-8")


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    used = {code for path in SOURCES for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert {path.stem for path in (DOCS / "findings").glob("*.md")} - {"README"} == used


@pytest.mark.parametrize("page", sorted((DOCS / "findings").glob("[CDP]*.md")), ids=lambda p: p.stem)
def test_a_page_says_what_was_seen_what_you_can_do_and_what_is_done(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}: ")
    assert re.findall(r"^\*\*(.+?)\.\*\*", text, flags=re.MULTILINE) == ["Seen", "What you can do", "What is done"]


@pytest.mark.parametrize("folder", ["findings", "decisions"])
def test_every_page_is_in_its_index_by_its_title(folder: str) -> None:
    index = (DOCS / folder / "README.md").read_text(encoding="utf-8")
    for page in sorted((DOCS / folder).glob("[0-9CDP]*.md")):
        title = page.read_text(encoding="utf-8").splitlines()[0].split(" ", 2)[2]
        assert re.search(rf"\]\({re.escape(page.name)}\) \| {re.escape(title)} \|", index), page.name


def test_every_decision_that_the_code_names_exists() -> None:
    numbers = {n for path in SOURCES for n in re.findall(r"docs/decisions/(\d{4})", path.read_text(encoding="utf-8"))}
    assert numbers
    assert numbers <= {path.name[:4] for path in (DOCS / "decisions").glob("[0-9]*.md")}


def test_numbers_of_decisions_are_used_once() -> None:
    numbers = [path.name[:4] for path in (DOCS / "decisions").glob("[0-9]*.md")]
    assert len(numbers) == len(set(numbers))
