"""What writes a release, whole, for a place that runs Python: a container, a cloud, a model server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from journeyman.entities.candidate import Refusal

__all__ = ["DeployScript", "Deployment", "DeploymentExporter"]


@dataclass(frozen=True)
class DeployScript:
    """A script of an export that puts it into use; with ``--dry-run`` it says what it would make, a line each.

    Attributes
    ----------
    file : str
        Relative to the export's folder.
    needs, takes : tuple of str
        Options that it cannot do without, and others: names that ``journeyman export`` has, such as "bucket".
    always : tuple of str
        What it is told besides.
    """

    file: str
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()
    always: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """A release and what it needs to predict elsewhere.

    Attributes
    ----------
    release : Path
        Its folder.
    name, version : str, int
        Of the release.
    columns : mapping of str to str
        Columns that rows bring, and what their values are: "number", "integer", "boolean", "date" or "text".
    classes : tuple of str
        Labels in the order of the probabilities; empty where values are predicted.
    output : str
        What a prediction is: "number", "integer", "boolean" or "text".
    python : str
        The version of Python that it was exported with, such as "3.11".
    requirements : tuple of str
        Libraries that it needs, each with its version; Journeyman comes along as files.
    rows : tuple of mapping
        Rows to try it with, as JSON has them.
    predictions : tuple
        What the release predicts for them.
    """

    release: Path
    name: str
    version: int
    columns: Mapping[str, str]
    classes: tuple[str, ...]
    output: str
    python: str
    requirements: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    predictions: tuple[Any, ...]


class DeploymentExporter(Protocol):
    """Writes a release for one place, and tries there, or as there, what was written.

    One whose export can be put into use from here has an attribute ``script`` too, a :class:`DeployScript`.
    """

    @property
    def name(self) -> str:
        """Name of the entry point, unique in its group, and what ``--to`` asks for."""
        ...

    def write(self, deployment: Deployment, folder: Path) -> None:
        """Write into an empty folder all that the place needs, and a README."""
        ...

    def toolchain(self) -> Refusal | None:
        """Return None, or what the check needs that is not installed here, and how to install it."""
        ...

    def check(self, deployment: Deployment, folder: Path) -> tuple[Any, ...]:
        """Return what the export predicts for the deployment's rows, run as its place runs it.

        Raises
        ------
        ReleaseError
            Where it does not start or does not answer, with the last line of what it said.
        """
        ...
