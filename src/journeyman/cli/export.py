"""The command that writes a release for another system: `journeyman export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Name, Version, Workspace
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.plugins import offered
from journeyman.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from journeyman.api import export as export_api
    from journeyman.api import export_release as release_api
else:
    export_api = LazyModule("journeyman.api.export")
    release_api = LazyModule("journeyman.api.export_release")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


def _formats() -> list[str]:
    return sorted(offered("journeyman.exporters") | _of_releases())


def _of_releases() -> frozenset[str]:
    return offered("journeyman.release_exporters")


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
            help="Format: excel, powerbi, saved_model, tableau, or one that a package brings.",
            show_default=False,
        ),
    ],
    rows_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ROWS",
            help="Rows that excel, powerbi and tableau show: log for live predictions, or a table "
            "[default: the training table].",
            show_default=False,
        ),
    ] = None,
    version: Version = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Write a release in another system's format, and check what was written."""
    with one_line_errors(workspace):
        if to not in _formats():
            raise SettingsError(f"there is no format {to!r}", hint=f"write to {', '.join(_formats())}")
        if to in _of_releases():
            told = release_api.export_release(
                name, folder, to=to, rows_from=rows_from, version=version, workspace=workspace
            )
            typer.echo(f"{told.folder}: {told.said}")
            return
        if rows_from is not None:
            raise SettingsError(
                f"{to} holds no rows, so it takes no --from",
                hint=f"leave it out, or write to {', '.join(sorted(_of_releases()))}",
            )
        made = export_api.export(name, folder, to=to, version=version, workspace=workspace)
        typer.echo(f"{made.folder}: differs by at most {made.difference:.1g} of the range in {made.rows:,} rows")
