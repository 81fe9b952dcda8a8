"""How survival curves fare: thirds of the rows by risk, and calibration at the median time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.evaluation import Curve
from journeyman.entities.report import BuildReport
from journeyman.reports.charts import Dots, Line, Mark, Rule, plot
from journeyman.reports.figure import Figure
from journeyman.reports.scales import linear_scale, share_scale
from journeyman.reports.words import number, percent, plural

__all__ = ["SurvivalSection"]


class SurvivalSection:
    """Shown where the task draws curves of survival."""

    name, title, weight = "survival", "Survival", 310
    template = Path(__file__).with_name("survival.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return the two figures."""
        drawn = report.evaluation.own_curves
        if "survival by risk" not in drawn or "survival calibration" not in drawn:
            return None
        [calibration] = drawn["survival calibration"]
        return {"figures": (_by_risk(drawn["survival by risk"]), _calibration(calibration, report.task.target))}


def _by_risk(curves: tuple[Curve, ...]) -> Figure:
    marks: list[Mark] = []
    for predicted, observed in zip(curves[::2], curves[1::2], strict=True):
        tips = [
            f"{predicted.name}: {percent(b, 3)} are predicted to survive {number(a)}"
            for a, b in zip(predicted.x, predicted.y, strict=True)
        ]
        marks += [
            Line(observed.x, observed.y, "c-base", step=True),
            Line(predicted.x, predicted.y, "c-model", tips=tips),
            Dots(predicted.x, predicted.y, tips=tips),
        ]
    x = linear_scale(0.0, max(c.x[-1] for c in curves), curves[0].x_label)
    rows = ", ".join(f"{c.name}: {plural(int(c.weight[0]), 'row')}" for c in curves[::2])
    note = f"From above: {rows}. Where the lines lie on the steps, the curves can be taken at their word."
    legend = (("c-model", "predicted, on average"), ("c-base", "observed (Kaplan-Meier)"))
    title = "Survival of thirds by risk"
    return Figure(title, plot(title, x, share_scale("share surviving"), marks), note, legend)


def _calibration(curve: Curve, target: str) -> Figure:
    tips = [
        f"predicted {percent(a, 3)}, observed {percent(b, 3)}, {plural(int(rows), 'row')}"
        for a, b, rows in zip(curve.x, curve.y, curve.weight, strict=True)
    ]
    marks: list[Mark] = [Rule((0, 1), (0, 1)), Line(curve.x, curve.y), Dots(curve.x, curve.y, tips=tips)]
    title = f"Calibration at {target} {curve.name}"
    note = "Fifths of the rows by their chance to survive the median time; on the dashed line it is what happened."
    picture = plot(title, share_scale(curve.x_label), share_scale(curve.y_label), marks)
    return Figure(title, picture, note, (("c-model", "this model"), ("c-base", "perfect")))
