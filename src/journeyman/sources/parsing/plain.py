"""Plain numbers in texts, read by the million."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa, pc

__all__ = ["flags", "plain_in", "plain_numbers"]


def flags(mask: pa.Array) -> NDArray[np.bool_]:
    """Return an Arrow mask as an array."""
    return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=np.bool_)


def plain_in(texts: pa.Array, decimal: str | None) -> bool:
    """Tell whether plain numbers mean what they say: with a decimal comma, none of them may hold a point."""
    return decimal != "," or not pc.any(pc.match_substring(texts, ".")).as_py()


def plain_numbers(texts: pa.Array) -> NDArray[np.float64]:
    """Read cleaned texts that are plain finite numbers; NaN for all others. Shape (n,)."""
    out = np.full(len(texts), np.nan)
    if _cast(texts.slice(0, 64)) is not None and (values := _cast(texts)) is not None:
        out = values
    else:
        plain = pc.match_substring_regex(texts, r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$")
        out[flags(plain)] = _cast(texts.filter(plain))
    out[~np.isfinite(out)] = np.nan
    return out


def _cast(texts: pa.Array) -> NDArray[np.float64] | None:
    try:
        return np.array(pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowInvalid:
        return None
