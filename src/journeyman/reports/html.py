"""The report as one self-contained HTML file: no network, no fonts, pictures drawn inline, verdict first."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from journeyman.entities.column import Kind, Role
from journeyman.entities.decision import Verdict
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.report import BuildReport
from journeyman.reports.data_figures import column_rows, missing_figure, target_figure
from journeyman.reports.finding_pages import finding_sections
from journeyman.reports.model_card import model_card
from journeyman.reports.phrases import (
    further_reasons,
    held_words,
    interval_words,
    past_words,
    placed_words,
    remedy_words,
    score_row,
    unseen_words,
)
from journeyman.reports.pressing import handled_findings, pressing_findings
from journeyman.reports.quality_figures import confusion, positive_label, quality_figures, score_bars
from journeyman.reports.reason_figures import dependence_figures, importance_figure, slice_bars
from journeyman.reports.reported_findings import reported_findings
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
from journeyman.reports.sections import example_views, threshold_view
from journeyman.reports.weakness_words import weakness_rows
from journeyman.reports.words import clean, count, duration, number, percent, place, plural

__all__ = ["FindingGroup", "environment", "group_findings", "render_html"]

_TEMPLATES = Path(__file__).parent / "templates"
_ALIKE = 3  # findings of one code shown in full before the rest is folded away
_NEEDED = 60  # columns named in the section on use


@dataclass(frozen=True)
class FindingGroup:
    """Findings of one code: some in full, and how the rest is named."""

    code: str
    severity: str
    style: str
    shown: tuple[Finding, ...]
    folded: tuple[Finding, ...]


def group_findings(findings: Sequence[Finding]) -> list[FindingGroup]:
    """Group findings by code, the gravest first, so that forty columns with one trouble do not fill the page."""
    chosen = sorted(findings, key=lambda f: f.severity.rank)
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in chosen:
        groups.setdefault((finding.severity, finding.code), []).append(finding)
    styles = {Severity.ERROR: "bad", Severity.WARNING: "warn"}
    return [
        FindingGroup(code, str(severity), styles.get(severity, "calm"), tuple(own[:_ALIKE]), tuple(own[_ALIKE:]))
        for (severity, code), own in groups.items()
    ]


def environment() -> Environment:
    """Return the environment of all pages: texts escaped, and the filters that say numbers."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clean": clean,
        "duration": duration,
        "number": number,
        "percent": percent,
        "place": place,
        "plural": plural,
    }
    environment.filters |= {"count": count, "remedy": remedy_words}
    # Names of columns and labels are the user's: escaped as everything is, and rid of characters that turn text around.
    environment.finalize = lambda value: (
        clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )
    return environment


def _style(verdict: Verdict) -> tuple[str, str]:
    return {
        Verdict.RELEASE: ("good", "✓"),
        Verdict.RELEASE_WITH_CARE: ("warn", "!"),
        Verdict.DO_NOT_RELEASE: ("bad", "✕"),
    }[verdict]


def _usage(report: BuildReport) -> dict[str, str | Markup]:
    """Return commands that can be pasted, with the model's own name."""
    name = clean(report.name)
    lines = ["import journeyman", "", f"model = journeyman.load({name!r})", "predictions = model.predict(frame)"]
    if report.task.labels:
        lines.append("probabilities = model.predict_proba(frame)")
    if report.task.output_names:
        lines.append("outputs = model.predict_outputs(frame)")
    row = json.dumps(_typical_values(report), ensure_ascii=False)
    body = shlex.quote('{"row": ' + clean(row) + "}")
    return {
        "serve": f"journeyman serve {shlex.quote(name)}",
        "request": f"curl localhost:8000/predict -d {body}",
        "operate": f"journeyman operate {shlex.quote(name)}",
        "command": f"journeyman predict {shlex.quote(name)} NEW-ROWS.csv --out predictions.csv",
        "python": escape("\n".join(lines)),  # marked as safe, so that its lines are kept
        "rollback": f"journeyman rollback {shlex.quote(name)}",
    }


def _typical_values(report: BuildReport) -> dict[str, str | float | None]:
    """Return a row that a service answers: medians and most frequent values, in the words of the table."""
    profiles = {p.name: p for p in report.profile.columns}
    row: dict[str, str | float | None] = {}
    for column in [c for c in report.columns if c.role is Role.FEATURE][:_NEEDED]:
        known = profiles.get(column.name)
        if known is not None and column.kind.numeric and known.quantiles and column.kind is not Kind.BOOLEAN:
            row[column.name] = float(f"{known.quantiles[len(known.quantiles) // 2]:.6g}")
        else:
            row[column.name] = known.top_values[0] if known is not None and known.top_values else None
    return row


def render_html(report: BuildReport) -> str:
    """Render a build's report.

    Parameters
    ----------
    report : BuildReport
        What is known of the build.

    Returns
    -------
    str
        One HTML file that needs nothing else: it fetches nothing, its only script is allowed by digest, and pictures
        are inline SVG.
    """
    script = (_TEMPLATES / "script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    style, icon = _style(report.decision.verdict)
    rows, left_out = column_rows(report)
    features = [c.name for c in report.columns if c.role is Role.FEATURE]
    findings = reported_findings(report)
    act, handled = pressing_findings(findings), handled_findings(findings)
    shown = [f for f in findings if f.severity is not Severity.NOT_APPLICABLE]
    notes = [f for f in shown if not any(f is other for other in (*act, *handled))]
    codes = {f.code for f in findings if f.severity is not Severity.NOT_APPLICABLE}
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            digest=digest,
            style=style,
            reasons=further_reasons(report.decision),
            placed=placed_words(report.decision.action),
            icon=icon,
            score=score_row(report.evaluation.main),
            score_bars=score_bars(report.evaluation.main),
            scores=[score_row(s) for s in report.evaluation.scores],
            no_change=score_row(report.evaluation.no_change) if report.evaluation.no_change else None,
            past=past_words(report.evaluation),
            interval=interval_words(report.evaluation.on_holdout),
            unseen=unseen_words(report.evaluation),
            held=held_words(report.evaluation.interval_check, bool(report.task.labels)),
            act=group_findings(act),
            handled=group_findings(handled),
            notes=group_findings(notes),
            note_count=len(notes),
            pages=[(code, title, [Markup(p) for p in body]) for code, title, body in finding_sections(codes)],
            skipped=[f for f in findings if f.severity is Severity.NOT_APPLICABLE],
            quality=quality_figures(report),
            confusion=confusion(report),
            positive=positive_label(report),
            importance=importance_figure(report),
            dependences=dependence_figures(report),
            slices=report.evaluation.slices,
            slice_bars=slice_bars(report),
            search=search_figure(report),
            members=member_bars(report),
            trials=trial_rows(report),
            tried=tried_words(report),
            not_tried=[not_tried_words(one) for one in report.not_tried],
            price=price_words(report),
            stopped=stop_words(report),
            overrun=overrun_words(report),
            recalled=recalled_words(report),
            fitting=time_words(report),
            weaknesses=weakness_rows(report),
            stages=stage_bars(report),
            target=target_figure(report),
            missing=missing_figure(report),
            columns=rows,
            columns_left_out=left_out,
            features=features[:_NEEDED],
            features_left_out=max(0, len(features) - _NEEDED),
            usage=_usage(report),
            card=model_card(report),
            threshold=threshold_view(report),
            examples=example_views(report),
        )
    )
