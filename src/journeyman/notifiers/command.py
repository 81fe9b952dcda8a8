"""Command: an operation is given to a program, as JSON on its standard input."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass

from journeyman.entities.operation import Operation
from journeyman.errors import NotificationError, SettingsError
from journeyman.notifiers.operation_message import as_json, headline

__all__ = ["CommandNotifier"]

_HINT = "run the command by hand; it is tried again"


@dataclass(frozen=True)
class CommandNotifier:
    """Runs a command, without a shell; its variable JOURNEYMAN_HEADLINE holds one line.

    Parameters
    ----------
    command : str
        As a person would type it.
    timeout : float
        Seconds that it may take.

    Raises
    ------
    SettingsError
        Where there is nothing to run.
    """

    command: str
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what cannot be run, before anything happens that should be told."""
        try:
            words = shlex.split(self.command)
        except ValueError as error:
            raise SettingsError(f"the command cannot be read: {error}", hint="close its quotes") from error
        if not words:
            raise SettingsError("the command is empty", hint="give a program and its arguments")

    @property
    def name(self) -> str:
        """How it is called in the records."""
        return f"command {os.path.basename(shlex.split(self.command)[0])}"

    def tell(self, operation: Operation) -> None:
        """Run the command; an exit code other than 0 is a failure."""
        environment = {**os.environ, "JOURNEYMAN_HEADLINE": headline(operation)}
        try:
            ended = subprocess.run(
                shlex.split(self.command),
                input=as_json(operation),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=self.timeout,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NotificationError(f"{self.name} took longer than {self.timeout:g} s", hint=_HINT) from error
        except OSError as error:
            raise NotificationError(f"{self.name} cannot be run: {error.strerror}", hint=_HINT) from error
        if ended.returncode:
            said = " ".join(ended.stderr.decode(errors="replace").split())[:200]
            raise NotificationError(f"{self.name} ended with {ended.returncode}: {said}", hint=_HINT)
