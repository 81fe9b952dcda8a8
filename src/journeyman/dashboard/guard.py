"""Who may ask the page for what: nobody from another site, and from another machine only with the token."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request

__all__ = ["COOKIE", "Guard", "guarded", "is_loopback", "same_place"]

COOKIE = "journeyman-dashboard"
_TOKEN = "token"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Guard:
    """What the page lets in.

    Attributes
    ----------
    hosts : frozenset of str
        Names by which it may be called, without port; empty for any name. A page that answers to any name could be
        read by a site whose name points to this machine.
    token : str
        What has to be shown; empty where none is needed.
    scripts : tuple of str
        Hashes of the scripts within the page that may run.
    """

    hosts: frozenset[str]
    token: str = ""
    scripts: tuple[str, ...] = ()


def is_loopback(host: str) -> bool:
    """Say whether an address can be reached from this machine only.

    Examples
    --------
    >>> [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def same_place(origin: str, host: str) -> bool:
    """Say whether a page that sends a request is this one.

    Parameters
    ----------
    origin, host : str
        Headers of the request; a browser sends the first with whatever changes something.

    Examples
    --------
    >>> same_place("http://127.0.0.1:8050", "127.0.0.1:8050"), same_place("http://evil.example", "127.0.0.1:8050")
    (True, False)
    """
    return bool(origin) and urlsplit(origin).netloc.lower() == host.lower()


def guarded(server: Flask, guard: Guard) -> None:
    """Put the guard before each request, and its headers on each response."""
    policy = _policy(guard.scripts)

    def check() -> Response | None:
        name = urlsplit(f"//{request.host}").hostname or ""
        if guard.hosts and name not in guard.hosts:
            return Response("This page does not answer to that name.", 421, mimetype="text/plain")
        if guard.token:
            shown = request.args.get(_TOKEN, "")
            if shown and request.method == "GET" and _same(shown, guard.token):
                answer: Response = redirect(request.path)
                answer.set_cookie(COOKIE, guard.token, httponly=True, samesite="Strict")
                return answer
            if not _same(request.cookies.get(COOKIE, ""), guard.token):
                words = "Open the address that `journeyman dashboard` printed: it holds the token."
                return Response(words, 401, mimetype="text/plain")
        if request.method not in ("GET", "HEAD") and not _own_request():
            return Response("Only this page itself may ask for that.", 403, mimetype="text/plain")
        return None

    def mark(response: Response) -> Response:
        response.headers.update(_ALWAYS)
        response.headers["Content-Security-Policy"] = policy
        return response

    server.before_request(check)
    server.after_request(mark)


def _own_request() -> bool:
    fetched = request.headers.get("Sec-Fetch-Site", "same-origin")
    own = same_place(request.headers.get("Origin", ""), request.host)
    return own and fetched == "same-origin" and request.mimetype == "application/json"


def _same(shown: str, token: str) -> bool:
    return hmac.compare_digest(shown.encode(errors="replace"), token.encode())


def _policy(scripts: Sequence[str]) -> str:
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *scripts]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
