"""The api of converting: a notebook or a script becomes a tested project, and its score is looked at."""

from __future__ import annotations

import re
from pathlib import Path

from journeyman.entities.convert_request import Conversion, ConvertRequest
from journeyman.errors import InputError, SettingsError
from journeyman.pipelines.convert_prototype import convert_prototype
from journeyman.pipelines.run_build import shown_progress
from journeyman.runtime.clock import SystemClock
from journeyman.settings import parse_budget

__all__ = ["convert"]

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
    budget: str | float | None = None,
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
    budget : str, float or None
        Time of the build that its score is compared with, 0 for none; as long as the prototype ran else, 20 s to 60 s.
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
    request = _checked(
        ConvertRequest(
            Path(prototype),
            _folder(Path(prototype)) if out is None else Path(out),
            None if data is None else Path(data),
            run,
            parse_budget(str(timeout)) or 0.0,
            target,
            model,
            None if budget is None else _seconds(budget),
        )
    )
    clock = SystemClock()
    with shown_progress(None, quiet, None, clock.monotonic()) as shown:
        return convert_prototype(request, clock, shown)


def _folder(prototype: Path) -> Path:
    name = re.sub(r"[^A-Za-z0-9]+", "-", prototype.stem).strip("-").lower() or "prototype"
    return Path(f"{name}-pipeline")


def _checked(request: ConvertRequest) -> ConvertRequest:
    """Return what is asked for; InputError where there is no such data, or something lies where the project goes."""
    if request.seconds < _LEAST_SECONDS:
        raise SettingsError("the prototype needs a time to run in, one second or more", hint="--timeout 10m")
    if request.data is not None and not request.data.exists():
        raise InputError(
            f"there is no folder or file {request.data}", hint="name the folder of its data with --data DIR"
        )
    out = request.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there already and not empty", hint="name another folder with --out DIR")
    if not out.absolute().parent.is_dir():
        raise InputError(f"there is no folder {out.parent} to write into", hint=f"mkdir -p {out.parent}")
    return request


def _seconds(budget: str | float) -> float:
    return 0.0 if str(budget).strip() in ("0", "0.0", "0s") else parse_budget(str(budget)) or 0.0
