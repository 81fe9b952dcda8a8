"""The commands of operated models: `journeyman operate`, what it has done, and what people ask of it."""

from __future__ import annotations

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Log, Name, Query, Workspace, count
from journeyman.cli.screen import show_view
from journeyman.cli.words import given_words
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_BUDGET, DEFAULT_WORKSPACE, model_name, parse_budget

if TYPE_CHECKING:
    from journeyman.api import build as build_api
    from journeyman.api import operate as operate_run
    from journeyman.api import operate_log as operate_log_api
    from journeyman.api import operations as operations_api
    from journeyman.api import replay
    from journeyman.api import run as run_api
    from journeyman.api import several as several_api
    from journeyman.entities import foreign_log, operating, overview
    from journeyman.reports import operations_view
else:
    foreign_log = LazyModule("journeyman.entities.foreign_log")
    operating = LazyModule("journeyman.entities.operating")
    overview = LazyModule("journeyman.entities.overview")
    operations_view = LazyModule("journeyman.reports.operations_view")
    build_api = LazyModule("journeyman.api.build")
    operations_api = LazyModule("journeyman.api.operations")
    operate_run = LazyModule("journeyman.api.operate")
    operate_log_api = LazyModule("journeyman.api.operate_log")
    replay = LazyModule("journeyman.api.replay")
    run_api = LazyModule("journeyman.api.run")
    several_api = LazyModule("journeyman.api.several")

__all__ = ["app", "resume_loop"]

_WIDTH = 120

app = typer.Typer(rich_markup_mode=None)

Every = Annotated[
    str | None, typer.Option(metavar="TIME", help="Length of a span of traffic [default: 5m].", show_default=False)
]
Note = Annotated[str, typer.Option(metavar="TEXT", help="Reason, for the records.")]
Which = Annotated[
    int | None,
    typer.Option(
        "--operation", metavar="N", min=1, help="Number of the operation, where several wait.", show_default=False
    ),
]


