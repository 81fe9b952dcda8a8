"""Files of a workspace that machines with folders of their own share: copies in their database, by path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyman.stores.disk import Draft, disk_errors, make_folder, sync_folder
from journeyman.stores.tables import Database, files

__all__ = ["SharedFiles", "fetched", "shared_files"]


@dataclass(frozen=True)
class SharedFiles:
    """The copies below a path. A copy is whole or not there, since it is one row; it never changes.

    Attributes
    ----------
    database : Database
        Holds the rows; where it is fenced, only the holder of the lease writes.
    path : str
        Relative to the workspace: "releases/houses/3".
    """

    database: Database
    path: str = ""

    def under(self, name: str) -> SharedFiles:
        """Return the copies below a folder of this one."""
        return replace(self, path=self._full(name))

    def keep(self, name: str, content: bytes) -> None:
        """Store a copy, durably; nothing happens where there is one."""
        row = {"path": self._full(name), "content": content}
        try:
            with self.database.writing() as connection:
                if connection.scalar(sa.select(files.c.path).where(files.c.path == row["path"])) is None:
                    connection.execute(files.insert().values(row))
        except IntegrityError:
            return  # another machine was the first

    def has(self, name: str) -> bool:
        """Say whether there is a copy."""
        with self.database.reading() as connection:
            return connection.scalar(sa.select(files.c.path).where(files.c.path == self._full(name))) is not None

    def fetch(self, name: str) -> bytes | None:
        """Return a copy; None where there is none."""
        with self.database.reading() as connection:
            content = connection.scalar(sa.select(files.c.content).where(files.c.path == self._full(name)))
        return None if content is None else bytes(content)

    def names(self) -> tuple[str, ...]:
        """Return the paths of all copies below, relative to this one, in order."""
        with self.database.reading() as connection:
            found = connection.scalars(sa.select(files.c.path).where(self._below()).order_by(files.c.path))
            return tuple(path[len(self.path) + 1 :] for path in found)

    def forget(self) -> None:
        """Delete all copies below."""
        with self.database.writing() as connection:
            connection.execute(files.delete().where(self._below()))

    def keep_folder(self, folder: Path) -> None:
        """Store copies of all files of a folder."""
        known = {*self.names()}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            if name not in known:
                self.keep(name, path.read_bytes())

    def write_folder(self, folder: Path) -> None:
        """Write all copies below as files of a folder."""
        for name in self.names():
            content = self.fetch(name)
            if content is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)

    def _full(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def _below(self) -> sa.ColumnElement[bool]:
        return files.c.path.startswith(f"{self.path}/", autoescape=True)


def shared_files(database: Database) -> SharedFiles | None:
    """Return the copies of a workspace; None where its database is a file beside the others."""
    return None if database.engine.dialect.name == "sqlite" else SharedFiles(database)


def fetched(shared: SharedFiles, name: str, folder: Path) -> bool:
    """Write a copy into a folder, whole and durable; False where there is none."""
    content = shared.fetch(name)
    if content is None:
        return False
    with disk_errors(folder):
        make_folder(folder)
        with Draft(folder) as draft:
            draft.write(content)
            draft.keep(name)
        sync_folder(folder)
    return True
