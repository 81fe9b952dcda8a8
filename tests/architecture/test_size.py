"""The base installation stays small, byte code included (docs/decisions/0051)."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LIMIT = 800_000_000
BYTE_CODE = 1.4
"""Bytes of byte code a byte of Python, as pip's compilation of all these packages left it (1.396, CPython 3.11)."""


def _closure(requirement: Requirement, seen: dict[str, Distribution], done: set[tuple[str, str]]) -> None:
    """Add what a requirement installs, with everything that that needs."""
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        return
    name = canonicalize_name(requirement.name)
    seen[name] = found
    for extra in ("", *requirement.extras):
        if (name, extra) in done:
            continue
        done.add((name, extra))
        for text in found.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                _closure(needed, seen, done)


def _base() -> dict[str, Distribution]:
    """Return what `pip install journeyman` brings, as pyproject.toml says it now."""
    seen: dict[str, Distribution] = {}
    done: set[tuple[str, str]] = set()
    for needed in _listed("dependencies"):
        _closure(needed, seen, done)
    return seen


def _listed(key: str) -> list[Requirement]:
    return [Requirement(text) for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][key]]


def _weight(found: Distribution) -> float:
    """Return the bytes of a distribution with byte code, whether that is there or not: `make` compiles what is used."""
    return sum(_compiled(file.suffix, file.size or 0) for file in found.files or ())


def _compiled(ending: str, size: int) -> float:
    return 0.0 if ending == ".pyc" else size * (1.0 + BYTE_CODE * (ending == ".py"))


def test_base_installation_is_below_800_mb_with_byte_code() -> None:
    sizes = {name: _weight(found) for name, found in _base().items()}
    own = [path for path in (ROOT / "src").rglob("*") if path.is_file()]
    sizes["journeyman"] = sum(_compiled(path.suffix, path.stat().st_size) for path in own)
    assert {"lightgbm", "duckdb", "pyarrow", "scikit-learn"} <= set(sizes), "the scan must follow the dependencies"
    assert not {"pytest", "catboost", "plotly", "matplotlib"} & set(sizes), "tools and extras are no part of it"
    total = sum(sizes.values())
    largest = sorted(sizes, key=lambda name: -sizes[name])[:5]
    assert total < LIMIT, f"{total / 1e6:.0f} MB; largest: {[(n, round(sizes[n] / 1e6)) for n in largest]}"


def test_what_serves_is_part_of_the_base_in_the_same_versions() -> None:
    lines = (ROOT / "requirements-serve.txt").read_text().splitlines()
    base = {str(one) for one in _listed("dependencies")}
    serving = {str(Requirement(line)) for line in lines if line and not line.startswith("#")}
    (lightgbm,) = re.findall(r'"(lightgbm[^"]*)"', "\n".join(lines))
    assert {*serving, lightgbm} <= base
    assert len(serving) > 5


def test_the_readme_and_the_decision_say_what_is_wanted() -> None:
    for page in ("README.md", "docs/decisions/0051-what-an-installation-brings.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert "725 MB" in text, page
        assert "250 MB" in text, page
