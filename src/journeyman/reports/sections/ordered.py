"""How far off predictions of ordered classes are: errors by class, and how many are one class off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.figure import Figure, bars
from journeyman.reports.words import number, percent, plural

__all__ = ["OrderedSection"]

_FAR = 4  # classes off beyond which rows are counted together


class OrderedSection:
    """Shown where the task draws rank errors: where classes have an order."""

    name, title, weight = "ordered", "Ordered classes", 310
    template = Path(__file__).with_name("ordered.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return the figures, and the share of rows that are at most one class off."""
        drawn = report.evaluation.own_curves
        if "rank errors" not in drawn or "rank distances" not in drawn:
            return None
        model, middle = drawn["rank errors"]
        [far] = drawn["rank distances"]
        labels = [report.task.labels[int(code)] for code in model.x]
        shown = [k for k, rows in enumerate(model.weight) if rows]
        beside = [
            f"{number(model.y[k], 3)} ({number(middle.y[k], 3)}), {plural(int(model.weight[k]), 'row')}" for k in shown
        ]
        by_class = Figure(
            "Mean rank error by class",
            note="By how many classes rows of a class are off; in brackets where the median class is always predicted.",
            rows=bars([labels[k] for k in shown], [model.y[k] for k in shown], beside),
        )
        near, beyond = [*far.y[:_FAR]], sum(far.y[_FAR:])
        names = ["right", "1 class off", *(f"{k} classes off" for k in range(2, len(near)))]
        if beyond > 0:
            near, names = [*near, beyond], [*names, f"{_FAR} or more off"]
        distances = Figure("How far off", rows=bars(names, near, [percent(share, 3) for share in near], full=1.0))
        return {"figures": (by_class, distances), "within_one": percent(sum(far.y[:2]), 3), "labels": labels}
