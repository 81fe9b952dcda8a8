"""Modules that are imported when one of their names is first used, so that `journeyman --help` waits for none."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["Late"]


class Late:
    """A module that is imported when one of its names is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # doctest and copy ask any object for these
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)
