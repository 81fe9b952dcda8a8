"""docs/reference/ says what the code says: it is made anew and compared, without loading a training library."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "journeyman"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


MAKER = loaded()


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
