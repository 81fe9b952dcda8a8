"""Release folders: whole or absent, never changed, and read only when every byte is the one that was written."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np

from journeyman.errors import ReleaseError
from journeyman.stores.disk import DRAFT, disk_errors, make_folder, sync_folder

__all__ = [
    "MANIFEST",
    "SEAL",
    "read_release",
    "receive_release",
    "release_digest",
    "remove_release",
    "write_release",
]

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
_FORMAT = 1


def write_release(folder: Path, files: Mapping[str, bytes], facts: Mapping[str, object]) -> str:
    """Write an immutable folder and return its digest, which is its manifest's.

    The folder is made under a draft's name and renamed when every byte is durable. Where a folder of that name was
    written before by the same run (``facts["run"]``), it is left as it is and its digest returned, so that a resumed
    run may repeat this.

    Parameters
    ----------
    folder : Path
        Where the release will be; its parent is made where it is missing.
    files : mapping of str to bytes
        Content by relative name ("members/0/model.txt").
    facts : mapping
        What the manifest says besides the list of files: schema, task, versions, seed, data digest, evaluation ...;
        written as readable JSON (NaN becomes null).

    Raises
    ------
    ReleaseError
        Where another release lies there.
    WorkspaceError
        Where the disk is full or cannot be written; nothing is left behind then.
    """
    for name in files:
        _check_member(name)
    manifest = _manifest(files, facts)
    digest = hashlib.sha256(manifest).hexdigest()
    if folder.exists():
        present, _ = read_release(folder)
        found = release_digest(folder)
        if found == digest or ("run" in facts and present.get("run") == facts["run"]):
            return found
        raise ReleaseError(f"{folder} holds another release", hint="releases are never changed: use the next version")
    seal = f"{digest}  {MANIFEST}\n".encode()
    _write_folder(folder, {**files, MANIFEST: manifest, SEAL: seal})
    return digest


def receive_release(folder: Path, digest: str | None, origin: str, fill: Callable[[Path], None]) -> None:
    """Make the folder of a release that lies elsewhere: whole, every byte checked, or not at all.

    Several processes may do it at once: one of them gives the folder its name, and the others take it as it is.

    Parameters
    ----------
    folder : Path
        Where the release will be.
    digest : str, optional
        What the registry says its digest is; without it the folder is only checked against itself.
    origin : str
        Where it comes from, for messages.
    fill : callable
        Copies all files, manifest and seal among them, to the folder that it is given.

    Raises
    ------
    ReleaseError
        Where what came is not the release of that digest.
    WorkspaceError
        As for ``write_release``.
    """
    draft = folder.parent / f"{DRAFT}{folder.name}-{secrets.token_hex(4)}"
    with disk_errors(folder.parent):
        try:
            make_folder(folder.parent)
            draft.mkdir()
            fill(draft)
            read_release(draft, digest)
            for path in draft.rglob("*"):
                sync_folder(path)  # files, too
            _seal_folder(draft)
            try:
                draft.rename(folder)
            except OSError:
                if not (folder / MANIFEST).is_file():  # else another process was the first
                    raise
            else:
                folder.chmod(0o555)
                sync_folder(folder.parent)
        except ReleaseError as error:
            raise ReleaseError(error.message.replace(str(draft), origin), hint=error.hint) from error
        finally:
            _remove(draft)


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    draft = folder.parent / f"{DRAFT}{folder.name}"
    with disk_errors(folder.parent):
        try:
            _remove(draft)
            make_folder(draft.parent)
            draft.mkdir()
            for name, content in sorted(files.items()):
                _write(draft / name, content)
            _seal_folder(draft)
            draft.rename(folder)
            # Last, because some systems do not let a read-only folder be renamed.
            folder.chmod(0o555)
            sync_folder(folder.parent)
        except BaseException:
            _remove(draft)
            raise


def _seal_folder(draft: Path) -> None:
    """Make what is in a folder durable, and its files and folders such that nobody changes them by mistake."""
    for path in sorted(draft.rglob("*"), reverse=True):
        if path.is_dir():
            sync_folder(path)
            path.chmod(0o555)
        else:
            path.chmod(0o444)
    sync_folder(draft)


def read_release(folder: Path, digest: str | None = None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a release's manifest and files, after every byte was checked. Runs no code from the folder.

    Parameters
    ----------
    folder : Path
        The release.
    digest : str, optional
        What the registry says its digest is; without it the folder is only checked against itself.

    Raises
    ------
    ReleaseError
        Where there is no release, or a file was changed, added or removed; the message names it.
    """
    found = release_digest(folder)
    if digest is not None and found != digest:
        raise _damaged(folder, f"a changed byte in {MANIFEST}")
    manifest = json.loads(_read(folder, MANIFEST))
    if manifest.get("format") != _FORMAT:
        raise ReleaseError(
            f"{folder} has format {manifest.get('format')}, this Journeyman reads format {_FORMAT}",
            hint="upgrade Journeyman, or build the model anew",
        )
    listed: dict[str, Any] = manifest["files"]
    present = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    }
    for name in sorted(present - set(listed) - {MANIFEST, SEAL}):
        raise _damaged(folder, f"an added file {name}")
    files: dict[str, bytes] = {}
    for name in sorted(listed):
        if name not in present or (folder / name).is_symlink():
            raise _damaged(folder, f"a missing file {name}")
        content = _read(folder, name)
        if hashlib.sha256(content).hexdigest() != listed[name]["sha256"]:
            raise _damaged(folder, f"a changed byte in {name}")
        files[name] = content
    return manifest, files


