"""The model card: intended use, data, metrics with their intervals and limits, in the field's usual form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.entities.column import Role
from journeyman.entities.decision import Verdict
from journeyman.entities.report import BuildReport
from journeyman.entities.task import Scheme
from journeyman.reports.alarm_words import alarm_words
from journeyman.reports.phrases import examined_words, score_row, sentence, unseen_words
from journeyman.reports.pressing import pressing_findings
from journeyman.reports.reported_findings import reported_findings
from journeyman.reports.words import clean, number, percent, place, plural
from journeyman.tasks import task_type

__all__ = ["CardSection", "model_card", "model_card_text"]

_MOST_COLUMNS = 25


@dataclass(frozen=True)
class CardSection:
    """One section of the card: a heading and its sentences."""

    heading: str
    lines: tuple[str, ...]


def model_card(report: BuildReport) -> tuple[CardSection, ...]:
    """Return the card's sections.

    References
    ----------
    Mitchell et al. 2019, "Model cards for model reporting".
    """
    return (
        CardSection("Model details", tuple(_details(report))),
        CardSection("Intended use", tuple(_use(report))),
        CardSection("Training data", tuple(_data(report))),
        CardSection("Metrics", tuple(_metrics(report))),
        CardSection("Limits", tuple(_limits(report))),
    )


def model_card_text(report: BuildReport) -> str:
    """Return the card as Markdown, for the release's folder."""
    parts = [f"# {clean(report.name)} {report.version}: model card"]
    for section in model_card(report):
        lines = "\n".join(f"- {clean(line)}" for line in section.lines)
        parts.append(f"## {section.heading}\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def _details(report: BuildReport) -> list[str]:
    members = ", ".join(f"{m.candidate.learner.replace('_', ' ')} ({percent(m.weight)})" for m in report.members)
    return [
        f"{report.name}, version {report.version}, built on {report.created[:10]} by Journeyman "
        f"{report.versions.get('journeyman', '')}".rstrip()
        + ".",
        f"A weighted mean of {plural(len(report.members), 'model')}: {members}." if members else "One model.",
    ]


def _use(report: BuildReport) -> list[str]:
    task = report.task
    if len(task.labels) == 2:
        what = f"the probability that '{task.target}' is {task.labels[-1]}"
    elif task.labels:
        what = f"which of {len(task.labels)} classes '{task.target}' is, with probabilities"
    elif report.planted_rows:
        what = "how odd a row is, as the share of rows that are less odd"
    else:
        what = f"a {task.prediction_name}, learned from '{task.target}'" if task.prediction_name else ""
        what = what or f"the number '{task.target}'"
        if len(task.output_names) > 1:
            what += f", with its {task_type(task).traits.outputs_name} {', '.join(task.output_names[1:])}"
    lines = [f"It predicts {what}, for rows like those of {place(report.source)}."]
    if report.decision.verdict is Verdict.DO_NOT_RELEASE:
        lines.append("It is not recommended for use.")
    lines.append(sentence(report.decision.reason))
    lines.extend(alarm_words(report))
    lines.append("It is not meant for rows from another population, and says nothing of causes.")
    return lines


def _data(report: BuildReport) -> list[str]:
    used = [c.name for c in report.columns if c.role is Role.FEATURE]
    left_out = [c.name for c in report.columns if c.role is Role.IGNORED]
    lines = [f"{plural(report.trained_rows, 'row')} of {place(report.source)}; {sentence(report.split_reason)}"]
    if report.planted_rows:
        lines.append(f"{plural(report.planted_rows, 'planted row')} examined the model, and taught it nothing.")
    lines.append(f"{plural(len(used), 'column')}: {_names(used)}.")
    if left_out:
        lines.append(f"Left out: {_names(left_out)}.")
    if report.contract_columns:
        lines.append(
            f"Its data contract, contract.toml, says what {plural(report.contract_columns, 'column')} should be; "
            f"look at another table with `journeyman verify TABLE --contract {report.name}`."
        )
    target = next((p for p in report.profile.columns if p.name == report.task.target), None)
    if target is not None and report.task.labels and target.top_values:
        lines.append(f"The most frequent class is {target.top_values[0]}.")
    return lines


def _metrics(report: BuildReport) -> list[str]:
    evaluation = report.evaluation
    kept = "that the model did not learn from" if evaluation.on_holdout else "predicted out of fold"
    what = "95% bootstrap intervals" if evaluation.on_holdout else "intervals, widened as these rows chose the model"
    lines = [f"Measured on {examined_words(evaluation)} {kept}, with {what}. {unseen_words(evaluation)}"]
    for score in evaluation.scores:
        row = score_row(score)
        lines.append(f"{row.name}: {row.value} ({row.low} to {row.high}); {score.beside} {row.baseline}.")
    if evaluation.threshold is not None and evaluation.threshold != 0.5:
        lines.append(f"Labels are given from a probability of {number(evaluation.threshold)} on.")
    return lines


def _limits(report: BuildReport) -> list[str]:
    loss = report.evaluation.slice_loss or "loss"
    lines = [
        f"It does worse where {part.description}: "
        f"{loss} {number(part.value)} against {number(part.overall)} over all rows."
        for part in report.evaluation.slices[:3]
    ]
    lines += [f"{f.code}: {sentence(f.message)}" for f in pressing_findings(reported_findings(report))[:5]]
    if report.task.scheme is Scheme.TIME:
        lines.append("It was judged on later rows than it learned from; it ages as the world moves on.")
    else:
        lines.append("Rows were not divided by time: how it ages was not measured.")
    if not report.task.labels:
        lines.append("It does not extrapolate far beyond the values that it learned from.")
    return lines


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_COLUMNS])
    return f"{shown} and {len(names) - _MOST_COLUMNS} more" if len(names) > _MOST_COLUMNS else shown
