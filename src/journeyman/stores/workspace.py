"""A workspace: one folder with the journal, artifacts and releases, used by one build at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from journeyman.errors import WorkspaceError
from journeyman.stores.artifacts import FileArtifacts
from journeyman.stores.disk import DRAFT, disk_errors
from journeyman.stores.experience import ExperienceStore
from journeyman.stores.journal import Journal
from journeyman.stores.registry import Registry, check_name
from journeyman.stores.tables import Database

__all__ = ["Workspace"]

_JOURNAL = "journal.db"
_EMPTY_JOURNAL_BYTES = 4096
"""SQLite's first page; a journal with tables is larger."""

_MADE = ("artifacts", "releases", f"{_JOURNAL}-wal", f"{_JOURNAL}-shm", _JOURNAL)


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
    artifacts, journal, registry, experience
        The stores.

    Raises
    ------
    WorkspaceError
        Where the place is no folder, cannot be written or is full; a new folder is then not left half-made.
    """

    def __init__(self, path: Path | str, url: str | None = None) -> None:
        self.path = Path(path)
        with _undo_if_new(self.path):
            with disk_errors(self.path):
                self.path.mkdir(parents=True, exist_ok=True)
                for name in ("artifacts", "releases"):
                    (self.path / name).mkdir(exist_ok=True)
            address = sa.URL.create("sqlite", database=str(self.path / _JOURNAL)) if url is None else url
            self._database = Database.connect(address, str(self.path))
        self.artifacts = FileArtifacts(self.path / "artifacts")
        self.journal = Journal(self._database)
        self.registry = Registry(self._database, self.path)
        self.experience = ExperienceStore(self._database)

    @classmethod
    def existing(cls, path: Path | str) -> Workspace:
        """Open a workspace that must be there, for commands that only look.

        Raises
        ------
        WorkspaceError
            Where there is none.
        """
        if not (Path(path) / _JOURNAL).is_file():
            raise WorkspaceError(
                f"there is no workspace in {path}", hint="name one with --workspace, or make one with journeyman build"
            )
        return cls(path)

    def release_path(self, name: str, version: int) -> str:
        """Return where a version's folder belongs, relative to the workspace."""
        return f"releases/{check_name(name)}/{version}"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace alone; what a killed process left unfinished is swept away first.

        The lock is the operating system's and ends with the process, however it ends.

        Raises
        ------
        WorkspaceError
            Where another process holds it.
        """
        with disk_errors(self.path):
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with disk_errors(self.path):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise _in_use(self.path, descriptor) from error
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
                self._sweep()
            yield
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Workspace:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _sweep(self) -> None:
        for draft in self.path.glob(f"artifacts/{DRAFT}*"):
            draft.unlink(missing_ok=True)
        for draft in self.path.glob(f"releases/*/{DRAFT}*"):
            for path in [draft, *draft.rglob("*")]:
                if path.is_dir():
                    path.chmod(0o755)
            shutil.rmtree(draft)


def _in_use(path: Path, descriptor: int) -> WorkspaceError:
    holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
    # The holder wrote its number when it took the lock, so that the file's time tells since when; no clock is needed.
    since = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return WorkspaceError(
        f"{path} is in use by process {holder} since {since}",
        hint="wait until it has finished, or name another workspace with --workspace",
    )


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
                elif entry.exists() and path.joinpath(_JOURNAL).stat().st_size <= _EMPTY_JOURNAL_BYTES:
                    entry.unlink()
            if not before:
                path.rmdir()
        raise
