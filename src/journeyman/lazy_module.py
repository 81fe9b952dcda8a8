"""Modules that are imported when one of their names is first used (docs/decisions/0001 and 0051)."""

from __future__ import annotations

import importlib
from typing import Any

from journeyman.errors import SettingsError

__all__ = ["LazyModule"]


class LazyModule:
    """A module that is imported when one of its names is first used.

    Parameters
    ----------
    name : str
        Of the module.
    hint : str
        What to do where its package is not installed; "" where it always is.
    """

    def __init__(self, name: str, hint: str = "") -> None:
        self._name, self._hint = name, hint
        self._module: Any = None

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # doctest and copy ask any object for these
            raise AttributeError(attribute)
        if self._module is None:
            self._module = self._imported()
        return getattr(self._module, attribute)

    def _imported(self) -> Any:
        try:
            return importlib.import_module(self._name)
        except ModuleNotFoundError as error:
            package = self._name.partition(".")[0]
            if not self._hint or error.name != package:
                raise
            raise SettingsError(f"{package} is not installed, which this needs", hint=self._hint) from error
