"""Sources that installed packages bring, by the scheme of an address or the ending of a file's name."""

from __future__ import annotations

from journeyman.interfaces import Source
from journeyman.plugins import make_part, offered

__all__ = ["offered_source"]

_GROUP = "journeyman.sources"


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
