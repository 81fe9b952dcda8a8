"""Names and versions of parts, so that what one version of a part has given is not taken for another's."""

from __future__ import annotations

import hashlib
import inspect
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

__all__ = ["part_version"]


def part_version(part: object) -> str:
    """Return ``name@distribution-version`` of a part; of a part that no distribution installs, of its file's digest.

    Examples
    --------
    >>> from journeyman.metrics import find_metric
    >>> part_version(find_metric("mae", "regression")).partition("-")[0]
    'mae@journeyman'
    """
    kind = part if isinstance(part, type) or inspect.isroutine(part) else type(part)
    name = getattr(part, "name", None) or getattr(kind, "__name__", "part")
    return f"{name}@{_provider(kind.__module__) or _file_digest(kind)}".replace(" ", "_")


@cache
def _provider(module: str) -> str:
    """Return the distribution that a module comes from, with its version; empty where there is none."""
    package = module.partition(".")[0]
    # Reading what all distributions hold takes a tenth of a second: for parts of others only.
    names = [package] if package == "journeyman" else packages_distributions().get(package, [])
    try:
        return "+".join(f"{name}-{version(name)}" for name in names)
    except PackageNotFoundError:  # from a folder of source code that nobody installed
        return ""


@cache
def _file_digest(kind: object) -> str:
    try:
        file = inspect.getsourcefile(kind)  # type: ignore[arg-type]  # a class or a function, as its caller made sure
        return hashlib.sha256(Path(file or "").read_bytes()).hexdigest()[:12]
    except (OSError, TypeError):  # made in a session, without a file
        return "unknown"
