"""Pictures of how good the model is: ranking, calibration, confusion, errors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.entities.evaluation import Curve, Score
from journeyman.entities.report import BuildReport
from journeyman.reports.charts import Area, Bars, Cells, Dots, Line, Mark, Note, Rule, plot
from journeyman.reports.figure import Bar, Figure
from journeyman.reports.scales import Scale, linear_scale, share_scale
from journeyman.reports.words import between, count, number, percent, plural, score_words

__all__ = ["Confusion", "confusion", "positive_label", "quality_figures", "score_bars", "unit_of", "with_unit"]

_CROWD = 1200  # points beyond which a scatter becomes a grid of counts
_CLASSES = 15  # classes beyond which a confusion table shows the largest only


def unit_of(report: BuildReport) -> str | None:
    """Return the unit of the target, where it has one."""
    return next((c.unit for c in report.columns if c.name == report.task.target), None)


def positive_label(report: BuildReport) -> str:
    """Return the class that curves are about: the positive one, or the most frequent of many."""
    labels, matrix = report.task.labels, report.evaluation.confusion
    if len(labels) > 2 and len(matrix) == len(labels):
        return labels[max(range(len(labels)), key=lambda k: sum(matrix[k]))]
    return labels[-1] if labels else "planted rows" if report.planted_rows else "the class"


def with_unit(label: str, unit: str | None) -> str:
    """Return an axis title.

    Examples
    --------
    >>> with_unit("price", "$"), with_unit("age", None)
    ('price [$]', 'age')
    """
    return f"{label} [{unit}]" if unit else label


def score_bars(score: Score) -> tuple[Bar, ...]:
    """Return the model's and the baseline's interval on one scale."""
    words = score_words(score)
    ends = (score.low, score.high, score.value, score.baseline, score.baseline_low, score.baseline_high)
    finite = [v for v in ends if math.isfinite(v)] or [0.0]
    low, high = min(finite), max(finite)
    pad = (high - low) * 0.06 or 0.5

    def at(value: float) -> float:
        return round(100 * (value - low + pad) / (high - low + 2 * pad), 2) if math.isfinite(value) else 0.0

    rows = []
    for label, style, (value, first, last) in (
        ("this model", "c-model", (score.value, score.low, score.high)),
        (score.beside, "c-base", (score.baseline, score.baseline_low, score.baseline_high)),
    ):
        said, a, b = between(value, first, last, words)
        tip = f"{label}: {said}, from {a} to {b}"
        rows.append(Bar(label, said, at(value), at(value), at(first), at(last), style, tip, dot=True))
    return tuple(rows)


def _reference(curve: Curve, found: str, given: str) -> list[str]:
    return [f"{found} {percent(b, 3)} at {given} {percent(a, 3)}" for a, b in zip(curve.x, curve.y, strict=True)]


def _thin(curve: Curve, most: int = 300) -> Curve:
    """Keep at most so many points, the ends among them."""
    n = len(curve.x)
    if n <= most:
        return curve
    keep = sorted({round(k * (n - 1) / (most - 1)) for k in range(most)})
    weight = tuple(curve.weight[k] for k in keep) if curve.weight else ()
    return Curve(
        curve.name,
        curve.x_label,
        curve.y_label,
        tuple(curve.x[k] for k in keep),
        tuple(curve.y[k] for k in keep),
        weight,
    )


def _share_plot(title: str, curve: Curve, marks: Sequence[Mark]) -> Figure:
    drawn = plot(title, share_scale(curve.x_label), share_scale(curve.y_label), [*marks])
    return Figure(title, drawn)


def _ranking(report: BuildReport) -> list[Figure]:
    evaluation, figures = report.evaluation, []
    model, chance = ("c-model", "this model"), ("c-base", "by chance")
    if evaluation.gain and evaluation.gain.x:
        curve = _thin(evaluation.gain)
        line = Line(curve.x, curve.y, tips=_reference(curve, "found", "share of rows"))
        picture = _share_plot("Gain", curve, [Rule((0, 1), (0, 1)), line])
        tenth = next((b for a, b in zip(curve.x, curve.y, strict=True) if 0.1 <= a <= 0.12), None)
        note = (
            f"The 10% of rows ranked highest hold {percent(tenth, 3)} of all '{positive_label(report)}'."
            if tenth is not None
            else ""
        )
        figures.append(Figure("Gain", picture.svg, note, (model, chance)))
        figures.append(_lift(curve))
    if evaluation.roc and evaluation.roc.x:
        curve = _thin(evaluation.roc)
        line = Line(curve.x, curve.y, tips=_reference(curve, "true positives", "false positives"))
        picture = _share_plot("ROC curve", curve, [Rule((0, 1), (0, 1)), line])
        figures.append(Figure("ROC curve", picture.svg, "Towards the upper left corner is better.", (model, chance)))
    if evaluation.precision_recall and evaluation.precision_recall.x:
        curve = _thin(evaluation.precision_recall)
        line = Line(curve.x, curve.y, tips=_reference(curve, "precision", "recall"))
        # At full recall every row is called positive, so precision there is the share of positives.
        rate = min(curve.y[k] for k in range(len(curve.x)) if curve.x[k] >= max(curve.x))
        picture = _share_plot("Precision and recall", curve, [Rule((0, 1), (rate, rate)), line])
        note = "Towards the upper right corner is better."
        figures.append(Figure("Precision and recall", picture.svg, note, (model, chance)))
    return figures


def _lift(gain: Curve) -> Figure:
    points = [(a, b / a) for a, b in zip(gain.x, gain.y, strict=True) if a >= 0.01]
    xs, ys = tuple(a for a, _ in points), tuple(b for _, b in points)
    tips = [f"{number(b)} times as many in the top {percent(a, 3)}" for a, b in points]
    y = linear_scale(0, max((*ys, 1.0)), "times as many as by chance")
    drawn = plot("Lift", share_scale(gain.x_label), y, [Rule((0, 1), (1, 1)), Line(xs, ys, tips=tips)])
    note = "How much richer the rows ranked highest are than rows taken at random."
    return Figure("Lift", drawn, note, (("c-model", "this model"), ("c-base", "by chance")))


def _calibration(report: BuildReport) -> list[Figure]:
    curve = report.evaluation.calibration
    if not curve or not curve.x:
        return []
    if not report.task.labels:
        return [_quantile_calibration(curve)]
    most = max((*curve.weight, 1.0))
    radii = [2.5 + 4 * math.sqrt(w / most) for w in curve.weight] if curve.weight else []
    rows = [f", {plural(int(w), 'row')}" for w in curve.weight] or [""] * len(curve.x)
    tips = [
        f"said {percent(a, 3)}, happened {percent(b, 3)}{n}" for a, b, n in zip(curve.x, curve.y, rows, strict=True)
    ]
    marks: list[Mark] = [Rule((0, 1), (0, 1)), Line(curve.x, curve.y), Dots(curve.x, curve.y, tips=tips, radii=radii)]
    off = report.evaluation.calibration_error
    note = "On the dashed line, probabilities can be taken at their word."
    if off is not None:
        note += f" They are off by {number(off * 100, 2)} points on average."
    picture = _share_plot("Calibration", curve, marks)
    return [Figure("Calibration", picture.svg, note, (("c-model", "this model"), ("c-base", "perfect")))]


def _quantile_calibration(curve: Curve) -> Figure:
    pairs = zip(curve.x, curve.y, strict=True)
    tips = [f"level {percent(a, 3)}: {percent(b, 3)} of labels lie below" for a, b in pairs]
    marks: list[Mark] = [Rule((0, 1), (0, 1)), Line(curve.x, curve.y), Dots(curve.x, curve.y, tips=tips)]
    title = "Calibration of the quantiles"
    note = "On the dashed line, as many labels lie below a quantile as its level says."
    return Figure(title, _share_plot(title, curve, marks).svg, note, (("c-model", "this model"), ("c-base", "perfect")))


def _prediction_figures(report: BuildReport) -> list[Figure]:
    bins, counts, task = report.evaluation.prediction_bins, report.evaluation.prediction_counts, report.task
    if len(bins) != len(counts) + 1 or not counts:
        return []
    total = sum(counts) or 1
    if task.labels:
        x: Scale = share_scale(f"predicted probability of '{positive_label(report)}'")
        spoken = [(percent(a, 3), percent(b, 3)) for a, b in itertools.pairwise(bins)]
    else:
        told = task.prediction_name or with_unit(f"predicted {task.target}", unit_of(report))
        x = linear_scale(bins[0], bins[-1], told)
        spoken = [(number(a), number(b)) for a, b in itertools.pairwise(bins)]
    tips = [f"{a} to {b}: {plural(c, 'row')} ({percent(c / total)})" for (a, b), c in zip(spoken, counts, strict=True)]
    marks: list[Mark] = [Bars(bins, counts, tips=tips)]
    y = linear_scale(0, max(counts), "rows", zero=True)
    note = f"How often the model predicts each {'class' if task.labels else 'value'}."
    threshold = report.evaluation.threshold
    if threshold is not None:
        marks.append(Rule((threshold, threshold), (y.low, y.high), "c-ink"))
        anchor = "start" if threshold < 0.6 else "end"
        shift = (5.0, 12.0) if threshold < 0.6 else (-5.0, 12.0)
        marks.append(Note(threshold, y.high, f"threshold {number(threshold)}", anchor, shift, "c-ink"))
        note = f"From {percent(threshold)} on, the prediction is '{task.labels[-1]}'."
    return [Figure("Predictions", plot("Predictions", x, y, marks), note)]


def _errors(report: BuildReport) -> list[Figure]:
    unit, figures = unit_of(report), []
    quantiles: list[Curve] = []
    for curve in report.evaluation.residuals:
        if curve.x and {curve.x_label, curve.y_label} == {"actual", "predicted"}:
            figures.append(_scatter(curve, unit))
        elif curve.x:
            quantiles.append(curve)
    if quantiles:
        figures.append(_fan(quantiles, unit))
    return figures


def _scatter(curve: Curve, unit: str | None) -> Figure:
    both = [v for v in (*curve.x, *curve.y) if math.isfinite(v)]
    x = linear_scale(min(both), max(both), with_unit(curve.x_label, unit), steps=6)
    y = Scale(x.low, x.high, with_unit(curve.y_label, unit), x.ticks)
    pairs = list(zip(curve.x, curve.y, strict=True))
    if len(pairs) <= _CROWD:
        tips = [f"{curve.x_label} {number(a)}, {curve.y_label} {number(b)}" for a, b in pairs]
        mark: Mark = Dots(curve.x, curve.y, tips=tips, radii=[3.0] * len(pairs), faint=True)
    else:
        mark = _grid(pairs, x, y)
    line = Rule((x.low, x.high), (x.low, x.high), "c-ink")
    note = "On the dashed line a prediction is exactly right."
    return Figure("Predicted against actual", plot("Predicted against actual", x, y, [mark, line], (380, 300)), note)


def _grid(pairs: Sequence[tuple[float, float]], x: Scale, y: Scale, sides: int = 32) -> Cells:
    """Count points in squares, the darker the more."""
    counts: dict[tuple[int, int], int] = {}
    for a, b in pairs:
        if math.isfinite(a) and math.isfinite(b):
            square = (min(int(x.at(a) * sides), sides - 1), min(int(y.at(b) * sides), sides - 1))
            counts[square] = counts.get(square, 0) + 1
    most = math.log1p(max(counts.values(), default=1))
    wide, tall = (x.high - x.low) / sides, (y.high - y.low) / sides
    cells = []
    for (i, j), n in sorted(counts.items()):
        left, bottom = x.low + i * wide, y.low + j * tall
        text = f"{plural(n, 'row')} near {x.label} {number(left + wide / 2)}, {y.label} {number(bottom + tall / 2)}"
        cells.append((left, bottom, left + wide, bottom + tall, 0.12 + 0.88 * math.log1p(n) / most, text))
    return Cells(cells)


def _fan(curves: Sequence[Curve], unit: str | None) -> Figure:
    ordered = sorted((c for c in curves if c.x == curves[0].x), key=lambda c: sum(c.y))
    xs = ordered[0].x
    values = [v for c in ordered for v in c.y if math.isfinite(v)] or [0.0]
    x = linear_scale(min(xs), max(xs), with_unit(ordered[0].x_label, unit))
    y = linear_scale(min((*values, 0.0)), max((*values, 0.0)), with_unit(ordered[0].y_label, unit))
    marks: list[Mark] = [Area(xs, ordered[k].y, ordered[-1 - k].y) for k in range(len(ordered) // 2)]
    marks.append(Rule((x.low, x.high), (0, 0), "c-ink"))
    middle = ordered[len(ordered) // 2]
    names = [c.name.removeprefix("residual, ") for c in ordered]
    tips = []
    for k, at in enumerate(xs):
        said = "; ".join(f"{name}: {number(c.y[k])}" for c, name in zip(ordered, names, strict=True))
        tips.append(f"{x.label} {number(at)}: {said}")
    marks.append(Line(xs, middle.y, tips=tips))
    note = (
        f"The band reaches from the {names[0]} to the {names[-1]}; a line along zero means no bias."
        if len(ordered) > 1
        else ""
    )
    return Figure(
        "Residuals", plot("Residuals", x, y, marks, (380, 300)), note, (("c-model", names[len(ordered) // 2]),)
    )


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix as a table: ``cells`` hold (count, share of the truth, right or wrong)."""

    labels: tuple[str, ...]
    cells: tuple[tuple[tuple[str, float, bool], ...], ...]
    note: str


def confusion(report: BuildReport) -> Confusion | None:
    """Return the confusion matrix, its largest classes only where there are many."""
    matrix, labels = report.evaluation.confusion, report.task.labels
    if not matrix:
        return None
    sizes = [sum(row) for row in matrix]
    shown = sorted(sorted(range(len(matrix)), key=lambda k: -sizes[k])[:_CLASSES])
    rows = tuple(tuple((count(matrix[i][j]), matrix[i][j] / (sizes[i] or 1), i == j) for j in shown) for i in shown)
    right, total = sum(matrix[k][k] for k in range(len(matrix))), sum(sizes) or 1
    note = f"{count(right)} of {plural(total, 'row')} right ({percent(right / total, 3)})."
    if len(shown) < len(matrix):
        note += f" The {len(shown)} most frequent of {len(matrix)} classes are shown."
    return Confusion(tuple(labels[k] for k in shown), rows, note)


def quality_figures(report: BuildReport) -> list[Figure]:
    """Return the pictures of how good the model is, those that decide first."""
    return [*_errors(report), *_calibration(report), *_ranking(report), *_prediction_figures(report)]
