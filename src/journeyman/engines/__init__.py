"""What goes over all rows of a table, one engine a file: see :class:`journeyman.interfaces.Engine`."""

from __future__ import annotations

from journeyman.interfaces import Engine
from journeyman.plugins import make_part

__all__ = ["open_engine"]

_EMBEDDED = "duckdb"


def open_engine(name: str = _EMBEDDED) -> Engine:
    """Return an engine by the name of its entry point in ``journeyman.engines``; it loads its library at first use.

    Parameters
    ----------
    name : str
        Of the engine, and its address after ``=`` where it has one: ``spark=local[2]``.

    Raises
    ------
    SettingsError
        Where no installed package offers it.

    Examples
    --------
    >>> open_engine().name
    'duckdb'
    """
    name, _, address = name.partition("=")
    engine: Engine = make_part("journeyman.engines", name, *([address] if address else []))
    return engine
