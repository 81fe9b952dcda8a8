"""The commands of what builds have taught: `journeyman experience`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import count
from journeyman.cli.screen import show_view
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from journeyman.api import experience as experience_api
    from journeyman.api import experience_table as experience_export
    from journeyman.reports import experience_view
else:
    experience_view = LazyModule("journeyman.reports.experience_view")
    experience_api = LazyModule("journeyman.api.experience")
    experience_export = LazyModule("journeyman.api.experience_table")

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
        with one_line_errors(Path()):
            look = experience_api.looked_back()
            show_view(experience_view.experience_view(look, str(experience_api.experience_file())))


@app.command("export", epilog="Example: journeyman experience export experience.csv")
def export_experience(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .csv, .parquet or .jsonl file to write.", show_default=False)
    ],
) -> None:
    """Write your experience to a file, a row a trial."""
    with one_line_errors(Path()):
        typer.echo(f"{count(experience_export.export(file), 'trial')} written: {file}")


@app.command("clear", epilog="Example: journeyman experience clear --yes")
def clear_experience(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget your experience; what a workspace holds of it stays there."""
    with one_line_errors(Path()):
        rows = experience_api.rows_kept()
        if not rows:
            typer.echo("There is no experience to forget.")
            return
        if not yes:
            if not sys.stdin.isatty():
                raise SettingsError("nobody can be asked whether to forget it", hint="add --yes")
            typer.confirm(f"Forget {count(rows, 'trial')} in {experience_api.experience_file()}?", abort=True)
        typer.echo(f"{count(experience_api.clear(), 'trial')} forgotten")
