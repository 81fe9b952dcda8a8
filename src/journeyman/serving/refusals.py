"""Refusals: what a caller did wrong or what cannot be done now, as a status and a JSON body that says all of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec

from journeyman.entities.admitted import RowMisfit

__all__ = ["Fault", "Refusal", "decoded", "fault_of_misfit", "flag", "is_infinite"]

T = TypeVar("T")
_PATH = re.compile(r"(?P<message>.*?) - at `\$(?P<path>.*)`$")
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:NaN|Infinity)|-?[0-9][0-9.eE+-]*', re.DOTALL)
_BOM = b"\xef\xbb\xbf"
_ESCAPES = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F]..|.)", re.DOTALL)
_LONE = len(b"\\udddd")
_NO_JSON = (b"NaN", b"Infinity", b"\\ud", b"\\uD")
_MOST_DIGITS = 4_000  # of a number; Python reads no whole number of more than 4,300
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`")


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong, in parts that a program can read.

    Attributes
    ----------
    code : str
        A short name that stays.
    message : str
        One sentence.
    field, found, wanted : str
        What it is about, what was there and what should be; empty where that does not apply.
    hint : str
        What can be done.
    """

    code: str
    message: str
    field: str = ""
    found: str = ""
    wanted: str = ""
    hint: str = ""


class Refusal(Exception):
    """A request that is not answered as asked: an HTTP status, a fault, and headers such as Retry-After."""

    def __init__(self, status: int, fault: Fault, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(fault.message)
        self.status = status
        self.fault = fault
        self.headers = dict(headers or {})


def fault_of_misfit(misfit: RowMisfit) -> Fault:
    """Return why a row was refused.

    Examples
    --------
    >>> fault_of_misfit(RowMisfit("age", "'old'", "a number", "give null")).message
    "'age' holds 'old', wanted a number"
    """
    code = "bad value" if misfit.found else "missing column"
    return Fault(code, misfit.message, misfit.field, misfit.found or "nothing", misfit.wanted, misfit.hint)


def decoded(body: bytes, kind: type[T], hint: str, nan: bytes = b"null") -> T:
    """Read a JSON body as ``kind``; a Refusal names the field, what was found and what was wanted.

    Python's clients write NaN for a missing number, which JSON does not know: it is missing. Infinity, and a number
            body = body.removeprefix(_BOM)
            return msgspec.json.decode(_TOKENS.sub(partial(_plain, nan), body), type=kind)

    Examples
    --------
    >>> decoded(b'{"x": NaN, "y": -Infinity, "z": 1e999, "c": "NaN"}', dict, "")
    {'x': None, 'y': '-Infinity', 'z': '1e999', 'c': 'NaN'}
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        reason: Exception = error
    if body.startswith(_BOM) or "out of range" in str(reason) or any(sign in body for sign in _NO_JSON):
        try:
            body = body.removeprefix(_BOM)
            return msgspec.json.decode(_TOKENS.sub(partial(_json_token, nan), body), type=kind)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            reason = error
    if isinstance(reason, msgspec.ValidationError):
        raise Refusal(400, _fault(str(reason), hint))
    said = "it is nested too deeply" if isinstance(reason, RecursionError) else str(reason)
    raise Refusal(400, Fault("not JSON", f"the body is not JSON: {said}", "", _body_excerpt(body), "JSON", hint))


def flag(parameters: Mapping[str, Any], name: str, usual: bool = False) -> bool:
    """Return a parameter that is true or false; a Refusal where it is neither, since "false" would count as true.

    Examples
    --------
    >>> flag({"detail": True}, "detail"), flag({}, "detail"), flag({"detail": None}, "detail", True)
    (True, False, True)
    """
    value = parameters.get(name)
    if value is None:
        return usual
    if not isinstance(value, bool):
        found = repr(value)[:60]
        fault = Fault("bad request", f"{name} is {found}, neither true nor false", name, found, "true or false")
        raise Refusal(400, fault)
    return value


def is_infinite(value: object) -> bool:
    """Return whether a text is what ``decoded`` makes of an infinite number.

    Examples
    --------
    >>> is_infinite("1e999"), is_infinite("12"), is_infinite(7)
    (True, False, False)
    """
    if not isinstance(value, str):
        return False
    try:
        return math.isinf(float(value))
    except ValueError:
        return False


def _json_token(nan: bytes, token: re.Match[bytes]) -> bytes:
    """Return a token of JSON as JSON allows it."""
    text = token[0]
    if text[:1] == b'"':
        return _ESCAPES.sub(lambda one: b"\\ufffd" if len(one[0]) == _LONE else one[0], text)
    if text == b"NaN":
        return nan
    try:
        known = text[-1:].isdigit() and len(text) <= _MOST_DIGITS and math.isfinite(float(text))
    except ValueError:  # no number at all: JSON says so
        return text
    return text if known else b'"%b"' % text


def _fault(message: str, hint: str) -> Fault:
    path = _PATH.match(message)
    field = path["path"].lstrip(".") if path else ""
    text = path["message"] if path else message
    types = _EXPECTED.search(text)
    wanted, found = (types["wanted"], types["found"]) if types else ("", "")
    named = re.search(r"field `([^`]+)`", text)
    if named and not types:
        field = f"{field}.{named[1]}".lstrip(".")
    sentence = f"{field}: {text}" if field and not named else text
    return Fault("bad request", sentence[0].lower() + sentence[1:], field or "body", found, wanted, hint)


def _body_excerpt(body: bytes) -> str:
    return body[:60].decode("utf-8", errors="replace") + ("..." if len(body) > 60 else "")
