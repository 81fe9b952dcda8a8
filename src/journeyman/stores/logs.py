"""Prediction logs by address: a folder, or a database that several machines share."""

from __future__ import annotations

import os
from pathlib import Path

from journeyman.stores.home import DATABASE, is_postgres
from journeyman.stores.log_tables import TableLog
from journeyman.stores.postgres_log import PostgresPredictionLog, postgres_address
from journeyman.stores.prediction_log import LOG, SqlitePredictionLog

__all__ = ["log_is_there", "open_log", "usual_log"]


def usual_log(workspace: Path, model: str, named: Path | str | None = None) -> str:
    """Return the address of a model's log: the one that is named, else in the shared database or the workspace.

    A log that lies in the workspace's folder from before the database was shared goes on there.

    Parameters
    ----------
    named : Path or str, optional
        A folder, or postgresql://user@host/database; the model's name is added to an address that has none.

    Examples
    --------
    >>> usual_log(Path("w"), "houses", "postgresql://ann@host/models")
    'postgresql://ann@host/models#houses'
    """
    if named is not None:
        return postgres_address(str(named), model) if is_postgres(str(named)) and "#" not in str(named) else str(named)
    folder, shared = workspace / "predictions" / model, os.environ.get(DATABASE, "")
    if is_postgres(shared) and not (folder / LOG).is_file():
        return postgres_address(shared, model)
    return str(folder)


def open_log(address: str) -> TableLog:
    """Open a log with a connection of its own; one that is not there yet is made.

    Raises
    ------
    SettingsError, WorkspaceError
        As its class does.
    """
    return PostgresPredictionLog(address) if is_postgres(address) else SqlitePredictionLog(Path(address))


def log_is_there(address: str) -> bool:
    """Say whether there is a log at an address, for those who only look; one in a database is made by looking."""
    return is_postgres(address) or (Path(address) / LOG).is_file()