@app.command(epilog="Example: journeyman operate houses --every 5m")
def operate(  # one parameter an option: the signature is the command's interface
    context: typer.Context,
    name: Name,
    every: Every = None,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is due; for cron.")] = False,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help=f"Time of a retraining [default: {DEFAULT_BUDGET}].", show_default=False),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Trials of a retraining.", show_default=False),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="Unit of costs, such as EUR [default: points].", show_default=False),
    ] = None,
    retraining_cost: Annotated[
        float | None, typer.Option(metavar="X", min=0, help="Cost of one retraining [default: 1].", show_default=False)
    ] = None,
    loss_cost: Annotated[
        float | None,
        typer.Option(metavar="X", min=0, help="Cost of one unit of loss on one prediction.", show_default=False),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Predictions over which a retraining has to pay [default: 10000].",
            show_default=False,
        ),
    ] = None,
    approve_promotions: Annotated[
        bool | None,
        typer.Option("--ask/--no-ask", help="Whether a person approves promotions.", show_default=False),
    ] = None,
    webhook: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Post operations there; repeatable.", show_default=False),
    ] = None,
    email: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Mail operations; repeatable.", show_default=False)
    ] = None,
    smtp: Annotated[str, typer.Option(metavar="HOST:PORT", help="Mail server.")] = "localhost:25",
    sender: Annotated[str, typer.Option(metavar="ADDRESS", help="Sender of mails.")] = "journeyman@localhost",
    command: Annotated[
        list[str] | None,
        typer.Option(
            "--notify", metavar="COMMAND", help="Run this program for each operation; repeatable.", show_default=False
        ),
    ] = None,
    notifier: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ADDRESS",
            help="Tell operations through what an installed package offers under this name; repeatable.",
            show_default=False,
        ),
    ] = None,
    keep_rounds: Annotated[
        int | None,
        typer.Option(metavar="N", min=10, help="Rounds that can be replayed [default: 100].", show_default=False),
    ] = None,
    keep_releases: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Former champions that stay, and dropped challengers [default: 10].",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|TABLE",
            help="As for serve; or the table in which a model that runs elsewhere is logged.",
            show_default=False,
        ),
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option("--time", metavar="COLUMN", help="Of such a table: when a row was answered.", show_default=False),
    ] = None,
    prediction: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Of such a table: what was answered.", show_default=False),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Of such a table: the truth, once it is known.", show_default=False),
    ] = None,
    query: Query = None,
    kafka: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Kafka brokers of --log-topic; both are kept in the log's folder.",
            show_default=False,
        ),
    ] = None,
    log_topic: Annotated[
        str | None,
        typer.Option(
            metavar="TOPIC", help="Kafka topic that `serve --log-topic` keeps the log in.", show_default=False
        ),
    ] = None,
    kafka_settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Further settings of Kafka's client, NAME=VALUE a line.", show_default=False),
    ] = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Keep a served model right: watch, retrain, promote, roll back, ask. Settings stay for the next time."""
    with one_line_errors(workspace):
        if members := several_api.member_names(name, workspace):
            words = given_words(context, ("log",))
            logs = [() if log is None else ("--log", several_api.member_log(log, member)) for member in members]
            each = [["operate", member, *own, *words] for member, own in zip(members, logs, strict=True)]
            for together in [[one] for one in each] if once else [each]:  # what ends by itself, one after the other
                several_api.run_together(together, (lambda _: None) if once else _log_line)
            return
        costs = {"unit": unit, "retraining": retraining_cost, "loss": loss_cost, "horizon": horizon}
        notify = (*_notifiers(webhook, email, smtp, sender, command), *map(_offered_notifier, notifier or ()))
        changed: dict[str, Any] = {
            "every": None if every is None else _milliseconds(every),
            "budget": None if budget is None else parse_budget(budget),
            "trials": trials,
            "keep_rounds": keep_rounds,
            "keep_releases": keep_releases,
            "notify": notify or None,
            "economics": {k: v for k, v in {**costs, "approval": approve_promotions}.items() if v is not None} or None,
        }
        given = {k: v for k, v in changed.items() if v is not None}
        if budget is not None and trials is None:
            given["trials"] = None  # a time takes the place of a number that was kept
        asked = foreign_log.LogColumns(time_column, prediction, label)
        if log is not None and operate_log_api.is_log_table(log, asked):
            here = operate_run.OperatePlace(name, workspace)
            rounds = operate_log_api.operate_log(here, log, asked, given, once, _log_line, query)
            typer.echo(f"{count(rounds, 'round')} done")
            return
        topic = operate_run.told_log_topic(kafka, log_topic, kafka_settings)
        rounds = operate_run.operate(operate_run.OperatePlace(name, workspace, log, topic), given, once, _log_line)
        if once:
            typer.echo(f"{count(rounds, 'round')} done")


@app.command(epilog="Example: journeyman operations houses --show 3")
def operations(
    name: Name,
    show: Annotated[int | None, typer.Option(metavar="N", min=1, help="Show one in full.", show_default=False)] = None,
    again: Annotated[
        int | None,
        typer.Option(
            "--replay",
            metavar="N",
            min=1,
            help="Decide one again from what was recorded, and compare.",
            show_default=False,
        ),
    ] = None,
    log: Log = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """List what the loop has done to a model, why, and what came of it."""
    with one_line_errors(workspace):
        if again is not None:
            steps = replay.replay(operate_run.OperatePlace(name, workspace, log), again)
            for step in steps:
                typer.echo(f"{step.step:9} {step.then[:16]} {'the same' if step.same else f'now {step.now[:16]}'}")
            if not all(step.same for step in steps):
                raise SettingsError(
                    f"operation {again} of {name} does not replay",
                    hint="another version decided it, or rows that it read are deleted; "
                    f"`journeyman serve {name} --keep-archive-days N` keeps them for N days",
                )
            return
        done = operations_api.operations(workspace, name, show)
        if show is not None:
            typer.echo(operations_view.operation_text(done[0], operations_api.notices(workspace, name, show)))
        elif not done:
            typer.echo("Nothing was done yet.")
        else:
            show_view(operations_view.operations_table(done), _WIDTH)


@app.command(epilog="Example: journeyman approve houses")
def approve(name: Name, which: Which = None, note: Note = "", workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """Approve what the loop has asked; the next round does it."""
    _ask(workspace, name, "approve", which, note)


@app.command(epilog="Example: journeyman reject houses --note 'not in December'")
def reject(name: Name, which: Which = None, note: Note = "", workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """Reject what the loop has asked."""
    _ask(workspace, name, "reject", which, note)


@app.command(epilog="Example: journeyman accept houses --note 'kilograms from now on'")
def accept(name: Name, note: Note = "", workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """Say that the data, as the last look found them, are right: rows come so from now on, and are learned from."""
    _ask(workspace, name, "accept", None, note)


@app.command(epilog="Example: journeyman pause houses")
def pause(name: Name, note: Note = "", workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """Let the loop watch and do nothing until `journeyman resume NAME`."""
    _ask(workspace, name, "pause", None, note)


@app.command(epilog="Example: journeyman run houses.csv --target price")
def run(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="As for build.", show_default=False)],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column to predict.", show_default=False)],
    budget: Annotated[str, typer.Option(metavar="TIME", help="Time of a build.")] = DEFAULT_BUDGET,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the model [default: after the table].", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option(metavar="N", help="Port to listen on.")] = 8000,
    every: Every = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Build a model, serve it and operate it; called again, it goes on with the model that is there."""
    began = context.obj if isinstance(context.obj, float) else time.monotonic()
    with one_line_errors(workspace):
        known = model_name(table, target) if name is None else name
        place = operate_run.OperatePlace(known, workspace)
        if run_api.champion_of(place) is None:
            release = build_api.build(table, target=target, budget=budget, name=known, workspace=workspace, began=began)
            typer.echo(f"{release!r}: {release.report_path}", err=True)
        changed: dict[str, Any] = {"budget": parse_budget(budget)}
        if every is not None:
            changed["every"] = _milliseconds(every)
        run_api.serve_and_operate(place, ("--port", str(port)), changed, _log_line)


