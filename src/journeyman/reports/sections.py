"""What two sections of the report show: the choice of a threshold by costs, and example rows with their reasons."""

from __future__ import annotations

import json
from dataclasses import dataclass

from journeyman.entities.evaluation import ThresholdCounts
from journeyman.entities.report import BuildReport
from journeyman.reports.words import count, number, percent

__all__ = ["ExampleView", "ThresholdRow", "ThresholdView", "example_views", "threshold_view"]

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


@dataclass(frozen=True)
class ExampleView:
    """An example row in words: reasons are column, value and contribution."""

    kind: str
    truth: str
    prediction: str
    reasons: tuple[tuple[str, str, str, str], ...]


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


def example_views(report: BuildReport) -> tuple[ExampleView, ...]:
    """Return example rows in words; contributions with their sign, in points of probability for classes."""
    classes = report.task.labels
    views = []
    for example in report.examples:
        sure = "" if example.probability is None else f" ({percent(example.probability)})"
        reasons = []
        for column, value, change in example.reasons:
            size = f"{100 * abs(change):.1f} points" if classes else number(abs(change))
            reasons.append((column, value, f"{'+' if change >= 0 else '−'}{size}", "good" if change >= 0 else "bad"))
        row, truth = example.kind, example.truth
        if example.kind == "strangest" and example.position is not None:
            row, truth = f"row {example.position + 1:,}", ""
        views.append(ExampleView(row, truth, f"{example.prediction}{sure}", tuple(reasons)))
    return tuple(views)
