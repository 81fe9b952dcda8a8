"""The ASGI application: finds the route, asks for the token, reads the body within limits, says no in JSON."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, Collection, MutableMapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from journeyman.serving.content_coding import decoded_body, in_utf8
from journeyman.serving.http import Request, Response, Route, native_refusal
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.service import Service
from journeyman.serving.tokens import Tokens

__all__ = ["Application"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_BODIES_AT_ONCE = 20  # times the size of one: what all requests that are being read may hold together


_LOOK = 1.0  # seconds between two looks for bodies that are late


class _Gone(Exception):
    """The caller hung up."""


class Application:
    """All protocols at one port.

    Parameters
    ----------
    service : Service
        What they stand on.
    routes : sequence of Route
        What they offer; the first that fits answers.
    tokens : Tokens
        Who may do what.
    ready : callable
        Called once requests are answered.
    """

    def __init__(self, service: Service, routes: Sequence[Route], tokens: Tokens, ready: Callable[[], None]) -> None:
        self._service, self._tokens, self._ready = service, tokens, ready
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[tuple[str, ...], Route]] = []
        for route in routes:
            if "{" in route.path:
                self._patterns.append((tuple(route.path.split("/")), route))
            else:
                self._exact.setdefault(route.path, {}).setdefault(route.method, route)
        # "/v2" speaks for all below it, and "/invocations" for other methods; the longest fits best
        exact = [(path, route) for path, methods in self._exact.items() for route in methods.values() if path != "/"]
        self._prefixes = sorted(exact, key=lambda one: -len(one[0]))
        self._held = 0
        self._reading: dict[asyncio.Task[Any], float] = {}  # whose body is on its way, and until when
        self._late: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._respond(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._service.start()
                self._look_for_late(asyncio.get_running_loop())
                await send({"type": "lifespan.startup.complete"})
                self._ready()
            elif message["type"] == "lifespan.shutdown":
                await self._service.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: Route | None = None
        try:
            route, arguments = self._find(scope)
            headers = _headers(scope["headers"])
            self._admit(route, headers)
            body = await self._body(headers, receive) if scope["method"] not in ("GET", "HEAD") else b""
            held = len(body)
            try:
                if "content-encoding" in headers:
                    body = decoded_body(body, headers["content-encoding"], self._service.settings.most_bytes)
                if "charset" in headers.get("content-type", ""):
                    body = in_utf8(body, headers["content-type"])
                self._held += len(body) - held
                held = len(body)
                response = await route.handler(Request(scope["path"], arguments, headers, body))
            finally:
                self._held -= held
        except Refusal as refusal:
            response = self._refusal_response(route, scope["path"], refusal)
        except _Gone:
            return
        except Exception:  # noqa: BLE001 - the outermost door of a request: told without details, which stay here
            traceback.print_exc(file=sys.stderr)
            hint = "the server's output has the details"
            fault = Fault("fault", "this met a fault of Journeyman", hint=hint)
            response = self._refusal_response(route, scope["path"], Refusal(500, fault))
        protocol = route.protocol if route is not None else "none"
        counted = {"protocol": protocol, "status": str(response.status)}
        self._service.counters.add("journeyman_requests_total", counted)
        await _send(response, send, scope["method"] == "HEAD")

    def _refusal_response(self, route: Route | None, path: str, refusal: Refusal) -> Response:
        """Say no as the protocol does: that of the route, else of the addresses above."""
        if route is None:
            above = (route for prefix, route in self._prefixes if path == prefix or path.startswith(f"{prefix}/"))
            route = next(above, None)
        return (native_refusal if route is None or route.refusal is None else route.refusal)(refusal)

    def _fitting(self, scope: Scope) -> dict[str, tuple[Route, tuple[str, ...]]]:
        """Return the routes of an address, with or without a slash at its end, by method, and what stands for names."""
        path = scope["path"]
        exact = self._exact.get(path) or self._exact.get(path.rstrip("/"))
        found: dict[str, tuple[Route, tuple[str, ...]]] = {m: (route, ()) for m, route in (exact or {}).items()}
        if exact is None:
            # as it came: a name may hold a slash, or a percent sign, that was written as an escape
            raw = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else quote(path)
            segments = [unquote(one) for one in raw.removesuffix("/").split("/")]
            for pattern, route in self._patterns:
                if len(pattern) == len(segments) and all(
                    p == s or (p.startswith("{") and s) for p, s in zip(pattern, segments, strict=True)
                ):
                    names = tuple(s for p, s in zip(pattern, segments, strict=True) if p.startswith("{"))
                    found.setdefault(route.method, (route, names))
        return found

    def _find(self, scope: Scope) -> tuple[Route, tuple[str, ...]]:
        method, path = scope["method"], scope["path"]
        if (usual := self._exact.get(path, {}).get(method)) is not None:
            return usual, ()
        found = self._fitting(scope)
        if (fitting := found.get("GET" if method == "HEAD" else method)) is not None:
            return fitting
        if found:
            names = _allowed(found)
            fault = Fault("wrong method", f"{path[:100]} takes {names}", "method", method[:20], names)
            raise Refusal(405, fault, {"Allow": names})
        fault = Fault("not found", f"there is no {path[:100]}", "path", path[:100], hint="GET / lists the addresses")
        raise Refusal(404, fault)

    def _admit(self, route: Route, headers: dict[str, str]) -> None:
        if route.right is None or not self._tokens.wanted:
            return
        given = headers.get("authorization", "")
        if self._tokens.allows(given, route.right):
            return
        reason = "forbidden" if self._tokens.known(given) else "no token"
        self._service.counters.add("journeyman_refused_total", {"reason": reason})
        if reason == "forbidden":
            raise Refusal(403, Fault(reason, f"this token does not allow to {route.right.value}"))
        hint = "send the header: Authorization: Bearer TOKEN"
        fault = Fault(reason, "a valid token is needed", "authorization", "none that is known", "a token", hint)
        raise Refusal(401, fault, {"WWW-Authenticate": "Bearer"})

    def _look_for_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Interrupt whose body is late: one look each second for all, because a clock for each request costs time."""
        now = loop.time()
        for task in [task for task, until in self._reading.items() if until < now]:
            self._late.add(task)
            task.cancel()
        loop.call_later(_LOOK, self._look_for_late, loop)

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes:
        limit = self._service.settings.most_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > limit:
            raise self._too_large(length, limit)
        if self._held > _BODIES_AT_ONCE * limit:
            self._service.counters.add("journeyman_refused_total", {"reason": "busy"})
            raise Refusal(429, Fault("busy", "too many large requests at once"), {"Retry-After": "1"})
        parts, size, more = [], 0, True
        task = asyncio.current_task()
        assert task is not None  # the server runs each request as one
        self._reading[task] = asyncio.get_running_loop().time() + self._service.settings.timeout
        try:
            while more and size <= limit:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Gone
                part: bytes = message.get("body", b"")
                parts.append(part)
                size += len(part)
                self._held += len(part)
                more = message.get("more_body", False)
            if size > limit:
                raise self._too_large(str(size), limit)
        except asyncio.CancelledError:
            self._held -= size
            if task not in self._late:
                raise
            task.uncancel()
            self._service.counters.add("journeyman_refused_total", {"reason": "slow"})
            wanted = f"all of it within {self._service.settings.timeout:g} s"
            fault = Fault("slow", "the body did not arrive in time", "body", f"{size} bytes", wanted)
            raise Refusal(408, fault, {"Connection": "close"}) from None
        except BaseException:
            self._held -= size
            raise
        finally:
            del self._reading[task]
            self._late.discard(task)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _too_large(self, found: str, limit: int) -> Refusal:
        self._service.counters.add("journeyman_refused_total", {"reason": "too large"})
        fault = Fault("too large", "the body is too large", "body", f"{found} bytes", f"at most {limit} bytes")
        return Refusal(413, fault, {"Connection": "close"})


def _allowed(found: Collection[str]) -> str:
    return ", ".join(sorted({*found, *(["HEAD"] if "GET" in found else [])}))


def _headers(given: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name; one that comes several times is a list (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for name, value in given:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = text if key not in headers else f"{headers[key]}, {text}"
    return headers


async def _send(response: Response, send: Send, bare: bool) -> None:
    headers = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", b"%d" % len(response.body)),
        *((name.lower().encode(), value.encode()) for name, value in response.headers.items()),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bare else response.body})
