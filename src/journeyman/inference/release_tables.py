"""What is known of a release as typed tables: rows with predictions, drivers, findings and scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa
from journeyman.entities.column import Column, Kind
from journeyman.entities.release_facts import FactColumn, FactKind, FactTable, ReleaseFacts, unique_names
from journeyman.entities.report import BuildReport
from journeyman.entities.task_traits import Bound
from journeyman.inference.release import Release
from journeyman.inference.release_plan import label_step
from journeyman.inference.scored_rows import ScoredRows
from journeyman.reports.phrases import examined_words, held_words, interval_words, score_row, unseen_words
from journeyman.reports.reported_findings import reported_findings
from journeyman.reports.words import score_words
from journeyman.stages.attribute import typical_row
from journeyman.tasks import outputs_together, task_type

__all__ = ["arrow_column", "fact_table", "release_facts"]

_KINDS = {
    Kind.NUMBER: FactKind.NUMBER,
    Kind.INTEGER: FactKind.INTEGER,
    Kind.BOOLEAN: FactKind.BOOLEAN,
    Kind.DATETIME: FactKind.MOMENT,
}
_METRICS = (
    FactColumn("score", FactKind.TEXT, "What was measured."),
    FactColumn("value", FactKind.NUMBER, "On rows that taught the model nothing.", True),
    FactColumn("low", FactKind.NUMBER, "Lower end of the interval.", True),
    FactColumn("high", FactKind.NUMBER, "Upper end of the interval.", True),
    FactColumn("without a model", FactKind.NUMBER, "The same for a prediction that uses no column.", True),
    FactColumn("better", FactKind.TEXT, "Which direction is better."),
    FactColumn("meaning", FactKind.TEXT, "What the score says."),
)
_FINDINGS = (
    FactColumn("code", FactKind.TEXT, "Stable code of the kind of finding."),
    FactColumn("severity", FactKind.TEXT, "How much it matters."),
    FactColumn("about", FactKind.TEXT, "The columns that it is about."),
    FactColumn("finding", FactKind.TEXT, "What was seen."),
    FactColumn("advice", FactKind.TEXT, "What can be done."),
)
_DRIVERS = (
    FactColumn("rank", FactKind.INTEGER, "1 for the column that matters most."),
    FactColumn("column", FactKind.TEXT, "A column that the model reads."),
    FactColumn("importance", FactKind.NUMBER, "How much worse the score gets when the column is shuffled.", True),
    FactColumn("spread", FactKind.NUMBER, "Standard deviation of that over repeats.", True),
    FactColumn("share", FactKind.NUMBER, "Of the importance of all columns.", True),
    FactColumn("kind", FactKind.TEXT, "What its values are."),
    FactColumn("unit", FactKind.TEXT, "Unit that its values carried."),
    FactColumn("note", FactKind.TEXT, "What the figure may hide."),
)


def release_facts(release: Release, scored: ScoredRows, monitoring: FactTable, written: datetime) -> ReleaseFacts:
    """Return what is known of a release, with rows that were predicted."""
    report = release.report
    scores, prediction, label = _scores(release, scored)
    return ReleaseFacts(
        name=release.name,
        version=release.version,
        created=report.created,
        written=written,
        task=release.task,
        words=_words(report, scored),
        rows_from=scored.said,
        scores=scores,
        drivers=_drivers(report),
        findings=_findings(report),
        metrics=_metrics(report),
        monitoring=monitoring,
        prediction=prediction,
        label=label,
        plan=release.plan,
        columns=release.columns,
        profiles=tuple(p for p in report.profile.columns if p.name in {c.name for c in release.columns}),
        typical=typical_row(report.profile, release.columns),
    )


def fact_table(name: str, about: str, columns: Sequence[FactColumn], values: Sequence[Any]) -> FactTable:
    """Return a table of facts of one sequence of values a column."""
    arrays = [arrow_column(column.kind, given) for column, given in zip(columns, values, strict=True)]
    return FactTable(name, about, tuple(columns), pa.table(arrays, names=[c.name for c in columns]))


def arrow_column(kind: FactKind, values: Any) -> pa.Array:
    """Return values as Arrow holds facts of a kind; NaN, NaT and None are missing.

    Examples
    --------
    >>> arrow_column(FactKind.INTEGER, np.array([1.0, np.nan])).to_pylist()
    [1, None]
    >>> arrow_column(FactKind.TEXT, ["a", None, 3]).to_pylist()
    ['a', None, '3']
    """
    series = pd.Series(values)
    if kind is FactKind.TEXT:
        return pa.array([None if pd.isna(v) else str(v) for v in series.astype(object).tolist()], pa.string())
    if kind is FactKind.MOMENT:
        return pa.array(series.astype("datetime64[us]"), pa.timestamp("us"), from_pandas=True)
    if kind is FactKind.NUMBER:
        numbers = series.to_numpy(np.float64, na_value=np.nan)
        return pa.array(np.where(np.isfinite(numbers), numbers, np.nan), pa.float64(), from_pandas=True)
    missing = series.isna().to_numpy()
    whole = series.mask(missing, 0).astype(np.float64 if series.dtype.kind == "f" else object)
    plain = np.array([int(v) for v in whole.tolist()], dtype=np.int64)
    return pa.array(plain if kind is FactKind.INTEGER else plain != 0, mask=missing)


def _scores(release: Release, scored: ScoredRows) -> tuple[FactTable, str, str]:
    """Return rows with predictions, and the names of the columns of predictions and labels."""
    task = release.task
    found: list[tuple[FactColumn, Any]] = []
    decode = label_step(task, release.threshold)
    predicted = task.prediction_name or f"predicted {task.target}"
    unit = next((c.unit or "" for c in release.report.columns if c.name == task.target), "")
    if decode is not None:
        labels = np.array(task.labels, dtype=object)
        found.append(
            (FactColumn(predicted, FactKind.TEXT, "What the model predicts."), labels[decode.codes(scored.predictions)])
        )
    else:
        about = "What the model predicts."
        found.append((FactColumn(predicted, FactKind.NUMBER, about, True, unit), scored.predictions[:, 0]))
    label = ""
    if np.isfinite(scored.truths).any():
        label = f"actual {task.target}"
        found.append(_actual(label, scored.truths, task.labels, unit))
        found.append(_error(found[0][1], scored.truths, task.labels, unit))
    found += _outputs(release, scored)
    basis = FactColumn("basis", FactKind.TEXT, "What the model knew of the row when it was predicted.")
    found.append((basis, scored.basis))
    beside = [_beside(str(name), scored.beside[name]) for name in scored.beside]
    columns = [_feature(c, scored.block[c.name]) for c in release.columns if c.kind is not Kind.IMAGE]
    # What is predicted keeps its names; where rows bring the same, theirs get a number.
    names = unique_names([c.name for c, _ in (*found, *beside, *columns)])
    renamed = [
        (FactColumn(name, c.kind, c.about, c.measure, c.unit), values)
        for name, (c, values) in zip(names, (*found, *beside, *columns), strict=True)
    ]
    ordered = [
        *renamed[len(found) : len(found) + len(beside)],
        *renamed[: len(found)],
        *renamed[len(found) + len(beside) :],
    ]
    table = fact_table(
        "scores", f"Rows with predictions: {scored.said}.", [c for c, _ in ordered], [v for _, v in ordered]
    )
    return table, names[0], names[1] if label else ""


def _actual(name: str, truths: NDArray[np.float64], labels: Sequence[str], unit: str) -> tuple[FactColumn, Any]:
    if not labels:
        return FactColumn(name, FactKind.NUMBER, "What came.", True, unit), truths
    texts = [labels[int(code)] if np.isfinite(code) else None for code in truths.tolist()]
    return FactColumn(name, FactKind.TEXT, "What came."), texts


def _error(predicted: Any, truths: NDArray[np.float64], labels: Sequence[str], unit: str) -> tuple[FactColumn, Any]:
    if not labels:
        return FactColumn("error", FactKind.NUMBER, "Prediction less what came.", True, unit), predicted - truths
    right = [labels[int(t)] == p if np.isfinite(t) else None for p, t in zip(predicted, truths.tolist(), strict=True)]
    return FactColumn("correct", FactKind.BOOLEAN, "Whether the predicted label came."), right


def _outputs(release: Release, scored: ScoredRows) -> list[tuple[FactColumn, Any]]:
    """Return probabilities, quantiles and whatever else is said of rows, with intervals."""
    task, predictions = release.task, scored.predictions
    found: list[tuple[FactColumn, Any]] = []
    for name, values in outputs_together(predictions, task).items():
        kind = {"b": FactKind.BOOLEAN, "f": FactKind.NUMBER, "i": FactKind.INTEGER}.get(
            values.dtype.kind, FactKind.TEXT
        )
        found.append((FactColumn(name, kind, "What the model says besides.", kind is FactKind.NUMBER), values))
    ends = release.intervals_of_block(scored.block, predictions)
    if ends is not None:
        share = f"{release.conformal.coverage:.0%}" if release.conformal is not None else "90%"
        for i, word in enumerate(("from", "to")):
            about = f"In about {share} of rows the outcome lies between both ends."
            found.append((FactColumn(f"{task.target} {word}", FactKind.NUMBER, about, True), ends[:, i]))
    elif task_type(task).traits.bound is Bound.LABELS and release.conformal is not None and len(predictions):
        sets = ["; ".join(map(str, names)) for names in release.likely_labels(predictions)]
        about = f"In about {release.conformal.coverage:.0%} of rows the outcome is one of these."
        found.append((FactColumn("likely labels", FactKind.TEXT, about), sets))
    return found


def _beside(name: str, values: pd.Series) -> tuple[FactColumn, Any]:
    kind = {"i": FactKind.INTEGER, "M": FactKind.MOMENT}.get(getattr(values.dtype, "kind", "O"), FactKind.TEXT)
    return FactColumn(name, kind, "Which row it is."), values


def _feature(column: Column, values: NDArray[np.generic]) -> tuple[FactColumn, Any]:
    about, unit = f"As the model reads it: {column.kind.noun}.", column.unit or ""
    kind = _KINDS.get(column.kind, FactKind.TEXT)
    if column.kind.categorical:
        return FactColumn(column.name, kind, about), np.array([*column.categories, None], dtype=object)[values]
    if column.kind is Kind.DATETIME:
        return FactColumn(column.name, kind, about), _moments(values.astype(np.float64))
    return FactColumn(column.name, kind, about, kind in (FactKind.NUMBER, FactKind.INTEGER), unit), values


def _moments(seconds: NDArray[np.float64]) -> NDArray[np.datetime64]:
    missing = ~np.isfinite(seconds)
    moments = np.round(np.where(missing, 0.0, seconds) * 1e6).astype(np.int64).astype("datetime64[us]")
    moments[missing] = np.datetime64("NaT")
    return moments


def _drivers(report: BuildReport) -> FactTable:
    known = {column.name: column for column in report.columns}
    ordered = sorted(report.evaluation.importances, key=lambda one: -one.mean)
    whole = sum(max(0.0, one.mean) for one in ordered) or 1.0
    values = [
        list(range(1, len(ordered) + 1)),
        [one.column for one in ordered],
        [one.mean for one in ordered],
        [one.std for one in ordered],
        [max(0.0, one.mean) / whole for one in ordered],
        [str(known[one.column].kind) if one.column in known else None for one in ordered],
        [known[one.column].unit if one.column in known else None for one in ordered],
        [one.note or None for one in ordered],
    ]
    metric = score_words(report.evaluation.main).label
    return fact_table(
        "drivers", f"What predictions rest on: change of {metric} when a column is shuffled.", _DRIVERS, values
    )


def _findings(report: BuildReport) -> FactTable:
    found = sorted(reported_findings(report), key=lambda one: one.severity.rank)
    values = [
        [one.code for one in found],
        [str(one.severity) for one in found],
        [", ".join(one.subject) or None for one in found],
        [one.message for one in found],
        [one.hint or None for one in found],
    ]
    return fact_table("findings", "What was noticed in the data and the model, gravest first.", _FINDINGS, values)


def _metrics(report: BuildReport) -> FactTable:
    scores, words = report.evaluation.scores, [score_words(score) for score in report.evaluation.scores]
    values = [
        [one.label for one in words],
        [one.value for one in scores],
        [one.low for one in scores],
        [one.high for one in scores],
        [one.baseline for one in scores],
        ["higher" if one.greater_is_better else "lower" for one in scores],
        [one.meaning for one in words],
    ]
    return fact_table(
        "metrics", f"Scores on {examined_words(report.evaluation)} that taught nothing.", _METRICS, values
    )


def _words(report: BuildReport, scored: ScoredRows) -> tuple[tuple[str, str], ...]:
    evaluation = report.evaluation
    row = score_row(evaluation.main)
    interval = f"{row.low} to {row.high} ({interval_words(evaluation.on_holdout)})"
    held = held_words(evaluation.interval_check, bool(report.task.labels))
    said = (
        ("Model", f"{report.name} {report.version}, built {report.created[:10]} of {Path(report.source).name}"),
        ("Predicts", f"{report.task.target} ({report.task.kind})" if report.task.target else report.task.kind),
        ("Verdict", f"{report.decision.verdict}: {report.decision.reason}"),
        (row.name, f"{row.value}, {interval}; {evaluation.main.beside} {row.baseline}; {row.better}"),
        ("What it means", row.meaning),
        ("Measured on", f"{examined_words(evaluation)}. {unseen_words(evaluation)}"),
        ("Intervals", held),
        ("Rows here", f"{scored.said}."),
    )
    return tuple((caption, text) for caption, text in said if text)
