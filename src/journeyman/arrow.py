"""Arrow, loaded when it is first used: a service answers without its 176 MB (docs/decisions/0051)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from journeyman.errors import SettingsError

__all__ = ["pa", "pc", "pq"]


class _Later:
    """Stands for a module until one of its names is used; what was found is kept, so that it costs once."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        try:
            found = getattr(import_module(self._module), name)
        except ModuleNotFoundError as error:
            raise SettingsError(
                "Arrow is not installed, which all but answering over HTTP needs", hint="pip install journeyman"
            ) from error
        setattr(self, name, found)
        return found


if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    pa, pc, pq = _Later("pyarrow"), _Later("pyarrow.compute"), _Later("pyarrow.parquet")
