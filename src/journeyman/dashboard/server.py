"""The server of the live page: one process, on this machine only unless told otherwise, until it is interrupted."""

from __future__ import annotations

import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from journeyman.dashboard.application import DashboardApi, make_application
from journeyman.dashboard.guard import Guard, is_loopback
from journeyman.errors import SettingsError

__all__ = ["Place", "opened", "serve"]


@dataclass(frozen=True)
class Place:
    """Where the page is served.

    Attributes
    ----------
    host : str
        Address to bind; on any but this machine's own a token is needed.
    port : int
        0 for any free one.
    token : str
        What has to be shown; made where it is needed and none was given.
    every : int
        Seconds between two looks.
    """

    host: str = "127.0.0.1"
    port: int = 8050
    token: str = ""
    every: int = 5


def opened(api: DashboardApi, place: Place) -> tuple[BaseWSGIServer, str]:
    """Bind the port; return the server and the address to open.

    Raises
    ------
    SettingsError
        Where the address or the port cannot be used.
    """
    here = is_loopback(place.host)
    token = place.token or ("" if here else secrets.token_urlsafe(24))
    guard = Guard(frozenset({"127.0.0.1", "localhost", "::1", place.host.strip("[]")}) if here else frozenset(), token)
    _check_free(place)
    app = make_application(api, guard, place.every)
    server = make_server(place.host, place.port, app.server, threaded=True, request_handler=_Quiet)
    name = f"[{place.host}]" if ":" in place.host else place.host
    return server, f"http://{name}:{server.server_port}/{f'?token={token}' if token else ''}"


def serve(api: DashboardApi, place: Place, tell: Callable[[str], None]) -> None:
    """Serve the page until interrupted; ``tell`` is called once with the address to open, when it answers."""
    server, address = opened(api, place)
    with server, _ended_by_signals(server.shutdown):
        tell(address)
        server.serve_forever()


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl+C and SIGTERM end what is served, in whatever the program is at that moment.

    An exception in its place is lost where it comes up in a callback that Python calls, and nothing ends then.
    """

    def ended(number: int, frame: object) -> None:
        threading.Thread(target=end, daemon=True).start()  # it waits for the loop, which this thread runs

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, ended) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request: a page that looks every few seconds would fill the terminal."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        pass


def _check_free(place: Place) -> None:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((place.host.strip("[]"), place.port))
    except OSError as error:
        said = f"{place.host}:{place.port} cannot be used: {error.strerror or error}"
        raise SettingsError(said, hint="choose another --port, or --host") from error
