"""The verdict: release or not, why, and the score that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.decision import Verdict
from journeyman.entities.report import BuildReport
from journeyman.reports.phrases import (
    examined_words,
    further_reasons,
    interval_words,
    placed_words,
    score_row,
    unseen_words,
)
from journeyman.reports.quality_figures import score_bars

__all__ = ["VerdictSection"]

_STYLES = {
    Verdict.RELEASE: ("good", "✓"),
    Verdict.RELEASE_WITH_CARE: ("warn", "!"),
    Verdict.DO_NOT_RELEASE: ("bad", "✕"),
}


class VerdictSection:
    """What was decided, and the main score beside that without a model."""

    name, title, weight = "verdict", "Verdict", 100
    template = Path(__file__).with_name("verdict.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return the words of the decision and the main score."""
        style, icon = _STYLES[report.decision.verdict]
        return {
            "style": style,
            "icon": icon,
            "reasons": further_reasons(report.decision),
            "placed": placed_words(report.decision.action),
            "score": score_row(report.evaluation.main),
            "score_bars": score_bars(report.evaluation.main),
            "interval": interval_words(report.evaluation.on_holdout),
            "unseen": unseen_words(report.evaluation),
            "examined": examined_words(report.evaluation),
        }
