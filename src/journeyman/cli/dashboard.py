"""The command of the live page: `journeyman dashboard`."""

from __future__ import annotations

import importlib.util
import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Workspace
from journeyman.cli.screen import has_display
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from journeyman.api import dashboard as dashboard_door
    from journeyman.dashboard import server
else:
    dashboard_door = LazyModule("journeyman.api.dashboard")
    server = LazyModule("journeyman.dashboard.server")

__all__ = ["app"]

_TOKEN = "JOURNEYMAN_DASHBOARD_TOKEN"

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman dashboard --port 8050")
def dashboard(
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port to listen on; 0 takes any free one.")
    ] = 8050,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Any but this machine's own needs a token.")
    ] = "127.0.0.1",
    every: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="Time between two looks.")] = 5,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    show_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser, where there is a display.")
    ] = True,
) -> None:
    """Show how operated models stand, live, with buttons for what the loop asks of you."""

    def tell(address: str) -> None:
        typer.echo(f"Live page: {address}  (Ctrl+C ends it)")
        if show_page and sys.stdout.isatty() and has_display():
            webbrowser.open(address)

    with one_line_errors(workspace):
        if importlib.util.find_spec("dash") is None:
            raise SettingsError("the live page needs Dash", hint='pip install "journeyman[dashboard]"')
        place = server.Place(host, port, os.environ.get(_TOKEN, ""), every)
        dashboard_door.open_dashboard(workspace, place, tell)
