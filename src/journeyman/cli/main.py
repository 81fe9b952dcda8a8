"""The commands: each parses what was typed, calls one function of the api, and prints what came of it."""

from __future__ import annotations

import time

_STARTED = time.monotonic()  # the budget is from start to release: loading libraries counts

import io
import sys
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman import __version__
from journeyman.cli.commands import GROUPS
from journeyman.cli.endings import one_line_errors, one_line_usage_errors, workspace_to_name
from journeyman.cli.operate import resume_loop
from journeyman.cli.options import (
    Decimal,
    Delimiter,
    Encoding,
    EngineName,
    Lake,
    Name,
    OwnContract,
    Query,
    Quiet,
    Quote,
    Sheet,
    TaskOptions,
    Thousands,
    Version,
    Workspace,
    known_task,
    parse_kinds,
    parse_task_options,
)
from journeyman.cli.predict import predict, score
from journeyman.cli.screen import has_display, show_view
from journeyman.cli.shorthands import (
    Anomalies,
    Capacity,
    Forecast,
    Groups,
    Holidays,
    Horizon,
    Known,
    NumberOfGroups,
    Season,
    Series,
    asked_task,
)
from journeyman.entities.column import Role
from journeyman.entities.file_style import parse_file_style
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_BUDGET, DEFAULT_WORKSPACE, EMBEDDED, decimal_sign, parse_budget

__all__ = ["app", "main"]

# Lazy modules: all behind these names loads pandas or scikit-learn (seconds), which `journeyman --help`,
# completion and a mistyped option must not wait for. Type checkers and import-linter see the true imports.
if TYPE_CHECKING:
    from rich import console as rich_console

    from journeyman.api import build as build_api
    from journeyman.api import build_set as build_set_api
    from journeyman.api import registry as registry_api
    from journeyman.api import report as report_api
    from journeyman.reports import finding_pages, set_page, terminal
    from journeyman.reports import progress as progresses
else:
    rich_console = LazyModule("rich.console")
    progresses = LazyModule("journeyman.reports.progress")
    terminal = LazyModule("journeyman.reports.terminal")
    finding_pages = LazyModule("journeyman.reports.finding_pages")
    build_api = LazyModule("journeyman.api.build")
    build_set_api = LazyModule("journeyman.api.build_set")
    set_page = LazyModule("journeyman.reports.set_page")
    registry_api = LazyModule("journeyman.api.registry")
    report_api = LazyModule("journeyman.api.report")

app = typer.Typer(
    name="journeyman",
    help="From a table to a released model, with one command.",
    epilog="First steps: journeyman build houses.csv --target price",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes 0.2 s on a busy machine, boxed help 0.5 s
    context_settings={"help_option_names": ["-h", "--help"]},
)

for group in GROUPS:
    app.add_typer(group)  # those without a name: their commands are commands of this one


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"journeyman {__version__}")
        raise typer.Exit


