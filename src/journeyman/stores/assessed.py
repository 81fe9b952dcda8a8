"""What was expected of use cases that were assessed, so that the outcomes of builds can be held against it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from journeyman.errors import WorkspaceError
from journeyman.stores.disk import disk_errors, make_folder

__all__ = ["ASSESSED", "AssessedCase", "clear_assessed", "read_assessed", "write_assessed"]

ASSESSED = "assessed.json"
_MOST = 2_000
"""Cases that are kept: of more, the latest."""


class AssessedCase(msgspec.Struct, frozen=True):
    """What was expected before any of the user's own builds moved it, and by what margin."""

    probability: float
    margin: float


def read_assessed(folder: Path) -> dict[str, AssessedCase]:
    """Return what was expected, by the number that names a table and its target; empty where nothing was assessed.

    Raises
    ------
    WorkspaceError
        Where the file cannot be read, or holds something else.
    """
    file = folder / ASSESSED
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, AssessedCase])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be read: {error.strerror}", hint="check its permissions") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{file} is damaged", hint=f"remove it with: rm {file}") from error


def write_assessed(folder: Path, cases: Mapping[str, AssessedCase]) -> None:
    """Keep what was expected, in place of what was there; whole or not at all."""
    with disk_errors(folder):
        make_folder(folder)
        draft = folder / f".{ASSESSED}.part"
        draft.write_bytes(msgspec.json.encode(dict(list(cases.items())[-_MOST:])))
        draft.replace(folder / ASSESSED)


def clear_assessed(folder: Path) -> None:
    """Forget what was expected.

    Raises
    ------
    WorkspaceError
        Where the file cannot be removed.
    """
    with disk_errors(folder):
        (folder / ASSESSED).unlink(missing_ok=True)
