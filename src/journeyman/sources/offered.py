"""Sources that installed packages bring, by the scheme of an address, the ending of a file's name, or the engine."""

from __future__ import annotations

from journeyman.interfaces import Source
from journeyman.plugins import make_part, offered
from journeyman.settings import is_address

__all__ = ["engine_source", "offered_source"]

_GROUP = "journeyman.sources"
_OF_ENGINES = "journeyman.engine_sources"


def offered_source(location: str) -> Source | None:
    """Open a table with the source that a package offers for it; None where no package does.

    An entry point of ``journeyman.sources`` is called by the ending that it reads (".dta"), or by the scheme of its
    addresses ("weather", for weather://oslo); it is a class or function that takes the path or the address.

    Raises
    ------
    SourceError
        As the package's source raises it.
    SettingsError
        Where two packages offer the same, or the part fails otherwise.

    Examples
    --------
    >>> offered_source("nowhere://table") is None
    True
    """
    scheme, found, _ = location.partition("://")
    names = offered(_GROUP)
    fitting = {scheme.lower()} & names if found else {n for n in names if n[0] == "." and location.lower().endswith(n)}
    if not fitting:
        return None
    source: Source = make_part(_GROUP, max(fitting, key=len), location)
    return source


def engine_source(engine: str, location: str) -> Source | None:
    """Open a table that an engine reads where it lies; None where it reads no such address.

    An entry point of ``journeyman.engine_sources`` is called as the engine; it is a function that takes the table's
    address and the engine's, and returns the source, or None for an address of another kind.

    Parameters
    ----------
    engine : str
        Its name, and its address after ``=``.
    location : str
        Of the table; a path is none.

    Raises
    ------
    SourceError, SettingsError
        As the source raises them.

    Examples
    --------
    >>> engine_source("duckdb", "hdfs://host/rows") is None
    True
    """
    name, _, address = engine.partition("=")
    if not is_address(location) or name not in offered(_OF_ENGINES):
        return None
    source: Source | None = make_part(_OF_ENGINES, name, location, address)
    return source
