"""What is known of the tables of lakes, in a file of the workspace: a table that did not change is not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from journeyman.entities.lake import LakeTable, Listed
from journeyman.errors import JournalError
from journeyman.stores.disk import disk_errors
from journeyman.stores.facts import decode, encode

__all__ = ["LakeProfile"]

_FORMAT = 1


@dataclass(frozen=True)
class _Content:
    format: int
    tables: tuple[LakeTable, ...]


class LakeProfile:
    """The profile of one lake.

    Parameters
    ----------
    folder : Path
        Of the workspace; ``lakes/`` in it is made with the first profile.
    lake : str
        Where the lake is.
    """

    def __init__(self, folder: Path, lake: str) -> None:
        self._path = folder / "lakes" / f"{hashlib.sha256(lake.encode()).hexdigest()[:16]}.msgpack"

    def load(self) -> dict[Listed, LakeTable]:
        """Return the known tables by where they lie, with size and time of change; none where a file is damaged."""
        with suppress(OSError, JournalError, msgspec.DecodeError, ValueError, TypeError):
            content: _Content = decode(self._path.read_bytes(), _Content)
            if content.format == _FORMAT:
                return {table.listed: table for table in content.tables if table.listed.modified}
        return {}

    def save(self, tables: Sequence[LakeTable]) -> None:
        """Keep the tables, whole or not at all.

        Raises
        ------
        WorkspaceError
            Where the disk is full or may not be written.
        """
        with disk_errors(self._path.parent):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".draft")
            draft.write_bytes(encode(_Content(_FORMAT, tuple(tables))))
            draft.replace(self._path)
