"""Example rows with what moved their predictions, as the report shows them."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.report import BuildReport
from journeyman.reports.words import number, percent

__all__ = ["ExampleView", "example_views"]


@dataclass(frozen=True)
class ExampleView:
    """An example row in words: reasons are column, value and contribution."""

    kind: str
    truth: str
    prediction: str
    reasons: tuple[tuple[str, str, str, str], ...]


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
