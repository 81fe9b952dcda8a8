"""Connections with patience: a client whose headers do not arrive in time, or have no end, is let go."""

from __future__ import annotations

import asyncio

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["PatientProtocol", "ServerConfig"]

_LOOK = 1.0  # seconds between two looks at a connection, at most
_MOST_HEADER_BYTES = 65_536  # of one request; what cannot be told from that is no request for us
_LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration, and the seconds that the headers of a request may take to arrive."""

    timeout_headers = 30.0


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself waits for the end of headers, or of a refused body, for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Keep the transport and start to watch the connection."""
        super().connection_made(transport)
        self._in_headers = False
        self._header_bytes = 0
        self._waits: tuple[object, float] | None = None  # after which request it waits, and since when
        self._patience = self.config.timeout_headers if isinstance(self.config, ServerConfig) else 30.0
        self._look_later()

    def data_received(self, data: bytes) -> None:
        """Read on, unless the headers have become too long."""
        self._read(data)
        if self._in_headers:
            self._header_bytes += len(data)
            if self._header_bytes > _MOST_HEADER_BYTES and not self.transport.is_closing():
                self._close(_TOO_LONG)

    def _read(self, data: bytes) -> None:
        try:
            self._unset_keepalive_if_required()
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self.parser.get_method() != b"CONNECT":
                self._read_plainly(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def _read_plainly(self, rest: bytes) -> None:
        """Read a request without its wish for another protocol, which a server may ignore (RFC 9110, 7.8).

        The parser would take its body for that protocol; Java's client asks for HTTP/2 with each of its requests.
        """
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        headers = [b"%b: %b\r\n" % (name, value) for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self._read(b"".join([line, *headers, b"\r\n", rest]))

    def _is_asked_again(self) -> bool:
        """Return whether a request is going to be read plainly."""
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks whether to keep the connection
        """Let a client that has said all, and says so, have the answers to it."""
        latest = self.pipeline[0][0] if self.pipeline else self.cycle
        if latest is None or latest.response_complete or latest.more_body:
            return False
        latest.keep_alive = False
        return True

    def on_body(self, body: bytes) -> None:
        """Keep a part of a body."""
        if not self._is_asked_again():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that a request is there."""
        if not self._is_asked_again():
            super().on_message_complete()

    def on_message_begin(self) -> None:
        """Note that headers begin."""
        super().on_message_begin()
        self._in_headers, self._header_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Note that they are there."""
        self._in_headers = False
        if not self._is_asked_again():
            super().on_headers_complete()

    def _look_later(self) -> None:
        self.loop.call_later(min(_LOOK, self._patience / 4), self._look)

    def _look(self) -> None:
        """Close the connection where it has waited too long for a request that nobody else has a clock for."""
        if self.transport.is_closing():
            return
        answered = self.cycle is None or self.cycle.response_complete
        now = self.loop.time()
        if not answered or self.timeout_keep_alive_task is not None:
            self._waits = None
        elif self._waits is None or self._waits[0] is not self.cycle:
            self._waits = (self.cycle, now)
        elif now - self._waits[1] >= self._patience:
            self._close(_LATE if self._in_headers else b"")
            return
        self._look_later()

    def _close(self, farewell: bytes) -> None:
        if farewell:
            self.transport.write(farewell)
        self.transport.close()
