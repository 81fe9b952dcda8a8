"""Decisions that are kept: a file of a workspace beside the releases, whose digests they never touch."""

from __future__ import annotations

from pathlib import Path

import msgspec

from journeyman.entities.decided_case import DecidedCase
from journeyman.errors import SettingsError, WorkspaceError
from journeyman.stores.analysis_file import python_number, write_whole
from journeyman.stores.disk import disk_errors, make_folder
from journeyman.stores.registry import check_name

__all__ = ["decision_json", "decision_path", "keep_decision", "read_decision"]

_FORM = 1


class _File(msgspec.Struct, frozen=True):
    """What the file holds: the number of its form, and the decision."""

    journeyman_decision: int
    decision: DecidedCase


def decision_path(workspace: Path, name: str, version: int) -> Path:
    """Return where the latest decision on a release is kept."""
    return workspace / "decisions" / check_name(name) / f"{version}.json"


def decision_json(decided: DecidedCase) -> bytes:
    """Return a decision as JSON."""
    return msgspec.json.format(msgspec.json.encode(_File(_FORM, decided), enc_hook=python_number), indent=1) + b"\n"


def keep_decision(workspace: Path, decided: DecidedCase) -> Path:
    """Write a decision, in place of an earlier one on the same release; return its file."""
    path = decision_path(workspace, decided.name, decided.version)
    with disk_errors(path.parent):
        make_folder(path.parent)
    write_whole(path, decision_json(decided))
    return path


def read_decision(workspace: Path, name: str, version: int) -> DecidedCase | None:
    """Return the latest decision on a release; None where there is none.

    Raises
    ------
    SettingsError
        Where the file holds something else.
    """
    path = decision_path(workspace, name, version)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from error
    try:
        return msgspec.json.decode(data, type=_File).decision
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        cause = str(error).replace("\n", " ")
        raise SettingsError(
            f"{path} is no decision of this version: {cause}",
            hint=f"`journeyman decide {name} --economics FILE.toml` writes it anew",
        ) from error
