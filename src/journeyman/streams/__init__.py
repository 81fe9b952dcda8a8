"""Where a service's rows arrive in order, one kind a file: see :class:`journeyman.interfaces.Stream`."""

from __future__ import annotations

from journeyman.interfaces import Stream
from journeyman.plugins import make_part

__all__ = ["open_stream"]

_GROUP = "journeyman.streams"
_FOLDER = "sqlite"


def open_stream(address: str) -> Stream:
    """Open a stream: the folder of a prediction log, or an address such as topic://host/name.

    An entry point of ``journeyman.streams`` is called by the scheme of its addresses; it is a class or function that
    takes the address.

    Raises
    ------
    SettingsError
        Where no installed package offers such a stream.
    WorkspaceError
        Where it cannot be opened.

    Examples
    --------
    >>> open_stream("nowhere://topic")
    Traceback (most recent call last):
    ...
    journeyman.errors.SettingsError: no installed package offers the part 'nowhere' of journeyman.streams ...
    """
    scheme, found, _ = address.partition("://")
    stream: Stream = make_part(_GROUP, scheme.lower() if found else _FOLDER, address)
    return stream
