"""Facts as files named by the SHA-256 of what is in them; arrays and frames of some size are files of their own."""

from __future__ import annotations

import hashlib
import mmap
import weakref
from pathlib import Path
from typing import Any

from journeyman.errors import JournalError
from journeyman.stores.arrays import Part, part_bytes, read_part, write_part
from journeyman.stores.disk import Draft, disk_errors, sync_folder
from journeyman.stores.facts import decode, encode
from journeyman.stores.shared_files import SharedFiles, fetched

__all__ = ["FileArtifacts"]

_IN_PLACE_BYTES = 16_384
"""Parts up to this size stay in the file of their fact, which saves a file and an fsync each."""


_MOST_SHARED_BYTES = 256 << 20
"""Larger files are not copied into a database: a row of PostgreSQL's holds no more than four times as much."""


class FileArtifacts:
    """Facts by digest, in a folder; a part that several facts share is stored and hashed once.

    Parameters
    ----------
    folder : Path
        Where the files lie. ``sha256sum`` of a file gives its name.
    shared : SharedFiles, optional
        Copies that other machines have; what is missing here is fetched from there.
    copied : bool
        Whether all that is put here is copied there, too; else only what ``share`` names.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     artifacts = FileArtifacts(Path(folder))
    ...     artifacts.get(artifacts.put((1, 2)), tuple[int, ...])
    (1, 2)
    """

    def __init__(self, folder: Path, shared: SharedFiles | None = None, *, copied: bool = False) -> None:
        self.folder = folder
        self._shared, self._copied = shared, copied
        self._parts: dict[str, tuple[str, ...]] = {}
        self._written: list[str] = []
        # Keyed by identity, because arrays and frames have no hash; the weak reference tells a reused identity apart.
        self._known: dict[int, tuple[weakref.ref[Any], str]] = {}

    def put(self, fact: object) -> str:
        """Store a fact, durably, and return its digest.

        Raises
        ------
        WorkspaceError
            Where the disk is full or cannot be written; nothing is left behind then.
        """
        with disk_errors(self.folder):
            self._written = []
            tree = encode(fact, self._store)
            digest = hashlib.sha256(tree).hexdigest()
            if not (self.folder / digest).exists():
                with Draft(self.folder) as draft:
                    draft.write(tree)
                    draft.keep(digest)
                sync_folder(self.folder)
            self._parts[digest] = tuple(self._written)
        if self._copied:
            self.share(digest)
        return digest

    def share(self, digest: str) -> None:
        """Copy a fact that was put by this process, with its parts, to where other machines find it, if there is such.

        Raises
        ------
        WorkspaceError
            Where it cannot be written there.
        """
        if self._shared is not None and digest in self._parts:
            for name in (*self._parts[digest], digest):  # the fact last: one that is there is whole
                if (self.folder / name).stat().st_size <= _MOST_SHARED_BYTES and not self._shared.has(name):
                    self._shared.keep(name, (self.folder / name).read_bytes())

    def has(self, digest: str) -> bool:
        """Say whether a fact is here, or where other machines keep theirs."""
        return (self.folder / digest).exists() or (self._shared is not None and self._shared.has(digest))

    def digest(self, fact: object) -> str:
        """Return the digest that ``put`` would return, storing nothing."""
        return hashlib.sha256(encode(fact, self._name)).hexdigest()

    def get(self, digest: str, kind: Any) -> Any:
        """Return the fact of that digest, read as ``kind``.

        Raises
        ------
        JournalError
            Where a file is missing, or a byte of it has changed.
        """
        return decode(self._verified(digest), kind, self._fetch)

    def _store(self, part: Part) -> str | None:
        if part_bytes(part) <= _IN_PLACE_BYTES:
            return None
        digest = self._recall(part)
        if digest is None or not (self.folder / digest).exists():
            with Draft(self.folder) as draft:
                write_part(part, draft)
                digest = draft.digest
                if not (self.folder / digest).exists():
                    draft.keep(digest)
            self._remember(part, digest)
        self._written.append(digest)
        return digest

    def _name(self, part: Part) -> str | None:
        if part_bytes(part) <= _IN_PLACE_BYTES:
            return None
        digest = self._recall(part)
        if digest is None:
            sink = _Hash()
            write_part(part, sink)
            digest = sink.digest
            self._remember(part, digest)
        return digest

    def _fetch(self, kind: int, digest: str) -> Part:
        part = read_part(kind, self._verified(digest))
        self._remember(part, digest)
        return part

    def _verified(self, digest: str) -> memoryview:
        path = self.folder / digest
        if self._shared is not None and not path.exists():
            fetched(self._shared, digest, self.folder)
        try:
            with path.open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError) as error:
            # ValueError: an empty file cannot be mapped.
            raise JournalError(
                f"artifact {digest[:12]} is missing from {self.folder}",
                hint="restore the workspace from a copy, or start the build anew",
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise JournalError(
                f"artifact {digest[:12]} in {self.folder} is damaged: its bytes have changed",
                hint="restore the workspace from a copy, or start the build anew",
            )
        return data

    def _recall(self, part: Part) -> str | None:
        reference, digest = self._known.get(id(part), (None, None))
        return digest if reference is not None and reference() is part else None

    def _remember(self, part: Part, digest: str) -> None:
        identity = id(part)
        self._known[identity] = (weakref.ref(part, lambda _: self._known.pop(identity, None)), digest)


class _Hash:
    """A sink that keeps nothing but the hash."""

    closed = False

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, data: bytes | memoryview, /) -> int:
        self._hash.update(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing, as pyarrow asks for it."""

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()
