"""HDFS as a file system of Arrow's, by hdfs-native: a client in Rust that speaks to NameNode and DataNodes itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from journeyman.arrow import pa, pa_fs
from journeyman.errors import RemoteError
from journeyman.filesystems.deadline import PATIENCE, within
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    import hdfs_native
else:
    hdfs_native = LazyModule("hdfs_native", 'pip install "journeyman[hdfs]"')

__all__ = ["PORT", "HdfsHandler", "open_hdfs"]

PORT = 8020
"""Where NameNodes listen unless they are told otherwise."""
_ALONE = {"dfs.client.failover.max.attempts": "4"}  # 5 to 10 seconds; hdfs-native's 15 are two minutes


def open_hdfs(scheme: str, host: str) -> Any:
    """Return a file system of Arrow's for a NameNode or a name service; nothing is asked of it yet.

    Parameters
    ----------
    scheme : str
        "hdfs" or "viewfs".
    host : str
        A NameNode with or without its port, or a name service of ``hdfs-site.xml`` in ``HADOOP_CONF_DIR``; empty for
        ``fs.defaultFS`` of ``core-site.xml`` there.

    Raises
    ------
    RemoteError
        Where the host is empty and no file says which is meant.
    SettingsError
        Where hdfs-native is not installed.
    """
    # a NameNode by its port is one alone; a name service has others, and files that say how long to look for them
    patience = _ALONE if ":" in host else {}
    try:
        client = hdfs_native.Client(f"{scheme}://{host}" if host else None, patience)
    except (RuntimeError, ValueError) as error:
        if not host or ":" in host or scheme != "hdfs":
            raise RemoteError(
                f"{scheme}://{host}/ names no NameNode",
                hint=f"write {scheme}://HOST:{PORT}/..., or set HADOOP_CONF_DIR to the folder of core-site.xml",
            ) from error
        client = hdfs_native.Client(f"{scheme}://{host}:{PORT}", _ALONE)
    return pa_fs.PyFileSystem(HdfsHandler(client))


class HdfsHandler(pa_fs.FileSystemHandler):
    """Answers what Arrow asks of a file system, by a client of HDFS."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __eq__(self, other: object) -> bool:
        """Tell whether another asks the same client."""
        return isinstance(other, HdfsHandler) and self.client is other.client

    def __hash__(self) -> int:
        """Return a number that equal handlers share."""
        return id(self.client)

    def get_type_name(self) -> str:
        """Return what Arrow calls it."""
        return "hdfs"

    def normalize_path(self, path: str) -> str:
        """Return the path as it is."""
        return path

    def get_file_info(self, paths: Sequence[str]) -> list[Any]:
        """Return what lies at each path."""
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> Any:
        try:
            return _described(self.client.get_file_info(path))
        except FileNotFoundError:
            return pa_fs.FileInfo(path, pa_fs.FileType.NotFound)

    def get_file_info_selector(self, selector: Any) -> list[Any]:
        """Return what lies in a folder."""
        try:
            return [_described(s) for s in self.client.list_status(selector.base_dir, selector.recursive)]
        except FileNotFoundError:
            if selector.allow_not_found:
                return []
            raise

    def create_dir(self, path: str, recursive: bool) -> None:
        """Make a folder; nothing happens where it is there."""
        self.client.mkdirs(path, create_parent=recursive)

    def delete_dir(self, path: str) -> None:
        """Delete a folder with all that it holds."""
        self.client.delete(path, True)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
        """Refuse: nobody here asks for it."""
        raise NotImplementedError(path)

    def delete_root_dir_contents(self) -> None:
        """Refuse: nobody here asks for it."""
        raise NotImplementedError

    def delete_file(self, path: str) -> None:
        """Delete what lies there, where it is no folder."""
        self.client.delete(path, False)

    def move(self, source: str, target: str) -> None:
        """Rename; a file that lies at the target is replaced in the same move, a folder is not."""
        there = self._info(target)
        if there.type == pa_fs.FileType.Directory:
            raise FileExistsError(target)
        self.client.rename(source, target, there.type == pa_fs.FileType.File)

    def copy_file(self, source: str, target: str) -> None:
        """Refuse: HDFS copies nothing itself."""
        raise NotImplementedError(source, target)

    def open_input_stream(self, path: str) -> Any:
        """Open a file to be read."""
        return self.open_input_file(path)

    def open_input_file(self, path: str) -> Any:
        """Open a file to be read at any place."""
        return pa.PythonFile(_PatientFile(self.client.read(path)), mode="r")

    def open_output_stream(self, path: str, _metadata: object) -> Any:
        """Open a new file, or one that loses what it held; its folder is made where it is missing."""
        options = hdfs_native.WriteOptions(overwrite=True, create_parent=True)
        return pa.PythonFile(self.client.create(path, options), mode="w")

    def open_append_stream(self, path: str, _metadata: object) -> Any:
        """Refuse: nobody here asks for it."""
        raise NotImplementedError(path)


class _PatientFile:
    """A file whose reads end: a DataNode that stops in the middle of one says nothing more."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int | None = None) -> bytes:
        """Return so many bytes from here on, or all."""
        wanted = -1 if size is None else size
        return within(PATIENCE, lambda: bytes(self._file.read(wanted)))

    def seekable(self) -> bool:
        """Return whether it can be read at any place."""
        return True

    def readable(self) -> bool:
        """Return whether it can be read."""
        return True

    def size(self) -> int:
        """Return its bytes."""
        return len(self._file)

    def flush(self) -> None:
        """Do nothing: nothing is written."""

    def close(self) -> None:
        """Let go of the file."""
        self.closed = True


def _described(status: Any) -> Any:
    kind = pa_fs.FileType.Directory if status.isdir else pa_fs.FileType.File
    size = None if status.isdir else status.length
    return pa_fs.FileInfo(status.path, kind, size=size, mtime_ns=status.modification_time * 1_000_000)
