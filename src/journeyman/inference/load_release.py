"""A release opened by its name; loads only the parts that it names."""

from __future__ import annotations

from pathlib import Path

from journeyman.inference.lookup import find_release
from journeyman.inference.release import Release, open_release
from journeyman.settings import check_signs

__all__ = ["load"]


def load(
    name_or_folder: str | Path,
    *,
    version: int | None = None,
    workspace: str | Path | None = None,
    decimal: str | None = None,
) -> Release:
    """Return a release by name (its champion unless a version is given) or by its folder.

    Parameters
    ----------
    decimal : str, optional
        The decimal sign of numbers in the texts that it will read, "." or ","; that of its training table by default.

    Raises
    ------
    SettingsError
        For an unknown name or version.
    ReleaseError
        Where a byte of the release was changed.
    """
    folder, digest = find_release(name_or_folder, version=version, workspace=workspace)
    check_signs(decimal, None)
    return open_release(folder, digest, decimal)
