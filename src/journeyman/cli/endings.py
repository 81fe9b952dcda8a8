"""How a command ends: what went wrong, or was mistyped, becomes one line, a hint and an exit code (decision 0005)."""

from __future__ import annotations

import errno
import os
import re
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from journeyman import __version__
from journeyman.errors import JourneymanError, SettingsError, WorkspaceError
from journeyman.settings import DEFAULT_WORKSPACE

__all__ = ["one_line_errors", "one_line_usage_errors", "workspace_to_name"]

_EXIT_FAULT = 1
_EXIT_INPUT = 2
_EXIT_INTERRUPTED = 130
_IN_A_WORKSPACE = (
    "adopt|build|search|resume|list|show|report|promote|rollback|predict|score|export|serve|simulate|dashboard|operate|operations|approve|"
    "reject|accept|pause|decide|verify"
)
_UsageError: type[Any] = typer.BadParameter.__bases__[0]  # typer brings click along, or not, by its version


@contextmanager
def one_line_errors(workspace: Path, *, interrupted: str | Callable[[], str] = "Stopped.") -> Iterator[None]:
    """Turn what went wrong into a line on standard error and an exit code.

    ``interrupted`` is what is said after Ctrl+C, or gives it: what can be done then may depend on what was done.
    """
    try:
        yield
    except JourneymanError as error:
        raise typer.Exit(_tell(error, workspace)) from error
    except KeyboardInterrupt as error:
        words = interrupted if isinstance(interrupted, str) else interrupted()
        typer.echo(_hint_in_workspace(words, workspace), err=True)
        raise typer.Exit(_EXIT_INTERRUPTED) from error
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except Exception as error:  # the outermost door: a fault of ours is told in one line, with its traceback in a file
        known = _known_error(error)
        if known is not None:
            raise typer.Exit(_tell(known, workspace)) from error
        log = _write_log(error, workspace)
        said = " ".join(str(error).split())
        _tell_lines(f"{type(error).__name__}: {said}"[:300], f"this is a fault of Journeyman; the details are in {log}")
        raise typer.Exit(_EXIT_FAULT) from error


@contextmanager
def one_line_usage_errors() -> Iterator[None]:
    """Turn a mistyped command into the same two lines and exit code; for the one place that runs the command line."""
    try:
        yield
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
        else:
            _tell_lines(*_usage(error))
        raise SystemExit(_EXIT_INPUT) from error
    except typer.Abort:
        typer.echo("Aborted!", err=True)
        raise SystemExit(_EXIT_FAULT) from None


def _usage(error: Any) -> tuple[str, str]:
    """Return what was mistyped, and what can be done."""
    context = error.ctx
    path = context.command_path if context is not None else "journeyman"
    example = getattr(context.command, "epilog", None) or "" if context is not None else ""
    hint = f"`{path} --help` says what it takes" + (f"; {example[:1].lower()}{example[1:]}" if example else "")
    said = error.format_message().strip().rstrip(".")
    said, _, near = (said[:1].lower() + said[1:]).partition(". Did you mean ")
    said = re.sub(r"^invalid value for '(--[\w-]+)': ", r"\1: ", said)
    if hasattr(error, "possibilities"):
        near = " or ".join(sorted(error.possibilities or ()))
        said = f"there is no option {error.option_name}"
    if near:
        return said, f"did you mean {near.rstrip('?')}?"
    parameter, cause = getattr(error, "param", None), error.__cause__
    if parameter is None or not hasattr(cause, "errors"):
        return said, hint
    found = cause.errors()[0]
    wanted = found["msg"].removeprefix("Value error, ").partition(", unable")[0]
    wanted = wanted.replace("Input should be ", f"found {found['input']!r}, wanted ").rstrip(".")
    name = parameter.opts[-1] if str(parameter.opts[-1]).startswith("-") else str(parameter.human_readable_name)
    return f"{name}: {wanted}", hint


def _tell(error: JourneymanError, workspace: Path) -> int:
    _tell_lines(error.message, _hint_in_workspace(error.hint, workspace))
    return _EXIT_INPUT


def workspace_to_name(workspace: Path) -> str:
    """Return the folder that commands must be given to find this workspace; empty where they find it by themselves.

    Examples
    --------
    >>> workspace_to_name(Path("journeyman-workspace"))
    ''
    """
    usual = os.environ.get("JOURNEYMAN_WORKSPACE") or DEFAULT_WORKSPACE
    return "" if workspace in (Path(usual), Path()) else str(workspace)


def _hint_in_workspace(hint: str, workspace: Path) -> str:
    """Return a hint whose commands look in the workspace that was looked in, so that they can be typed as they are."""
    named = workspace_to_name(workspace)
    if not named:
        return hint
    return re.sub(rf"`journeyman (?:{_IN_A_WORKSPACE})\b[^`]*", rf"\g<0> --workspace {shlex.quote(named)}", hint)


def _tell_lines(message: str, hint: str) -> None:
    typer.echo(f"{typer.style('error:', fg=typer.colors.RED, bold=True)} {' '.join(message.split())}", err=True)
    typer.echo(f"hint: {' '.join(hint.split())}", err=True)


def _known_error(error: Exception) -> JourneymanError | None:
    """Return what a failing disk, a short memory or a lacking library means for the user; None for a fault of ours."""
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("journeyman"):
        lacking = f"{error.name.partition('.')[0]} is not installed, which this command needs"
        return SettingsError(lacking, hint="this installation only serves, or is damaged: `pip install journeyman`")
    if isinstance(error, MemoryError):
        return SettingsError("the memory did not suffice", hint="close other programs or give a smaller table")
    if not isinstance(error, OSError):
        return None
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WorkspaceError(f"the disk is full{where}", hint="free some space, then run `journeyman resume`")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkspaceError(f"no permission{where}", hint="check the permissions, or choose another --workspace")
    return None


def _write_log(error: Exception, workspace: Path) -> str:
    lines = "".join(traceback.format_exception(error))
    for folder in (workspace if workspace.is_dir() else None, None):
        try:
            handle, path = tempfile.mkstemp(prefix="journeyman-error-", suffix=".log", dir=folder, text=True)
        except OSError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # without the command's arguments: a database URL may hold a password
            file.write(f"journeyman {__version__}, Python {sys.version}\n\n{lines}")
        return path
    return "no file: neither the workspace nor the folder for temporary files can be written"
