"""The command `journeyman adopt`: a model that was made elsewhere becomes a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Workspace
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from journeyman.api import adopt as adopt_api
else:
    adopt_api = LazyModule("journeyman.api.adopt")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman adopt titanic-project --data titanic.csv --target survived")
def adopt(
    where: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Folder of a project that `convert` wrote or of an MLflow model, or the address of a served model.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the release [default: after the folder].", show_default=False),
    ] = None,
    run_code: Annotated[
        bool,
        typer.Option("--run-code", help="Let the code of an MLflow model run, confined, in a process of its own."),
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help="Table with labels, from which scores, a contract and the reference for drift come.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Its column of labels [default: as the model names it].", show_default=False
        ),
    ] = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Make a release of a model that was made elsewhere: predict, serve and operate it as any other."""
    with one_line_errors(workspace):
        told = adopt_api.adopt(where, name=name, run_code=run_code, data=data, target=target, workspace=workspace)
        release, main = told.release, told.release.evaluation.main
        typer.echo(f"{release.name} {release.version}: {release.report.decision.reason}.")
        if release.evaluation.rows:
            typer.echo(f"{main.metric} {main.value:.4g} ({main.low:.4g} to {main.high:.4g})")
        for note in told.notes:
            typer.echo(f"  {note}")
        typer.echo(str(release.path))
