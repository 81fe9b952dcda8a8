"""The command of data contracts: `journeyman verify`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Delimiter, Encoding, EngineName, Query, Quote, Sheet, Workspace
from journeyman.cli.output_files import check_output_files
from journeyman.cli.screen import show_view
from journeyman.entities.file_style import parse_file_style
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.settings import DEFAULT_WORKSPACE, EMBEDDED

if TYPE_CHECKING:
    from journeyman.api import verify as verify_api
    from journeyman.entities.finding import Finding
    from journeyman.reports import verification_view
else:
    verify_api = LazyModule("journeyman.api.verify")
    verification_view = LazyModule("journeyman.reports.verification_view")

__all__ = ["app"]

_REFUSED = 1
_WIDTH = 110

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman verify taxis-june.csv --contract taxis.contract.toml")
def verify(  # one parameter an option: the signature is the command's interface
    table: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TABLE",
            help="Table as for build; to learn from, several batches of it, or a folder of them.",
            show_default=False,
        ),
    ] = None,
    contract: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Contract to check by: the name of a model or the folder of a release, a .toml of Journeyman's, a "
            "Frictionless schema (.json) or a Pandera schema (.yaml, .json) [default: TABLE.contract.toml or "
            "contract.toml beside the table].",
            show_default=False,
        ),
    ] = None,
    learn: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Learn a contract from the table and write it; without TABLE, write that of --contract.",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TOOL",
            help="Write what is learned for another tool: pandera, frictionless, dbt or odcs.",
            show_default=False,
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the findings as JSON, too.", show_default=False),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse the table for warnings, too.")] = False,
    query: Query = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    engine: EngineName = EMBEDDED,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Say whether a table is what its contract says, or learn that contract; the exit code is 1 where it is not."""
    with one_line_errors(workspace):
        if learn is not None and contract is not None and table:
            raise SettingsError(
                "--learn writes a contract, and --contract reads one",
                hint="leave one of them out, or TABLE to write the contract of a model or file into another file",
            )
        if not table and (learn is None or contract is None):
            raise SettingsError("no table was given", hint="name one: journeyman verify TABLE --contract FILE")
        exporter = None if to is None else verify_api.contract_exporter(to)
        style = parse_file_style(encoding, delimiter, quote, sheet)
        if learn is not None:
            if json_file is not None or strict:
                raise SettingsError("--json and --strict are for checking a table", hint="leave them out with --learn")
            check_output_files([*(table or ()), *([] if contract is None else [contract])], {"--learn": learn})
            if learn.exists():
                raise SettingsError(
                    f"{learn} is there already, and what was written into it would be lost",
                    hint="name another file for --learn, or delete that one first",
                )
            learned = (
                verify_api.learn_contract(*(table or ()), query=query, engine=engine, style=style, notice=_tell)
                if contract is None
                else verify_api.find_contract(contract, workspace)
            )
            text = verify_api.text_of(learned, exporter)
            verify_api.write_whole(text, learn)
            show_view(verification_view.contract_view(learned, str(learn)), _WIDTH)
            if exporter is None:
                typer.echo(f"Check a table: journeyman verify TABLE --contract {shlex.quote(str(learn))}")
            return
        if to is not None:
            raise SettingsError("--to says how a learned contract is written", hint="add --learn FILE")
        tables = table or []
        if len(tables) > 1:
            raise SettingsError(
                f"{len(tables)} tables were given, and one is checked at a time", hint="give one, or --learn FILE"
            )
        kept = verify_api.contract_beside(tables[0]) if contract is None else contract
        check_output_files((tables[0], kept), {"--json": json_file})
        wanted = verify_api.find_contract(kept, workspace)
        found = verify_api.verify(tables[0], wanted, query=query, engine=engine, style=style)
        if json_file is not None:
            verify_api.write_whole(verify_api.verification_json(found), json_file)
        show_view(verification_view.verification_view(found), _WIDTH)
        for rule in wanted.left_out:
            typer.echo(f"Not checked, since it has no counterpart here: {rule}", err=True)
        if found.refused or (strict and verify_api.has_warnings(found)):
            raise typer.Exit(_REFUSED)


def _tell(finding: Finding) -> None:
    """Print how a file was read, where that could be wrong."""
    typer.echo(f"{finding.code} {finding.severity.value}: {finding.message} {finding.hint}", err=True)
