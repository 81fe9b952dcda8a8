"""The command of business decisions: `journeyman decide`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors, workspace_to_name
from journeyman.cli.options import Name, Version, Workspace
from journeyman.cli.output_files import check_output_files
from journeyman.cli.screen import show_view
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from journeyman.api import decide as decide_api
    from journeyman.reports import decision_view
else:
    decide_api = LazyModule("journeyman.api.decide")
    decision_view = LazyModule("journeyman.reports.decision_view")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman decide churn --economics churn.toml --out churn.html")
def decide(  # one parameter an option: the signature is the command's interface
    name: Name,
    economics: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="What each outcome costs or earns, what is done today, how many cases; --init writes one.",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help="Held-out rows with outcomes, as for build [default: the rows that the build kept for judging].",
            show_default=False,
        ),
    ] = None,
    treatment: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of the table that says who was acted on in a randomised trial.",
            show_default=False,
        ),
    ] = None,
    init: Annotated[
        bool, typer.Option("--init", help="Write the economics file for this model, its questions as comments.")
    ] = False,
    pilot: Annotated[
        str | None,
        typer.Option(
            metavar="RESULTS",
            help="Read how a pilot stands: a table with columns arm (policy or today) and value, one row a case.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Write the page with pictures here.", show_default=False)
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write all figures here, for programs.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random.")] = 0,
    version: Version = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Say whether a model may be acted on, GO, PILOT or NO-GO, by what outcomes are worth to you."""
    with one_line_errors(workspace):
        if init:
            if table is not None or pilot is not None or out is not None or json is not None or treatment is not None:
                raise SettingsError(
                    "--init writes an economics file and decides nothing", hint="give NAME and --economics"
                )
            path = Path(f"{Path(name).name}-economics.toml") if economics is None else economics
            decide_api.economics_template(name, path, version=version, workspace=workspace)
            named = workspace_to_name(workspace)
            place = f" --workspace {shlex.quote(named)}" if named else ""
            typer.echo(f"Questions and examples: {path}")
            typer.echo(
                f"Answer them, then: journeyman decide {shlex.quote(name)} --economics {shlex.quote(str(path))}{place}"
            )
            return
        if pilot is not None:
            if (
                economics is not None
                or table is not None
                or treatment is not None
                or out is not None
                or json is not None
            ):
                raise SettingsError(
                    "--pilot reads the results of the pilot that was planned", hint="give it with NAME alone"
                )
            show_view(
                decision_view.reading_view(decide_api.pilot_result(name, pilot, version=version, workspace=workspace))
            )
            return
        if economics is None:
            raise SettingsError(
                "what outcomes are worth is not said",
                hint=f"`journeyman decide {shlex.quote(name)} --init` writes a file with the questions; then give "
                "--economics FILE.toml",
            )
        check_output_files((table, economics), {"--out": out, "--json": json})
        decided = decide_api.decide(
            name, economics, table=table, treatment=treatment, version=version, workspace=workspace, seed=seed
        )
        files = []
        if out is not None:
            decide_api.write_page(decided, out)
            files.append(("Page", str(out)))
        if json is not None:
            decide_api.write_decision(decided, json)
            files.append(("File", str(json)))
        show_view(decision_view.decision_view(decided, tuple(files), workspace_to_name(workspace)))
