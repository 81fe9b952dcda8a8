"""A line of the latest losses, small enough to stand beside a name."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

__all__ = ["spark"]

_WIDE, _TALL, _MOST = 132, 34, 60


def spark(values: Sequence[float | None]) -> str:
    """Return the latest values as an address of a picture, to be used as a mask: the style sheet gives the colour.

    Empty where there are fewer than two.

    Examples
    --------
    >>> spark([0.1, None, 0.3])[:24], spark([0.1])
    ('data:image/svg+xml,%3Csv', '')
    """
    latest = list(values)[-_MOST:]
    known = [v for v in latest if v is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    reach, step = (high - low) or 1.0, _WIDE / (len(latest) - 1)
    path, pen = "", "M"
    for k, value in enumerate(latest):
        if value is None:
            continue
        path += f"{pen}{k * step:.1f} {_TALL - 3 - (value - low) / reach * (_TALL - 6):.1f}"
        pen = "L"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_TALL}" preserveAspectRatio="none">'
        f'<path d="{path}" fill="none" stroke="black" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"
