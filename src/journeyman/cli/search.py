"""The command that looks for further tables: `journeyman search`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Delimiter, Encoding, Query, Quiet, Quote, Sheet, Workspace, count
from journeyman.cli.output_files import check_output_files
from journeyman.cli.screen import show_view
from journeyman.entities.file_style import parse_file_style
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from rich import console as rich_console

    from journeyman.api import search as search_api
    from journeyman.entities import lake as lake_facts
    from journeyman.reports import lake_view
    from journeyman.reports import progress as progresses
else:
    rich_console = LazyModule("rich.console")
    search_api = LazyModule("journeyman.api.search")
    lake_facts = LazyModule("journeyman.entities.lake")
    lake_view = LazyModule("journeyman.reports.lake_view")
    progresses = LazyModule("journeyman.reports.progress")

__all__ = ["app"]

_WIDTH = 140

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman search tables/ orders.csv --target amount --time day --out joined.parquet")
def search(  # one parameter an option: the signature is the command's interface
    lake: Annotated[
        str,
        typer.Argument(
            metavar="LAKE",
            help="A folder of tables, a file of SQLite's or DuckDB's, or a database URL (postgresql://user@host/name).",
            show_default=False,
        ),
    ],
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table as for build.", show_default=False)],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column to predict.", show_default=False)],
    time_column: Annotated[
        str | None,
        typer.Option(
            "--time",
            metavar="COL",
            help="When a row happened: only what was known before it is joined.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the joined table: .csv, .parquet or .jsonl.", show_default=False),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write what was found as JSON.", show_default=False)
    ] = None,
    query: Query = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of samples and of noise.")] = 0,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    quiet: Quiet = False,
) -> None:
    """Find tables that help to predict a column, and join those that gain more than noise would."""
    began = time.monotonic()
    with one_line_errors(workspace):
        check_output_files((table, lake), {"--out": out, "--json": json_file})
        search_api.check_places(out, json_file)
        style = parse_file_style(encoding, delimiter, quote, sheet)
        with _progress(quiet, began) as progress:
            source = search_api.open_source(table, query, style)
            request = lake_facts.LakeRequest(lake, target, time_column, seed)
            found, joined = search_api.search_source(source, request, workspace, progress)
            rows = 0 if out is None else search_api.write_joined(joined, out)
            if json_file is not None:
                search_api.write_found(found.search, json_file)
        show_view(lake_view.search_view(found.search), _WIDTH)
        if out is not None:
            typer.echo(f"{count(rows, 'row')} written: {out}")


def _progress(quiet: bool, began: float) -> progresses.SilentProgress:
    if quiet:
        return progresses.SilentProgress()

    def elapsed() -> float:
        return time.monotonic() - began

    if sys.stderr.isatty():
        return progresses.LiveProgress(rich_console.Console(stderr=True), None, elapsed)
    return progresses.PlainProgress(sys.stderr, elapsed)
