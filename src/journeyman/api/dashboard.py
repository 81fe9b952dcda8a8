"""The door of the live page: joins the page to the doors of the loop and serves it until it is interrupted."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from functools import partial
from pathlib import Path

from journeyman.api import operations as operate_doors
from journeyman.api.traffic_summary import traffic_view
from journeyman.dashboard.application import Doors
from journeyman.dashboard.server import Place, serve
from journeyman.runtime.clock import milliseconds

__all__ = ["open_dashboard", "operating_doors"]


def open_dashboard(workspace: Path, place: Place, tell: Callable[[str], None]) -> None:
    """Serve the page of a workspace until interrupted.

    Parameters
    ----------
    workspace : Path
        Its folder.
    place : Place
        Where.
    tell : callable
        Called once with the address to open, when it answers.

    Raises
    ------
    WorkspaceError
        Where there is no workspace.
    SettingsError
        Where the address or the port cannot be used.
    """
    doors = operating_doors(workspace)
    doors.models()  # what cannot be read is told at once
    serve(doors, place, tell)


def operating_doors(workspace: Path) -> Doors:
    """Return the doors through which the page reads a workspace and asks."""
    return Doors(
        partial(operate_doors.operated_models, workspace),
        partial(operate_doors.overview, workspace),
        partial(operate_doors.ask, workspace),
        milliseconds,
        _who(),
        partial(traffic_view, workspace),
    )


def _who() -> str:
    """Return the name of whoever runs the page: it stands beside what was asked for."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number that has no name
        return "dashboard"
