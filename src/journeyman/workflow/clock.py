"""The system's clock, for the doors; everything inside gets a clock as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["SystemClock"]


class SystemClock:
    """Time as the operating system tells it.

    Examples
    --------
    >>> SystemClock().now().endswith("+00:00")
    True
    """

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def now(self) -> str:
        """Return the time of day, ISO 8601 in UTC."""
        return datetime.now(UTC).isoformat(timespec="seconds")
