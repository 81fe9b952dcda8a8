"""The api of building: a table comes in, a release goes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from journeyman.engines import open_engine
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import InputError, SettingsError
from journeyman.importers import read_contract
from journeyman.inference.release import Release
from journeyman.interfaces import Progress, Source
from journeyman.pipelines.release_contract import check_own_contract
from journeyman.pipelines.run_build import finish_build, run_build, shown_progress
from journeyman.runtime.clock import SystemClock, available_threads
from journeyman.runtime.durable_run import resumable, resume_run
from journeyman.runtime.machine import available_memory
from journeyman.runtime.settings_file import read_settings
from journeyman.settings import (
    DEFAULT_BUDGET,
    DEFAULT_WORKSPACE,
    EMBEDDED,
    FRAME,
    BuildSettings,
    checked,
    is_address,
    model_name,
    parse_budget,
    parse_latency,
    parse_memory,
)
from journeyman.sources import FrameSource, named_columns, open_wanted
from journeyman.sources.lake import lake_address, list_lake
from journeyman.stores.analysis_file import read_analysis
from journeyman.stores.registry import check_name
from journeyman.stores.workspace import Workspace
from journeyman.tasks import check_target

__all__ = ["Release", "build", "build_settings", "resume"]


def build(  # one parameter an option of the command
    frame_or_path: object,
    *,
    target: str | None = None,
    query: str | None = None,
    budget: str | float | None = None,
    trials: int | None = None,
    metric: str | None = None,
    task: str | None = None,
    task_options: Mapping[str, object] | None = None,
    name: str | None = None,
    workspace: str | Path | None = None,
    seed: int = 0,
    time: str | None = None,
    group: str | None = None,
    delay: str | None = None,
    progress: Progress | None = None,
    quiet: bool = False,
    kinds: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    decimal: str | None = None,
    thousands: str | None = None,
    accept: Sequence[str] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    sheet: str | None = None,
    latency: str | float | None = None,
    memory: str | int | None = None,
    engine: str = EMBEDDED,
    lake: str | Path | None = None,
    analysis: str | Path | None = None,
    contract: str | Path | None = None,
    began: float | None = None,
) -> Release:
    """Go from a table to a released model.

    Parameters
    ----------
    frame_or_path : frame, str or Path
        Any frame that speaks Arrow or narwhals, or what ``journeyman build`` takes: a file, a folder, a database URL.
    target : str, optional
        Column to predict; left out for kinds of task that need none, such as "anomaly".
    budget : str or float, optional
        Time from start to release ("30s", "2m", seconds), or "auto", which ends when more is not worth it; "2m" unless
        ``trials`` is given.
    trials : int, optional
        Number of trials; makes a build repeatable bit for bit.
    metric, task, task_options, seed, time, delay, group, query, kinds, roles, missing, decimal, thousands, accept
        See :class:`journeyman.settings.BuildSettings`.
    encoding, delimiter, quote, sheet
        See :class:`journeyman.settings.BuildSettings`.
    latency : str or float, optional
        Time that the released model may take to answer for one row, in process ("1ms", seconds), even where that makes
        it worse; by default the fastest model is taken that is as good as the best one.
    progress : Progress, optional
        Where the build tells what it is doing; by default a notebook's cell or the terminal, and nothing elsewhere.
    quiet : bool
        Whether no progress is shown by default.
    memory : str or int, optional
        What the build may take ("4GB", bytes); by default a share of what the machine has.
    engine : str
        What goes over all rows and fits trials: "duckdb" in this process, "spark=local[4]", "spark=spark://host:7077".
    lake : str or Path, optional
        Folder or database of further tables: those that help to predict the target are joined, and looked up by the
        release (see :func:`journeyman.api.search.search`).
    analysis : str or Path, optional
        File that ``journeyman analyse --json`` wrote of the same table: what it calls for is tried, too.
    contract : str or Path, optional
        File of a data contract: what a person wrote into it is taken over into the contract that the release carries.
    name : str, optional
        Name of the model; after the table by default.
    workspace : str or Path, optional
        Folder of the journal and the releases; "journeyman-workspace" by default.
    began : float, optional
        ``time.monotonic()`` at the moment from which the budget counts; by default when this is called.

    Returns
    -------
    Release
        With ``predict``, ``predict_proba``, ``report`` and ``evaluation``.

    Raises
    ------
    InputError
        Where the table or an option cannot be used.
    WorkspaceError
        Where the workspace is in use, read-only or full.
    """
    began = SystemClock().monotonic() if began is None else began
    target = None if target is None else str(target)  # names of a frame's columns may be numbers
    path = str(frame_or_path) if isinstance(frame_or_path, str | Path) else None
    if path is not None and not is_address(path):
        path = str(Path(path).resolve())
    settings = BuildSettings(
        source=FRAME if path is None else path,
        target=target,
        name=model_name(path, target or str(task)) if name is None else name,
        query=query,
        budget=_budget(budget, trials),
        trials=trials,
        metric=metric,
        task=task,
        task_options={name: _option_text(value) for name, value in (task_options or {}).items()},
        seed=seed,
        time=None if time is None else str(time),
        group=None if group is None else str(group),
        delay=delay,
        kinds={str(column): kind for column, kind in (kinds or {}).items()},
        roles={str(column): role for column, role in (roles or {}).items()},
        missing=tuple(missing),
        decimal=decimal,
        thousands=thousands,
        accept=tuple(accept),
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        sheet=sheet,
        latency=None if latency is None else parse_latency(str(latency)),
        threads=available_threads(),
        memory=available_memory(repeatable=trials is not None) if memory is None else parse_memory(str(memory)),
        engine=engine,
        lake=None if lake is None else lake_address(lake),
        analysis=None if analysis is None else str(Path(analysis).resolve()),
        contract=None if contract is None else str(Path(contract).resolve()),
    )
    if settings.analysis is not None:
        read_analysis(Path(settings.analysis))  # refuses a file that is none before anything is read
    check_name(settings.name)
    checked(settings)
    open_engine(settings.engine)  # refuses a name that nobody offers before anything is read
    if path is None or not Path(path).is_dir():  # a folder of images says itself what is to be predicted
        check_target(settings)
    source = FrameSource(frame_or_path, FRAME) if path is None else open_wanted(settings, quiet)
    settings = named_columns(source, settings)
    check_target(settings)
    if settings.contract is not None:
        check_own_contract(read_contract(settings.contract), source, settings.contract)
    if settings.lake is not None:
        list_lake(settings.lake)  # refuses one that is not there before anything is read
    with shown_progress(progress, quiet, settings.budget, began) as shown:
        return run_build(source, settings, workspace, shown, began)


def _option_text(value: object) -> str:
    """Return an option as it is written on the command line."""
    return ",".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def build_settings(
    path: str | Path,
    workspace: str | Path | None = None,
    progress: Progress | None = None,
    began: float | None = None,
    quiet: bool = False,
) -> Release:
    """Repeat a build from its ``settings.toml``; ``progress``, ``began`` and ``quiet`` as for ``build``."""
    began = SystemClock().monotonic() if began is None else began
    settings = read_settings(Path(path))
    check_target(settings)
    if settings.source == FRAME:
        raise SettingsError(
            f"{path} was made from a frame, which is not kept", hint="set source to a file that holds the same rows"
        )
    with shown_progress(progress, quiet, settings.budget, began) as shown:
        return run_build(open_wanted(settings, quiet), settings, workspace, shown, began)


def resume(workspace: str | Path | None = None, progress: Progress | None = None, quiet: bool = False) -> list[Release]:
    """Go on with all builds that were interrupted; return their releases, none where there is nothing to do.

    ``progress`` and ``quiet`` as for ``build``.

    Raises
    ------
    InputError
        Where a build cannot go on, once all others have; of several the first one's reason.
    WorkspaceError
        Where the workspace is in use, read-only or full.
    """
    releases = []
    refused: InputError | None = None
    with Workspace.existing(workspace or DEFAULT_WORKSPACE) as place, place.lock():
        for record in resumable(place):
            settings: BuildSettings = record.read_settings(BuildSettings)
            gone = settings.source == FRAME
            try:
                source: Source = _GoneFrame() if gone else open_wanted(settings, quiet)
                with (
                    resume_run(place, record.id, SystemClock()) as run,
                    shown_progress(progress, quiet, None, SystemClock().monotonic()) as shown,
                ):
                    releases.append(finish_build(source, settings, place, run, shown))
            except InputError as error:
                refused = refused or error
    if refused is not None:
        raise refused
    return releases


class _GoneFrame:
    """The source of a build that was started from a frame: its rows are in the journal or nowhere."""

    name = FRAME
    names: tuple[str, ...] = ()
    style = FileStyle()
    findings: tuple[Finding, ...] = ()

    def rows(self) -> int:
        """Raise: the frame is gone."""
        raise self._frame_lost_error()

    def memory(self) -> int:
        """Raise: the frame is gone."""
        raise self._frame_lost_error()

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Raise: the frame is gone."""
        raise self._frame_lost_error()

    def batches(self) -> Iterator[Any]:
        """Raise: the frame is gone."""
        raise self._frame_lost_error()

    def relation(self, backend: Any) -> Any:
        """Raise: the frame is gone."""
        raise self._frame_lost_error()

    def digest(self) -> str:
        """Raise: the frame is gone."""
        raise self._frame_lost_error()

    def _frame_lost_error(self) -> InputError:
        return InputError("the frame of this build was not kept", hint="start it anew from Python")


def _budget(budget: str | float | None, trials: int | None) -> float | None:
    if budget is None:
        return None if trials is not None else parse_budget(DEFAULT_BUDGET)
    return parse_budget(str(budget))
