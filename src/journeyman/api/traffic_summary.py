"""Traffic of a served model for people: how many rows came, how many were refused, and columns then and now."""

from __future__ import annotations

import itertools
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from journeyman.api.realised_value import realised_value
from journeyman.entities.column import Column
from journeyman.entities.latency import percentile
from journeyman.entities.overview import ColumnThenNow, TrafficView
from journeyman.entities.profile import ColumnProfile
from journeyman.inference.lookup import find_release
from journeyman.inference.release import Release, open_release
from journeyman.operations.traffic import broken_rules, read_rows
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.stores.logs import log_is_there, usual_log
from journeyman.streams.tables import open_tables

__all__ = ["then_and_now", "traffic_view"]

_ROWS = 2_000  # of the time shown, a sample
_GONE = "missing or never seen"
_COLUMNS, _BINS, _NAMES = 12, 16, 8


def traffic_view(workspace: str | Path | None, name: str, begin: int, end: int) -> TrafficView | None:
    """Return what came between two moments, in milliseconds since 1970; None where no log is in its usual place.

    At most 12 columns are given: those that matter most to the champion.
    """
    place = Path(workspace or DEFAULT_WORKSPACE)
    address = usual_log(place, name)
    if not log_is_there(address):
        return None
    release = _cached_release(*find_release(name, workspace=place))
    with closing(open_tables(address)) as stream:
        span, latencies = stream.poll(begin, end, _ROWS), stream.latencies(begin, end)
    within = set(span.ids.tolist())
    rows = [row for row in span.rows if row.id in within]
    read = read_rows(rows, release)
    profiles = {profile.name: profile for profile in release.report.profile.columns}
    order = {i.column: k for k, i in enumerate(release.report.evaluation.importances)}
    chosen = sorted(release.columns, key=lambda c: (order.get(c.name, len(order)), c.name))[:_COLUMNS]
    found = [
        then_and_now(column, profiles[column.name], read.block[column.name])
        for column in chosen
        if column.name in profiles and column.name not in read.hidden and len(read.rows)
    ]
    refused = sum(reason.rows for reason in span.refused) + read.misfits
    median, high = percentile(latencies, 0.5), percentile(latencies, 0.95)
    shown, broken = tuple(o for o in found if o is not None), broken_rules(rows, release, read.hidden)
    value = realised_value(place, release, read)
    return TrafficView(begin, end, span.total, refused, shown, median, high, value, broken)


def then_and_now(column: Column, profile: ColumnProfile, values: NDArray[np.generic]) -> ColumnThenNow | None:
    """Return the shares of a column's values when it was learned and in rows that came; None for texts.

    Numbers go into the training histogram's bins, sixteen at most, those outside into the first and the last;
    categories are the eight most frequent ones of the training table, and all others. The last share is of rows without
    a value.
    """
    if column.kind.categorical and profile.top_values:
        names = [v for v in profile.top_values[:_NAMES] if v in column.categories]
        then = dict(zip(profile.top_values, profile.top_counts, strict=True))
        codes = values.astype(np.int64)
        now = [float((codes == column.categories.index(v)).sum()) for v in names]
        before = [float(then[v]) for v in names]
        rest = float((codes >= 0).sum()) - sum(now)
        others = float(sum(profile.top_counts)) - sum(before)
        then_counts = [*before, others, float(profile.missing)]
        now_counts = [*now, rest, float((codes < 0).sum())]
        return ColumnThenNow(column.name, (*names, "others", _GONE), _shares(then_counts), _shares(now_counts))
    if not profile.bin_counts or not (column.kind.numeric or profile.kind == column.kind) or values.dtype == object:
        return None
    width = -(-len(profile.bin_counts) // _BINS)
    edges = np.array([*profile.bin_edges[:-1:width], profile.bin_edges[-1]])
    starts = np.arange(0, len(profile.bin_counts), width)
    learned = np.add.reduceat(np.array(profile.bin_counts, dtype=np.float64), starts).tolist()
    numbers = values.astype(np.float64)
    gone = float((~np.isfinite(numbers)).sum())
    numbers = np.clip(numbers[np.isfinite(numbers)], edges[0], edges[-1])
    came = np.histogram(numbers, bins=edges)[0].astype(np.float64).tolist()
    labels = tuple(f"{a:.4g} to {b:.4g}" for a, b in itertools.pairwise(edges))
    return ColumnThenNow(
        column.name, (*labels, "missing"), _shares([*learned, float(profile.missing)]), _shares([*came, gone])
    )


def _shares(counts: list[float]) -> tuple[float, ...]:
    total = sum(counts)
    return tuple(count / total if total else 0.0 for count in counts)


@lru_cache(maxsize=4)
def _cached_release(folder: Path, digest: str | None) -> Release:
    return open_release(folder, digest)
