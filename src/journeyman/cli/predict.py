"""The commands that predict tables: `journeyman predict`, and `journeyman score` for those of any size."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import (
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
    Total,
    Version,
    Workspace,
    count,
)
from journeyman.entities.file_style import FileStyle, parse_file_style
from journeyman.entities.finding import Finding, Severity
from journeyman.errors import SettingsError
from journeyman.filesystems import Remote, is_remote, place_of
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_WORKSPACE, decimal_sign, predictions_name

if TYPE_CHECKING:
    from journeyman.api import predict as predict_api
    from journeyman.api import score as score_api
    from journeyman.api import score_on_cluster as cluster_api
    from journeyman.api import score_stream as stream_api
    from journeyman.api.predict import Layout, Release
else:
    predict_api = LazyModule("journeyman.api.predict")
    score_api = LazyModule("journeyman.api.score")
    cluster_api = LazyModule("journeyman.api.score_on_cluster")
    stream_api = LazyModule("journeyman.api.score_stream")

__all__ = ["predict", "score"]


def predict(
    name: Name,
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE]",
            help="Rows to predict, as for build; without them, a model of series forecasts its next steps.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Where the predictions go: a .csv, .parquet or .jsonl file, also as hdfs://, s3:// or gs://; "
            "- is standard output. "
            "By default TABLE.predictions.csv in this folder.",
            show_default=False,
        ),
    ] = None,
    keep: Keep = None,
    identifiers: Identifiers = True,
    interval: Interval = False,
    total: Total = None,
    version: Version = None,
    query: Query = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Predict the rows of a table with a released model."""
    with one_line_errors(workspace):
        with tempfile.TemporaryDirectory(prefix="journeyman-") as folder:
            screen = Path(folder, "predictions.csv") if out == "-" else None
            path = screen or _out_file(out, table or name)
            style = parse_file_style(encoding, delimiter, quote, sheet, decimal_sign(decimal, thousands))
            layout = predict_api.Layout(tuple(keep or ()), identifiers, interval, tuple(total or ()))
            result = predict_api.predict_file(
                name, table, out=path, version=version, workspace=workspace, query=query, layout=layout, style=style
            )
            if screen is not None:
                sys.stdout.flush()
                with screen.open("rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:
                typer.echo(f"{count(result.rows, 'row')} predicted: {result.path}")
        if screen is not None:
            typer.echo(f"{count(result.rows, 'row')} predicted", err=True)
        _tell_findings(result.findings)


def score(
    name: Name,
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="Rows to predict, as for build.", show_default=False)
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A .csv, .parquet or .jsonl file, also as hdfs://, s3:// or gs://; with --engine a folder of such "
            "files. [default: TABLE.predictions.csv in this folder].",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            metavar="ENGINE",
            help="Where the rows are read and predicted: spark, or spark=ADDRESS such as spark=local[4], spark=yarn or "
            "spark=sc://host; TABLE may then be an address that it reads, or spark:NAME of its catalogue. "
            "[default: this process].",
            show_default=False,
        ),
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="With --engine: a folder, or kafka://HOST:PORT/TOPIC, of which all that comes is predicted.",
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
    with one_line_errors(workspace, interrupted="Stopped; what was finished is kept: the same command goes on"):
        if sum(place is not None for place in (table, watch, stream)) != 1:
            raise SettingsError(
                "one of a table, --watch FOLDER and --engine spark --stream SOURCE is needed", hint="name one of them"
            )
        style = parse_file_style(encoding, delimiter, quote, sheet, decimal_sign(decimal, thousands))
        layout = score_api.Layout(tuple(keep or ()), identifiers, interval)
        if engine is not None:
            if watch is not None or query is not None:
                other = "--watch" if watch is not None else "--query"
                raise SettingsError(f"{other} is not for --engine", hint="leave one of them out")
            _score_elsewhere(
                engine,
                table,
                stream,
                partial(score_api.load, name, version=version, workspace=workspace),
                out,
                layout,
                style,
            )
            return
        if stream is not None:
            raise SettingsError("--stream needs an engine", hint="add --engine spark, or take --watch for a folder")
        if watch is not None:
            score_api.watch(name, watch, typer.echo, version=version, workspace=workspace, style=style)
            return
        path = _out_file(out, str(table))
        began = time.monotonic()

        def tell(rows: int) -> None:
            if not quiet:
                typer.echo(f"{count(rows, 'row')} done, {time.monotonic() - began:.0f} s", err=True)

        release = score_api.load(name, version=version, workspace=workspace)
        result = score_api.score_file(release, str(table), tell, out=path, query=query, layout=layout, style=style)
        typer.echo(f"{count(result.rows, 'row')} predicted: {result.path}")
        if result.scores:
            typer.echo(result.scores)
        _tell_findings(result.findings)


def _score_elsewhere(
    engine: str,
    table: str | None,
    stream: str | None,
    load: Callable[[], Release],
    out: str | None,
    layout: Layout,
    style: FileStyle,
) -> None:
    """Predict a table or a stream on a cluster."""
    cluster, release = cluster_api.open_cluster(engine), load()
    if stream is not None:
        if out is None:
            raise SettingsError("--stream needs a folder for its predictions", hint="add --out FOLDER")
        stream_api.score_stream(load, stream, cluster, typer.echo, out=out, layout=layout)
        return
    folder = out or predictions_name(str(table)).removesuffix(".csv")
    result = cluster_api.score_on_cluster(release, str(table), cluster, out=folder, layout=layout, style=style)
    typer.echo(f"{count(result.rows, 'row')} predicted: {folder}")
    _tell_findings(result.findings)


def _out_file(out: str | None, table: str) -> Path | Remote:
    """Return where predictions go; never where the rows come from."""
    path = place_of(out or predictions_name(table))
    if isinstance(path, Remote):
        same = is_remote(table) and path == Remote(table)
    else:
        same = path.exists() and Path(table).exists() and path.samefile(table)
    if same:
        raise SettingsError(f"--out {path} would overwrite the table to predict", hint="name another file")
    return path


def _tell_findings(findings: Iterable[Finding]) -> None:
    """Say what was seen, and what can be done where something can."""
    for finding in findings:
        hint = f" {finding.hint}" if finding.hint and finding.severity in (Severity.ERROR, Severity.WARNING) else ""
        typer.echo(f"{finding.code} {finding.severity.value}: {finding.message}{hint}", err=True)