@app.callback()
def journeyman(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """From a table to a released model, with one command."""


@app.command(epilog="Example: journeyman build houses.csv --target price --budget 2m")
def build(  # one parameter an option: the signature is the command's interface
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="A .csv, .tsv, .parquet, .jsonl or .xlsx file, packed or not, a folder of them, a database URL "
            "(with --query), or the settings.toml of an earlier build, which is then repeated.",
            show_default=False,
        ),
    ],
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Column to predict; repeatable: a model for each. None with --groups and --anomalies.",
            show_default=False,
        ),
    ] = None,
    label_list: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of lists of labels, such as 'new; sale': a model for each label.",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Time from start to release: 30s, 2m, 1h or seconds, or auto, which ends when more is not worth it "
            f"[default: {DEFAULT_BUDGET}, unless --trials is given].",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Number of trials; makes a build repeatable.", show_default=False),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="M", help="Metric to choose by [default: the usual one for the task].", show_default=False
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Kind of task: binary, multiclass, regression, quantiles, forecast, groups, anomaly or one that an "
            "installed package brings [default: decided by the values].",
            show_default=False,
            callback=known_task,
        ),
    ] = None,
    task_option: TaskOptions = None,
    forecast: Forecast = False,
    horizon: Horizon = None,
    series: Series = None,
    known: Known = None,
    season: Season = None,
    holidays: Holidays = None,
    groups: Groups = False,
    k: NumberOfGroups = None,
    anomalies: Anomalies = False,
    capacity: Capacity = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the model [default: after the table].", show_default=False),
    ] = None,
    query: Query = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random.")] = 0,
    time_column: Annotated[
        str | None, typer.Option("--time", metavar="COL", help="Split by this time column.", show_default=False)
    ] = None,
    delay: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long after its row a label is known, with --time: 7d, 12h; a plain number in the unit of a time "
            "column of numbers, or of rows where their order is the time.",
            show_default=False,
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Keep rows of one value of this column together.", show_default=False),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COL", help="Do not use this column; repeatable.", show_default=False)
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
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Leave this finding as it is (DQ301, or DQ301:column); repeatable.",
            show_default=False,
        ),
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    latency: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Most time to predict one row, in process (1ms), even if a slower model would be better.",
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Memory that the build may take: 4GB, 800MB or bytes; [default: a share of what is free].",
            show_default=False,
        ),
    ] = None,
    engine: EngineName = EMBEDDED,
    lake: Lake = None,
    analysis: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What journeyman analyse --json wrote of this table: what it calls for is tried, too.",
            show_default=False,
        ),
    ] = None,
    contract: OwnContract = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    quiet: Quiet = False,
) -> None:
    """Build a model from a table, judge it and release it."""
    began = _start_moment(context)
    with one_line_errors(workspace, interrupted=partial(_interrupted, workspace)):
        if table.lower().endswith(".toml"):
            _refuse_options(context)
            with _progress(None, quiet, began) as progress:
                release = build_api.build_settings(Path(table), workspace, progress, began)
            _print_release(release, workspace)
            return
        if budget is None and trials is None:
            budget = DEFAULT_BUDGET
        seconds = None if budget is None else parse_budget(budget)
        flags = {"forecast": forecast, "groups": groups, "anomalies": anomalies}
        shorthands = {
            "horizon": horizon,
            "series": series,
            "known": known,
            "holidays": holidays,
            "season": season,
            "k": k,
            "capacity": capacity,
        }
        task, options = asked_task(task, parse_task_options(task_option or ()), flags, shorthands)
        roles = dict.fromkeys(ignore or (), Role.IGNORED.value)
        build_one = partial(
            build_api.build,
            query=query,
            trials=trials,
            metric=metric,
            task=task,
            task_options=options,
            seed=seed,
            time=time_column,
            group=group,
            delay=delay,
            kinds=parse_kinds(kind or ()),
            missing=tuple(missing or ()),
            decimal=decimal,
            thousands=thousands,
            accept=tuple(accept or ()),
            encoding=encoding,
            delimiter=delimiter,
            quote=quote,
            sheet=sheet,
            latency=latency,
            memory=memory,
            engine=engine,
            lake=lake,
            analysis=analysis,
            contract=contract,
        )
        targets = target or []
        with _progress(seconds, quiet, began) as progress:
            if len(targets) > 1 or label_list is not None:
                one, common = (
                    partial(build_one, progress=progress),
                    build_set_api.Common(name, seconds, roles, workspace),
                )
                if label_list is None:
                    made = build_set_api.build_for_targets(one, table, targets, common, progress.note)
                elif targets:
                    raise SettingsError("--target and --label-list ask for two things", hint="leave one of them out")
                else:
                    style = parse_file_style(encoding, delimiter, quote, sheet, decimal_sign(decimal, thousands))
                    lists = build_set_api.TableToSpread(table, label_list, query, style)
                    made = build_set_api.build_for_labels(one, lists, common, progress.note)
                show = set_page.set_summary(made.facts, str(made.report_path), workspace_to_name(workspace))
            else:
                release = build_one(
                    table,
                    target=targets[0] if targets else None,
                    name=name,
                    budget=budget,
                    roles=roles,
                    workspace=workspace,
                    progress=progress,
                    began=began,
                )
                show = terminal.summary(release.report, str(release.report_path), workspace_to_name(workspace))
        show_view(show)


app.command(epilog="Example: journeyman predict houses new-houses.csv --out prices.csv")(predict)


@app.command(epilog="Example: journeyman report houses")
def report(
    name: Name,
    version: Version = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    show_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the report in a browser, where there is a display.")
    ] = True,
) -> None:
    """Print where a model's report is; open it, where there is a display."""
    with one_line_errors(workspace):
        path = registry_api.report_path(name, version=version, workspace=workspace).resolve()
        typer.echo(str(path))
        if show_page and sys.stdout.isatty() and has_display():
            webbrowser.open(path.as_uri())


