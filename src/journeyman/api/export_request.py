"""What is asked of an export and what comes of it, whatever the target; a family of targets as one value."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from journeyman.entities.candidate import Refusal
from journeyman.errors import SettingsError
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.inference.release_joins import refuse_joins

__all__ = [
    "USUAL",
    "ExportOptions",
    "ExportRequest",
    "ExportTarget",
    "Exported",
    "Family",
    "HasToolchain",
    "whole_folder",
]


@dataclass(frozen=True)
class ExportOptions:
    """How an export is made; a target that has no use for one of them refuses it.

    Attributes
    ----------
    package : str or None
        Name of the package, module or program that is written; the model's where it is None.
    check : bool
        Whether what was written is tried; where its tools are not installed it is not.
    without : tuple of str
        Members to leave out, by their algorithms; the weights of the others sum to 1 again.
    rows_from : str or None
        Rows that are shown: "log" for live predictions, or a table; those of the training table where it is None.
    """

    package: str | None = None
    check: bool = True
    without: tuple[str, ...] = ()
    rows_from: str | None = None


USUAL = ExportOptions()


class HasToolchain(Protocol):
    """An exporter that tries what it has written."""

    def toolchain(self) -> Refusal | None:
        """Return None, or what is not installed that this needs."""


@dataclass(frozen=True)
class ExportRequest:
    """What is exported, where to and how; as :func:`journeyman.api.export.export` explains."""

    name: str | Path
    folder: str | Path | None
    to: str
    options: ExportOptions = USUAL
    version: int | None = None
    workspace: str | Path | None = None
    seed: int = 0

    def release(self) -> Release:
        """Return what is exported: a version of the workspace, by default the champion, or a folder's release."""
        release = load(self.name, version=self.version, workspace=self.workspace)
        refuse_joins(release.name, release.joins, f"an export to {self.to}")
        return release

    def target(self, release: Release) -> Path:
        """Return the folder: what was asked for, else one that is named after model and target.

        Raises
        ------
        SettingsError
            Where it holds something.
        """
        target = Path(f"{release.name}-{self.to}" if self.folder is None else self.folder)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise SettingsError(f"{target} is not empty", hint="name a folder that is not there yet")
        return target

    def unchecked(self, exporter: HasToolchain) -> Refusal | None:
        """Return None where what is written will be tried, or why it will not."""
        return exporter.toolchain() if self.options.check else Refusal("--no-check was given")


@dataclass(frozen=True)
class Exported:
    """What came of an export.

    Attributes
    ----------
    folder : Path
        Where it is.
    rows : int
        Rows that both predicted, or that are shown; 0 where nothing was checked.
    difference : float
        The largest difference between their predictions, as a share of the range; 0 where scores have the same bits.
    unchecked : Refusal or None
        Why the export did not predict, and what to install; None where it did.
    loss : str
        What leaving members out costs, in words; empty where none was.
    files : tuple of str
        What was written now, relative to the folder, where an earlier export was refreshed.
    shown : str
        Where the rows that are shown come from, in words; empty where none are.
    """

    folder: Path
    rows: int
    difference: float = 0.0
    unchecked: Refusal | None = None
    loss: str = ""
    files: tuple[str, ...] = ()
    shown: str = ""

    @property
    def said(self) -> str:
        """What came of it, in words.

        Examples
        --------
        >>> Exported(Path("homes-c"), 2000).said
        'predicts as the release does in 2,000 rows'
        """
        if self.shown:
            return self.shown
        if self.unchecked is not None:
            hint = f" ({self.unchecked.hint})" if self.unchecked.hint else ""
            return f"written, not checked: {self.unchecked.reason}{hint}"
        if self.difference:
            return f"differs by at most {self.difference:.1g} of the range in {self.rows:,} rows"
        return f"predicts as the release does in {self.rows:,} rows"


@dataclass(frozen=True)
class ExportTarget:
    """A format, a language, a place or a program.

    Attributes
    ----------
    name : str
        What ``to`` asks for.
    covers : str
        What it can say.
    toolchain : Refusal or None
        What is not installed that the check needs; None where all is here.
    """

    name: str
    covers: str
    toolchain: Refusal | None = None


@dataclass(frozen=True)
class Family:
    """The targets of one group of entry points.

    Attributes
    ----------
    group : str
        Of entry points.
    takes : frozenset of str
        The options, as :class:`ExportOptions` calls them, that mean something here.
    describe : callable
        From an exporter to its target.
    write : callable
        From an exporter and a request to what came of it.
    """

    group: str
    takes: frozenset[str]
    describe: Callable[[Any], ExportTarget]
    write: Callable[[Any, ExportRequest], Exported]


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes the target where nothing goes wrong, and is gone where something does."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as held:
        made = Path(held, target.name)
        made.mkdir()
        yield made
        if target.exists():
            target.rmdir()
        made.rename(target)
