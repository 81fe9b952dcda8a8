"""Where a user's own things lie: the data folder of the platform, and in it folders of workspaces that are shared."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["DATABASE", "VARIABLE", "is_postgres", "user_folder", "workspace_folder"]

VARIABLE = "JOURNEYMAN_HOME"
DATABASE = "JOURNEYMAN_DATABASE"
_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")


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


def is_postgres(address: str) -> bool:
    """Say whether an address is one of PostgreSQL's.

    Examples
    --------
    >>> is_postgres("postgresql://ann@host/models#houses"), is_postgres("predictions/houses")
    (True, False)
    """
    return address.startswith(_SCHEMES)


def workspace_folder(address: str | Path) -> Path:
    """Return the folder of a workspace; of one in a database, what this machine has of it, made where it is missing.

    The database is then the one that this process and those that it starts use, as ``JOURNEYMAN_DATABASE`` says.

    Parameters
    ----------
    address : str or Path
        A folder, or postgresql://user@host/name.

    Examples
    --------
    >>> workspace_folder("models").as_posix()
    'models'
    """
    if not isinstance(address, str) or not is_postgres(address):
        return Path(address)
    os.environ[DATABASE] = address
    name = hashlib.sha256(address.encode()).hexdigest()[:16]
    folder = user_folder() / "workspaces" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _home(known: Mapping[str, str]) -> Path:
    return Path(known.get("HOME") or os.path.expanduser("~"))
