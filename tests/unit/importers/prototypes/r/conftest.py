"""Scripts in R, the tables that they read, and what their translation does in Python."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeyman.importers.prototypes.r import read_r

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables."""
    folder = tmp_path_factory.mktemp("tables")
    spec = importlib.util.spec_from_file_location("made_tables", HERE / "made_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write_tables(folder)
    return folder


@pytest.fixture
def run_translation(tables: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Translate a script, run it in the folder of the tables, and return its variables."""
    monkeypatch.chdir(tables)

    def run(text: str, name: str = "script.R") -> dict[str, Any]:
        prototype = read_r(text.encode(), name, tables)
        assert not [one.message for one in prototype.findings if "left out" in one.message]
        variables: dict[str, Any] = {}
        exec(compile(prototype.source, name, "exec"), variables)
        return variables

    return run
