"""Live predictions of the log as scored rows, and how good they were by period, once labels came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.release_facts import FactColumn, FactKind, FactTable
from journeyman.entities.traffic import Traffic
from journeyman.inference.release import Release
from journeyman.inference.release_tables import fact_table
from journeyman.inference.scored_rows import ScoredRows
from journeyman.interfaces import Stream
from journeyman.operations.traffic import read_traffic
from journeyman.reports.words import score_words
from journeyman.tasks import metric_of

__all__ = ["live_traffic", "monitoring_table", "score_logged"]

_HOUR = 3_600_000  # milliseconds
_DAY = 24 * _HOUR
_FEW_DAYS = 3
_FEWEST = 20  # labelled rows that a score of a period is made of
_NONE = np.empty(0, dtype=np.int64)


def live_traffic(release: Release, stream: Stream, end: int, most: int) -> Traffic:
    """Return the live rows before a moment, in milliseconds since 1970, with their recorded answers and known labels.

    Of more than ``most`` rows a sample, evenly over all; ``feed.rows`` says how many came. Rows that a release with
    other labels answered are left out.
    """
    traffic, _, _ = read_traffic(stream.poll(0, end, most), release, _NONE)
    kept = traffic.fresh & np.isfinite(traffic.answers).all(axis=1)
    known = np.where(traffic.labelled < end, traffic.truths, np.nan)
    return replace(traffic, truths=known).take(kept)


def score_logged(traffic: Traffic, name: str) -> ScoredRows:
    """Return live rows as they were answered, by whichever version answered."""
    count = len(traffic.ids)
    times = traffic.times.astype("datetime64[ms]").astype("datetime64[us]")
    beside = pd.DataFrame({"answered": times, "version": traffic.versions})
    part = f"{count:,} of {traffic.feed.rows:,}" if count < traffic.feed.rows else f"{count:,}"
    basis = np.full(count, "live row", dtype=object)
    return ScoredRows(traffic.rows, traffic.answers, traffic.truths, basis, beside, f"{part} live rows of {name}'s log")


def monitoring_table(release: Release, traffic: Traffic | None) -> FactTable:
    """Return live rows, labels and the task's metric by hour (of up to three days) or by day; empty without a log."""
    metric = metric_of(release.task)
    words = score_words(release.evaluation.main)
    built = release.evaluation.main.value
    positive = f"mean probability of {release.task.labels[1]}" if len(release.task.labels) == 2 else ""
    columns = (
        FactColumn("period", FactKind.MOMENT, "When it began, UTC."),
        FactColumn("rows", FactKind.INTEGER, "Rows that were answered, of those read.", True),
        FactColumn("labelled", FactKind.INTEGER, "Rows among them whose outcome is known.", True),
        FactColumn("score", FactKind.NUMBER, f"{words.label} of labelled rows, from {_FEWEST} on.", True),
        FactColumn("score when built", FactKind.NUMBER, f"{words.label} on rows that taught nothing.", True),
        FactColumn(positive or "mean prediction", FactKind.NUMBER, "Of all rows; empty for several classes.", True),
    )
    about = "Live predictions by period"
    if traffic is None or not len(traffic.ids):
        return fact_table("monitoring", f"{about}: none are known.", columns, [[] for _ in columns])
    days = (traffic.times.max() - traffic.times.min()) / _DAY
    length = _HOUR if days <= _FEW_DAYS else _DAY
    starts, which = np.unique(traffic.times // length * length, return_inverse=True)
    rows = [np.flatnonzero(which == k) for k in range(len(starts))]
    labelled = [part[np.isfinite(traffic.truths[part])] for part in rows]
    scores = [
        float(metric.score(traffic.truths[part], traffic.answers[part]))
        if _enough(traffic.truths[part], release.task.labels)
        else np.nan
        for part in labelled
    ]
    shown = traffic.answers[:, -1 if positive else 0] if positive or not release.task.labels else None
    means = [np.nan if shown is None else float(shown[part].mean()) for part in rows]
    values = [
        starts.astype("datetime64[ms]").astype("datetime64[us]"),
        [len(part) for part in rows],
        [len(part) for part in labelled],
        scores,
        [built] * len(starts),
        means,
    ]
    return fact_table("monitoring", f"{about} of {'an hour' if length == _HOUR else 'a day'}.", columns, values)


def _enough(truths: NDArray[np.float64], labels: tuple[str, ...]) -> bool:
    """Say whether labelled rows make a score: enough of them, and of more than one class where there are classes."""
    return len(truths) >= _FEWEST and (not labels or len(np.unique(truths)) > 1)
