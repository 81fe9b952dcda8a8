"""A folder of part files that many machines write: each whole or absent; here, or wherever fsspec finds it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from journeyman.errors import SettingsError, WorkspaceError
from journeyman.stores.disk import DRAFT, Draft, disk_errors, sync_folder

__all__ = ["PartFolder"]

_FSSPEC = {"s3a": "s3", "s3n": "s3"}
"""Hadoop's names of schemes that fsspec calls otherwise."""


@dataclass(frozen=True)
class PartFolder:
    """A folder by its path, or by an address such as hdfs://host/predictions; it is sent to workers as it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     parts = PartFolder(folder)
    ...     parts.write("_notes/1.json", b"{}")
    ...     parts.names("_notes"), parts.names(), parts.read("_notes/1.json")
    (['1.json'], ['_notes'], b'{}')
    """

    address: str

    def names(self, folder: str = "") -> list[str]:
        """Return the names of files and folders in it or in a folder of it, drafts aside."""
        if self._here is not None:
            place = self._here / folder
            found = [entry.name for entry in place.iterdir()] if place.is_dir() else []
        else:
            files, place_there = self._there(folder)
            listed = files.ls(place_there, detail=False, refresh=True) if files.exists(place_there) else []
            found = [str(name).rstrip("/").rpartition("/")[2] for name in listed]
        return sorted(name for name in found if not name.startswith(DRAFT))

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        if self._here is not None:
            return (self._here / name).read_bytes()
        files, place = self._there(name)
        content: bytes = files.cat_file(place)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file, which has its name when it is whole; one of that name is replaced.

        Raises
        ------
        WorkspaceError
            Where the disk is full or may not be written.
        """
        folder, _, last = name.rpartition("/")
        if self._here is not None:
            place = self._here / folder
            with disk_errors(self.address):
                place.mkdir(parents=True, exist_ok=True)
                with Draft(place) as draft:
                    draft.write(content)
                    draft.keep(last)
                sync_folder(place)
            return
        files, place_there = self._there(name)
        _, draft_there = self._there(f"{folder}/{DRAFT}{uuid4().hex}".lstrip("/"))
        try:
            files.makedirs(place_there.rpartition("/")[0], exist_ok=True)
            files.pipe_file(draft_there, content)
            if files.exists(place_there):  # most file systems do not replace when they rename
                files.rm_file(place_there)
            files.mv(draft_there, place_there)
        except OSError as error:
            raise WorkspaceError(
                f"{self.address} cannot be written: {error.strerror or error}", hint="check its permissions and room"
            ) from error

    def move(self, name: str, to: str) -> None:
        """Give a file another name; nothing happens where it has that already."""
        if self._here is not None:
            source = self._here / name
            with disk_errors(self.address):
                if source.exists():
                    source.replace(self._here / to)
                    sync_folder((self._here / to).parent)
            return
        files, place = self._there(name)
        if files.exists(place):
            files.mv(place, self._there(to)[1])

    def remove(self, name: str = "") -> None:
        """Remove a file or a folder with all that is in it, or the whole; nothing happens where it is not there."""
        if self._here is None:
            files, place = self._there(name)
            if files.exists(place):
                files.rm(place, recursive=True)
            return
        here = self._here / name
        with disk_errors(self.address):
            if here.is_dir():
                shutil.rmtree(here)
            else:
                here.unlink(missing_ok=True)

    def within(self, name: str) -> str:
        """Return the address of what lies in it, as Spark takes it."""
        # Without a scheme, Spark on YARN would look in HDFS.
        return (
            f"file://{(self._here / name).absolute()}"
            if self._here is not None
            else f"{self.address.rstrip('/')}/{name}"
        )

    @property
    def _here(self) -> Path | None:
        scheme, found, rest = self.address.partition("://")
        if not found:
            return Path(self.address)
        return Path(f"/{rest.lstrip('/')}") if scheme == "file" else None

    def _there(self, name: str) -> tuple[Any, str]:
        scheme, _, rest = self.address.partition("://")
        wanted = f"{_FSSPEC.get(scheme, scheme)}://{rest.rstrip('/')}/{name}".rstrip("/")
        try:
            import fsspec  # noqa: PLC0415 - it comes with what reads such addresses

            files, place = fsspec.core.url_to_fs(wanted)
        except (ImportError, ValueError) as error:
            raise SettingsError(
                f"predictions cannot be written to {self.address}: {error}",
                hint='pip install "journeyman[hdfs]" for hdfs://, or s3fs for s3a://, here and on all workers',
            ) from error
        return files, str(place)
