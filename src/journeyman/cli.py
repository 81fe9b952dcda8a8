"""The commands: each parses what was typed, calls one door of the workflow, and prints what came of it."""

from __future__ import annotations

import time

_STARTED = time.monotonic()  # the budget is from start to release: loading libraries counts

import difflib
import errno
import importlib
import io
import os
import shutil
import sys
import tempfile
import traceback
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from journeyman import __version__
from journeyman.cli_dashboard import add_dashboard
from journeyman.entities.column import Kind, Role
from journeyman.entities.task import TaskKind
from journeyman.errors import JourneymanError, SettingsError, WorkspaceError
from journeyman.settings import DEFAULT_BUDGET, DEFAULT_LATENCY, DEFAULT_WORKSPACE, parse_budget

__all__ = ["app", "main"]


class _Late:
    """A module that is imported when one of its names is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # doctest and copy ask any object for these
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)


# The one lazy door: everything behind these names loads pandas or scikit-learn (seconds), which `journeyman --help`,
# completion and a mistyped option must not wait for. Type checkers and import-linter see the true imports.
if TYPE_CHECKING:
    from rich import console as rich_console

    from journeyman.reports import experience_view, terminal
    from journeyman.reports import progress as progresses
    from journeyman.serving import serve_doors
    from journeyman.workflow import (
        doors,
        experience_doors,
        experience_export,
        predict_doors,
        registry_doors,
        report_doors,
        score_doors,
    )
else:
    rich_console = _Late("rich.console")
    progresses = _Late("journeyman.reports.progress")
    terminal = _Late("journeyman.reports.terminal")
    experience_view = _Late("journeyman.reports.experience_view")
    doors = _Late("journeyman.workflow.doors")
    experience_doors = _Late("journeyman.workflow.experience_doors")
    experience_export = _Late("journeyman.workflow.experience_export")
    predict_doors = _Late("journeyman.workflow.predict_doors")
    registry_doors = _Late("journeyman.workflow.registry_doors")
    report_doors = _Late("journeyman.workflow.report_doors")
    score_doors = _Late("journeyman.workflow.score_doors")
    serve_doors = _Late("journeyman.serving.serve_doors")

EXIT_FAULT = 1
EXIT_INPUT = 2
EXIT_INTERRUPTED = 130
WIDTH_IN_FILES = 100

app = typer.Typer(
    name="journeyman",
    help="From a table to a released model, with one command.",
    epilog="First steps: journeyman build houses.csv --target price",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes 0.2 s on a busy machine, boxed help 0.5 s
    context_settings={"help_option_names": ["-h", "--help"]},
)

experience = typer.Typer(
    name="experience",
    help="Show, export or clear what your builds have taught.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
app.add_typer(experience)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the model.", show_default=False)]
Workspace = Annotated[
    Path,
    typer.Option(
        metavar="DIR", envvar="JOURNEYMAN_WORKSPACE", help="Folder of the journal, the releases and the registry."
    ),
]
Version = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="Version of the model; the champion where none is given.", show_default=False
    ),
]
Query = Annotated[
    str | None, typer.Option(metavar="SQL", help="Query to run, where TABLE is a database URL.", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


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
            help="A .csv, .tsv, .parquet, .jsonl or .xlsx file, a folder of them, a database URL (with --query), "
            "or the settings.toml of an earlier build, which is then repeated.",
            show_default=False,
        ),
    ],
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column to predict.", show_default=False)] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Time from start to release: 30s, 2m, 1h or seconds, or auto, which ends when more is not worth it; "
            f"{DEFAULT_BUDGET} unless --trials is given.",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Number of trials; makes a build repeatable.", show_default=False),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(metavar="M", help="Metric to choose by; the field's usual one by default.", show_default=False),
    ] = None,
    task: Annotated[
        TaskKind | None, typer.Option(help="Kind of task; decided by the values by default.", show_default=False)
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the model; after the table by default.", show_default=False),
    ] = None,
    query: Query = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random.")] = 0,
    time_column: Annotated[
        str | None, typer.Option("--time", metavar="COL", help="Split by this time column.", show_default=False)
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
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Leave this finding as it is (DQ301, or DQ301:column); repeatable.",
            show_default=False,
        ),
    ] = None,
    latency: Annotated[
        str, typer.Option(metavar="TIME", help="Time that the model may take to answer for one row, in process.")
    ] = DEFAULT_LATENCY,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Memory that the build may take: 4GB, 800MB or bytes; a share of what is free by default.",
            show_default=False,
        ),
    ] = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    quiet: Quiet = False,
) -> None:
    """Build a model from a table, judge it and release it."""
    began = _began(context)
    with _told(workspace, interrupted="interrupted; `journeyman resume` goes on"):
        if table.lower().endswith(".toml"):
            _refuse_options(context)
            with _progress(None, quiet, began) as progress:
                release = doors.build_settings(Path(table), workspace, progress, began)
            _print_release(release)
            return
        if target is None:
            raise SettingsError("no column to predict was named", hint="add --target COLUMN")
        if budget is None and trials is None:
            budget = DEFAULT_BUDGET
        seconds = None if budget is None else parse_budget(budget)
        kinds = _parse_kinds(kind or ())
        with _progress(seconds, quiet, began) as progress:
            release = doors.build(
                table,
                target=target,
                query=query,
                budget=budget,
                trials=trials,
                metric=metric,
                task=None if task is None else task.value,
                name=name,
                workspace=workspace,
                seed=seed,
                time=time_column,
                group=group,
                progress=progress,
                kinds=kinds,
                roles=dict.fromkeys(ignore or (), Role.IGNORED.value),
                missing=tuple(missing or ()),
                accept=tuple(accept or ()),
                latency=latency,
                memory=memory,
                began=began,
            )
        _print_release(release)


@app.command(epilog="Example: journeyman predict houses new-houses.csv --out prices.csv")
def predict(
    name: Name,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Rows to predict, as for build.", show_default=False)],
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Where the predictions go: a .csv, .parquet or .jsonl file; - is standard output. "
            "By default TABLE.predictions.csv in this folder.",
            show_default=False,
        ),
    ] = None,
    version: Version = None,
    query: Query = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Predict the rows of a table with a released model."""
    with _told(workspace):
        with tempfile.TemporaryDirectory(prefix="journeyman-") as folder:
            to_stdout = out == "-"
            path = Path(folder, "predictions.csv") if to_stdout else Path(out or _predictions_name(table))
            if not to_stdout and _same_file(path, table):
                raise SettingsError(f"--out {path} would overwrite the table to predict", hint="name another file")
            result = predict_doors.predict_file(
                name, table, out=path, version=version, workspace=workspace, query=query
            )
            if to_stdout:
                sys.stdout.flush()
                with open(result.path, "rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:
                typer.echo(f"{_count(result.rows, 'row')} predicted: {result.path}")
        if to_stdout:
            typer.echo(f"{_count(result.rows, 'row')} predicted", err=True)
        for finding in result.findings:
            typer.echo(f"{finding.code} {finding.severity.value}: {finding.message}", err=True)


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
            help="A .csv, .parquet or .jsonl file; TABLE.predictions.csv in this folder by default.",
            show_default=False,
        ),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Score every table that appears in this folder.", show_default=False),
    ] = None,
    version: Version = None,
    query: Query = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    quiet: Quiet = False,
) -> None:
    """Predict tables of any size; after a kill, the same command goes on where it was."""
    with _told(workspace, interrupted="interrupted; the same command goes on"):
        if (table is None) == (watch is None):
            raise SettingsError("a table or --watch FOLDER is needed, not both", hint="name one of them")
        if watch is not None:
            score_doors.watch(name, watch, typer.echo, version=version, workspace=workspace)
            return
        path = out or Path(_predictions_name(str(table)))
        if _same_file(path, str(table)):
            raise SettingsError(f"--out {path} would overwrite the table to predict", hint="name another file")
        began = time.monotonic()

        def tell(rows: int) -> None:
            if not quiet:
                typer.echo(f"{_count(rows, 'row')} done, {time.monotonic() - began:.0f} s", err=True)

        result = score_doors.score_file(
            name, str(table), tell, out=path, version=version, workspace=workspace, query=query
        )
        typer.echo(f"{_count(result.rows, 'row')} predicted: {result.path}")
        for finding in result.findings:
            typer.echo(f"{finding.code} {finding.severity.value}: {finding.message}", err=True)


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
        typer.Option(metavar="N", help="8000; in a container what the platform wants.", show_default=False),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="127.0.0.1; 0.0.0.0 is every interface.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes that answer.")] = 1,
    challenger: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Version scored in the shadow, or as a canary.", show_default=False),
    ] = None,
    canary: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0, max=1, help="Share of the rows that the challenger answers."),
    ] = 0.0,
    no_challenger: Annotated[bool, typer.Option("--no-challenger", help="Let nobody challenge any more.")] = False,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL", help="Labels may come by this column, canaries stick to it; repeatable.", show_default=False
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
        typer.Option(metavar="DIR", help="Prediction log; WORKSPACE/predictions/NAME.", show_default=False),
    ] = None,
    keep_days: Annotated[float, typer.Option(metavar="N", help="Days until predictions move to Parquet files.")] = 30.0,
    keep_rows: Annotated[
        int, typer.Option(metavar="N", help="Predictions in the log beyond which the oldest move earlier.")
    ] = 10_000_000,
    tokens: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who may do what; or the variable JOURNEYMAN_TOKENS.", show_default=False),
    ] = None,
    max_rows: Annotated[int, typer.Option(metavar="N", help="Rows of a request.")] = 10_000,
    max_bytes: Annotated[int, typer.Option(metavar="N", help="Bytes of a request.")] = 10_000_000,
    max_waiting: Annotated[int, typer.Option(metavar="N", help="Rows that may wait; beyond that, 429.")] = 10_000,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Time a request may take to arrive.")] = 30.0,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Answer over HTTP with the champion, and record every prediction."""
    with _told(workspace):
        settings = serve_doors.ServeSettings(
            model=serve_doors.model_to_serve(name, workspace),
            workspace=workspace,
            log=log,
            host=host or serve_doors.usual_host(os.environ),
            port=port or serve_doors.usual_port(os.environ),
            workers=workers,
            keys=tuple(key or ()),
            hashed=tuple(hash_column or ()),
            left_out=tuple(leave_out or ()),
            keep_days=keep_days,
            keep_rows=keep_rows,
            most_bytes=max_bytes,
            most_rows=max_rows,
            most_waiting=max_waiting,
            timeout=timeout,
            tokens=tokens,
        )
        challenge = serve_doors.wanted_challenge(challenger, canary, no_challenger)
        serve_doors.serve(settings, challenge)


