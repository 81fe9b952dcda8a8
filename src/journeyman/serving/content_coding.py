"""Bodies that come compressed (RFC 9110, 8.4), read within the limit of a body, or in another encoding than UTF-8."""

from __future__ import annotations

import re
import zlib

from journeyman.serving.refusals import Fault, Refusal

__all__ = ["decoded_body", "in_utf8"]

_KNOWN = "gzip, deflate"
_GZIP, _ZLIB, _RAW = 31, 15, -15
"""What ``zlib`` is told to expect: gzip's frame, zlib's, or none, which some clients send as deflate."""
_MOST_CODINGS = 2
_PART = 65_536  # bytes read at once: what follows a member is copied, and must not be the whole body each time
_MOST_MEMBERS = 1_000  # of gzip; a block-wise writer needs a few hundred for the largest body
_CHARSET = re.compile(r'charset\s*=\s*"?([^\s;"]+)', re.IGNORECASE)
_READ_AS_IS = ("utf-8", "utf8", "us-ascii", "ascii")
_ENCODINGS = re.compile(r"utf-?16(?:-?[lb]e)?|iso-?8859-?\d{1,2}|latin-?1|(?:windows-?|cp)125\d", re.IGNORECASE)


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
    place = members = 0
    try:
        while place < len(body):
            members += 1
            if members > _MOST_MEMBERS:
                raise _too_large(f"it is of more than {_MOST_MEMBERS} pieces", limit)
            reader = zlib.decompressobj(window)
            while not reader.eof:
                part = body[place : place + _PART]
                if not part:
                    raise zlib.error("it ends too early")
                found += reader.decompress(part, limit + 1 - len(found))
                if len(found) > limit:
                    raise _too_large("the body is too large once it is unpacked", limit)
                place += len(part) - len(reader.unused_data)
            if window != _GZIP and place < len(body):
                raise zlib.error("more follows its end")
    except zlib.error as error:
        reason = str(error).rpartition(": ")[2]
        fault = Fault("damaged", f"the body is no {name}: {reason}", "content-encoding", name, "a body in that coding")
        raise Refusal(400, fault) from None
    return bytes(found)


def in_utf8(body: bytes, content_type: str) -> bytes:
    """Return a body in UTF-8, from the encoding that its Content-Type names.

    Raises
    ------
    Refusal
        415 for an encoding that is not read here, 400 where the body is none in it.

    Examples
    --------
    >>> in_utf8("Köln".encode("latin-1"), "text/csv; charset=ISO-8859-1").decode()
    'Köln'
    >>> in_utf8(b"", "text/csv; charset=klingon")
    Traceback (most recent call last):
    journeyman.serving.refusals.Refusal: a body in 'klingon' is not read here
    """
    named = _CHARSET.search(content_type)
    if named is None or named[1].lower() in _READ_AS_IS:
        return body
    shown = named[1][:60]
    if not _ENCODINGS.fullmatch(shown):
        fault = Fault("charset", f"a body in {shown!r} is not read here", "content-type", shown, "utf-8")
        raise Refusal(415, fault)
    try:
        return body.decode(shown).encode()
    except (UnicodeDecodeError, LookupError):
        fault = Fault("charset", f"the body is no {shown}", "content-type", shown, "a body in that encoding")
        raise Refusal(400, fault) from None


def _too_large(message: str, limit: int) -> Refusal:
    return Refusal(413, Fault("too large", message, "body", wanted=f"at most {limit} bytes"))
