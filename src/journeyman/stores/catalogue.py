"""The registry of a workspace that is there, opened alone: commands that only look wait for no data frame library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from journeyman.errors import WorkspaceError
from journeyman.filesystems import is_remote_path
from journeyman.stores.disk import has_room
from journeyman.stores.home import DATABASE
from journeyman.stores.journal import Journal
from journeyman.stores.registry import Registry
from journeyman.stores.storage import STORAGE, storage
from journeyman.stores.tables import Database

__all__ = [
    "DATABASE",
    "JOURNAL",
    "can_be_written",
    "check_there",
    "journal_address",
    "open_database",
    "opened_journal",
    "opened_registry",
    "place_of_database",
    "refuse_address",
]

JOURNAL = "journal.db"


def journal_address(path: Path) -> sa.URL:
    """Return the address of a workspace's database: in its folder, or the one that machines share.

    The variable JOURNEYMAN_DATABASE names that ("postgresql://user@host/name").

    Raises
    ------
    WorkspaceError
        Where it is no address.
    """
    shared = os.environ.get(DATABASE)
    if not shared:
        return sa.URL.create("sqlite", database=str(path / JOURNAL))
    try:
        url = sa.make_url(shared)
    except ArgumentError as error:
        raise WorkspaceError(f"{DATABASE} is no address of a database", hint="postgresql://user@host/name") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def place_of_database(path: Path, address: sa.URL | str) -> str:
    """Return how messages name a workspace's database: a server by its address without a password, else the folder.

    Examples
    --------
    >>> place_of_database(Path("w"), "postgresql+psycopg://ann:secret@host/models")
    'postgresql://ann@host/models'
    >>> place_of_database(Path("w"), "sqlite:///w/journal.db")
    'w'
    """
    try:
        url = sa.make_url(address)
    except ArgumentError:  # Database.connect says so
        return str(path)
    if url.get_backend_name() == "sqlite":
        return str(path)
    shown = sa.URL.create(url.get_backend_name(), url.username, None, url.host, url.port, url.database)
    return shown.render_as_string()


def check_there(path: Path) -> None:
    """Refuse a folder that is no workspace.

    Raises
    ------
    WorkspaceError
        Where there is none.
    """
    refuse_address(path)
    if os.environ.get(DATABASE) and storage() is not None:  # all that is needed here comes from there
        path.mkdir(parents=True, exist_ok=True)
    if not (path / JOURNAL).is_file() and not (os.environ.get(DATABASE) and path.is_dir()):
        raise WorkspaceError(
            f"there is no workspace in {path}",
            hint="name one with --workspace, or make one: `journeyman build TABLE --target COLUMN`",
        )


def refuse_address(path: Path) -> None:
    """Refuse an address in place of a workspace's folder.

    Raises
    ------
    WorkspaceError
        Saying how releases come to lie there.
    """
    if is_remote_path(path):
        address = path.as_posix().replace(":/", "://", 1)
        raise WorkspaceError(
            f"a workspace holds a database, which {address} cannot",
            hint=f"keep the workspace on a disk, and its releases and archives there: export {STORAGE}={address}",
        )


def open_database(path: Path) -> Database:
    """Open the database of a workspace that must be there; to read only, where it cannot be written or has no room.

    Raises
    ------
    WorkspaceError
        Where there is none, or it cannot be read.
    """
    check_there(path)
    if can_be_written(path):
        address = journal_address(path)
        return Database.connect(address, place_of_database(path, address))
    return Database.connect_to_read(path / JOURNAL, str(path))


def can_be_written(path: Path) -> bool:
    """Return whether the database of a workspace can be written; one on a server is not judged by its folder."""
    if os.environ.get(DATABASE):
        return True
    return os.access(path, os.W_OK) and os.access(path / JOURNAL, os.W_OK) and has_room(path)


@contextmanager
def opened_registry(path: Path) -> Iterator[Registry]:
    """Open the registry of a workspace that must be there.

    Raises
    ------
    WorkspaceError
        Where there is none, or it cannot be read.
    """
    with _opened_database(path) as database:
        yield Registry(database, path)


@contextmanager
def opened_journal(path: Path) -> Iterator[Journal]:
    """Open the journal of a workspace that must be there; errors as for ``opened_registry``."""
    with _opened_database(path) as database:
        yield Journal(database)


@contextmanager
def _opened_database(path: Path) -> Iterator[Database]:
    database = open_database(path)
    try:
        yield database
    finally:
        database.close()
