"""How well queries are ranked: by their size, and those that are ranked worst."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.figure import Figure, bars
from journeyman.reports.words import number, plural

__all__ = ["RankingSection"]


class RankingSection:
    """Shown where the task draws rankings."""

    name, title, weight = "ranking", "Ranking", 310
    template = Path(__file__).with_name("ranking.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return NDCG by the size of queries, and the worst queries."""
        drawn = report.evaluation.own_curves
        if not drawn.get("ranking by size"):
            return None
        model, chance = drawn["ranking by size"]
        ends = [f" to {int(end) - 1}" for end in model.x[1:]] + [" or more"]
        texts = [
            f"{number(a, 3)} ({number(b, 3)}), {plural(int(n), 'query', 'queries')}"
            for a, b, n in zip(model.y, chance.y, model.weight, strict=True)
        ]
        names = [f"{int(begin)}{end} rows" for begin, end in zip(model.x, ends, strict=True)]
        by_size = Figure(
            "NDCG@10 by the size of queries",
            note="1 is the best order; in brackets what chance gives, which is more where a query has few rows.",
            rows=bars(names, model.y, texts, full=1.0),
        )
        worst = [
            (curve.name, int(curve.x[0]), number(curve.y[0], 3), number(curve.weight[0], 3))
            for curve in drawn.get("worst queries", ())
        ]
        return {"figures": (by_size,), "worst": worst, "column": report.task.group_column or "query"}
