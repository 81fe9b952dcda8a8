"""docs/reference/ says what the code says, and the site holds every page; no training library is loaded for that."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "journeyman"
BELOW_AN_INDEX = ("findings", "decisions")


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


MAKER, SITE = loaded("make_reference"), loaded("site_pages")


@pytest.mark.parametrize("page", MAKER.PAGES)
def test_a_page_is_up_to_date(page: str) -> None:
    made = MAKER.PAGES[page]()
    assert (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8") == made, "run make reference"


def test_every_environment_variable_is_told() -> None:
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    named = {name for text in texts for name in re.findall(r"JOURNEYMAN_[A-Z_]+", text)}
    assert named == set(MAKER.VARIABLES)


@pytest.mark.parametrize(("module", "file", "name"), MAKER.API, ids=[name for _, _, name in MAKER.API])
def test_a_name_can_be_imported_from_where_the_page_says(module: str, file: str, name: str) -> None:
    place = PACKAGE.parent / module.replace(".", "/")
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    exported = [
        ast.literal_eval(node.value)
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert name in exported[0]


def test_long_signatures_are_shown_one_parameter_a_line() -> None:
    node = ast.parse("def f(a: dict[str, int], *, b: str | None=None) -> int: ...").body[0]
    assert MAKER.signature(node, "f", bound=False) == "f(a: dict[str, int], *, b: str | None = None) -> int"
    assert MAKER.signature(node, "f" * 90, bound=False).count("\n") == 4


def test_a_setting_without_a_word_is_refused() -> None:
    with pytest.raises(KeyError, match=r"settings\.py defines no Nothing"):
        MAKER.definition("settings.py", "Nothing")


def test_every_page_is_in_the_navigation() -> None:
    named = set(re.findall(r"[\w/-]+\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), flags=re.MULTILINE))
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    wanted = {p.as_posix() for p in pages if p.name == "README.md" or p.parts[0] not in BELOW_AN_INDEX}
    assert named == wanted


def test_links_lead_to_pages_of_the_site() -> None:
    text = (
        "[a](../../src/journeyman/settings.py) [b](../glossary.md#kind) [c](https://x.org/src) [d](#here)\n"
        "![e](../images/report.png)\n\n```\n[f](../../src/journeyman/settings.py)\n```\n"
    )
    assert SITE.relinked(text, "docs/how-to/serve.md") == (
        "[a](../source/src/journeyman/settings.py.md) [b](../glossary.md#kind) [c](https://x.org/src) [d](#here)\n"
        "![e](../images/report.png)\n\n```\n[f](../../src/journeyman/settings.py)\n```\n"
    )
    assert SITE.relinked("[a](docs/tutorial.md)", "README.md") == "[a](../tutorial.md)"


def test_a_file_is_shown_as_code_and_left_out_of_the_search() -> None:
    page = SITE.shown("src/journeyman/settings.py")
    assert page.startswith("---\nsearch:\n  exclude: true\n---\n\n# src/journeyman/settings.py\n\n````python\n")
    assert "- [service.py](serving/service.py)\n" in SITE.shown("src/journeyman/serving")


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "tools").glob("*.py")))
def test_examples_of_the_tools_are_right(name: str) -> None:
    assert doctest.testmod(loaded(name)).failed == 0
