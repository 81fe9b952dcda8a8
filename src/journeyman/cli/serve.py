"""The command that puts a release to work for others: `journeyman serve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Log, Workspace
from journeyman.cli.words import given_words
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_WORKSPACE

__all__ = ["app"]

if TYPE_CHECKING:
    from journeyman.api import several as several_api
    from journeyman.serving import serve as serve_api
else:
    several_api = LazyModule("journeyman.api.several")
    serve_api = LazyModule("journeyman.serving.serve")


app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman serve houses --port 8000")
def serve(  # one parameter an option: the signature is the command's interface
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            envvar="JOURNEYMAN_MODEL",
            help="Name of the model, or of a set of models, or the folder of a release; may be left out where there is "
            "only one model.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Port to listen on [default: 8000; PORT in a container]; 0: a free one. The models of a set listen on "
            "this one and the next.",
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
    log: Log = None,
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
    kafka: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Kafka brokers: predict a topic's messages, too.", show_default=False),
    ] = None,
    rows_topic: Annotated[
        str | None, typer.Option("--from", metavar="TOPIC", help="Topic of rows, as JSON objects.", show_default=False)
    ] = None,
    predictions_topic: Annotated[
        str | None, typer.Option("--to", metavar="TOPIC", help="Topic that predictions go to.", show_default=False)
    ] = None,
    labels_topic: Annotated[
        str | None,
        typer.Option("--labels", metavar="TOPIC", help="Topic of labels, by id or key.", show_default=False),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Group of consumers that share the topic [default: journeyman-TOPIC].",
            show_default=False,
        ),
    ] = None,
    refused_topic: Annotated[
        str | None,
        typer.Option(
            "--refused",
            metavar="TOPIC",
            help="Topic of messages that cannot be predicted [default: TOPIC.refused].",
            show_default=False,
        ),
    ] = None,
    log_topic: Annotated[
        str | None,
        typer.Option(
            metavar="TOPIC",
            help="Keep the prediction log in this Kafka topic, so that servers and `operate` of several machines share "
            "it; made where it is not there.",
            show_default=False,
        ),
    ] = None,
    kafka_settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Further settings of Kafka's client, NAME=VALUE a line.", show_default=False),
    ] = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Serve the champion over HTTP and, with --kafka, from a topic, and record every prediction."""
    with one_line_errors(workspace):
        first = serve_api.usual_port(os.environ) if port is None else port
        if members := several_api.member_names(name, workspace):
            given = given_words(context, ("port", "log"))
            several_api.run_together(
                [_words(member, k, first, log, given) for k, member in enumerate(members)],
                lambda line: typer.echo(line, err=True),
            )
            return
        # a broker may be named for the log alone
        feed = None if log_topic and rows_topic is None and predictions_topic is None else kafka
        settings = serve_api.ServeSettings(
            model=serve_api.model_to_serve(name, workspace),
            workspace=workspace,
            log=log,
            host=host or serve_api.usual_host(os.environ),
            port=first,
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
            log_topic=serve_api.told_log_topic(kafka, log_topic, kafka_settings),
            kafka=serve_api.topic_settings(
                feed, rows_topic, predictions_topic, labels_topic, group, refused_topic, kafka_settings
            ),
        )
        challenge = serve_api.wanted_challenge(challenger, canary, no_challenger)
        serve_api.serve(settings, challenge)


def _words(member: str, place: int, first: int, log: str | None, given: list[str]) -> list[str]:
    """Return the words that serve one model of a set: a port and a log of its own."""
    port = ("--port", str(first + place if first else 0))
    own_log = () if log is None else ("--log", several_api.member_log(log, member))
    return ["serve", member, *port, *own_log, *given]
