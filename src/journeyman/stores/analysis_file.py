"""The file of an analysis, which `journeyman analyse --json` writes and `journeyman build --analysis` reads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from journeyman.entities.analysis import Analysis
from journeyman.errors import SettingsError
from journeyman.stores.disk import disk_errors

__all__ = ["check_place", "python_number", "read_analysis", "write_analysis", "write_whole"]

_VERSION = 1


class _File(msgspec.Struct, frozen=True):
    """What the file holds: the number of its form, and the analysis."""

    journeyman_analysis: int
    analysis: Analysis


def check_place(path: Path) -> None:
    """Refuse a file that cannot be written, before the work whose result it is to hold.

    Raises
    ------
    SettingsError
        Where its folder is missing, or it is a folder itself.
    """
    if path.is_dir():
        raise SettingsError(f"{path} is a folder", hint=f"name a file in it, such as {path / 'analysis.html'}")
    if not path.parent.is_dir():
        raise SettingsError(f"there is no folder {path.parent}", hint=f"make it with: mkdir -p {path.parent}")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with disk_errors(path):
        handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(draft).chmod(0o644)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def write_analysis(analysis: Analysis, path: Path) -> None:
    """Write an analysis as JSON."""
    write_whole(
        path, msgspec.json.format(msgspec.json.encode(_File(_VERSION, analysis), enc_hook=python_number), indent=1)
    )


def python_number(value: object) -> object:
    """Return a number of NumPy as one of Python."""
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"cannot write {type(value).__name__}")


def read_analysis(path: Path) -> Analysis:
    """Read what ``write_analysis`` wrote.

    Raises
    ------
    SettingsError
        Where there is no such file, or it holds something else.
    """
    again = "write one with: journeyman analyse TABLE --target COLUMN --json FILE.json"
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        raise SettingsError(f"the analysis {path} cannot be read: {reason}", hint=again) from error
    try:
        return msgspec.json.decode(data, type=_File).analysis
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        cause = str(error).replace("\n", " ")
        raise SettingsError(f"{path} is no analysis of this version: {cause}", hint=again) from error
