"""Bodies that come compressed (RFC 9110, 8.4): gzip and deflate, read within the limit of a body."""

from __future__ import annotations

import zlib

from journeyman.serving.refusals import Fault, Refusal

__all__ = ["decoded_body"]

_KNOWN = "gzip, deflate"
_GZIP, _ZLIB, _RAW = 31, 15, -15
"""What ``zlib`` is told to expect: gzip's frame, zlib's, or none, which some clients send as deflate."""
_MOST_CODINGS = 2


def decoded_body(body: bytes, coding: str, limit: int) -> bytes:
    """Return a body without its codings, the last of which was applied last.

    Raises
    ------
    Refusal
        415 for another coding, 413 where more than ``limit`` bytes come out, 400 where it is damaged.

    Examples
    --------
    >>> decoded_body(zlib.compress(b'{"row": {}}'), "deflate", 100)
    b'{"row": {}}'
    >>> decoded_body(b"", "br", 100)
    Traceback (most recent call last):
    journeyman.serving.refusals.Refusal: a body in 'br' is not read here
    """
    codings = [name for part in coding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    for name in codings:
        if name not in ("gzip", "x-gzip", "deflate") or len(codings) > _MOST_CODINGS:
            shown = coding[:60]
            fault = Fault("coding", f"a body in {shown!r} is not read here", "content-encoding", shown, _KNOWN)
            raise Refusal(415, fault, {"Accept-Encoding": _KNOWN})
    for name in reversed(codings):
        body = _inflated(body, name, limit)
    return body


def _inflated(body: bytes, name: str, limit: int) -> bytes:
    if name == "deflate":
        # a frame of zlib begins with 8 for its method, and its first two bytes are a multiple of 31 (RFC 1950)
        framed = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
        window = _ZLIB if framed else _RAW
    else:
        window = _GZIP
    found = bytearray()
    try:
        while body:
            reader = zlib.decompressobj(window)
            found += reader.decompress(body, limit + 1 - len(found))
            if len(found) > limit:
                fault = Fault(
                    "too large", "the body is too large once it is unpacked", "body", wanted=f"at most {limit} bytes"
                )
                raise Refusal(413, fault)
            if not reader.eof:
                raise zlib.error("it ends too early")
            if window != _GZIP and reader.unused_data:
                raise zlib.error("more follows its end")
            body = reader.unused_data  # gzip may be of several members
    except zlib.error as error:
        reason = str(error).rpartition(": ")[2]
        fault = Fault("damaged", f"the body is no {name}: {reason}", "content-encoding", name, "a body in that coding")
        raise Refusal(400, fault) from None
    return bytes(found)
