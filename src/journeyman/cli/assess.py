"""The command that ranks use cases: `journeyman assess`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Delimiter, Encoding, Quiet, Quote, Sheet
from journeyman.cli.output_files import check_output_files
from journeyman.cli.screen import show_view
from journeyman.entities.file_style import parse_file_style
from journeyman.entities.use_case import AssessRequest
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.settings import parse_budget

if TYPE_CHECKING:
    from journeyman.api import assess as assess_api
    from journeyman.reports import assessment_view
else:
    assess_api = LazyModule("journeyman.api.assess")
    assessment_view = LazyModule("journeyman.reports.assessment_view")

__all__ = ["app"]

_WIDTH = 140

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman assess customers.csv --out cases.html")
def assess(  # one parameter an option: the signature is the command's interface
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="Table as for build, a folder of tables, a SQLite file, or a database URL.",
            show_default=False,
        ),
    ],
    targets: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="Columns to look at, as COLUMN or TABLE.COLUMN [default: all that could be predicted].",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        str,
        typer.Option(metavar="TIME", help="For all of them together, such as 30s or 2m; or auto, for all it takes."),
    ] = "2m",
    margin: Annotated[
        float, typer.Option(metavar="SHARE", help="Of the baseline's loss that a build has to save, 0 to below 1.")
    ] = 0.1,
    out: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Write the page with pictures here.", show_default=False)
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write all facts here, for programs.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random.")] = 0,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    quiet: Quiet = False,
) -> None:
    """Rank the columns that could be predicted by the probability that a build succeeds."""
    with one_line_errors(Path()):
        check_output_files((source,), {"--out": out, "--json": json})
        names = tuple(name.strip() for name in (targets or "").split(",") if name.strip())
        if targets is not None and not names:
            raise SettingsError(
                "--targets names no column", hint="name some, as in --targets price,left, or leave it out"
            )
        request = AssessRequest(source, names, parse_budget(budget), margin, seed)
        style = parse_file_style(encoding, delimiter, quote, sheet)
        found = assess_api.assess_request(request, style, quiet=quiet)
        if out is not None:
            assess_api.write_page(found, out)
        if json is not None:
            assess_api.write_json(found, json)
        show_view(assessment_view.assessment_view(found, str(out or ""), str(json or "")), _WIDTH)
