"""Releases on a file system that machines share: kept there whole, and brought to the workspace of whoever asks."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from journeyman.entities.model_version import ModelVersion
from journeyman.errors import ReleaseError, RemoteError, SettingsError
from journeyman.filesystems import Remote, is_remote, joined
from journeyman.stores.disk import DRAFT, disk_errors
from journeyman.stores.releases import MANIFEST, SEAL, read_release, remove_release, seal_folder

__all__ = ["STORAGE", "drop_release", "fetched_release", "keep_release", "local_release", "storage"]

STORAGE = "JOURNEYMAN_STORAGE"


def storage() -> Remote | None:
    """Return where releases and archives are kept, as the variable JOURNEYMAN_STORAGE says; None where it is not set.

    Raises
    ------
    SettingsError
        Where it is no such address.

    Examples
    --------
    >>> storage() is None
    True
    """
    address = os.environ.get(STORAGE)
    if not address:
        return None
    if not is_remote(address):
        raise SettingsError(
            f"{STORAGE} is {address!r}, and an address on HDFS, S3 or Google's storage is wanted",
            hint="give it as in hdfs://host:8020/journeyman, s3://bucket/journeyman or gs://bucket/journeyman",
        )
    return Remote(address)


def keep_release(workspace: Path, relative: str) -> None:
    """Copy a release to the storage, where there is one; may be repeated, after a kill too.

    Raises
    ------
    ReleaseError
        Where another release lies there under that name.
    RemoteError
        Where the storage does not answer, or refuses; nothing is seen there then.
    """
    place = storage()
    if place is None:
        return
    there, mine = joined(place, relative), (workspace / relative / SEAL).read_bytes()
    try:
        found = _seal(there)
        if found is None:
            there.upload_folder(workspace / relative, last=SEAL)
    except RemoteError as error:
        raise RemoteError(
            error.message, hint=f"{error.hint.partition(', then repeat')[0]}; then continue with `journeyman resume`"
        ) from error
    if found not in (None, mine):
        raise ReleaseError(
            f"{there} holds another release",
            hint=f"give each database a folder of its own in {STORAGE}, or let both share one database",
        )


def _seal(there: Remote) -> bytes | None:
    try:
        return joined(there, SEAL).read()
    except FileNotFoundError:
        return None


def local_release(workspace: Path, version: ModelVersion) -> Path:
    """Return a version's folder in a workspace; one that is missing is brought from the storage, where there is one.

    Raises
    ------
    ReleaseError
        Where a byte of it was changed.
    RemoteError
        Where the storage does not answer, or refuses.
    """
    folder, place = workspace / version.path, storage()
    if not (folder / MANIFEST).is_file() and place is not None and _seal(joined(place, version.path)) is not None:
        _bring(joined(place, version.path), folder, version.digest)
    return folder


@lru_cache(maxsize=16)
def fetched_release(address: str) -> Path:
    """Return a folder with the release of an address, which goes when the process ends.

    Raises
    ------
    ReleaseError
        Where there is none, or a byte of it was changed.
    RemoteError
        Where the storage does not answer, or refuses.
    """
    there = Remote(address)
    if _seal(there) is None:
        raise ReleaseError(f"{there} is not a release: it has no {SEAL}", hint="name a release's folder, or its model")
    parent = Path(tempfile.mkdtemp(prefix="journeyman-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    _bring(there, parent / there.name, None)
    return parent / there.name


def _bring(there: Remote, folder: Path, digest: str | None) -> None:
    """Copy a release, check every byte, and give it its name in one move; whoever else brings it may be first."""
    draft = folder.parent / f"{DRAFT}{folder.name}-{secrets.token_hex(4)}"
    with disk_errors(folder.parent):
        try:
            for entry in there.entries():
                target = draft / entry.name
                target.parent.mkdir(parents=True, exist_ok=True)
                joined(there, entry.name).download(target)
            read_release(draft, digest)
            seal_folder(draft)
            try:
                draft.rename(folder)
            except OSError:
                if not (folder / MANIFEST).is_file():
                    raise
            else:
                folder.chmod(0o555)
        except ReleaseError as error:
            raise ReleaseError(error.message.replace(str(draft), str(there)), hint=error.hint) from error
        finally:
            for path in [draft, *draft.rglob("*")] if draft.exists() else ():
                if path.is_dir():
                    path.chmod(0o755)
            shutil.rmtree(draft, ignore_errors=True)


def drop_release(workspace: Path, relative: str) -> None:
    """Delete a release in a workspace and in the storage; may be repeated, after a kill too.

    A storage that does not answer keeps it: housekeeping comes again.
    """
    remove_release(workspace / relative)
    place = storage()
    if place is not None:
        there = joined(place, relative)
        with suppress(RemoteError):
            joined(there, SEAL).delete()  # without it there is no release any more
            there.delete()
