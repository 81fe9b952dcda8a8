"""Releases on a file system that machines share: kept there whole, and brought to the workspace of whoever asks."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path

from journeyman.entities.model_version import ModelVersion
from journeyman.errors import ReleaseError, RemoteError, SettingsError
from journeyman.filesystems import Remote, is_remote, joined
from journeyman.stores.releases import SEAL, receive_release, remove_release

__all__ = ["STORAGE", "bring_release", "drop_releases", "fetched_release", "keep_release", "storage"]

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
            hint="give it as in hdfs://host:8020/models, s3://bucket/models or gs://bucket/models",
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


def bring_release(folder: Path, version: ModelVersion) -> None:
    """Copy a version from the storage to its folder in a workspace; nothing happens where it does not lie there.

    Raises
    ------
    ReleaseError
        Where a byte of it was changed.
    RemoteError
        Where the storage does not answer, or refuses.
    """
    place = storage()
    if place is not None and _seal(there := joined(place, version.path)) is not None:
        receive_release(folder, version.digest, str(there), partial(_download, there))


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
    folder = parent / there.parent.name / there.name
    receive_release(folder, None, str(there), partial(_download, there))
    return folder


def _download(there: Remote, folder: Path) -> None:
    for entry in there.entries():
        target = folder / entry.name
        target.parent.mkdir(parents=True, exist_ok=True)
        joined(there, entry.name).download(target)


def drop_releases(workspace: Path, paths: Sequence[str]) -> None:
    """Delete releases in a workspace and in the storage; may be repeated, after a kill too.

    A storage that does not answer, or refuses, is asked for no further one: housekeeping comes again.
    """
    for relative in paths:
        remove_release(workspace / relative)
    place = storage()
    if place is None:
        return
    with suppress(RemoteError):
        for relative in paths:
            there = joined(place, relative)
            joined(there, SEAL).delete()  # without it there is no release any more
            there.delete()
