"""The base installation stays small."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LIMIT = 1_000_000_000


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


def test_base_installation_is_below_1000_mb() -> None:
    seen: dict[str, Distribution] = {}
    _closure(Requirement("journeyman"), seen, set())
    sizes = {name: sum(file.size or 0 for file in found.files or ()) for name, found in seen.items()}
    assert {"catboost", "lightgbm", "duckdb", "pyarrow"} <= set(sizes), "the scan must follow the dependencies"
    assert "pytest" not in sizes
    total = sum(sizes.values())
    largest = sorted(sizes, key=lambda name: -sizes[name])[:5]
    assert total < LIMIT, f"{total / 1e6:.0f} MB; largest: {[(n, round(sizes[n] / 1e6)) for n in largest]}"
