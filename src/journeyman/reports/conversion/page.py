"""The page of a conversion: what the score is worth, leaks, what became of each statement, checks, what was mended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from journeyman.entities.code_leak import CodeLeak
from journeyman.entities.conversion import ConversionReport, OperationKind, PipelineCode
from journeyman.entities.finding import Severity
from journeyman.reports.conversion.words import (
    HONEST,
    LeakWords,
    check_words,
    leak_words,
    metric_name,
    model_name,
    other_findings,
    place_of,
    score_rows,
    verdict_on,
)
from journeyman.reports.figure import Figure, bars
from journeyman.reports.finding_pages import finding_sections
from journeyman.reports.html import environment
from journeyman.reports.words import clean, number

__all__ = ["render_conversion"]

_TEMPLATES = Path(__file__).parent.parent / "templates"
_TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTE: "calm", Severity.NOT_APPLICABLE: "calm"}
_SIGNS = {True: ("good", "✓"), False: ("bad", "✕"), None: ("calm", "–")}


@dataclass(frozen=True)
class _ShownLeak:
    """A leak with the lines of the prototype that it is about."""

    words: LeakWords
    lines: tuple[tuple[str, str], ...]


def render_conversion(report: ConversionReport, code: PipelineCode | None = None, source: str = "") -> str:
    """Render a conversion.

    Parameters
    ----------
    report : ConversionReport
    code : PipelineCode or None
        Of the project, whose modules the page shows; None where none was made.
    source : str
        Of the prototype as it was run: lines that leaks are about are shown.

    Returns
    -------
    str
        One HTML file that needs nothing else and runs no script.
    """
    return (
        environment()
        .get_template("conversion.html.j2")
        .render(
            report=report,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            verdict=verdict_on(report),
            model="" if report.model is None else model_name(report.model),
            scores=_scores(report),
            leaks=[_shown_leak(leak, report, source) for leak in report.leaks],
            operations=[
                (place_of(report, one.line), _code(one.text), one, _tone(one.kind)) for one in report.operations
            ],
            kinds=_kinds(report),
            changes=[
                (place_of(report, one.line), _code(one.before), _code(one.after), one.reason) for one in report.changes
            ],
            models=_models(report),
            checks=[(*_SIGNS[outcome], words, remark) for words, outcome, remark in check_words(report)],
            findings=[(_TONES[one.severity], one) for one in other_findings(report)],
            pages=finding_sections(one.code for one in report.findings),
            modules=() if code is None else [(name, _code(text)) for name, text in code.modules.items()],
        )
    )


def _code(text: str) -> Markup:
    """Return code with its lines and its indents, and without what could turn the reading."""
    lines = text.expandtabs(4).strip("\n").split("\n")
    return Markup("\n").join("".join(c if c == " " else clean(c) for c in line) for line in lines)


def _scores(report: ConversionReport) -> Figure | None:
    rows = score_rows(report)
    if not rows:
        return None
    spans = [(value, value) for _, value, _ in rows]
    for k, (name, _, _) in enumerate(rows):
        if name == HONEST and report.honest_low is not None and report.honest_high is not None:
            spans[k] = (report.honest_low, report.honest_high)
    texts = [text.partition(" (")[0] for _, _, text in rows]
    drawn = bars([name for name, _, _ in rows], [value for _, value, _ in rows], texts, spans=spans)
    drawn = tuple(replace(bar, style="c-a1") if bar.label == HONEST else bar for bar in drawn)
    known = report.honest_low is not None and report.honest_high is not None
    note = f"95% interval: {number(report.honest_low)} to {number(report.honest_high)}." if known else ""
    title = metric_name(report.metric)
    return Figure(title[:1].upper() + title[1:], rows=drawn, note=note)


def _shown_leak(leak: CodeLeak, report: ConversionReport, source: str) -> _ShownLeak:
    written = source.split("\n")
    lines = [line for line in dict.fromkeys((leak.cause, leak.line, leak.judged)) if 0 < line <= len(written)]
    shown = tuple((place_of(report, line), written[line - 1].strip()) for line in sorted(lines) if source)
    return _ShownLeak(leak_words(leak, report), shown)


def _kinds(report: ConversionReport) -> Figure | None:
    """Return how many operations there are of each kind."""
    if not report.operations:
        return None
    counts = [(kind.value, sum(one.kind is kind for one in report.operations)) for kind in OperationKind]
    found = [(name, n) for name, n in counts if n]
    drawn = bars([name for name, _ in found], [float(n) for _, n in found], [str(n) for _, n in found])
    return Figure("Statements of the pipeline, by what they need", rows=drawn)


def _tone(kind: OperationKind) -> str:
    if kind is OperationKind.OPAQUE:
        return "warn"
    return "good" if kind is OperationKind.ROW else "calm"


def _models(report: ConversionReport) -> list[tuple[str, str, str, str]]:
    """Return class and variable, score, where it was told, and whether it was taken, of each model."""
    found = [*((report.model,) if report.model else ()), *report.other_models]
    return [
        (
            model_name(one),
            "–" if one.score is None else f"{metric_name(one.metric)} {number(one.score)}",
            "" if one.line is None else place_of(report, one.line),
            "this one" if one is report.model else "",
        )
        for one in found
    ]
