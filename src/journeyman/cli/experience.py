"""The commands of what builds have taught: `journeyman experience`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import told
from journeyman.cli.options import count
from journeyman.cli.screen import show_view
from journeyman.errors import SettingsError
from journeyman.late import Late

if TYPE_CHECKING:
    from journeyman.api import experience as experience_doors
    from journeyman.api import experience_table as experience_export
    from journeyman.reports import experience_view
else:
    experience_view = Late("journeyman.reports.experience_view")
    experience_doors = Late("journeyman.api.experience")
    experience_export = Late("journeyman.api.experience_table")

__all__ = ["app"]

app = typer.Typer(
    name="experience",
    help="Show, export or clear what your builds have taught.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@app.callback(epilog="Example: journeyman experience")
def show_experience(context: typer.Context) -> None:
    """Show how good the judgement of your builds was, and what they have taught."""
    if context.invoked_subcommand is None:
        with told(Path()):
            look = experience_doors.looked_back()
            show_view(experience_view.experience_view(look, str(experience_doors.experience_file())))


@app.command("export", epilog="Example: journeyman experience export experience.csv")
def export_experience(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .csv, .parquet or .jsonl file to write.", show_default=False)
    ],
) -> None:
    """Write your experience to a file, a row a trial."""
    with told(Path()):
        typer.echo(f"{count(experience_export.export(file), 'trial')} written: {file}")


@app.command("clear", epilog="Example: journeyman experience clear --yes")
def clear_experience(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget your experience; what a workspace holds of it stays there."""
    with told(Path()):
        rows = experience_doors.rows_kept()
        if not rows:
            typer.echo("There is no experience to forget.")
            return
        if not yes:
            if not sys.stdin.isatty():
                raise SettingsError("nobody can be asked whether to forget it", hint="add --yes")
            typer.confirm(f"Forget {count(rows, 'trial')} in {experience_doors.experience_file()}?", abort=True)
        typer.echo(f"{count(experience_doors.clear(), 'trial')} forgotten")
