"""Pictures of why the model answers as it does, and where it errs."""

from __future__ import annotations

from journeyman.entities.column import Kind
from journeyman.entities.evaluation import Dependence
from journeyman.entities.report import BuildReport
from journeyman.reports.charts import Line, plot
from journeyman.reports.figure import Bar, Figure, bars, dots
from journeyman.reports.quality_figures import unit_of, with_unit
from journeyman.reports.scales import Scale, date_scale, date_text, linear_scale
from journeyman.reports.words import number, percent, plural, score_words, shorten

__all__ = ["dependence_figures", "importance_figure", "slice_bars"]

_COLUMNS = 20  # most important columns that are drawn


def importance_figure(report: BuildReport) -> Figure | None:
    """Return what each column is worth to the score."""
    ranked = report.evaluation.importances[:_COLUMNS]
    if not ranked:
        return None
    words = score_words(report.evaluation.main)
    spans = [(i.mean - 2 * i.std, i.mean + 2 * i.std) for i in ranked]
    texts = [number(i.mean, 2) for i in ranked]
    rows = bars([i.column for i in ranked], [i.mean for i in ranked], texts, spans=spans)
    note = f"How much worse {words.label} gets when a column's values are shuffled; whiskers: two standard errors."
    rest = len(report.evaluation.importances) - len(ranked)
    if rest > 0:
        note += f" {rest} further columns matter less; the table of columns has them all."
    return Figure("What the model relies on", note=note, rows=rows)


def dependence_figures(report: BuildReport) -> list[Figure]:
    """Return how the mean answer moves with each of the top columns, on one common scale."""
    shown = [d for d in report.explanation.dependences if d.y]
    if not shown:
        return []
    low, high = min(min(d.y) for d in shown), max(max(d.y) for d in shown)
    share = bool(report.task.labels)
    return [_dependence(d, report, (low, high), share) for d in shown]


def _dependence(dependence: Dependence, report: BuildReport, ends: tuple[float, float], share: bool) -> Figure:
    column = next((c for c in report.columns if c.name == dependence.column), None)
    title = dependence.column
    if dependence.labels:
        texts = [percent(v, 3) if share else number(v) for v in dependence.y]
        return Figure(title, rows=dots(dependence.labels, dependence.y, texts, ends))
    label = with_unit(shorten(dependence.column, 40), column.unit if column else None)
    dates = column is not None and column.kind is Kind.DATETIME
    scale = date_scale if dates else linear_scale
    x: Scale = scale(min(dependence.x), max(dependence.x), label)
    what = f"mean probability of '{dependence.output}'" if share else f"mean {dependence.output}"
    y = linear_scale(*ends, shorten(what if share else with_unit(what, unit_of(report)), 40), as_percent=share)
    span = max(dependence.x) - min(dependence.x)
    tips = []
    for a, b in zip(dependence.x, dependence.y, strict=True):
        at = date_text(a, span) if dates else number(a)
        tips.append(f"{dependence.column} = {at}: {percent(b, 3) if share else number(b)}")
    return Figure(
        title, plot(f"Partial dependence on {dependence.column}", x, y, [Line(dependence.x, dependence.y, tips=tips)])
    )


def slice_bars(report: BuildReport) -> tuple[Bar, ...]:
    """Return the loss in each weak part of the rows, the overall loss below them."""
    weak = report.evaluation.slices
    if not weak:
        return ()
    labels = [f"{s.description} ({plural(s.rows, 'row')})" for s in weak]
    texts = [f"{number(s.value / s.overall, 2)}×" if s.overall > 0 else number(s.value) for s in weak]
    spans = [(s.low, s.high) for s in weak]
    overall = weak[0].overall
    full = max((*(s.high for s in weak), overall))
    rows = bars(labels, [s.value for s in weak], texts, spans=spans, full=full, style="c-bad")
    return rows + bars(["all rows"], [overall], ["1×"], spans=[(overall, overall)], full=full, style="c-base")
