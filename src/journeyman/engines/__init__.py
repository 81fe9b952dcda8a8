"""What goes over all rows of a table, one engine a file: see :class:`journeyman.interfaces.Engine`."""

from __future__ import annotations

import difflib

from journeyman.errors import SettingsError
from journeyman.interfaces import Engine
from journeyman.plugins import make_part, offered
from journeyman.settings import EMBEDDED

__all__ = ["open_engine", "refuse_misspelt"]

_GROUP = "journeyman.engines"


def open_engine(name: str = EMBEDDED) -> Engine:
    """Return an engine by the name of its entry point in ``journeyman.engines``; it loads its library at first use.

    Parameters
    ----------
    name : str
        Of the engine, and its address after ``=`` where it has one: ``spark=local[2]``.

    Raises
    ------
    SettingsError
        Where no installed package offers it; an engine that is nearly called so is named.

    Examples
    --------
    >>> open_engine().name
    'duckdb'
    """
    name, _, address = name.partition("=")
    refuse_misspelt(_GROUP, name)
    if name == EMBEDDED and address:
        raise SettingsError(f"the engine {name} has no address", hint=f"leave ={address} out")
    engine: Engine = make_part(_GROUP, name, *([address] if address else []))
    return engine


def refuse_misspelt(group: str, name: str) -> None:
    """Refuse the name of an engine that nobody offers, where one is nearly called so.

    Raises
    ------
    SettingsError
        Naming that one.

    Examples
    --------
    >>> refuse_misspelt("journeyman.engines", "spark")
    """
    near = difflib.get_close_matches(name, known := sorted(offered(group)), n=1)
    if name not in known and near:
        raise SettingsError(f"there is no engine {name!r}", hint=f"did you mean --engine {near[0]}?")