@app.command(epilog="Example: journeyman explain DQ302")
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of a finding, such as DQ302.", show_default=False)],
) -> None:
    """Say what a finding means, what can be done about it, and what is done unless you say otherwise."""
    with one_line_errors(Path()):
        typer.echo(finding_pages.finding_page(code))


@app.command("list", epilog="Example: journeyman list")
def list_models(workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """List all models and their versions."""
    with one_line_errors(workspace):
        versions = registry_api.models(workspace)
        judged = registry_api.judging_rows(versions, workspace)
        show_view(terminal.models_table(versions, registry_api.removed(workspace), judged))


@app.command(epilog="Example: journeyman show houses --version 2")
def show(name: Name, version: Version = None, workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """Show what is known of a released model."""
    with one_line_errors(workspace):
        show_view(terminal.show(report_api.report_of(name, version=version, workspace=workspace)))


def _interrupted(workspace: Path) -> str:
    if registry_api.has_unfinished(workspace):
        return "Stopped; what was finished is kept: `journeyman resume` goes on"
    return "Stopped before anything was finished; the same command begins again"


@app.command(epilog="Example: journeyman resume")
def resume(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A paused model whose loop is to go on.", show_default=False),
    ] = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    quiet: Quiet = False,
) -> None:
    """Go on with builds that were interrupted, of sets too; with a name, with the loop of a paused model."""
    if name is not None:
        resume_loop(name, workspace)
        return
    with one_line_errors(workspace, interrupted=partial(_interrupted, workspace)):
        with _progress(None, quiet, _start_moment(context)) as progress:
            releases = build_api.resume(workspace, progress)
            sets = build_set_api.resume_sets(partial(build_api.build, progress=progress), workspace, progress.note)
        for made in sets:
            show_view(set_page.set_summary(made.facts, str(made.report_path), workspace_to_name(workspace)))
        if not releases and not sets:
            typer.echo("Nothing to resume.")
        for release in releases:
            _print_release(release, workspace)


@app.command(epilog="Example: journeyman promote houses --version 2")
def promote(
    name: Name,
    version: Annotated[int, typer.Option(metavar="N", min=1, help="Version to use from now on.", show_default=False)],
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Make a version the champion, whatever its build decided."""
    with one_line_errors(workspace):
        chosen = registry_api.promote(name, version, workspace=workspace)
        typer.echo(f"{chosen.name}: version {chosen.version} is the champion now")


@app.command(epilog="Example: journeyman rollback houses --to 1")
def rollback(
    name: Name,
    to: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Version to go back to [default: the one before].", show_default=False),
    ] = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Make an earlier version the champion again."""
    with one_line_errors(workspace):
        version = registry_api.rollback(name, to=to, workspace=workspace)
        typer.echo(f"{version.name}: version {version.version} is the champion now")


app.command(epilog="Example: journeyman score houses all-houses.parquet --out prices.parquet")(score)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow encoding loses a character, not the command
    with one_line_usage_errors():
        code = app(obj=_STARTED, standalone_mode=False)
    sys.exit(code or 0)


def _start_moment(context: typer.Context) -> float:
    """Return the moment from which the time counts: the start of the process, where this is its only command."""
    return context.obj if isinstance(context.obj, float) else time.monotonic()


def _refuse_options(context: typer.Context) -> None:
    """Refuse options that a settings file would silently overrule."""
    kept = {"table", "workspace", "quiet"}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in kept and source is not None and source.name == "COMMANDLINE":
            raise SettingsError(
                f"{parameter.opts[0]} has no effect beside a settings file", hint="change it in the file instead"
            )


def _progress(budget: float | None, quiet: bool, began: float) -> progresses.SilentProgress:
    """Return the progress that fits where standard error goes; a context that leaves the terminal clean."""

    def elapsed() -> float:
        return time.monotonic() - began

    if quiet:
        return progresses.SilentProgress()
    if sys.stderr.isatty():
        return progresses.LiveProgress(rich_console.Console(stderr=True), budget, elapsed)
    return progresses.PlainProgress(sys.stderr, elapsed)


def _print_release(release: build_api.Release, workspace: Path) -> None:
    show_view(terminal.summary(release.report, str(release.report_path), workspace_to_name(workspace)))


if __name__ == "__main__":
    main()
