"""A workspace: one folder with the journal, artifacts and releases, used by one build at a time."""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from journeyman.stores.artifacts import FileArtifacts
from journeyman.stores.catalogue import (
    JOURNAL,
    can_be_written,
    check_there,
    journal_address,
    open_database,
    place_of_database,
    refuse_address,
)
from journeyman.stores.disk import DRAFT, disk_errors, make_folder
from journeyman.stores.experience import ExperienceStore
from journeyman.stores.journal import Journal
from journeyman.stores.leases import LeaseStore
from journeyman.stores.lock import locked
from journeyman.stores.operations import OperationStore
from journeyman.stores.registry import Registry, check_name
from journeyman.stores.releases import write_release
from journeyman.stores.shared_files import SharedFiles, shared_files
from journeyman.stores.storage import keep_release
from journeyman.stores.tables import Database, Fence

__all__ = ["Workspace"]

_EMPTY_JOURNAL_BYTES = 4096
"""SQLite's first page; a journal with tables is larger."""

_MADE = ("artifacts", "releases", f"{JOURNAL}-wal", f"{JOURNAL}-shm", JOURNAL)


class Workspace:
    """A folder with ``journal.db``, ``artifacts/``, ``releases/`` and ``lock``; made where it is missing.

    Parameters
    ----------
    path : Path or str
        The folder.
    url : str, optional
        SQLAlchemy address of a PostgreSQL database that several machines share, in place of ``journal.db``.

    Attributes
    ----------
    artifacts, journal, registry, experience, operations, leases
        The stores.
    shared : SharedFiles or None
        Where machines with folders of their own find releases and the loop's artifacts; None of a database in the
        folder.

    Raises
    ------
    WorkspaceError
        Where the place is no folder, cannot be written or is full; a new folder is then not left half-made.
    """

    def __init__(self, path: Path | str, url: str | None = None) -> None:
        self.path = Path(path)
        refuse_address(self.path)
        with _undo_if_new(self.path):
            with disk_errors(self.path):
                make_folder(self.path)
                for name in ("artifacts", "releases"):
                    make_folder(self.path / name)
            address = journal_address(self.path) if url is None else url
            database = Database.connect(address, place_of_database(self.path, address))
        self._use(database)
        self.artifacts = FileArtifacts(self.path / "artifacts", self._copies(self.path / "artifacts"))

    def _use(self, database: Database) -> None:
        self._database = database
        self.journal = Journal(database)
        self.registry = Registry(database, self.path)
        self.experience = ExperienceStore(database)
        self.operations = OperationStore(database)
        self.leases = LeaseStore(database)
        self.shared = shared_files(database)

    @property
    def lease(self) -> int:
        """Number of the lease that writes are checked against; 0 where there is none."""
        return 0 if self._database.fence is None else self._database.fence.number

    def check_held(self) -> None:
        """Raise LeaseError where the lease of a fenced workspace is another's, before something else is written."""
        with self._database.writing():
            pass

    def with_artifacts(self, folder: Path) -> Workspace:
        """Return the same workspace with a folder of its own below it for artifacts, made where it is missing.

        Machines that share its database find what is put there.
        """
        return self._with(folder, FileArtifacts(folder, self._copies(folder), copied=True))

    def with_own_artifacts(self, folder: Path) -> Workspace:
        """Return the same as ``with_artifacts``, for what no other machine asks for."""
        return self._with(folder, FileArtifacts(folder))

    def has_folder(self, folder: Path) -> bool:
        """Say whether a folder below it is here, or where other machines keep theirs."""
        copies = self._copies(folder)
        return folder.is_dir() or (copies is not None and bool(copies.names()))

    def remove_folder(self, folder: Path) -> None:
        """Delete a folder below it, here and where other machines look for it; nothing happens where there is none."""
        copies = self._copies(folder)
        if copies is not None:
            copies.forget()
        with disk_errors(folder):
            if folder.exists():
                shutil.rmtree(folder)

    def _with(self, folder: Path, artifacts: FileArtifacts) -> Workspace:
        with disk_errors(folder):
            make_folder(folder)
        other = copy.copy(self)
        other.artifacts = artifacts
        return other

    def _copies(self, folder: Path) -> SharedFiles | None:
        return self.shared and self.shared.under(folder.relative_to(self.path).as_posix())

    def fenced(self, fence: Fence) -> Workspace:
        """Return the same workspace for the holder of a lease: whatever it writes to the database is refused after it.

        It shares its connections: closing one closes both.
        """
        held = copy.copy(self)
        held._use(self._database.fenced(fence))
        return held

    @classmethod
    def existing(cls, path: Path | str) -> Workspace:
        """Open a workspace that must be there, for commands that only look; it may be one that cannot be written.

        Raises
        ------
        WorkspaceError
            Where there is none.
        """
        place = Path(path)
        check_there(place)
        if can_be_written(place):
            return cls(place)
        workspace = cls.__new__(cls)
        workspace.path = place
        workspace._use(open_database(place))
        workspace.artifacts = FileArtifacts(place / "artifacts", workspace._copies(place / "artifacts"))
        return workspace

    def release_path(self, name: str, version: int) -> str:
        """Return where a version's folder belongs, relative to the workspace."""
        return f"releases/{check_name(name)}/{version}"

    def write_release(
        self, name: str, version: int, files: Mapping[str, bytes], facts: Mapping[str, object]
    ) -> tuple[str, str]:
        """Write a version's folder, in the storage too where there is one; return its relative path and its digest.

        Errors are those of ``write_release`` and of ``keep_release``; like them it may be repeated.
        """
        path = self.release_path(name, version)
        digest = write_release(self.path / path, files, facts)
        keep_release(self.path, path)
        return path, digest

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace alone; what a killed process left unfinished is swept away first.

        The lock is the operating system's and ends with the process, however it ends.

        Raises
        ------
        WorkspaceError
            Where another process holds it.
        """
        with locked(self.path):
            with disk_errors(self.path):
                self._sweep()
            yield

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Workspace:
        """Return the manager itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the databases."""
        self.close()

    def _sweep(self) -> None:
        for draft in self.path.glob(f"artifacts/{DRAFT}*"):
            draft.unlink(missing_ok=True)
        for draft in self.path.glob(f"releases/*/{DRAFT}*"):
            for path in [draft, *draft.rglob("*")]:
                if path.is_dir():
                    path.chmod(0o755)
            shutil.rmtree(draft)


@contextmanager
def _undo_if_new(path: Path) -> Iterator[None]:
    """Where an error follows, remove what was just made; nothing that holds anything is ever removed."""
    before = {name for name in _MADE if os.path.lexists(path / name)}
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for name in [name for name in _MADE if name not in before]:
                entry = path / name
                if entry.is_dir():
                    entry.rmdir()
                elif entry.exists() and path.joinpath(JOURNAL).stat().st_size <= _EMPTY_JOURNAL_BYTES:
                    entry.unlink()
            if not before:
                path.rmdir()
        raise
