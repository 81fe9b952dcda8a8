"""The api of exports: a release in another system's format, in another language, for a cloud, or for people."""

from __future__ import annotations

import difflib
from dataclasses import fields
from pathlib import Path

from journeyman.api.export_deployment import DEPLOYMENTS
from journeyman.api.export_plan import FORMATS, PROJECTS
from journeyman.api.export_release import RELEASES
from journeyman.api.export_request import USUAL, Exported, ExportOptions, ExportRequest, ExportTarget, Family
from journeyman.errors import SettingsError
from journeyman.plugins import load_usable, make_part, offered

__all__ = [
    "FAMILIES",
    "ExportOptions",
    "ExportTarget",
    "Exported",
    "export",
    "export_targets",
    "family_of",
    "target_name",
]

FAMILIES = (FORMATS, PROJECTS, DEPLOYMENTS, RELEASES)
"""All targets; a name that two families offer is the first one's."""

_WRITTEN = {"package": "--package", "check": "--no-check", "without": "--without", "rows_from": "--from"}
"""Options as the command line has them."""


def export(
    name: str | Path,
    folder: str | Path | None = None,
    *,
    to: str,
    options: ExportOptions = USUAL,
    version: int | None = None,
    workspace: str | Path | None = None,
    seed: int = 0,
) -> Exported:
    """Write a release for another system, have it predict rows there, and keep the export where both agree.

    What shows a release to people, such as a workbook, predicts nothing: it is read back. An export of that kind to the
    same folder refreshes it, file by file, and leaves alone what people may have changed; any other needs a folder that
    is not there, or is empty.

    Parameters
    ----------
    name : str or Path
        Of the model, or its release's folder.
    folder : str or Path, optional
        Where the export goes, whole or not at all. The model's name and the target's by default.
    to : str
        The target, such as "python", "saved_model", "docker" or "excel"; ``export_targets`` lists them.
    options : ExportOptions
        What is written besides the usual.
    seed : int
        Of the rows that both predict, drawn column by column from what the training table was like; of the sample,
        where there are more rows than a workbook takes.

    Raises
    ------
    SettingsError
        For an unknown name, version, target or member, an option that the target has no use for, a folder that holds
        something, a package name that is none, or rows that are not there.
    ReleaseError
        Where the target cannot say the release, something has to be installed, or the two do not agree: nothing is left
        then.
    WorkspaceError
        Where a file of an earlier export is open in another program, or must not be written.
    """
    to = target_name(to)
    family = family_of(to)
    given = {one.name for one in fields(options) if getattr(options, one.name) != getattr(USUAL, one.name)}
    for option in sorted(given - family.takes):
        hint = "leave it out"
        if option == "rows_from":
            hint += f", or write to {', '.join(sorted(offered(RELEASES.group)))}"
        raise SettingsError(f"an export to {to} takes no {_WRITTEN[option]}", hint=hint)
    return family.write(make_part(family.group, to), ExportRequest(name, folder, to, options, version, workspace, seed))


def target_name(to: str) -> str:
    """Return a target's own name: ``sql`` and ``sql=DATABASE`` are ways to say which dialect is written.

    Examples
    --------
    >>> target_name("sql"), target_name("sql=sqlite"), target_name("java")
    ('sql_duckdb', 'sql_sqlite', 'java')
    """
    return "sql_duckdb" if to == "sql" else to.replace("sql=", "sql_", 1)


def family_of(to: str) -> Family:
    """Return the family of a target.

    Raises
    ------
    SettingsError
        Where there is no such target, with the nearest name.

    Examples
    --------
    >>> family_of("java").group, sorted(family_of("excel").takes)
    ('journeyman.project_exporters', ['rows_from'])
    """
    for family in FAMILIES:
        if to in offered(family.group):
            return family
    known = {name for family in FAMILIES for name in offered(family.group)}
    near = difflib.get_close_matches(to, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    raise SettingsError(f"there is no export target {to!r}", hint=hint)


def export_targets() -> tuple[ExportTarget, ...]:
    """Return what a release can be written to here, by name.

    Examples
    --------
    >>> {"python", "docker", "excel"} <= {target.name for target in export_targets()}
    True
    """
    found = {
        name: family.describe(part)
        for family in reversed(FAMILIES)
        for name, part in load_usable(family.group).parts.items()
    }
    return tuple(found[name] for name in sorted(found))
