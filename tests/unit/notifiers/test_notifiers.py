"""Notifiers against a real HTTP server, a real SMTP server and a real program."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from journeyman.entities.decision import Action
from journeyman.entities.operating import NotifierKind, NotifierSettings
from journeyman.entities.operation import Move, Operation, Outcome
from journeyman.errors import NotificationError, SettingsError
from journeyman.notifiers import make_notifier

ASKED = Operation(3, "houses", 9, 1_000, Move(Action.ASK, "Release 2 is better.", wanted=Action.PROMOTE, version=2), 1)
DONE = Operation(
    4,
    "houses",
    9,
    1_000,
    Move(Action.RETRAIN, "Über 5 % schlechter.", ("DR101",), evidence={"e": float("inf")}),
    1,
    outcome=Outcome(note="Release 3 was built."),
)


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


class Hook(BaseHTTPRequestHandler):
    got: list[tuple[str, bytes]] = []  # noqa: RUF012 - a server makes one handler a request; the test reads what came
    status = 204

    def do_POST(self) -> None:  # the name that the library calls
        length = int(self.headers["Content-Length"])
        self.got.append((self.headers["Content-Type"], self.rfile.read(length)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Mail(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs."""

    got: list[tuple[str, bytes]] = []  # noqa: RUF012 - a server makes one handler a connection; the test reads what came
    refuses = False

    def handle(self) -> None:
        to = ""
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT":
                to = line.partition(":")[2].strip("<> ")
                self.say("550 nobody of that name" if self.refuses else "250 yes")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text)
                self.got.append((to, b"".join(lines)))
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 yes")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_webhook_gets_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hook, "got", [])
    with HTTPServer(("127.0.0.1", 0), Hook) as server, running(server):
        notifier = make_notifier(
            NotifierSettings(NotifierKind.WEBHOOK, f"http://127.0.0.1:{server.server_port}/hook?token=secret")
        )
        notifier.tell(ASKED)
        notifier.tell(DONE)
        monkeypatch.setattr(Hook, "status", 500)
        with pytest.raises(NotificationError, match=r"webhook 127\.0\.0\.1 answered 500") as caught:
            notifier.tell(DONE)
    kind, body = Hook.got[0]
    told = json.loads(body)
    assert kind == "application/json"
    assert (told["id"], told["waits_for_a_person"], told["operation"]["round"]) == ("houses-3", True, 9)
    assert "secret" not in f"{notifier.name} {caught.value}"
    with pytest.raises(NotificationError, match="cannot be reached"):
        notifier.tell(ASKED)


def test_an_e_mail_is_sent_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mail, "got", [])
    with socketserver.TCPServer(("127.0.0.1", 0), Mail) as server, running(server):
        place = f"127.0.0.1:{server.server_address[1]}"
        notifier = make_notifier(NotifierSettings(NotifierKind.EMAIL, "ann@example.org", place, "jm@example.org"))
        notifier.tell(ASKED)
        notifier.tell(DONE)
        monkeypatch.setattr(Mail, "refuses", True)
        with pytest.raises(NotificationError, match=r"was not sent.*nobody of that name"):
            notifier.tell(DONE)
    (to, first), (_, second) = Mail.got
    mail = message_from_bytes(first)
    assert (to, mail["Subject"]) == ("ann@example.org", "houses: promote release 2? It waits for you (operation 3)")
    assert "journeyman approve houses --operation 3" in first.decode()
    body = message_from_bytes(second).get_payload(decode=True)
    assert isinstance(body, bytes)
    assert "Über 5 % schlechter." in body.decode()


def test_a_command_gets_json_and_a_headline(tmp_path: Path) -> None:
    script = tmp_path / "told.py"
    script.write_text(
        "import os, pathlib, sys\n"
        "pathlib.Path(sys.argv[1]).write_text(os.environ['JOURNEYMAN_HEADLINE'] + '\\n' + sys.stdin.read())\n"
    )
    out = tmp_path / "out put"
    notifier = make_notifier(NotifierSettings(NotifierKind.COMMAND, f"{sys.executable} {script} '{out}'"))
    notifier.tell(DONE)
    headline, body = out.read_text().split("\n", 1)
    assert headline == "houses: retrain (operation 4)"
    assert json.loads(body)["operation"]["outcome"]["note"] == "Release 3 was built."
    failing = make_notifier(
        NotifierSettings(NotifierKind.COMMAND, f"{sys.executable} -c 'import sys; sys.exit(\"no\")'")
    )
    with pytest.raises(NotificationError, match=r"ended with 1: no"):
        failing.tell(DONE)
    with pytest.raises(NotificationError, match="cannot be run"):
        make_notifier(NotifierSettings(NotifierKind.COMMAND, str(tmp_path / "nothing"))).tell(DONE)


@pytest.mark.parametrize(
    ("kind", "address", "server", "words"),
    [
        (NotifierKind.WEBHOOK, "ftp://example.org", "", "no URL"),
        (NotifierKind.WEBHOOK, "example.org", "", "no URL"),
        (NotifierKind.EMAIL, "ann", "localhost:25", "no e-mail address"),
        (NotifierKind.EMAIL, "ann@example.org\nBcc: all@example.org", "localhost:25", "no e-mail address"),
        (NotifierKind.EMAIL, "ann@example.org", "localhost:mail", "no server"),
        (NotifierKind.COMMAND, " ", "", "is empty"),
        (NotifierKind.COMMAND, "say 'it", "", "cannot be read"),
    ],
)
def test_what_cannot_work_is_refused_at_once(kind: NotifierKind, address: str, server: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        make_notifier(NotifierSettings(kind, address, server or "localhost:25"))


def test_a_server_that_is_not_there_is_a_failure_and_no_more() -> None:
    gone = NotifierSettings(NotifierKind.EMAIL, "ann@example.org", f"127.0.0.1:{free_port()}")
    with pytest.raises(NotificationError, match="was not sent: ConnectionRefusedError"):
        make_notifier(gone).tell(ASKED)
