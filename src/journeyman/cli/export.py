"""The command that writes a release for another system or language: `journeyman export`."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
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
    from journeyman.api import deploy as deploy_api
    from journeyman.api import export as export_api
    from journeyman.interfaces import DeployScript
else:
    deploy_api = LazyModule("journeyman.api.deploy")
    export_api = LazyModule("journeyman.api.export")

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None)


def _targets() -> list[str]:
    # whoever presses Tab does not wait until all that exports need is loaded: the groups are known by their names
    groups = (group for group in entry_points().groups if re.fullmatch(r"journeyman\.(?:[a-z]+_)?exporters", group))
    return sorted(name for group in groups for name in offered(group))


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
    deploy: Annotated[
        bool,
        typer.Option("--deploy", help="Put an export to sagemaker or vertex into use, once you have said yes."),
    ] = False,
    bucket: Annotated[
        str | None,
        typer.Option(metavar="BUCKET", help="With --deploy: where files are uploaded to.", show_default=False),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGE",
            help="With --deploy: address of the image that you have built from the export and pushed.",
            show_default=False,
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(metavar="ARN", help="With --deploy, SageMaker: the role that it takes.", show_default=False),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="REGION",
            help="With --deploy [default: that of the AWS settings; Vertex AI: us-central1].",
            show_default=False,
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="With --deploy, Vertex AI: the project.", show_default=False),
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="With --deploy, SageMaker: the machine that answers [default: ml.m5.large].",
            show_default=False,
        ),
    ] = None,
    serverless: Annotated[
        bool, typer.Option("--serverless", help="With --deploy, SageMaker: a machine runs while somebody asks.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --deploy: do not ask.")] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Show the targets, what each can say, and what is here.")
    ] = False,
    version: Version = None,
    workspace: Workspace = Path(DEFAULT_WORKSPACE),
) -> None:
    """Write a release in another system's format or in another language, and check that it predicts the same."""
    with one_line_errors(workspace):
        if show:
            for target in export_api.export_targets():
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
        wanted = deploy_api.DeployOptions(bucket, image, role, region, project, instance, serverless)
        if not deploy and (yes or wanted.given):
            word = wanted.given[0] if wanted.given else "yes"
            raise SettingsError(f"--{word} says how an export is deployed", hint="add --deploy")
        script = deploy_api.deploy_script(to, wanted) if deploy else None
        made = export_api.export(
            name,
            folder if out is None else out,
            to=to,
            options=export_api.ExportOptions(package, check, tuple(without or ()), rows_from),
            version=version,
            workspace=workspace,
        )
        typer.echo(f"{made.folder}: {made.said}")
        if made.loss:
            typer.echo(made.loss)
        if script is not None:
            _deploy(made.folder, script, wanted, yes)


def _deploy(folder: Path, script: DeployScript, wanted: deploy_api.DeployOptions, yes: bool) -> None:
    """Say what will be made, ask, and make it."""
    typer.echo("This will be made:")
    for line in deploy_api.planned_steps(folder, script, wanted):
        typer.echo(f"  {line}")
    if not yes:
        try:
            agreed = typer.confirm("Go on?")
        except typer.Abort:
            raise SettingsError("nobody said yes, so nothing was made", hint="add --yes where nobody can") from None
        if not agreed:
            typer.echo(f"Nothing was made; the export is in {folder}.")
            return
    for line in deploy_api.deploy(folder, script, wanted):
        typer.echo(line)
