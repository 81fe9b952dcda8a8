"""The api of converting: a notebook or a script becomes a tested project, and its score is looked at."""

from __future__ import annotations

import re
from pathlib import Path

from journeyman.entities.convert_request import Conversion, ConvertRequest
from journeyman.errors import InputError, SettingsError
from journeyman.interfaces import Progress
from journeyman.pipelines.convert_prototype import convert_prototype
from journeyman.pipelines.run_build import shown_progress
from journeyman.runtime.clock import SystemClock
from journeyman.settings import parse_budget

__all__ = ["convert", "convert_request", "run_request"]

_LEAST_SECONDS = 1.0


def convert(
    prototype: str | Path,
    *,
    out: str | Path | None = None,
    data: str | Path | None = None,
    run: bool = True,
    timeout: str | float = "10m",
    target: str | None = None,
    model: str | None = None,
    quiet: bool = True,
) -> Conversion:
    """Make a tested project of a notebook or a script, and tell what its score is worth.

    The prototype is run once in a copy of its folder: without network, without the caller's environment, within limits
    on time, memory and disk.

    Parameters
    ----------
    prototype : str or Path
        A notebook (.ipynb) or a script (.py, .R, .Rmd, .m).
    out : str or Path or None
        Folder of the project, which may not be there yet; "NAME-pipeline" where none is named.
    data : str or Path or None
        Folder, or file, of the data that it reads; where its paths lead else.
    run : bool
        Whether it is run; else a report of what is read alone is written.
    timeout : str or float
        How long it may run ("10m", seconds).
    target : str or None
        Column that it predicts; found out else.
    model : str or None
        Which of its models: variable or class; the last scored one else.
    quiet : bool
        Whether no progress is shown.

    Returns
    -------
    Conversion

    Raises
    ------
    InputError
        Where it is no prototype, is written in another language, cannot be run, or fits no model.

    Examples
    --------
    >>> convert("churn.doc")
    Traceback (most recent call last):
    journeyman.errors.InputError: there is no file churn.doc (hint: give a notebook (.ipynb) or a script ...)
    """
    request = convert_request(
        Path(prototype),
        data=None if data is None else Path(data),
        out=None if out is None else Path(out),
        run=run,
        timeout=parse_budget(str(timeout)),
        target=target,
        model=model,
    )
    return run_request(request, quiet=quiet)


def convert_request(
    prototype: Path,
    *,
    data: Path | None,
    out: Path | None,
    run: bool,
    timeout: float | None,
    target: str | None,
    model: str | None,
) -> ConvertRequest:
    """Return what is asked for, checked.

    Raises
    ------
    InputError
        Where there is no such data, or something lies where the project shall be written.
    SettingsError
        Where the time is none.
    """
    if timeout is None or timeout < _LEAST_SECONDS:
        raise SettingsError("the prototype needs a time to run in, one second or more", hint="--timeout 10m")
    if data is not None and not data.exists():
        raise InputError(f"there is no folder or file {data}", hint="name the folder of its data with --data DIR")
    name = re.sub(r"[^A-Za-z0-9]+", "-", prototype.stem).strip("-").lower() or "prototype"
    folder = out if out is not None else Path(f"{name}-pipeline")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already and not empty", hint="name another folder with --out DIR")
    if not folder.absolute().parent.is_dir():
        raise InputError(f"there is no folder {folder.parent} to write into", hint=f"mkdir -p {folder.parent}")
    return ConvertRequest(prototype, folder, data, run, timeout, target, model)


def run_request(request: ConvertRequest, *, progress: Progress | None = None, quiet: bool = False) -> Conversion:
    """Do what was asked for; ``progress`` and ``quiet`` as for a build."""
    clock = SystemClock()
    with shown_progress(progress, quiet, None, clock.monotonic()) as shown:
        return convert_prototype(request, clock, shown)
