"""Latencies as counts in narrow buckets: cheap to record, and percentiles of any time are read from their sums."""

from __future__ import annotations

import math
from collections.abc import Mapping

__all__ = ["bucket_of", "percentile"]

_WIDTH = 10.0
"""Buckets while a latency grows by a factor of e: each is a tenth wide, so that its middle is off by 5% at most."""
_LEAST = 1e-6


def bucket_of(seconds: float) -> int:
    """Return the bucket of a latency.

    Examples
    --------
    >>> bucket_of(0.001), bucket_of(0.0011), bucket_of(1.0)
    (-70, -69, 0)
    """
    return math.floor(_WIDTH * math.log(max(seconds, _LEAST)))


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the seconds within which a share of the requests was answered, to 5%; None without requests.

    Examples
    --------
    >>> counts = {bucket_of(0.002): 94, bucket_of(0.5): 6}
    >>> [round(percentile(counts, share), 4) for share in (0.5, 0.95)], percentile({}, 0.5)
    ([0.0019, 0.522], None)
    """
    wanted, seen = share * sum(counts.values()), 0
    for bucket, number in sorted(counts.items()):
        seen += number
        if seen >= wanted:
            return math.exp((bucket + 0.5) / _WIDTH)
    return None
