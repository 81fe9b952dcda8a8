"""Small images as addresses that a page carries in itself."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode

from journeyman.entities.image import SmallImage

__all__ = ["png_address"]


def png_address(text: str) -> str:
    """Return an image of a table as a ``data:`` address of a PNG; empty where it is none.

    References
    ----------
    ISO/IEC 15948:2004, "Portable Network Graphics".

    Examples
    --------
    >>> png_address("image/1x1/1x1x1,AA==")[:30]
    'data:image/png;base64,iVBORw0K'
    """
    try:
        pixels = SmallImage.from_text(text).pixels
    except ValueError:
        return ""
    height, width, channels = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    body = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")
    return "data:image/png;base64," + b64encode(b"\x89PNG\r\n\x1a\n" + body).decode("ascii")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
