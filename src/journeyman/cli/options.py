"""What commands share in words: options that several take, and how they name files and numbers."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from journeyman.entities.column import Kind
from journeyman.errors import SettingsError
from journeyman.plugins import offered
from journeyman.stores.home import workspace_folder

__all__ = [
    "Decimal",
    "Delimiter",
    "Encoding",
    "EngineName",
    "Identifiers",
    "Interval",
    "Keep",
    "Lake",
    "Log",
    "Name",
    "Query",
    "Quiet",
    "Quote",
    "Sheet",
    "TaskOptions",
    "Thousands",
    "Total",
    "Version",
    "Workspace",
    "count",
    "known_task",
    "parse_kinds",
    "parse_task_options",
]

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the model.", show_default=False)]
Workspace = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        envvar="JOURNEYMAN_WORKSPACE",
        parser=workspace_folder,
        help="Folder of the journal, the releases and the registry; or postgresql://user@host/name, a database that "
        "several machines share.",
    ),
]
Log = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the prediction log, or postgresql://user@host/name [default: WORKSPACE/predictions/NAME, or "
        "the database that the workspace is in].",
        show_default=False,
    ),
]
Lake = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Folder or database of further tables: those that help are joined, as `journeyman search` finds them.",
        show_default=False,
    ),
]
OwnContract = Annotated[
    Path | None,
    typer.Option(
        "--contract",
        metavar="FILE",
        help="Data contract whose rules by a person the release's own contract takes over.",
        show_default=False,
    ),
]
Version = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Version of the model [default: the champion].", show_default=False),
]
Query = Annotated[
    str | None, typer.Option(metavar="SQL", help="Query to run; TABLE is then a database URL.", show_default=False)
]
TaskOptions = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="What this kind of task lets one choose; repeatable.", show_default=False),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL", help="Write this column of TABLE beside the predictions; repeatable.", show_default=False
    ),
]
Total = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL",
        help="Sum forecasts over all series of one value of this column; repeatable; all for one sum.",
        show_default=False,
    ),
]
Identifiers = Annotated[
    bool,
    typer.Option(
        "--identifiers/--no-identifiers", help="Write the columns that named the rows of the training table, too."
    ),
]
Interval = Annotated[
    bool,
    typer.Option(
        "--interval", help="Write the interval, or the likely labels, that hold the true value in about 90% of rows."
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Encoding of text files, such as cp1251; found out by default.", show_default=False
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        metavar="CHAR", help="What divides text files: ';', tab, space; found out by default.", show_default=False
    ),
]
Quote = Annotated[
    str | None,
    typer.Option(
        metavar="CHAR", help="Around texts: double, single or none; found out by default.", show_default=False
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Sheet of a workbook, or table of a .zip; the first visible one by default.",
        show_default=False,
    ),
]
Decimal = Annotated[
    str | None,
    typer.Option(
        metavar="SIGN", help="Decimal sign of numbers in texts: , or . where values leave it open.", show_default=False
    ),
]
Thousands = Annotated[
    str | None,
    typer.Option(metavar="SIGN", help="Sign between groups of digits, as in 1.234 or 1'234.", show_default=False),
]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="NAME[=ADDRESS]",
        help="What goes over all rows and fits trials: duckdb in this process, spark, spark=local[4], "
        "spark=spark://host:7077.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


def count(number: int, noun: str) -> str:
    """Say how many there are.

    Examples
    --------
    >>> count(1, "row"), count(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def known_task(name: str | None) -> str | None:
    """Refuse a kind of task that nobody offers, before anything is read; no kind is imported for it."""
    known = sorted(offered("journeyman.tasks"))
    if name is not None and name not in known:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(map(repr, known))}.")
    return name


def parse_task_options(texts: Sequence[str]) -> dict[str, str]:
    """Return options by name.

    Raises
    ------
    SettingsError
        Where a text is no ``NAME=VALUE``.

    Examples
    --------
    >>> parse_task_options(["levels=0.05,0.95"])
    {'levels': '0.05,0.95'}
    """
    options = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise SettingsError(
                f"--task-option {text} names no option and value", hint="write --task-option NAME=VALUE"
            )
        options[name.strip()] = value.strip()
    return options


def parse_kinds(texts: Sequence[str]) -> dict[str, str]:
    """Read what was said of kinds of columns, "COLUMN=KIND" each; SettingsError for what cannot be read."""
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
