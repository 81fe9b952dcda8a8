"""How good the model is: every score, its figures, the choice of a threshold, and where it is weak."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.phrases import held_words, interval_words, past_words, score_row
from journeyman.reports.quality_figures import confusion, positive_label, quality_figures
from journeyman.reports.reason_figures import slice_bars
from journeyman.reports.threshold_choice import threshold_view
from journeyman.tasks import task_type

__all__ = ["QualitySection"]


class QualitySection:
    """Scores beside those without a model, the figures of the task, and weak parts of the rows."""

    name, title, weight = "quality", "Quality", 300
    template = Path(__file__).with_name("quality.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return scores, figures and slices."""
        evaluation = report.evaluation
        return {
            "interval": interval_words(evaluation.on_holdout),
            "scores": [score_row(s) for s in evaluation.scores],
            "no_change": score_row(evaluation.no_change) if evaluation.no_change else None,
            "past": past_words(evaluation),
            "held": held_words(evaluation.interval_check, bool(report.task.labels)),
            "positive": positive_label(report),
            "confusion": confusion(report),
            "quality": quality_figures(report),
            "threshold": threshold_view(report),
            "sliced": task_type(report.task).traits.sliced,
            "slices": evaluation.slices,
            "slice_bars": slice_bars(report),
        }
