"""Several models under one name: what one command does for each of them, in a process each."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from journeyman.errors import InputError, SettingsError, WorkspaceError
from journeyman.inference.release_set import find_set
from journeyman.stores.home import is_postgres

__all__ = ["member_log", "member_names", "run_together"]

_DRAIN = 40.0
_LOOK = 0.2


def member_names(name: str | None, workspace: Path) -> tuple[str, ...]:
    """Return the models of a set; none where the name is a single model's, or nobody's."""
    if name is None:
        return ()
    with contextlib.suppress(InputError, WorkspaceError):
        found = find_set(name, workspace=workspace)
        return () if found is None else tuple(member.model for member in found[1].members)
    return ()


def member_log(log: str, member: str) -> str:
    """Return the log of one model of a set, below a folder or in a database.

    Examples
    --------
    >>> member_log("logs", "homes-price")
    'logs/homes-price'
    """
    return f"{log}#{member}" if is_postgres(log) else str(Path(log) / member)


def run_together(commands: Sequence[Sequence[str]], tell: Callable[[str], None]) -> None:
    """Run commands of Journeyman side by side until SIGTERM, Ctrl-C, or one of them ends; then end the others.

    Parameters
    ----------
    commands : sequence of sequence of str
        The words of each, without ``journeyman``.
    tell : callable
        Is told when one ends by itself.

    Raises
    ------
    SettingsError
        Where one of them failed; it has said why.
    """
    with _ending() as stop:
        running = [subprocess.Popen([sys.executable, "-m", "journeyman", *words]) for words in commands]
        try:
            while not stop.wait(_LOOK) and all(one.poll() is None for one in running):
                pass
            ended = [k for k, one in enumerate(running) if one.poll() is not None and not stop.is_set()]
        finally:
            _end(running)
    for k in ended:
        what = " ".join(commands[k][:2])
        if running[k].returncode:
            raise SettingsError(
                f"journeyman {what} failed, and the others were ended with it", hint="it says why above"
            )
        tell(f"journeyman {what} has ended; so have the others")


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for one in running:
        if one.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                one.terminate()
    for one in running:
        try:
            one.wait(_DRAIN)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


@contextlib.contextmanager
def _ending() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    before = {sign: signal.signal(sign, lambda *_: stop.set()) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
