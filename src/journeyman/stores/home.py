"""Where a user's own things lie, whatever the workspace: the data folder of the platform."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["VARIABLE", "user_folder"]

VARIABLE = "JOURNEYMAN_HOME"


def user_folder(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """Return the folder that a user's experience is kept in; it may not be there yet.

    Parameters
    ----------
    environment : mapping, optional
        Variables; the process's own by default. ``JOURNEYMAN_HOME`` names another folder.
    platform : str
        As ``sys.platform`` says it.

    References
    ----------
    XDG Base Directory Specification 0.8; Apple's File System Programming Guide; Windows' known folders.

    Examples
    --------
    >>> user_folder({"JOURNEYMAN_HOME": "/srv/ann"}).as_posix()
    '/srv/ann'
    >>> user_folder({"XDG_DATA_HOME": "/data"}, "linux").as_posix()
    '/data/journeyman'
    """
    known = os.environ if environment is None else environment
    if known.get(VARIABLE):
        return Path(known[VARIABLE]).expanduser()
    if platform == "win32":
        local = known.get("LOCALAPPDATA")
        return (Path(local) if local else _home(known) / "AppData" / "Local") / "journeyman"
    if platform == "darwin":
        return _home(known) / "Library" / "Application Support" / "journeyman"
    shared = known.get("XDG_DATA_HOME", "")
    # The specification: a relative path is to be ignored.
    return (Path(shared) if os.path.isabs(shared) else _home(known) / ".local" / "share") / "journeyman"


def _home(known: Mapping[str, str]) -> Path:
    return Path(known.get("HOME") or os.path.expanduser("~"))