@app.command(epilog="Example: journeyman report houses")
def report(
    name: Name,
    version: Version = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
    show_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the report in a browser, where there is a display.")
    ] = True,
) -> None:
    """Say where a model's report is; on a display, open it."""
    with _told(workspace):
        path = registry_doors.report_path(name, version=version, workspace=workspace).resolve()
        typer.echo(str(path))
        if show_page and sys.stdout.isatty() and _has_display():
            webbrowser.open(path.as_uri())


@app.command("list", epilog="Example: journeyman list")
def list_models(workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """List all models and their versions."""
    with _told(workspace):
        _print(terminal.models_table(registry_doors.models(workspace)))


@app.command(epilog="Example: journeyman show houses --version 2")
def show(name: Name, version: Version = None, workspace: Workspace = Path(DEFAULT_WORKSPACE)) -> None:
    """Show what is known of a released model."""
    with _told(workspace):
        _print(terminal.show(report_doors.report_of(name, version=version, workspace=workspace)))


@app.command(epilog="Example: journeyman resume")
def resume(context: typer.Context, workspace: Workspace = Path(DEFAULT_WORKSPACE), quiet: Quiet = False) -> None:
    """Go on with builds that were interrupted."""
    with _told(workspace, interrupted="interrupted; `journeyman resume` goes on"):
        with _progress(None, quiet, _began(context)) as progress:
            releases = doors.resume(workspace, progress)
        if not releases:
            typer.echo("nothing to resume")
        for release in releases:
            _print_release(release)


@app.command(epilog="Example: journeyman rollback houses --to 1")
def rollback(
    name: Name,
    to: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Version to go back to; the one before by default.", show_default=False),
    ] = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Make an earlier version the champion again."""
    with _told(workspace):
        version = registry_doors.rollback(name, to=to, workspace=workspace)
        typer.echo(f"{version.name}: version {version.version} is the champion now")


@experience.callback(epilog="Example: journeyman experience")
def show_experience(context: typer.Context) -> None:
    """Show how good the judgement of your builds was, and what they have taught."""
    if context.invoked_subcommand is None:
        with _told(Path()):
            look = experience_doors.looked_back()
            _print(experience_view.experience_view(look, str(experience_doors.experience_file())))


@experience.command("export", epilog="Example: journeyman experience export experience.csv")
def export_experience(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .csv, .parquet or .jsonl file to write.", show_default=False)
    ],
) -> None:
    """Write your experience to a file, a row a trial."""
    with _told(Path()):
        typer.echo(f"{_count(experience_export.export(file), 'trial')} written: {file}")


@experience.command("clear", epilog="Example: journeyman experience clear --yes")
def clear_experience(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget your experience; what a workspace holds of it stays there."""
    with _told(Path()):
        rows = experience_doors.rows_kept()
        if not rows:
            typer.echo("there is no experience to forget")
            return
        if not yes:
            if not sys.stdin.isatty():
                raise SettingsError("nobody can be asked whether to forget it", hint="add --yes")
            typer.confirm(f"Forget {_count(rows, 'trial')} in {experience_doors.experience_file()}?", abort=True)
        typer.echo(f"{_count(experience_doors.clear(), 'trial')} forgotten")


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow encoding loses a character, not the command
    app(obj=_STARTED)


def _began(context: typer.Context) -> float:
    """Return the moment from which the time counts: the start of the process, where this is its only command."""
    return context.obj if isinstance(context.obj, float) else time.monotonic()


@contextmanager
def _told(workspace: Path, *, interrupted: str = "interrupted") -> Iterator[None]:
    """Turn what went wrong into a line on standard error and an exit code."""
    try:
        yield
    except JourneymanError as error:
        raise typer.Exit(_tell(error)) from error
    except KeyboardInterrupt as error:
        typer.echo(interrupted, err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from error
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except Exception as error:  # the outermost door: a fault of ours is told in one line, with its traceback in a file
        known = _storage_error(error)
        if known is not None:
            raise typer.Exit(_tell(known)) from error
        log = _write_log(error, workspace)
        said = " ".join(str(error).split())
        _tell_lines(f"{type(error).__name__}: {said}"[:300], f"this is a fault of Journeyman; the details are in {log}")
        raise typer.Exit(EXIT_FAULT) from error


add_dashboard(app, _told)


def _tell(error: JourneymanError) -> int:
    _tell_lines(error.message, error.hint)
    return EXIT_INPUT


def _tell_lines(message: str, hint: str) -> None:
    typer.echo(f"{typer.style('error:', fg=typer.colors.RED, bold=True)} {' '.join(message.split())}", err=True)
    typer.echo(f"hint: {' '.join(hint.split())}", err=True)


def _storage_error(error: Exception) -> JourneymanError | None:
    """Return what a failing disk or a short memory means for the user; None where the fault is ours."""
    if isinstance(error, MemoryError):
        return SettingsError("the memory did not suffice", hint="close other programs or give a smaller table")
    if not isinstance(error, OSError):
        return None
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WorkspaceError(f"the disk is full{where}", hint="free some space, then run `journeyman resume`")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkspaceError(f"no permission{where}", hint="check the permissions, or choose another --workspace")
    return None


def _write_log(error: Exception, workspace: Path) -> str:
    lines = "".join(traceback.format_exception(error))
    for folder in (workspace if workspace.is_dir() else None, None):
        try:
            handle, path = tempfile.mkstemp(prefix="journeyman-error-", suffix=".log", dir=folder, text=True)
        except OSError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # without the command's arguments: a database URL may hold a password
            file.write(f"journeyman {__version__}, Python {sys.version}\n\n{lines}")
        return path
    return "no file: neither the workspace nor the folder for temporary files can be written"


def _refuse_options(context: typer.Context) -> None:
    """Refuse options that a settings file would silently overrule."""
    kept = {"table", "workspace", "quiet"}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in kept and source is not None and source.name == "COMMANDLINE":
            raise SettingsError(
                f"{parameter.opts[0]} has no effect beside a settings file", hint="change it in the file instead"
            )


def _parse_kinds(texts: Sequence[str]) -> dict[str, str]:
    kinds = {}
    for text in texts:
        column, equals, kind = text.rpartition("=")
        names = [known.value for known in Kind]
        if not (column and equals):
            raise SettingsError(f"--kind {text} names no column and kind", hint="write --kind COLUMN=KIND")
        if kind not in names:
            near = difflib.get_close_matches(kind, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"kinds are {', '.join(names)}"
            raise SettingsError(f"--kind {text}: there is no kind {kind!r}", hint=hint)
        kinds[column] = kind
    return kinds


def _progress(budget: float | None, quiet: bool, began: float) -> progresses.SilentProgress:
    """Return the progress that fits where standard error goes; a context that leaves the terminal clean."""

    def elapsed() -> float:
        return time.monotonic() - began

    if quiet:
        return progresses.SilentProgress()
    if sys.stderr.isatty():
        return progresses.LiveProgress(rich_console.Console(stderr=True), budget, elapsed)
    return progresses.PlainProgress(sys.stderr, elapsed)


def _print(renderable: rich_console.RenderableType) -> None:
    width = None if sys.stdout.isatty() else WIDTH_IN_FILES
    rich_console.Console(width=width).print(renderable, highlight=False, markup=False)


def _print_release(release: doors.Release) -> None:
    _print(terminal.summary(release.report, str(release.report_path)))


def _predictions_name(table: str) -> str:
    """Name the file of predictions after the table: "data/adult.csv.gz" gives "adult.predictions.csv"."""
    last = table.split("?", 1)[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    return f"{last.partition('.')[0] or 'table'}.predictions.csv"


def _same_file(path: Path, table: str) -> bool:
    return path.exists() and Path(table).exists() and path.samefile(table)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _has_display() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    main()
