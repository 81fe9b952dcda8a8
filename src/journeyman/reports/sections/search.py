"""How the model was found: trials, members, weaknesses that were treated, and where the time went."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.phrases import score_row
from journeyman.reports.search_figures import member_bars, search_figure, stage_bars, trial_rows
from journeyman.reports.search_words import (
    not_tried_words,
    overrun_words,
    price_words,
    recalled_words,
    stop_words,
    time_words,
    tried_words,
)
from journeyman.reports.weakness_words import weakness_rows

__all__ = ["SearchSection"]


class SearchSection:
    """What was tried and why, what came of it, and why the search stopped."""

    name, title, weight = "search", "Search", 600
    template = Path(__file__).with_name("search.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return words, figures and all trials."""
        return {
            "tried": tried_words(report),
            "stopped": stop_words(report),
            "fitting": time_words(report),
            "price": price_words(report),
            "overrun": overrun_words(report),
            "not_tried": [not_tried_words(one) for one in report.not_tried],
            "search": search_figure(report),
            "members": member_bars(report),
            "stages": stage_bars(report),
            "weaknesses": weakness_rows(report),
            "recalled": recalled_words(report),
            "trials": trial_rows(report),
            "score": score_row(report.evaluation.main),
        }
