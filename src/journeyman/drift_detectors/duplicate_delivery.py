"""Rows that are sent twice: they come again as a whole, in their order; coarse rows are equal at all distances."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.drift_detectors.faulty_columns import CHANCE, FaultyColumn, runs_of
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["is_duplicate_delivery", "row_digests"]

FloatArray = NDArray[np.float64]
_LEAST_ROWS = 20
_TWICE, _TWINS, _MOST_TWINS = 0.5, 0.2, 8


def row_digests(rows: Block) -> FloatArray:
    """Return a number for each row that equal rows share, shape (n_samples,); whole and below 2**53.

    Examples
    --------
    >>> a, b, c = row_digests({"x": np.array([1.0, 2.0, 1.0]), "t": np.array(["a", "b", "a"], dtype=object)})
    >>> a == c, a == b
    (np.True_, np.False_)
    """
    count = len(next(iter(rows.values()), np.empty(0)))
    mixed = np.full(count, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for name in sorted(rows):
        values = rows[name]
        if values.dtype == object:
            plain = np.array([0 if v is None else zlib.crc32(str(v).encode()) + 1 for v in values], dtype=np.uint64)
        else:
            plain = (values.astype(np.float64) + 0.0).view(np.uint64)
        mixed = (mixed ^ plain) * np.uint64(0xFF51AFD7ED558CCD)
        mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(11)).astype(np.float64)


def is_duplicate_delivery(reference: Reference, digests: FloatArray, before: FloatArray) -> tuple[FaultyColumn, ...]:
    """Return whether rows came again that had just come, in their order, more than equal rows are usual here.

    Coarse rows are often equal by chance, but then at all distances; what is sent twice comes again as a whole. A row
    that stays the same for a while counts once.
    """
    whole, length = _changes(np.concatenate([before, digests])), len(_changes(before))
    digests, before = whole[length:], whole[:length]
    count = len(digests)
    if count < _LEAST_ROWS:
        return ()
    hit = _count_repeats(digests, before)
    if hit < _TWICE * count:
        return ()
    usual_digests = row_digests(reference.rows)
    run = reference.run if reference.run > 1 else len(usual_digests)
    stretches = [_changes(stretch) for stretch in runs_of(usual_digests, run, 2 * count)]
    twins = [_count_repeats(stretch[len(stretch) // 2 :], stretch[: len(stretch) // 2]) for stretch in stretches]
    usual = (max(twins, default=0) + 1.0) / (count + 2.0)
    if usual > _TWINS or stats.binom.sf(hit - 1, count, usual) > CHANCE:
        return ()
    return (
        FaultyColumn("DR005", (), f"{hit} of {count} rows are the same as rows that had just come, in their order"),
    )


def _changes(digests: FloatArray) -> FloatArray:
    return digests[np.concatenate([[True], digests[1:] != digests[:-1]])] if len(digests) else digests


def _count_repeats(digests: FloatArray, before: FloatArray) -> int:
    """Return how many rows are the same as those a fixed number of rows earlier, by the best such number."""
    whole, count = np.concatenate([before, digests]), len(digests)
    best = 0
    for lag in _lags(digests, before):
        earlier = np.arange(len(before), len(whole)) - lag
        best = max(best, int(((earlier >= 0) & (whole[np.maximum(earlier, 0)] == digests)).sum()))
    return min(best, count)


def _lags(digests: FloatArray, before: FloatArray) -> list[int]:
    """Return the distances at which the most rows come again."""
    whole = np.concatenate([before, digests])
    begin = len(before)
    places: dict[float, list[int]] = {}
    counts: dict[int, int] = {}
    for place, digest in enumerate(whole.tolist()):
        seen = places.setdefault(digest, [])
        if place >= begin:
            for earlier in seen[-_MOST_TWINS:]:
                counts[place - earlier] = counts.get(place - earlier, 0) + 1
        seen.append(place)
    return sorted(counts, key=lambda lag: (-counts[lag], lag))[:3]
