"""The choice of a threshold by what errors cost, as the report shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from journeyman.entities.evaluation import ThresholdCounts
from journeyman.entities.report import BuildReport
from journeyman.reports.words import count, number, percent

__all__ = ["ThresholdRow", "ThresholdView", "threshold_view"]

_ROWS = 5


@dataclass(frozen=True)
class ThresholdRow:
    """What one threshold does, in words."""

    threshold: str
    called: str
    precision: str
    recall: str


@dataclass(frozen=True)
class ThresholdView:
    """The choice of a threshold.

    Attributes
    ----------
    data : str
        JSON for the page's script: thresholds, true and false positives, positives, negatives, and the threshold in
        use.
    label : str
        The positive class.
    rows : tuple of ThresholdRow
        A few thresholds, for paper and for pages without scripts.
    """

    data: str
    label: str
    rows: tuple[ThresholdRow, ...]


def threshold_view(report: BuildReport) -> ThresholdView | None:
    """Return what the section shows; None where the task has not two classes."""
    counts = report.evaluation.thresholds
    if counts is None or len(report.task.labels) != 2:
        return None
    facts = {
        "t": [round(t, 6) for t in counts.thresholds],
        "tp": counts.true_positives,
        "fp": counts.false_positives,
        "p": counts.positives,
        "n": counts.negatives,
        "at": report.evaluation.threshold if report.evaluation.threshold is not None else 0.5,
    }
    last = len(counts.thresholds) - 1
    shown = sorted({round(last * (k + 1) / (_ROWS + 1)) for k in range(_ROWS)})
    return ThresholdView(json.dumps(facts), report.task.labels[-1], tuple(_row(counts, k) for k in shown))


def _row(counts: ThresholdCounts, k: int) -> ThresholdRow:
    called = counts.true_positives[k] + counts.false_positives[k]
    return ThresholdRow(
        number(counts.thresholds[k]),
        count(called),
        percent(counts.true_positives[k] / called) if called else "–",
        percent(counts.true_positives[k] / counts.positives),
    )
