"""The command of the live page; what it loads is loaded when it is called."""

from __future__ import annotations

import importlib.util
import os
import sys
import webbrowser
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from journeyman.errors import SettingsError
from journeyman.settings import DEFAULT_WORKSPACE

__all__ = ["add_dashboard"]

Told = Callable[[Path], AbstractContextManager[None]]


def add_dashboard(app: typer.Typer, told: Told) -> None:
    """Add the command ``dashboard``; ``told`` turns what goes wrong into a line and an exit code."""

    @app.command(epilog="Example: journeyman dashboard --port 8050")
    def dashboard(
        port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="0 for any free one.")] = 8050,
        host: Annotated[
            str, typer.Option(metavar="ADDRESS", help="Any but this machine's own needs a token.")
        ] = "127.0.0.1",
        every: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="Time between two looks.")] = 5,
        workspace: Annotated[
            Path,
            typer.Option(
                metavar="DIR",
                envvar="JOURNEYMAN_WORKSPACE",
                help="Folder of the journal, the releases and the registry.",
            ),
        ] = Path(DEFAULT_WORKSPACE),
        show_page: Annotated[
            bool, typer.Option("--open/--no-open", help="Open the page in a browser, where there is a display.")
        ] = True,
    ) -> None:
        """Show how operated models stand, live, with buttons for what the loop asks of you."""
        with told(workspace):
            _serve(workspace, host, port, every, show_page=show_page)


def _serve(workspace: Path, host: str, port: int, every: int, *, show_page: bool) -> None:
    if importlib.util.find_spec("dash") is None:
        raise SettingsError("the live page needs Dash", hint='pip install "journeyman[dashboard]"')
    # the one door of an extra that takes a second to load
    from journeyman.dashboard import dashboard_door, server  # noqa: PLC0415 - an extra, and heavy

    def tell(address: str) -> None:
        typer.echo(f"Live page: {address}  (Ctrl+C ends it)")
        if show_page and sys.stdout.isatty() and _has_display():
            webbrowser.open(address)

    place = server.Place(host, port, os.environ.get("JOURNEYMAN_DASHBOARD_TOKEN", ""), every)
    dashboard_door.open_dashboard(workspace, place, tell)


def _has_display() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
