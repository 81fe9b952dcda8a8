"""An address on a file system elsewhere, and all that is done there: everything ends, in a result or in one line."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

from journeyman.arrow import pa_fs
from journeyman.errors import JourneymanError, RemoteError
from journeyman.filesystems.complaints import TRANSIENT, complaint
from journeyman.filesystems.deadline import PATIENCE, within
from journeyman.lazy_module import LazyModule

hdfs: Any = LazyModule("journeyman.filesystems.hdfs")

__all__ = ["SCHEMES", "Entry", "Remote", "is_remote", "is_remote_path", "joined", "place_of"]

T = TypeVar("T")
SCHEMES = ("hdfs", "viewfs", "s3", "gs")
_ADDRESS = re.compile(rf"({'|'.join(SCHEMES)})://([^/]*)(/.*)?", re.IGNORECASE | re.DOTALL)
_FLATTENED = re.compile(rf"({'|'.join(SCHEMES)}):/+", re.IGNORECASE)
_GOOGLES = timedelta(seconds=30)  # of its own accord Google's client tries for a quarter of an hour
_PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds between attempts: a NameNode names a dead DataNode for a while
_SOON = 10.0
_CHUNK = 8 << 20
_DRAFT = ".draft-"
_STALE = 86_400.0  # seconds after which what was begun under a draft's name is nobody's any more


def is_remote(location: str) -> bool:
    """Say whether a text is an address of a file system elsewhere.

    Examples
    --------
    >>> is_remote("hdfs://host:8020/a.csv"), is_remote("S3://bucket/a"), is_remote("postgresql://host/a")
    (True, True, False)
    """
    return _ADDRESS.fullmatch(location) is not None


def is_remote_path(path: Path) -> bool:
    """Say whether a path was an address before it became a path, which writes one slash for two."""
    return _FLATTENED.match(path.as_posix()) is not None


def place_of(location: str | Path | Remote) -> Path | Remote:
    """Return a path, or an address on a file system elsewhere.

    Examples
    --------
    >>> place_of("hdfs://host/a.csv")
    Remote('hdfs://host/a.csv')
    """
    if isinstance(location, Remote):
        return location
    return Remote(location) if isinstance(location, str) and is_remote(location) else Path(location)


def joined(folder: Remote, relative: str) -> Remote:
    """Return the address of what lies in a folder, by its relative name."""
    return Remote(f"{folder.address}/{relative}") if relative else folder


@dataclass(frozen=True)
class Entry:
    """A file in a folder: its name relative to the folder, its bytes, and when it changed (nanoseconds)."""

    name: str
    size: int
    modified: int


class _DataNodeGone(RemoteError):
    """A DataNode does not answer though the NameNode does, which names others after a while."""


class Remote:
    """A file or folder by its address; whatever fails raises RemoteError in one line, and nothing waits for ever.

    A server that says nothing for three minutes is taken for gone. What is written is written under a draft's name and
    renamed, so that no half of it is ever seen; object stores cannot rename folders, see ``upload_folder``.

    Parameters
    ----------
    address : str
        "hdfs://host:8020/folder/file"; also viewfs, s3 and gs.

    Attributes
    ----------
    address : str
        As given, without slashes at its end.
    server : str
        "hdfs://host:8020", or the bucket: "s3://bucket".
    """

    def __init__(self, address: str) -> None:
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise ValueError(f"{address!r} is no address of a file system")
        self.scheme, self._host = found[1].lower(), found[2]
        self._inside = "/" + (found[3] or "").strip("/")
        self.server = f"{self.scheme}://{self._host}"
        self.address = self.server + (self._inside if self._inside != "/" else "")

    def __repr__(self) -> str:
        """Return the address as code."""
        return f"Remote({self.address!r})"

    def __str__(self) -> str:
        """Return the address as a user would give it."""
        return self.address

    def __eq__(self, other: object) -> bool:
        """Tell whether it is the same address."""
        return isinstance(other, Remote) and other.address == self.address

    def __hash__(self) -> int:
        """Return a number that equal addresses share."""
        return hash(self.address)

    @property
    def name(self) -> str:
        """Last part of the address."""
        return PurePosixPath(self._inside).name or self._host

    @property
    def parent(self) -> Remote:
        """The folder that it lies in."""
        return Remote(self.server + str(PurePosixPath(self._inside).parent))

    @property
    def renames_folders(self) -> bool:
        """Whether a folder gets another name in one move."""
        return self.scheme in ("hdfs", "viewfs")

    @property
    def path(self) -> str:
        """Path on Arrow's file system."""
        return self._inside if self.renames_folders else self._host + self._inside.rstrip("/")

    @property
    def filesystem(self) -> Any:
        """Arrow's file system; nothing that is asked of it by others ends after a time."""
        with self.clear():
            return _open_filesystem(self.scheme, self._host, _environment())

    def ask(self, question: Callable[[Any, str], T]) -> T:
        """Return what a function of the file system and the path finds; FileNotFoundError where it raises that.

        Raises
        ------
        RemoteError
            Where the server refuses or does not answer.
        """
        filesystem, path = self.filesystem, self.path
        with self.clear():
            return within(PATIENCE, lambda: question(filesystem, path))

    @contextmanager
    def clear(self) -> Iterator[None]:
        """Turn what a client raises of this address into RemoteError; a missing file stays one."""
        try:
            yield
        except (JourneymanError, FileNotFoundError):
            raise
        except (OSError, RuntimeError, ValueError) as error:
            raise complaint(self.address, self.server, error) from error

    def is_file(self) -> bool:
        """Say whether a file lies there."""
        return bool(self._kind() == pa_fs.FileType.File)

    def is_folder(self) -> bool:
        """Say whether a folder lies there."""
        return bool(self._kind() == pa_fs.FileType.Directory)

    def _kind(self) -> Any:
        return self.ask(lambda fs, path: fs.get_file_info([path])[0]).type

    def entry(self) -> Entry:
        """Return the file that lies there; FileNotFoundError where none does."""
        info = self.ask(lambda fs, path: fs.get_file_info([path])[0])
        if info.type != pa_fs.FileType.File:
            raise FileNotFoundError(self.address)
        return Entry(self.name, int(info.size), int(info.mtime_ns or 0))

    def entries(self) -> tuple[Entry, ...]:
        """Return all files of a folder and of the folders in it, by name; none where there is no such folder."""
        found = self._look(recursive=True)
        files = [i for i in found if i.type == pa_fs.FileType.File]
        start = len(self.path.rstrip("/")) + 1
        return tuple(
            sorted((Entry(i.path[start:], int(i.size), int(i.mtime_ns or 0)) for i in files), key=lambda e: e.name)
        )

    def names(self) -> tuple[str, ...]:
        """Return the names of what lies in a folder; none where there is no such folder."""
        if self.scheme == "gs":  # Arrow lists folders there only where an object stands for them
            return tuple(sorted({entry.name.partition("/")[0] for entry in self.entries()}))
        return tuple(sorted(PurePosixPath(i.path).name for i in self._look(recursive=False)))

    def _look(self, recursive: bool) -> list[Any]:
        def look(fs: Any, path: str) -> list[Any]:
            return list(fs.get_file_info(pa_fs.FileSelector(path, allow_not_found=True, recursive=recursive)))

        return self.ask(look)

    def read(self) -> bytes:
        """Return what is in a file; FileNotFoundError where there is none."""

        def whole(fs: Any, path: str) -> bytes:
            with fs.open_input_file(path) as file:
                return bytes(file.read())

        return self.ask(whole)

    def download(self, target: Path, tell: Callable[[int], None] = lambda _: None) -> None:
        """Copy a file to this machine's disk; ``tell`` gets the number of bytes that came, piece by piece.

        A connection that breaks is taken up again where it broke.

        Raises
        ------
        RemoteError
            As for ``ask``, or where the file changes meanwhile.
        OSError
            Of this machine's disk.
        """
        before = self.entry()
        with target.open("wb") as copy:
            self._retried(lambda: self._continue(copy, tell))
            size = copy.tell()
        if self.entry() != before or size != before.size:
            raise RemoteError(
                f"{self.address} changed while it was read", hint="repeat the command once nobody writes it"
            )

    def _continue(self, copy: BinaryIO, tell: Callable[[int], None]) -> None:
        file = self.ask(lambda fs, path: fs.open_input_file(path))
        self._within(lambda: file.seek(copy.tell()))
        while piece := self._within(lambda: file.read(_CHUNK)):
            copy.write(piece)
            tell(len(piece))

    def _within(self, call: Callable[[], T]) -> T:
        with self.clear():
            return within(PATIENCE, call)

    def upload(self, source: Path) -> None:
        """Copy a file there: it appears whole, in place of what lay there, or not at all. What fails may be repeated.

        Raises
        ------
        RemoteError
            As for ``ask``; the draft is deleted where the server still answers, or by the next upload to that folder
            that comes a day later.
        """
        self._retried(lambda: self._upload(source))

    def write(self, content: bytes) -> None:
        """Write a small file as ``upload`` does."""
        self._retried(lambda: self._put(lambda file: self._within(lambda: file.write(content)), len(content)))

    def _retried(self, attempt: Callable[[], None]) -> None:
        for pause in (*_PAUSES, None):
            try:
                attempt()
                return
            except RemoteError as error:
                again = isinstance(error, _DataNodeGone) or TRANSIENT.search(str(error.__cause__))
                if pause is None or not again:
                    raise
                time.sleep(pause)

    def _upload(self, source: Path) -> None:
        def copy(file: Any) -> None:
            with source.open("rb") as local:
                while piece := local.read(_CHUNK):
                    self._within(lambda p=piece: file.write(p))  # type: ignore[misc] # a default is not inferred

        self._put(copy, source.stat().st_size)

    def _put(self, fill: Callable[[Any], object], size: int) -> None:
        """Fill a draft, look whether all of it is there, and give it its name."""
        draft = joined(self.parent, f"{_DRAFT}{secrets.token_hex(6)}-{self.name}")
        try:
            draft.parent.make_folder()
            draft.parent.sweep()
            file = self._open_draft(draft)
            try:
                draft._fill(file, fill)
                if draft.entry().size != size:
                    raise RemoteError(f"{self} was not written whole", hint="repeat the command")
                draft.rename(self)
            except BaseException:
                draft._give_up(file)
                raise
        except RemoteError as error:
            said = error.message.replace(draft.address, self.address)
            raise type(error)(said, hint=error.hint) from error.__cause__

    def _open_draft(self, draft: Remote) -> Any:
        try:
            return draft.ask(lambda fs, path: fs.open_output_stream(path))
        except FileNotFoundError as error:  # Google's storage
            raise complaint(self.address, self.server, RuntimeError("NO_SUCH_BUCKET")) from error

    def _fill(self, file: Any, fill: Callable[[Any], object]) -> None:
        try:
            fill(file)
            self._within(file.close)
        except RemoteError as error:
            if not self.renames_folders or "refused" not in str(error.__cause__):
                raise
            self.is_file()  # raises where it is the NameNode that refused
            raise _DataNodeGone(
                f"{self} cannot be written: a DataNode that was to take it does not answer",
                hint="`hdfs dfsadmin -report` shows them; repeat the command",
            ) from error.__cause__

    def _give_up(self, file: Any) -> None:
        """Delete a draft. A client of HDFS waits long before it gives up to close a file, unless that is gone."""

        def close() -> None:
            with suppress(Exception):  # what led here is told
                within(_SOON, file.close)

        if not self.renames_folders:
            close()
        with suppress(RemoteError, FileNotFoundError):
            self.delete()
        close()

    def upload_folder(self, source: Path, last: str) -> None:
        """Copy a folder there that appears whole, or not at all, and that is never changed; what fails may be repeated.

        HDFS gives the draft its name in one move. An object store, which cannot, gets the file ``last`` after all
        others: a folder without it is none.

        Raises
        ------
        RemoteError
            As for ``ask``.
        """
        files = sorted(p for p in source.rglob("*") if p.is_file())
        files = [p for p in files if p.name != last] + [source / last]
        draft = joined(self.parent, f"{_DRAFT}{self.name}") if self.renames_folders else self
        if self.renames_folders:
            self.parent.make_folder()
            self.parent.sweep()
            draft.delete()
        try:
            for file in files:
                joined(draft, file.relative_to(source).as_posix()).upload(file)
            if draft is not self:
                draft.rename(self)
        except BaseException:
            if draft is not self:
                with suppress(RemoteError, FileNotFoundError):
                    draft.delete()
            raise

    def make_folder(self) -> None:
        """Make a folder and those above it, where they are not there."""
        if self.renames_folders and not self.is_folder():  # object stores have no folders
            self.ask(lambda fs, path: fs.create_dir(path, recursive=True))

    def rename(self, target: Remote) -> None:
        """Give another name; a file that lies there is replaced, a folder is not."""
        self.ask(lambda fs, path: fs.move(path, target.path))

    def delete(self) -> None:
        """Delete a file or a folder; nothing happens where there is none."""
        kind = self._kind()
        with suppress(FileNotFoundError):  # object stores may have no object for a folder itself
            if kind == pa_fs.FileType.Directory:
                self.ask(lambda fs, path: fs.delete_dir(path))
            elif kind == pa_fs.FileType.File:
                self.ask(lambda fs, path: fs.delete_file(path))

    def sweep(self) -> None:
        """Delete what was begun in this folder a day ago and never finished."""
        old = time.time() - _STALE
        for info in self._look(recursive=False):
            name = PurePosixPath(info.path).name
            if name.startswith(_DRAFT) and info.mtime_ns and info.mtime_ns / 1e9 < old:
                joined(self, name).delete()


def _environment() -> tuple[str | None, ...]:
    """Return what decides how a file system is reached: a client that was made under other settings is another."""
    names = ("HADOOP_CONF_DIR", "HADOOP_HOME", "HADOOP_USER_NAME", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
    more = ("AWS_ACCESS_KEY_ID", "STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS")
    return (str(os.getpid()), *(os.environ.get(name) for name in (*names, *more)))


@lru_cache(maxsize=8)
def _open_filesystem(scheme: str, host: str, _environment: tuple[str | None, ...]) -> Any:
    if scheme == "s3":
        filesystem, _ = pa_fs.FileSystem.from_uri(f"s3://{host}")  # finds the region of the bucket
        return filesystem
    if scheme == "gs":
        emulator = os.environ.get("STORAGE_EMULATOR_HOST", "")
        if emulator:  # as Google's own clients take it
            protocol, found, address = emulator.rpartition("://")
            return pa_fs.GcsFileSystem(
                anonymous=True,
                scheme=protocol if found else "http",
                endpoint_override=address.strip("/"),
                retry_time_limit=_GOOGLES,
            )
        return pa_fs.GcsFileSystem(retry_time_limit=_GOOGLES)
    return hdfs.open_hdfs(scheme, host)
