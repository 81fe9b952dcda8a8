"""Cards: a release, a report or an evaluation as a notebook shows it: verdict, scores, findings and a link."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from journeyman.entities.card import html_card
from journeyman.entities.decision import Verdict
from journeyman.entities.evaluation import Evaluation
from journeyman.entities.finding import Finding
from journeyman.entities.report import BuildReport
from journeyman.reports.phrases import interval_words, score_row, sentence
from journeyman.reports.pressing import pressing_findings
from journeyman.reports.reported_findings import reported_findings
from journeyman.reports.words import clean, duration, place, plural

__all__ = ["evaluation_card", "report_card"]

_MOST_FINDINGS = 5
_COLOURS = {
    Verdict.RELEASE: "#1a7f4b",
    Verdict.RELEASE_WITH_CARE: "#9a6700",
    Verdict.DO_NOT_RELEASE: "#c0392b",
}
_BOX = (
    "border:1px solid rgba(128,128,128,.4);border-left:4px solid {colour};border-radius:6px;padding:.7em 1em;"
    "max-width:46em;font-family:system-ui,sans-serif;line-height:1.45"
)
_CELL = "text-align:left;padding:.15em 1.2em .15em 0;border:0;background:none"


def report_card(report: BuildReport, page: Path | None = None) -> str:
    """Return a build's card.

    Parameters
    ----------
    report : BuildReport
        What is known of the build.
    page : Path, optional
        Its HTML report, to link to.

    Returns
    -------
    str
        HTML with inline styles only, which notebooks leave in; no script, nothing fetched.
    """
    verdict = report.decision.verdict
    colour = _COLOURS[verdict]
    head = (
        f'<div><b style="color:{colour}">{_text(verdict.value.capitalize())}</b> &nbsp; '
        f"<b>{_text(report.name)} {report.version}</b> predicts <b>{_text(report.task.target)}</b></div>"
        f'<div style="opacity:.75">{plural(report.rows, "row")} of {_text(place(report.source))}, '
        f"{plural(len(report.trials), 'trial')}, {duration(report.seconds)}</div>"
        f'<p style="margin:.5em 0">{_text(sentence(report.decision.reason))}</p>'
    )
    parts = [head, _scores(report.evaluation), _findings(pressing_findings(reported_findings(report)))]
    if page is not None:
        parts.append(f'<div style="margin-top:.5em"><a href="{escape(_address(page))}">Open the report</a></div>')
    return f'<div style="{_BOX.format(colour=colour)}">{"".join(parts)}</div>'


def evaluation_card(evaluation: Evaluation) -> str:
    """Return every score with its interval beside the baseline's, as HTML."""
    where = "rows that the model did not learn from" if evaluation.on_holdout else "rows, out of fold"
    head = f"<div><b>Scores</b> on {evaluation.rows:,} {where}</div>"
    box = _BOX.format(colour="rgba(128,128,128,.6)")
    return f'<div style="{box}">{head}{_scores(evaluation)}</div>'


@html_card.register
def _(fact: BuildReport) -> str:
    return report_card(fact)


@html_card.register
def _(fact: Evaluation) -> str:
    return evaluation_card(fact)


def _scores(evaluation: Evaluation) -> str:
    rows = []
    for score in evaluation.scores:
        row = score_row(score)
        rows.append((row.name, f"<b>{escape(row.value)}</b>", f"{row.low} to {row.high}", row.baseline))
    names = ("", "Score", interval_words(evaluation.on_holdout), evaluation.main.beside.capitalize())
    head = "".join(f'<th style="{_CELL};font-weight:600">{name}</th>' for name in names)
    body = "".join(
        f'<tr style="background:none">{"".join(f"""<td style="{_CELL}">{cell}</td>""" for cell in row)}</tr>'
        for row in rows
    )
    return f'<table style="border-collapse:collapse;margin:.3em 0;border:0"><tr>{head}</tr>{body}</table>'


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return '<div style="opacity:.75">No finding needs an act.</div>'
    items = "".join(f"<li><b>{_text(f.code)}</b> {_text(sentence(f.message))}</li>" for f in findings[:_MOST_FINDINGS])
    rest = len(findings) - _MOST_FINDINGS
    more = f"<li>and {rest} more in the report</li>" if rest > 0 else ""
    return f'<div><b>Act on</b></div><ul style="margin:.2em 0;padding-left:1.2em">{items}{more}</ul>'


def _address(page: Path) -> str:
    """Return a link that a notebook server can follow: relative where the page lies below the working folder."""
    page = page.resolve()
    try:
        return page.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return page.as_uri()


def _text(text: str) -> str:
    return escape(clean(text))
