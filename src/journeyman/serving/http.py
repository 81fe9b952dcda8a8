"""Requests and responses as values, and routes: what a protocol file offers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from journeyman.serving.refusals import Refusal
from journeyman.serving.tokens import Permission

__all__ = ["JSON", "NATIVE", "Handler", "Request", "Response", "Route", "json_response", "native_refusal"]

JSON = "application/json"
NATIVE = "native"  # our own protocol, in counters and in the log


class Request(msgspec.Struct, frozen=True):
    """A request, read to its end.

    Attributes
    ----------
    path : str
        As it was asked for.
    arguments : tuple of str
        What stood where the route's path has ``{...}``.
    headers : mapping of str to str
        By name in lower case.
    body : bytes
        All of it.
    """

    path: str
    arguments: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Response(msgspec.Struct, frozen=True):
    """An HTTP response: status, body and headers."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = {}


Handler = Callable[[Request], Awaitable[Response]]


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as JSON."""
    return Response(status, msgspec.json.encode(value), JSON, headers or {})


def native_refusal(refusal: Refusal) -> Response:
    """Say why in our own form: ``{"error": {"code", "message", "field", "found", "wanted", "hint"}}``."""
    return json_response({"error": refusal.fault}, refusal.status, refusal.headers)


@dataclass(frozen=True)
class Route:
    """An address that a protocol answers.

    Attributes
    ----------
    method, path : str
        ``{name}`` stands for any segment.
    handler : callable
        Answers.
    right : Permission or None
        What a token must allow; None where nobody is asked.
    protocol : str
        Name for counters and the log.
    operation : mapping
        Its part of the OpenAPI description.
    refusal : callable or None
        How it says no, where that is not its protocol's way.
    """

    method: str
    path: str
    handler: Handler
    right: Permission | None
    protocol: str
    operation: Mapping[str, Any]
    refusal: Callable[[Refusal], Response] | None = None
