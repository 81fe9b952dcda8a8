"""Parts are named with the version of what installs them, or with the digest of their file."""

from __future__ import annotations

import importlib.util
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from journeyman.algorithms.linear import Linear
from journeyman.plugins import load_parts
from journeyman.runtime.part_versions import part_version


def module_at(path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


def test_a_built_in_part_has_the_version_of_journeyman() -> None:
    assert part_version(Linear()) == f"linear@journeyman-{version('journeyman')}"


@pytest.mark.parametrize("group", ["algorithms", "preparations", "quality_rules", "drift_detectors"])
def test_parts_of_a_group_have_names_without_spaces(group: str) -> None:
    for part in load_parts(f"journeyman.{group}").values():
        name, _, provider = part_version(part).partition("@")
        assert name
        assert provider.startswith("journeyman-")
        assert " " not in part_version(part)


def test_a_part_of_a_distribution_has_its_version() -> None:
    assert part_version(pytest.Item).endswith(f"pytest-{version('pytest')}")


def test_a_part_in_a_file_of_its_own_changes_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "class Mine:\n    name = 'my part'\n"
    first, second, same = (
        part_version(module_at(tmp_path / f"{name}_part.py", content, monkeypatch).Mine())
        for name, content in (("first", text), ("second", text + "# changed\n"), ("same", text))
    )
    assert first.startswith("my_part@")
    assert first != second
    assert first == same
