"""What was known of a release when it was built, read again; loads no library that learns."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.inference.lookup import find_release, refuse_set
from journeyman.stores.facts import decode
from journeyman.stores.releases import read_release

__all__ = ["report_of"]


def report_of(
    name_or_folder: str | Path, *, version: int | None = None, workspace: str | Path | None = None
) -> BuildReport:
    """Return all that was known of a release when it was built.

    Raises
    ------
    SettingsError
        For an unknown name or version.
    ReleaseError
        Where a byte of the release was changed.
    """
    folder, digest = find_release(name_or_folder, version=version, workspace=workspace)
    manifest, files = read_release(folder, digest)
    refuse_set(manifest)
    report: BuildReport = decode(files["report.msgpack"], BuildReport)
    return report
