"""Cache of releases, references and labelled rows of one model, read once and kept at hand while they are used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeyman.entities.logged import LoggedRow
from journeyman.entities.traffic import Reference
from journeyman.errors import ReleaseError
from journeyman.inference.release import Release, open_release
from journeyman.operations.paths import reference_folder
from journeyman.operations.traffic import ReadRows, read_rows, truths_read
from journeyman.stores.run_artifacts import build_artifacts
from journeyman.stores.workspace import Workspace

__all__ = ["ReleaseCache"]

_MOST = 4
_MOST_CELLS = 10_000_000  # of rows that are kept at hand: 80 MB


class ReleaseCache:
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
        self._rows: tuple[Release, ReadRows, frozenset[int]] | None = None

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
            self._releases[version] = open_release(self._workspace.registry.folder(known), known.digest)
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
            artifacts = build_artifacts(self._workspace.journal, known.run)
            if artifacts is None or not artifacts.reference:
                raise ReleaseError(
                    f"release {version} of {self._name} was built without a reference to compare live rows with",
                    hint="build the model again, in this workspace",
                )
            _make_room(self._references)
            own = reference_folder(self._workspace.path, known.run)
            # That of a person's build is where all of its artifacts are, as were the loop's before they went apart.
            place = self._workspace.with_artifacts(own) if self._workspace.has_folder(own) else self._workspace
            self._references[version] = place.artifacts.get(artifacts.reference, Reference)
        return self._references[version]

    def read_rows(self, rows: Sequence[LoggedRow], release: Release) -> ReadRows:
        """Return what ``operations.traffic.read_rows`` does, in which only rows are read that were not read before.

        A row in the log never changes, but for its truth. Findings of rows that were read before are not told again.
        """
        known = self._rows
        if known is None or known[0] is not release:
            return self._remember(rows, release, read_rows(rows, release))
        read, seen = known[1], known[2]
        place = {row.id: number for number, row in enumerate(read.rows)}
        more = read_rows([row for row in rows if row.id not in seen], release)
        if more.hidden or read.hidden:  # what a row alone does not say
            return self._remember(rows, release, read_rows(rows, release))
        place |= {row.id: len(read.rows) + number for number, row in enumerate(more.rows)}
        taken = [row for row in rows if row.id in place]
        index = np.array([place[row.id] for row in taken], dtype=np.int64)
        block = {name: np.concatenate([read.block[name], more.block[name]])[index] for name in more.block}
        whole = ReadRows(
            tuple(taken), block, truths_read(taken, release.task), len(rows) - len(taken), more.findings, ()
        )
        return self._remember(rows, release, whole)

    def _remember(self, rows: Sequence[LoggedRow], release: Release, read: ReadRows) -> ReadRows:
        small = len(read.rows) * len(read.block) <= _MOST_CELLS
        self._rows = (release, read, frozenset(row.id for row in rows)) if small else None
        return read


def _make_room(release_cache: dict[int, Release] | dict[int, Reference]) -> None:
    while len(release_cache) >= _MOST:
        release_cache.pop(next(iter(release_cache)))
