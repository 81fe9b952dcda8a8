"""The built-in notifiers through the public checks, against real receivers; broken ones, and one of a package."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from journeyman import plugins
from journeyman.entities.operating import NotifierKind, NotifierSettings
from journeyman.entities.operation import Operation
from journeyman.errors import NotificationError, SettingsError
from journeyman.notifiers import make_notifier
from journeyman.testing.notifier_checks import check_notifier

GOT: list[str] = []


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the name that the library calls
        GOT.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a mail needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                GOT.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 well\r\n")
            if word == b"QUIT":
                return


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_webhook() -> None:
    GOT.clear()
    server = HTTPServer(("127.0.0.1", 0), Hook)
    with running(server):
        works = make_notifier(NotifierSettings(NotifierKind.WEBHOOK, f"http://127.0.0.1:{server.server_port}/hook"))
        gone = NotifierSettings(NotifierKind.WEBHOOK, f"http://127.0.0.1:{closed_port()}/hook?token=s3cret")
        check_notifier(works, lambda: GOT, make_notifier(gone), "s3cret")


def test_email() -> None:
    GOT.clear()
    server = socketserver.TCPServer(("127.0.0.1", 0), Mailbox)
    with running(server):
        place = f"127.0.0.1:{server.server_address[1]}"
        works = make_notifier(NotifierSettings(NotifierKind.EMAIL, "ann@example.org", place))
        gone = NotifierSettings(NotifierKind.EMAIL, "ann@example.org", f"127.0.0.1:{closed_port()}")
        check_notifier(works, lambda: GOT, make_notifier(gone))


def test_command(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.touch()
    works = make_notifier(NotifierSettings(NotifierKind.COMMAND, f"sh -c 'cat >> {kept}; echo >> {kept}'"))
    gone = make_notifier(NotifierSettings(NotifierKind.COMMAND, "sh -c 'echo no >&2; exit 3'"))
    check_notifier(works, lambda: kept.read_text().splitlines(), gone)


@dataclass
class Pinboard:
    """Pins operations to a board, without a fault or with the one that it is told."""

    board: str = "hall"
    fault: str = ""
    pinned: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "" if self.fault == "name" else f"pinboard {self.board}"

    def tell(self, operation: Operation) -> None:
        if self.board == "gone":
            if self.fault == "silent":
                return
            if self.fault == "raises":
                raise OSError("no board")
            why = "no board, token s3cret" if self.fault == "secret" else "no board"
            raise NotificationError(why, hint="hang one up")
        if self.fault == "once" and any(f"{operation.number}" in one for one in self.pinned):
            return
        text = f"{operation.number}" if self.fault == "model" else f"{operation.model} {operation.number}"
        self.pinned += [text] * (2 if self.fault == "twice" else 1)


def test_a_notifier_without_a_fault() -> None:
    board = Pinboard()
    check_notifier(board, lambda: board.pinned, Pinboard("gone"), "s3cret")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("name", "has a name: it has no name"),
        ("twice", "tells once: one telling arrives 2 times"),
        ("model", "tells once: what arrives does not name the model"),
        ("once", "tells again: an operation"),
        ("silent", "says that it failed: what cannot arrive is no failure"),
        ("raises", "says that it failed: it fails with OSError"),
        ("secret", "says that it failed: a failure tells the secret"),
    ],
)
def test_a_fault_is_told(fault: str, told: str) -> None:
    board = Pinboard(fault=fault)
    with pytest.raises(AssertionError, match=told):
        check_notifier(board, lambda: board.pinned, Pinboard("gone", fault), "s3cret")


def test_one_of_a_package_is_made_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("board", f"{__name__}:Pinboard", "journeyman.notifiers")
    monkeypatch.setattr(EntryPoint, "load", lambda _: Pinboard)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == point.group else [])
    assert make_notifier(NotifierSettings(NotifierKind.PACKAGE, "hall", part="board")).name == "pinboard hall"
    with pytest.raises(SettingsError, match=r"no installed package offers the part 'bord'.*name one of board"):
        make_notifier(NotifierSettings(NotifierKind.PACKAGE, "hall", part="bord"))
