"""The api of `journeyman run`: build, serve and operate a model, in one group of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from journeyman.api.operate import OperatePlace, operate
from journeyman.entities.model_version import ModelVersion
from journeyman.errors import WorkspaceError
from journeyman.inference.lookup import models

__all__ = ["champion_of", "serve_and_operate"]

_DRAIN = 40.0


def champion_of(place: OperatePlace) -> ModelVersion | None:
    """Return the release that a name points to; None where there is no such model yet."""
    with suppress(WorkspaceError):
        return next((v for v in models(place.workspace) if v.name == place.name and v.champion), None)
    return None


def serve_and_operate(
    place: OperatePlace, serve: Sequence[str], changed: Mapping[str, Any], tell: Callable[[str], None]
) -> None:
    """Serve a model in a process of its own and operate it in this one, until either ends.

    Parameters
    ----------
    place : OperatePlace
        Which model, where.
    serve : sequence of str
        Further words of ``journeyman serve``.
    changed, tell
        As for ``operate``.
    """
    words = ["serve", place.name, "--workspace", str(place.workspace), *serve]
    server = subprocess.Popen([sys.executable, "-m", "journeyman", *words])

    ending = threading.Event()

    def mourn() -> None:
        server.wait()
        if not ending.is_set():
            tell("the server has ended; so does the loop")
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=mourn, name="server", daemon=True).start()
    try:
        operate(place, changed, False, tell)
    finally:
        ending.set()
        with suppress(ProcessLookupError):
            server.terminate()
        try:
            server.wait(_DRAIN)
        except subprocess.TimeoutExpired:
            server.kill()
