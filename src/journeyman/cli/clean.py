"""The command that finds and repairs errors in a table: `journeyman clean`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import Delimiter, Encoding, Quote, Sheet
from journeyman.cli.output_files import check_output_files
from journeyman.entities.file_style import parse_file_style
from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from rich import console as rich_console

    from journeyman.api import clean as cleaning_api
    from journeyman.entities import cleaning
    from journeyman.reports import cleaning_view
else:
    rich_console = LazyModule("rich.console")
    cleaning_api = LazyModule("journeyman.api.clean")
    cleaning = LazyModule("journeyman.entities.cleaning")
    cleaning_view = LazyModule("journeyman.reports.cleaning_view")

__all__ = ["app"]

_WIDTH = 110

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman clean beers.csv --label 20 --labels beers-labels.csv")
def clean(  # one parameter an option: the signature is the command's interface
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="Table as for build; it is never changed.", show_default=False)
    ],
    target: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column to predict: each cleaning step is kept only if models that learn from it err less.",
            show_default=False,
        ),
    ] = None,
    label: Annotated[
        int, typer.Option(metavar="N", min=0, help="Rows to label; the ones that teach most are chosen.")
    ] = 0,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Labelled rows, a CSV: written with --label where it is absent, for you to correct; else read.",
            show_default=False,
        ),
    ] = None,
    labels_from: Annotated[
        str | None,
        typer.Option(metavar="CLEAN-TABLE", help="Label rows from this clean copy of TABLE.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where --apply and --revert write a table.", show_default=False),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the table with the changes that are proved, and a patch beside it.")
    ] = False,
    revert: Annotated[
        Path | None,
        typer.Option(metavar="PATCH", help="Turn a patch back: TABLE is what --apply wrote.", show_default=False),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was found as JSON.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random.")] = 0,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
) -> None:
    """Find wrong cells and what they should be; change what is proved to help, in a new table."""
    with one_line_errors(Path()):
        style = parse_file_style(encoding, delimiter, quote, sheet)
        if (apply or revert is not None) and out is None:
            raise SettingsError("there is no file to write the table to", hint="add --out FILE")
        if revert is not None and (apply or label or any((target, labels, labels_from, json))):
            raise SettingsError("--revert turns a patch back and does nothing else", hint="leave all but --out away")
        if out is not None and not apply and revert is None:
            raise SettingsError("--out is given, but nothing is to be changed", hint="add --apply")
        if out is not None:
            cleaning_api.check_out(table, out)
        written = labels if labels is not None and not labels.exists() else None
        patch = None if out is None or revert is not None else cleaning_api.patch_beside(out)
        check_output_files(
            (table, labels, labels_from, revert),
            {"--out": out, "the patch beside --out": patch, "--json": json, "--labels": written},
        )
        if revert is not None and out is not None:
            number = cleaning_api.revert(table, revert, out, style)
            typer.echo(f"Turned back {number:,} changes: {out}")
            return
        if apply and target is None and labels is None and labels_from is None:
            raise SettingsError(
                "nothing shows that a change helps", hint="add --target COLUMN, or --label 20 --labels-from CLEAN-TABLE"
            )
        if labels_from is not None and not label:
            raise SettingsError("--labels-from is given, but no rows are to be labelled", hint="add --label 20")
        asks = bool(label) and labels is None and labels_from is None
        if asks and not sys.stdin.isatty():
            labels = Path(f"{Path(table).name.partition('.')[0]}-labels.csv")
        if label and labels_from is None and labels is not None and not labels.exists():
            number = cleaning_api.rows_to_label(table, label, labels, seed, style)
            typer.echo(f"Rows that teach most: {number}, in {labels}")
            command = shlex.join(["journeyman", "clean", table, "--labels", str(labels)])
            typer.echo(f"Correct their cells there, then: `{command}`")
            return
        request = cleaning.CleaningRequest(target, label if labels_from is not None or asks else 0, seed)
        review = cleaning_api.clean(
            table, request, labels=labels, labels_from=labels_from, ask=_ask if asks else None, style=style
        )
        console = rich_console.Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
        console.print(cleaning_view.cleaning_view(review))
        if json is not None:
            cleaning_api.write_json(review, json)
            typer.echo(f"Cells judged wrong: {json}")
        if apply and out is not None:
            patch = cleaning_api.apply_changes(table, review, out, style)
            typer.echo(f"Changed {len(review.changes):,} cells, left out {len(review.removed):,} rows: {out}")
            command = shlex.join(["journeyman", "clean", str(out), "--revert", str(patch), "--out", "FILE"])
            typer.echo(f"To turn it back: `{command}`")


def _ask(table: cleaning.TextTable, row: int) -> cleaning.Correction:
    """Show a row and ask which of its cells are wrong, and what they should be."""
    typer.echo(f"\nRow {row}")
    values = list(table.row(row))
    for number, (name, value) in enumerate(zip(table.names, values, strict=True), 1):
        typer.echo(f"  {number:3d}  {name[:30]:30s}  {value[:70]!r}")
    while True:
        wrong = typer.prompt("Numbers of wrong cells, with commas; Enter for none", default="", show_default=False)
        numbers = [part.strip() for part in wrong.split(",") if part.strip()]
        if all(part.isdecimal() and 1 <= int(part) <= len(values) for part in numbers):
            break
        typer.echo(f"Give numbers from 1 to {len(values)}.")
    for part in numbers:
        place = int(part) - 1
        right = typer.prompt(
            f"  {table.names[place]} should be (Enter for an empty cell)", default="", show_default=False
        )
        # A cell that is called wrong but left as it is has no known right text.
        values[place] = right if right != values[place] else ""
    return cleaning.Correction(row, tuple(values))