def resume_loop(name: str, workspace: Path) -> None:
    """Let a paused loop go on."""
    _ask(workspace, name, "resume", None, "")


def _ask(workspace: Path, name: str, kind: str, which: int | None, note: str) -> None:
    with one_line_errors(workspace):
        at = time.time_ns() // 1_000_000
        request = overview.Request(overview.RequestKind(kind), at, _who(), which, note)
        understood = operations_api.ask(workspace, name, request)
        of = "" if understood.operation is None else f" (operation {understood.operation})"
        of = f" {', '.join(understood.accepts)}" if understood.accepts else of
        typer.echo(f"{name}: {kind}{of}; the next round does it")


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _log_line(line: str) -> None:
    typer.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}", err=True)


def _milliseconds(text: str) -> int:
    seconds = parse_budget(text)
    if seconds is None:
        raise SettingsError("--every auto is no length", hint="give a time such as 5m")
    return round(seconds * 1000)


def _notifiers(
    webhook: list[str] | None, email: list[str] | None, smtp: str, sender: str, command: list[str] | None
) -> tuple[operating.NotifierSettings, ...]:
    kinds, make = operating.NotifierKind, operating.NotifierSettings
    return (
        *(make(kinds.WEBHOOK, address) for address in webhook or ()),
        *(make(kinds.EMAIL, address, smtp, sender) for address in email or ()),
        *(make(kinds.COMMAND, words) for words in command or ()),
    )


def _offered_notifier(text: str) -> operating.NotifierSettings:
    part, sign, address = text.partition("=")
    if not sign:
        raise SettingsError(f"--notifier {text} names no address", hint="give it as NAME=ADDRESS")
    return operating.NotifierSettings(operating.NotifierKind.PACKAGE, address, part=part)
