"""The command that writes a release for another system: `journeyman export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Name, Version, Workspace
from journeyman.lazy_module import LazyModule
from journeyman.plugins import offered
from journeyman.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from journeyman.api import export as export_api
else:
    export_api = LazyModule("journeyman.api.export")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


def _formats() -> list[str]:
    return sorted(offered("journeyman.exporters"))


@app.command(epilog="Example: journeyman export houses houses-model --to saved_model")
def export(
    name: Name,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the export goes; not there yet.", show_default=False)
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            autocompletion=_formats,
            help="Format: saved_model, or one that a package brings.",
            show_default=False,
        ),
    ],
    version: Version = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Write a release in another system's format, and check that it predicts as the release does."""
    with one_line_errors(workspace):
        made = export_api.export(name, folder, to=to, version=version, workspace=workspace)
        typer.echo(f"{made.folder}: differs by at most {made.difference:.1g} of the range in {made.rows:,} rows")