def remove_release(folder: Path) -> None:
    """Delete a release: at no moment is a part of it there under its name. May be repeated, after a kill too.

    Raises
    ------
    WorkspaceError
        Where the folder cannot be written.
    """
    draft = folder.parent / f"{DRAFT}{folder.name}"
    with disk_errors(folder.parent):
        if folder.exists():
            folder.chmod(0o755)  # some systems do not let a read-only folder be renamed
            folder.rename(draft)
            sync_folder(folder.parent)
        _remove(draft)


def release_digest(folder: Path) -> str:
    """Return the digest of a release, which is that of its manifest.

    Raises
    ------
    ReleaseError
        Where there is no release, or the manifest was changed.
    """
    if not (folder / MANIFEST).is_file():
        raise ReleaseError(
            f"{folder} is not a release: it has no {MANIFEST}", hint="`journeyman list` shows the releases"
        )
    digest = hashlib.sha256(_read(folder, MANIFEST)).hexdigest()
    if not (folder / SEAL).is_file():
        raise _damaged(folder, f"a missing file {SEAL}")
    if _read(folder, SEAL) != f"{digest}  {MANIFEST}\n".encode():
        raise _damaged(folder, f"a changed byte in {MANIFEST} or {SEAL}")
    return digest


def _manifest(files: Mapping[str, bytes], facts: Mapping[str, object]) -> bytes:
    entries = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
    content = {**facts, "format": _FORMAT, "files": entries}
    plain = msgspec.json.encode(content, enc_hook=_manifest_value, order="sorted")
    return msgspec.json.format(plain, indent=2) + b"\n"


def _manifest_value(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot stand in a manifest")


def _check_member(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or name in (MANIFEST, SEAL, "."):
        raise ValueError(f"{name!r} cannot be the name of a file in a release")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise ReleaseError(
            f"{folder / name} cannot be read: {error.strerror}", hint="check the folder's permissions and the disk"
        ) from error


def _remove(draft: Path) -> None:
    if draft.exists():
        for path in [draft, *draft.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(draft)


def _damaged(folder: Path, what: str) -> ReleaseError:
    return ReleaseError(
        f"the release {folder} is not what was released: {what}",
        hint=f"go back to the version before with `journeyman rollback {folder.parent.name}`, or build the model again",
    )
