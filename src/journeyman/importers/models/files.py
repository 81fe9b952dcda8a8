"""The files of a model's folder, as a release takes them over."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from journeyman.errors import SourceError

__all__ = ["folder_files"]

_LEFT_OUT = """
__pycache__ .git .venv venv .pytest_cache .mypy_cache .ruff_cache .tmp build dist tests
"""

_MOST = 1 << 30  # bytes: a release is read whole when it is opened


def folder_files(folder: Path, left_out: Collection[str] = ()) -> dict[str, bytes]:
    """Return the files below a folder by their place; what tests, tools and links are is not taken over.

    Parameters
    ----------
    left_out : collection of str
        Further names of files and folders.

    Raises
    ------
    SourceError
        Where a file cannot be read, or all together are too large.
    """
    never, found, size = {*_LEFT_OUT.split(), *left_out}, dict[str, bytes](), 0
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or never & set(place.parts) or path.suffix == ".pyc":
            continue
        size += path.stat().st_size
        if size > _MOST:
            raise SourceError(
                f"the files of {folder} are larger than {_MOST >> 20} MB", hint="leave data out that it does not need"
            )
        try:
            found[place.as_posix()] = path.read_bytes()
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from error
    return found
