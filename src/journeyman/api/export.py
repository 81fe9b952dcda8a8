"""The api of exports: a release in another system's format, written and compared with the release."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from journeyman.errors import ReleaseError, SettingsError
from journeyman.inference.load_release import load
from journeyman.inference.sample_rows import sample_rows
from journeyman.interfaces import Exporter
from journeyman.plugins import make_part

__all__ = ["Exported", "export"]

_GROUP = "journeyman.exporters"
_COMPARED = 1_000  # rows


@dataclass(frozen=True)
class Exported:
    """What came of an export.

    Attributes
    ----------
    folder : Path
        Where it is.
    rows : int
        Rows that both predicted.
    difference : float
        The largest difference between their predictions, as a share of the range.
    """

    folder: Path
    rows: int
    difference: float


def export(
    name: str | Path,
    folder: str | Path,
    *,
    to: str,
    version: int | None = None,
    workspace: str | Path | None = None,
    seed: int = 0,
) -> Exported:
    """Write a release in another format, predict rows by both, and keep the export where they agree.

    Parameters
    ----------
    name : str or Path
        Of the model, or its release's folder.
    folder : str or Path
        Where the export goes, whole or not at all; it must not be there, or be empty.
    to : str
        The exporter's name, such as "saved_model".
    seed : int
        Of the rows that both predict: drawn column by column from what the training table was like.

    Raises
    ------
    SettingsError
        For an unknown name, version or exporter, or a folder that holds something.
    ReleaseError
        Where the exporter cannot write the release, or the two do not agree: nothing is left then.
    """
    exporter: Exporter = make_part(_GROUP, to)
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SettingsError(f"{target} is not empty", hint="name a folder that is not there yet")
    release = load(name, version=version, workspace=workspace)
    plan = release.plan
    refusal = exporter.can_write(plan)
    called = f"{release.name} {release.version} cannot be written to {exporter.name}"
    if refusal is not None:
        raise ReleaseError(f"{called}: {refusal.reason}", hint=refusal.hint or "use the release itself")
    rows = sample_rows(release.columns, release.report.profile.columns, _COMPARED, seed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as held:
        made = Path(held, target.name)
        made.mkdir()
        exporter.write(plan, made)
        difference = exporter.verify(made, plan, rows)
        if not difference <= exporter.tolerance:  # NaN differs too
            raise ReleaseError(
                f"{called}: its predictions differ by {difference:.2g} of their range",
                hint="use the release itself, and report this with the versions of Journeyman and of the format",
            )
        if target.exists():
            target.rmdir()
        made.rename(target)
    return Exported(target, _COMPARED, difference)
