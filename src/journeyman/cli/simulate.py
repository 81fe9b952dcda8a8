"""The command of a world to practise in: `journeyman simulate`."""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.endings import one_line_errors
from journeyman.cli.options import (
    Decimal,
    Delimiter,
    Encoding,
    Quote,
    Sheet,
    TaskOptions,
    Thousands,
    known_task,
    parse_task_options,
)
from journeyman.entities.file_style import parse_file_style
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from rich import console as rich_console

    from journeyman.entities import operation, simulation
    from journeyman.pipelines import simulate as simulations
    from journeyman.reports import simulation_page, simulation_view
else:
    rich_console = LazyModule("rich.console")
    operation = LazyModule("journeyman.entities.operation")
    simulation = LazyModule("journeyman.entities.simulation")
    simulation_page = LazyModule("journeyman.reports.simulation_page")
    simulation_view = LazyModule("journeyman.reports.simulation_view")
    simulations = LazyModule("journeyman.pipelines.simulate")

__all__ = ["app"]

_WIDTH = 110
_PAGE = "simulation"

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: journeyman simulate taxis.csv --target tip --delay 500")
def simulate(  # one parameter an option: the signature is the command's interface
    stream: Annotated[
        str, typer.Argument(metavar="STREAM", help="Table as for build, its rows in order of time.", show_default=False)
    ],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column to predict.", show_default=False)],
    delay: Annotated[int, typer.Option(metavar="N", min=0, help="Rows predicted before a label comes.")] = 500,
    daily: Annotated[int, typer.Option(metavar="N", min=20, help="Rows of a simulated day.")] = 250,
    first: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=200, help="Rows the first model is built from [default: a fifth].", show_default=False
        ),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(metavar="N", min=500, help="Replay so many rows at most.", show_default=False)
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            metavar="N", min=0.1, help="Most days a second [default: as fast as it goes].", show_default=False
        ),
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Trials of each build.")] = 3,
    task: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Kind of task, as for build.", show_default=False, callback=known_task),
    ] = None,
    task_option: TaskOptions = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COL", help="Do not use this column; repeatable.", show_default=False)
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    unit: Annotated[str, typer.Option(metavar="WORD", help="Unit of costs, such as EUR.")] = "points",
    retraining_cost: Annotated[float, typer.Option(metavar="X", min=0, help="Cost of one retraining.")] = 1.0,
    loss_cost: Annotated[
        float, typer.Option(metavar="X", min=0, help="Cost of one unit of loss on one prediction; 0 derives it.")
    ] = 0.0,
    horizon: Annotated[
        int, typer.Option(metavar="N", min=1, help="Predictions in which a retraining has to pay.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random.")] = 0,
    time_column: Annotated[
        str | None,
        typer.Option("--time", metavar="COL", help="Replay the rows in the order of this column.", show_default=False),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "--keep",
            metavar="DIR",
            help="Keep the workspace here, with a page simulation.html; without it, nothing is kept.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Replay a table as live traffic with late labels through the real loop, and see what it would have done."""
    with one_line_errors(keep or Path()), _place(keep) as workspace:
        settings = simulation.SimulateSettings(
            table=stream,
            target=target,
            workspace=workspace,
            first=first,
            delay=delay,
            daily=daily,
            trials=trials,
            economics=operation.Economics(unit, retraining_cost, loss_cost, horizon),
            ignore=tuple(ignore or ()),
            task=task,
            task_options=parse_task_options(task_option or ()),
            most=rows,
            seed=seed,
            time=time_column,
            style=parse_file_style(encoding, delimiter, quote, sheet),
            decimal=decimal,
            thousands=thousands,
        )
        console = rich_console.Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
        began = time.monotonic()
        with simulation_view.DayView(console) as view:

            def tell(day: simulation.SimulatedDay) -> None:
                view.day(day)
                if speed is not None:
                    time.sleep(max(0.0, began + day.number / speed - time.monotonic()))

            done = simulations.simulate(settings, tell)
        console.print(simulation_view.summary(done, time.monotonic() - began))
        if keep is not None:
            page = keep / f"{_PAGE if done.name == settings.name else done.name}.html"
            page.write_text(simulation_page.render_page(done, stream), encoding="utf-8")
            typer.echo(f"Page: {page}")
            typer.echo(f"Look at it: `journeyman operations {done.name} --workspace {shlex.quote(str(keep))}`")


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """Give the folder that is kept, or one that is gone afterwards."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="journeyman-simulation-") as folder:
        yield Path(folder)
