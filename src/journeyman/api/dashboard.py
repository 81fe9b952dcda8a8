"""The api of the live page: joins the page to the loop's api and serves it until it is interrupted."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from functools import partial
from pathlib import Path

from journeyman.api import operations as operations_api
from journeyman.api.traffic_summary import traffic_view
from journeyman.dashboard.application import DashboardApi
from journeyman.dashboard.server import Place, serve
from journeyman.runtime.clock import milliseconds

__all__ = ["dashboard_api", "open_dashboard"]


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
    api = dashboard_api(workspace)
    api.models()  # what cannot be read is told at once
    serve(api, place, tell)


def dashboard_api(workspace: Path) -> DashboardApi:
    """Return the functions by which the page reads a workspace and sends requests."""
    return DashboardApi(
        partial(operations_api.operated_models, workspace),
        partial(operations_api.overview, workspace),
        partial(operations_api.ask, workspace),
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
