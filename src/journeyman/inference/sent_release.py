"""A release as bytes, for processes elsewhere that have no folder of it; opened once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import journeyman
from journeyman.errors import SettingsError
from journeyman.inference.release import Release
from journeyman.stores.releases import read_release, release_digest

__all__ = ["SentRelease"]


@dataclass(frozen=True)
class SentRelease:
    """All that a release's folder holds, checked against its digest when it was read.

    Attributes
    ----------
    digest : str
        Of the release.
    version : str
        Of the Journeyman that sends it.
    manifest, files : mapping
        As ``read_release`` gives them; a release that is opened has no folder.
    decimal : str or None
        The decimal sign that numbers in texts are read with, where it is not that of the training table.

    Examples
    --------
    >>> sent = SentRelease("1a2b", "0.0.1", {}, {})
    >>> sent.open()
    Traceback (most recent call last):
    journeyman.errors.SettingsError: this worker has Journeyman ..., the sender Journeyman 0.0.1 (hint: ...)
    """

    digest: str
    version: str
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    decimal: str | None = None

    @classmethod
    def of(cls, release: Release, decimal: str | None = None) -> SentRelease:
        """Read the folder of a release again, every byte checked."""
        digest = release_digest(release.path)
        manifest, files = read_release(release.path, digest)
        return cls(digest, journeyman.__version__, manifest, files, decimal)

    def open(self) -> Release:
        """Return the release; a process opens it once, however often it gets it.

        Raises
        ------
        SettingsError
            Where this process has another version of Journeyman than the sender.
        """
        if self.version != journeyman.__version__:
            raise SettingsError(
                f"this worker has Journeyman {journeyman.__version__}, the sender Journeyman {self.version}",
                hint="install the same version on both",
            )
        return _open_release(_Key(self))


class _Key:
    """Stands for a release in the cache, which compares digests and not the bytes."""

    def __init__(self, sent: SentRelease) -> None:
        self.sent = sent
        self._name = (sent.digest, sent.decimal)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._name == other._name

    def __hash__(self) -> int:
        return hash(self._name)


@lru_cache(maxsize=4)
def _open_release(key: _Key) -> Release:
    release = Release(Path(), key.sent.manifest, key.sent.files)
    return release if key.sent.decimal is None else release.with_decimal(key.sent.decimal)
