"""Folders that all processes of one run of the tests share: the first one that asks makes them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder of this name, which is not changed; where it is not there, ``make`` makes it."""
    own = factory.getbasetemp()
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    place = run / name
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            draft = run / f"{name}.draft"
            shutil.rmtree(draft, ignore_errors=True)  # of one that failed
            make(draft)
            draft.rename(place)
    return place
