"""The shelf: releases and references of one model, read once and kept at hand while they are used."""

from __future__ import annotations

from journeyman.entities.traffic import Reference
from journeyman.errors import ReleaseError
from journeyman.stores.workspace import Workspace
from journeyman.workflow.places import reference_folder
from journeyman.workflow.release import Release, open_release

__all__ = ["Shelf"]

_STEP = "reference"
_MOST = 4


class Shelf:
    """Releases and references by version; both are immutable, so that what is at hand is what would be read again.

    Parameters
    ----------
    workspace : Workspace
        With its own artifacts, not those of a round.
    name : str
        Of the model.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._workspace, self._name = workspace, name
        self._releases: dict[int, Release] = {}
        self._references: dict[int, Reference] = {}

    def release(self, version: int) -> Release:
        """Return a release, every byte of it checked.

        Raises
        ------
        SettingsError, ReleaseError
            Where there is none of that number, or a byte was changed.
        """
        if version not in self._releases:
            known = self._workspace.registry.version(self._name, version)
            _make_room(self._releases)
            self._releases[version] = open_release(self._workspace.path / known.path, known.digest)
        return self._releases[version]

    def reference(self, version: int) -> Reference:
        """Return what a release was like when it was made.

        Raises
        ------
        ReleaseError
            Where its build kept none.
        """
        if version not in self._references:
            known = self._workspace.registry.version(self._name, version)
            found = [s for s in self._workspace.journal.steps(known.run) if s.name == _STEP]
            if not found:
                raise ReleaseError(
                    f"release {version} of {self._name} was built without a reference to compare live rows with",
                    hint="build the model again, in this workspace",
                )
            _make_room(self._references)
            own = reference_folder(self._workspace.path, known.run)
            # That of a person's build is where all of its artifacts are, as were the loop's before they went apart.
            place = self._workspace.with_artifacts(own) if own.is_dir() else self._workspace
            self._references[version] = place.artifacts.get(found[0].output, Reference)
        return self._references[version]


def _make_room(shelf: dict[int, Release] | dict[int, Reference]) -> None:
    while len(shelf) >= _MOST:
        shelf.pop(next(iter(shelf)))
