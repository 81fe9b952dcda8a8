"""The commands that put a release to work: `journeyman score` and `journeyman serve`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli_endings import told
from journeyman.cli_words import (
    Decimal,
    Delimiter,
    Encoding,
    Identifiers,
    Interval,
    Keep,
    Name,
    Query,
    Quiet,
    Quote,
    Sheet,
    Thousands,
    Version,
    Workspace,
    count,
    finding_line,
    predictions_name,
    same_file,
)
from journeyman.entities.file_style import parse_file_style
from journeyman.errors import SettingsError
from journeyman.late import Late
from journeyman.settings import DEFAULT_WORKSPACE, decimal_sign

__all__ = ["app"]

if TYPE_CHECKING:
    from journeyman.serving import serve_doors
    from journeyman.workflow import score_doors
else:
    score_doors = Late("journeyman.workflow.score_doors")
    serve_doors = Late("journeyman.serving.serve_doors")


app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman score houses all-houses.parquet --out prices.parquet")
def score(
    name: Name,
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="Rows to predict, as for build.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A .csv, .parquet or .jsonl file; [default: TABLE.predictions.csv in this folder].",
            show_default=False,
        ),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Score every table that appears in this folder.", show_default=False),
    ] = None,
    keep: Keep = None,
    identifiers: Identifiers = True,
    interval: Interval = False,
    version: Version = None,
    query: Query = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    quiet: Quiet = False,
) -> None:
    """Predict tables of any size; after a kill, the same command goes on where it was."""
    with told(workspace, interrupted="Stopped; what was finished is kept: the same command goes on"):
        if (table is None) == (watch is None):
            raise SettingsError("a table or --watch FOLDER is needed, not both", hint="name one of them")
        style = parse_file_style(encoding, delimiter, quote, sheet, decimal_sign(decimal, thousands))
        if watch is not None:
            score_doors.watch(name, watch, typer.echo, version=version, workspace=workspace, style=style)
            return
        path = out or Path(predictions_name(str(table)))
        if same_file(path, str(table)):
            raise SettingsError(f"--out {path} would overwrite the table to predict", hint="name another file")
        began = time.monotonic()

        def tell(rows: int) -> None:
            if not quiet:
                typer.echo(f"{count(rows, 'row')} done, {time.monotonic() - began:.0f} s", err=True)

        layout = score_doors.Layout(tuple(keep or ()), identifiers, interval)
        release = score_doors.load(name, version=version, workspace=workspace)
        result = score_doors.score_file(release, str(table), tell, out=path, query=query, layout=layout, style=style)
        typer.echo(f"{count(result.rows, 'row')} predicted: {result.path}")
        for finding in result.findings:
            typer.echo(finding_line(finding), err=True)


@app.command(epilog="Example: journeyman serve houses --port 8000")
def serve(  # one parameter an option: the signature is the command's interface
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            envvar="JOURNEYMAN_MODEL",
            help="Name of the model, or the folder of a release; may be left out where there is only one model.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Port to listen on [default: 8000; PORT in a container]; 0: a free one.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on; 0.0.0.0 is every interface [default: 127.0.0.1].",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes that predict.")] = 1,
    challenger: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Version to run in the shadow, or as a canary with --canary.", show_default=False
        ),
    ] = None,
    canary: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0, max=1, help="Share of the rows that the challenger predicts."),
    ] = 0.0,
    no_challenger: Annotated[bool, typer.Option("--no-challenger", help="Stop running a challenger.")] = False,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL",
            help="Join labels by this column, and keep its rows on one version; repeatable.",
            show_default=False,
        ),
    ] = None,
    hash_column: Annotated[
        list[str] | None,
        typer.Option("--hash", metavar="COL", help="Record only a hash of this; repeatable.", show_default=False),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Do not record this column; repeatable.", show_default=False),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the prediction log [default: WORKSPACE/predictions/NAME].",
            show_default=False,
        ),
    ] = None,
    keep_days: Annotated[float, typer.Option(metavar="N", help="Days until predictions move to Parquet files.")] = 30.0,
    keep_rows: Annotated[
        int, typer.Option(metavar="N", help="Predictions in the log beyond which the oldest move earlier.")
    ] = 10_000_000,
    keep_archive_days: Annotated[
        float | None,
        typer.Option(
            metavar="N", help="Days until those Parquet files are deleted [default: never].", show_default=False
        ),
    ] = None,
    tokens: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File that says which token may do what; or set JOURNEYMAN_TOKENS.", show_default=False
        ),
    ] = None,
    max_rows: Annotated[int, typer.Option(metavar="N", help="Most rows of a request.")] = 10_000,
    max_bytes: Annotated[int, typer.Option(metavar="N", help="Most bytes of a request.")] = 10_000_000,
    max_waiting: Annotated[
        int, typer.Option(metavar="N", help="Most rows that may wait; beyond that, requests get 429.")
    ] = 10_000,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="Seconds that a request may take to arrive.")
    ] = 30.0,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Serve the champion over HTTP, and record every prediction."""
    with told(workspace):
        settings = serve_doors.ServeSettings(
            model=serve_doors.model_to_serve(name, workspace),
            workspace=workspace,
            log=log,
            host=host or serve_doors.usual_host(os.environ),
            port=serve_doors.usual_port(os.environ) if port is None else port,
            workers=workers,
            keys=tuple(key or ()),
            hashed=tuple(hash_column or ()),
            left_out=tuple(leave_out or ()),
            keep_days=keep_days,
            keep_rows=keep_rows,
            keep_archive_days=keep_archive_days,
            most_bytes=max_bytes,
            most_rows=max_rows,
            most_waiting=max_waiting,
            timeout=timeout,
            tokens=tokens,
        )
        challenge = serve_doors.wanted_challenge(challenger, canary, no_challenger)
        serve_doors.serve(settings, challenge)
