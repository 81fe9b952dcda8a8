"""The Open Inference Protocol's binary tensors: values behind the JSON as raw bytes, as Triton's clients send them.

The extension is written down in Triton's ``protocol/extension_binary_data.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from journeyman.serving.refusals import Fault, Refusal

__all__ = ["HEADER", "SIZE", "BinaryPart", "packed", "split_body"]

HEADER = "inference-header-content-length"
SIZE = "binary_data_size"
_LENGTH = 4  # bytes of the length before each text
_TYPES = {
    "BOOL": "?",
    **{f"INT{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
}


def split_body(body: bytes, header: str | None) -> tuple[bytes, BinaryPart]:
    """Return the JSON of a body and what stands behind it; ``header`` says how long the JSON is.

    Raises
    ------
    Refusal
        Where the header is no length within the body.

    Examples
    --------
    >>> text, part = split_body(b'{}' + b'\\x01\\x00\\x00\\x00', "2")
    >>> text, part.take("INT32", 4, "data")
    (b'{}', [1])
    """
    if header is None:
        return body, BinaryPart(b"")
    if not header.isdecimal() or len(header) > 18 or int(header) > len(body):
        wanted = f"a number up to {len(body)}, which is what the body has"
        raise Refusal(400, _fault(HEADER, header[:30], wanted))
    return body[: int(header)], BinaryPart(body[int(header) :])


class BinaryPart:
    """Raw bytes, taken tensor by tensor in their order."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._taken = 0

    def take(self, datatype: str, size: Any, field: str) -> list[Any]:
        """Return the values of the next so many bytes; a number that is none is missing.

        Raises
        ------
        Refusal
            Where they are not there, or are no values of that type.
        """
        left = len(self._content) - self._taken
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= left:
            raise Refusal(400, _fault(field, f"{SIZE} {str(size)[:30]}", f"0 to {left}, which is what the body has"))
        content = self._content[self._taken : self._taken + size]
        self._taken += size
        if datatype == "BYTES":
            return _texts(content, field)
        kind = np.dtype(_TYPES[datatype])
        if size % kind.itemsize:
            raise Refusal(400, _fault(field, f"{size} bytes", f"{kind.itemsize} bytes for each value of {datatype}"))
        values: list[Any] = np.frombuffer(content, kind).tolist()
        return [_finite(value) for value in values] if datatype.startswith("FP") else values

    def end(self) -> None:
        """Raise a Refusal where bytes are left that belong to no tensor."""
        left = len(self._content) - self._taken
        if left:
            raise Refusal(400, _fault("body", f"{left} bytes too many", f"the sum of all {SIZE}"))


def packed(values: Sequence[Any], datatype: str) -> bytes | None:
    """Return values as raw bytes; None where they do not fit their type, and JSON has to carry them.

    Examples
    --------
    >>> packed(["a"], "BYTES"), packed([1.5, None], "FP64")[8:].hex()
    (b'\\x01\\x00\\x00\\x00a', '000000000000f87f')
    """
    if datatype == "BYTES":
        texts = [str(value).encode() for value in values]
        return b"".join(len(text).to_bytes(_LENGTH, "little") + text for text in texts)
    try:
        return np.array([math.nan if v is None else v for v in values], dtype=_TYPES[datatype]).tobytes()
    except OverflowError:
        return None


def _texts(content: bytes, field: str) -> list[str]:
    texts, place = [], 0
    while place < len(content):
        begin = place + _LENGTH
        place = begin + int.from_bytes(content[place:begin], "little")
        if begin > len(content) or place > len(content):
            raise Refusal(400, _fault(field, "a text that ends too early", "four bytes of length before each text"))
        try:
            texts.append(content[begin:place].decode())
        except UnicodeDecodeError:
            raise Refusal(400, _fault(field, "bytes that are no text", "texts in UTF-8")) from None
    return texts


def _finite(value: float) -> float | str | None:
    """Return a number as JSON could bring it: a missing one as None, an infinite one as text, which its row tells."""
    if math.isfinite(value):
        return value
    return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _fault(field: str, found: str, wanted: str) -> Fault:
    return Fault("bad request", f"{field}: found {found}, wanted {wanted}", field, found, wanted)
