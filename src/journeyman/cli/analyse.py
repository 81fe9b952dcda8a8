"""The command that looks into a table: `journeyman analyse`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Decimal, Delimiter, Encoding, Query, Quiet, Quote, Sheet, Thousands, parse_kinds
from journeyman.cli.output_files import check_output_files
from journeyman.cli.screen import show_view
from journeyman.entities.column import Role
from journeyman.lazy_module import LazyModule
from journeyman.settings import BuildSettings

if TYPE_CHECKING:
    from journeyman.api import analyse as analyse_api
    from journeyman.reports import analysis_view
else:
    analyse_api = LazyModule("journeyman.api.analyse")
    analysis_view = LazyModule("journeyman.reports.analysis_view")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman analyse houses.csv --target price --out houses.html")
def analyse(  # one parameter an option: the signature is the command's interface
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table as for build.", show_default=False)],
    target: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column that a model is to predict; without it, columns are looked at beside one another.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Write the page with pictures here.", show_default=False)
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write all facts here, for programs and for build.", show_default=False
        ),
    ] = None,
    time_column: Annotated[
        str | None, typer.Option("--time", metavar="COL", help="When rows happened.", show_default=False)
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Rows of one value of this column belong together.", show_default=False),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Do not look at this column; repeatable.", show_default=False),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="COL=KIND", help="Overrule the kind of a column; repeatable.", show_default=False),
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A further text for a missing value; repeatable.", show_default=False),
    ] = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    query: Query = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random, as of build.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Say what is in a table, what depends on what, and what a model gains by it; each confirmed on other rows."""
    with one_line_errors(Path()):
        check_output_files((table,), {"--out": out, "--json": json})
        settings = BuildSettings(
            source=table,
            target=target,
            name="analysis",
            query=query,
            seed=seed,
            time=time_column,
            group=group,
            kinds=parse_kinds(kind or ()),
            roles=dict.fromkeys(ignore or (), Role.IGNORED.value),
            missing=tuple(missing or ()),
            decimal=decimal,
            thousands=thousands,
            encoding=encoding,
            delimiter=delimiter,
            quote=quote,
            sheet=sheet,
        )
        found = analyse_api.analyse_settings(settings, quiet=quiet)
        if out is not None:
            analyse_api.write_page(found, out)
        if json is not None:
            analyse_api.write_analysis(found, json)
        show_view(analysis_view.analysis_summary(found, table, str(out or ""), str(json or "")))
