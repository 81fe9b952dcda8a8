"""The command that writes a release for another system or language: `journeyman export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Version, Workspace
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule
from journeyman.plugins import offered
from journeyman.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from journeyman.api import export as export_api
    from journeyman.api import export_deployment as deployment_api
    from journeyman.api import export_release as release_api
else:
    export_api = LazyModule("journeyman.api.export")
    deployment_api = LazyModule("journeyman.api.export_deployment")
    release_api = LazyModule("journeyman.api.export_release")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


def _targets() -> list[str]:
    languages = offered("journeyman.exporters") | offered("journeyman.project_exporters")
    return sorted(languages | _of_releases() | _of_places())


def _of_releases() -> frozenset[str]:
    return offered("journeyman.release_exporters")


def _of_places() -> frozenset[str]:
    return offered("journeyman.deployment_exporters")


@app.command(epilog="Example: journeyman export houses --to python --out houses-python")
def export(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the model.", show_default=False)] = None,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Where the export goes, as --out says, too.", show_default=False),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            autocompletion=_targets,
            help="Format or language: saved_model, python, excel, or another one of --list.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder that is not there yet [default: NAME-TARGET].", show_default=False),
    ] = None,
    package: Annotated[
        str | None,
        typer.Option(metavar="P", help="Name of what is written [default: the model's].", show_default=False),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Build a project and compare its answers with the release's.")
    ] = True,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEMBER",
            help="Leave out this algorithm's members, or duplicate_lookup; repeatable.",
            show_default=False,
        ),
    ] = None,
    rows_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ROWS",
            help="Rows that excel, powerbi and tableau show: log for live predictions, or a table "
            "[default: the training table].",
            show_default=False,
        ),
    ] = None,
    show: Annotated[
        bool, typer.Option("--list", help="Show the targets, what each can say, and what is here.")
    ] = False,
    version: Version = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Write a release in another system's format or in another language, and check that it predicts the same."""
    with one_line_errors(workspace):
        if show:
            rest = (*release_api.release_targets(), *deployment_api.deployment_targets())
            for target in sorted((*export_api.export_targets(), *rest), key=lambda one: one.name):
                here = "" if target.toolchain is None else f"; cannot be checked here: {target.toolchain.reason}"
                typer.echo(f"{target.name:<14} {target.covers}{here}")
            return
        if name is None or to is None:
            lacks = "NAME" if name is None else "--to TARGET"
            raise SettingsError(
                f"export lacks {lacks}", hint="journeyman export NAME --to TARGET; --list shows targets"
            )
        if folder is not None and out is not None:
            raise SettingsError("the folder is given twice", hint="give FOLDER or --out, not both")
        place = folder if out is None else out
        if to in _of_releases() | _of_places():
            refused = {
                "--package": package is not None,
                "--no-check": not check and to in _of_releases(),
                "--without": bool(without),
            }
            for option in (o for o, given in refused.items() if given):
                raise SettingsError(f"an export to {to} takes no {option}", hint="leave it out")
        if to in _of_releases():
            told = release_api.export_release(
                name, place, to=to, rows_from=rows_from, version=version, workspace=workspace
            )
            typer.echo(f"{told.folder}: {told.said}")
            return
        if rows_from is not None:
            shows = ", ".join(sorted(_of_releases()))
            raise SettingsError(f"{to} holds no rows, so it takes no --from", hint=f"leave it out, or write to {shows}")
        if to in _of_places():
            placed = deployment_api.export_deployment(
                name, place, to=to, version=version, workspace=workspace, check=check
            )
            typer.echo(f"{placed.folder}: {_outcome_words(placed)}")
            return
        made = export_api.export(
            name,
            place,
            to=to,
            options=export_api.ExportOptions(package, check, tuple(without or ())),
            version=version,
            workspace=workspace,
        )
        typer.echo(f"{made.folder}: {_outcome_words(made)}")
        if made.loss:
            typer.echo(made.loss)


def _outcome_words(made: export_api.Exported | deployment_api.Deployed) -> str:
    if made.unchecked is not None:
        hint = f" ({made.unchecked.hint})" if made.unchecked.hint else ""
        return f"written, not checked: {made.unchecked.reason}{hint}"
    if isinstance(made, export_api.Exported) and made.difference:
        return f"differs by at most {made.difference:.1g} of the range in {made.rows:,} rows"
    return f"predicts as the release does in {made.rows:,} rows"
