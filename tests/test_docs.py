"""Every Python block of the documents runs; the blocks of a page go on from one another."""

from __future__ import annotations

import doctest
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(
    r"(?:^<!--\s*skip:\s*(?P<reason>[^\n]+?)\s*-->\n+)?^(?P<fence>```+)python[^\n]*\n(?P<code>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^)#\s]+)(?:#[^)\s]*)?\)")


@dataclass(frozen=True)
class Block:
    """A piece of Python in a page; ``skip`` says why it is not run."""

    line: int
    code: str
    skip: str | None


def blocks(text: str) -> list[Block]:
    return [
        Block(text.count("\n", 0, found.start("code")) + 1, found["code"], found["reason"])
        for found in FENCE.finditer(text)
    ]


def run(page: Path, found: list[Block]) -> None:
    """Run blocks one after the other; those with prompts are compared with the output they show."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in found:
        if block.skip is not None:
            continue
        if block.code.lstrip().startswith(">>>"):
            example = doctest.DocTestParser().get_doctest(block.code, names, page.name, str(page), block.line)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
            told: list[str] = []
            assert runner.run(example, out=told.append, clear_globs=False).failed == 0, "".join(told)
            names |= example.globs
        else:
            # line numbers of a traceback are those of the page
            code = compile("\n" * (block.line - 1) + block.code, str(page), "exec", dont_inherit=True)
            exec(code, names)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(page, blocks(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [found["target"] for found in LINK.finditer(prose)]
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_blocks_are_found_run_and_skipped(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A\n\n```python\na = 1\n```\n\n<!-- skip: needs a server -->\n```python\nraise SystemExit\n```\n\n"
        "```python\n>>> a + 1\n2\n```\n\n```\nnot python\n```\n"
    )
    found = blocks(page.read_text())
    assert [(block.line, block.skip) for block in found] == [(4, None), (9, "needs a server"), (13, None)]
    run(page, found)


@pytest.mark.parametrize("code", ["assert False\n", ">>> 1 + 1\n3\n"])
def test_a_wrong_block_fails(tmp_path: Path, code: str) -> None:
    with pytest.raises(AssertionError):
        run(tmp_path / "page.md", [Block(1, code, None)])
