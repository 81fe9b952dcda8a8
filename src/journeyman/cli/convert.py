"""The command that makes a tested project of a prototype: `journeyman convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Quiet
from journeyman.cli.screen import show_view
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from journeyman.api import convert as convert_api
    from journeyman.reports.conversion import view as conversion_view
else:
    convert_api = LazyModule("journeyman.api.convert")
    conversion_view = LazyModule("journeyman.reports.conversion.view")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman convert churn.ipynb --out churn-pipeline")
def convert(  # one parameter an option: the signature is the command's interface
    prototype: Annotated[
        Path,
        typer.Argument(
            metavar="PROTOTYPE", help="A notebook (.ipynb) or a script (.py, .R, .Rmd, .m).", show_default=False
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder, or file, of the data that it reads [default: where its paths lead].",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the project [default: NAME-pipeline].", show_default=False),
    ] = None,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Read it only: a report of what is found, and no project.")
    ] = False,
    timeout: Annotated[str, typer.Option(metavar="TIME", help="How long the prototype may run.")] = "10m",
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column that it predicts [default: found out].", show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Which of its models: variable or class [default: the last scored].",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Of the build that its score is compared with; 0 for none [default: as long as the prototype ran].",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make a tested project of a notebook or a script, and tell what its score is worth."""
    with one_line_errors(Path()):
        found = convert_api.convert(
            prototype,
            data=data,
            out=out,
            run=not no_run,
            timeout=timeout,
            target=target,
            model=model,
            budget=budget,
            quiet=quiet,
        )
        show_view(conversion_view.conversion_view(found.report, str(found.folder)))
