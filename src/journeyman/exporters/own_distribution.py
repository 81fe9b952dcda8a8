"""Journeyman itself as files, so that an export runs where Journeyman is not to be had from a package index."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import journeyman

__all__ = ["pinned", "serving_requirements", "wheel_name", "write_files", "write_wheel"]

_DISTRIBUTION = "journeyman"
_SERVING = (
    *("numpy", "pandas", "narwhals", "sqlalchemy", "msgspec", "typer", "uvicorn", "httptools", "uvloop", "lightgbm"),
)
"""What a service needs whatever the release (requirements-serve.txt, and LightGBM)."""


def serving_requirements(more: Sequence[str]) -> tuple[str, ...]:
    """Return what a service needs, each library with the version that is installed here; ``more`` names further ones.

    Examples
    --------
    >>> serving_requirements(())[0].partition("==")[0]
    'numpy'
    """
    return tuple(pinned(name) for name in (*_SERVING, *more))


def pinned(name: str) -> str:
    """Return a library with the version that is installed here; without one where it is not."""
    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return name


def wheel_name() -> str:
    """Return the file name of Journeyman's wheel.

    Examples
    --------
    >>> wheel_name().endswith("-py3-none-any.whl")
    True
    """
    return f"{_DISTRIBUTION}-{journeyman.__version__}-py3-none-any.whl"


def write_wheel(folder: Path) -> Path:
    """Write Journeyman's wheel into a folder, the same bytes each time, and return its path.

    References
    ----------
    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    target = folder / wheel_name()
    recorded: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in _files():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            recorded.append(f"{name},sha256={digest},{len(content)}\n")
            wheel.writestr(_entry(name), content)
        record = f"{_facts_folder()}/RECORD"
        wheel.writestr(_entry(record), "".join([*recorded, f"{record},,\n"]))
    return target


def write_files(folder: Path) -> None:
    """Write Journeyman's files into a folder that will be on Python's path: its parts are found there."""
    for name, content in _files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the time of the export would change the digest
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _facts_folder() -> str:
    return f"{_DISTRIBUTION}-{journeyman.__version__}.dist-info"


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield the package's files and what an installation tells of it."""
    package = Path(journeyman.__file__).parent
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{package.name}/{path.relative_to(package).as_posix()}", path.read_bytes()
    facts = distribution(_DISTRIBUTION)
    yield f"{_facts_folder()}/METADATA", (facts.read_text("METADATA") or "").encode()
    yield f"{_facts_folder()}/entry_points.txt", (facts.read_text("entry_points.txt") or "").encode()
    tags = "Wheel-Version: 1.0\nGenerator: journeyman\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    yield f"{_facts_folder()}/WHEEL", tags.encode()
