"""Made-up reports of builds, small and with hostile texts, for checks of what shows reports."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.decision import Action, Decision, Verdict
from journeyman.entities.evaluation import (
    Curve,
    Dependence,
    Evaluation,
    Example,
    Explanation,
    Importance,
    Score,
    Slice,
    ThresholdCounts,
)
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.lake import Join, JoinKey, JoinVerdict, LakeSearch, Listed
from journeyman.entities.outlook import AheadError, ForecastLine, Outlook, SeriesError
from journeyman.entities.profile import ColumnProfile, Profile
from journeyman.entities.report import BuildReport
from journeyman.entities.task import Task
from journeyman.entities.trial import Member, Trial, TrialStatus
from journeyman.testing.kinds import labels_of

__all__ = ["HOSTILE", "bare_report", "made_report"]

HOSTILE = '<script>alert(1)</script>"\' onload="x" {{7*7}} \u202e'
"""Ends the names of columns and labels, and stands in messages: whoever shows it must escape it."""


def made_report(kind: str) -> BuildReport:
    """Return the report of a build that never was, with something of everything that sections show.

    Parameters
    ----------
    kind : str
        Of the task, of ``journeyman.testing.kinds.KINDS``.

    Examples
    --------
    >>> made_report("binary")
    <BuildReport made-up 1: release with care, 900 rows>
    """
    labels = tuple(label + HOSTILE for label in labels_of(kind))
    target, size, place, code = (f"{name}{HOSTILE}" for name in ("target", "size", "place", "code"))
    columns = (
        Column(target, Kind.CATEGORY if labels else Kind.NUMBER, Role.TARGET, HOSTILE, categories=labels),
        Column(size, Kind.NUMBER, reason=HOSTILE, unit=HOSTILE),
        Column(place, Kind.CATEGORY, reason=HOSTILE, categories=(HOSTILE, "south")),
        Column(code, Kind.IDENTIFIER, Role.IGNORED, HOSTILE),
    )
    trials = (
        Trial(Candidate("linear", {"C": 1.0}, HOSTILE), TrialStatus.DONE, 0.5, (0.4, 0.6), seconds=1.0),
        Trial(Candidate("lightgbm", {"leaves": 7}, "few leaves"), TrialStatus.DONE, 0.4, (0.4, 0.4), seconds=2.0),
        Trial(Candidate("catboost"), TrialStatus.FAILED, seconds=0.1, cause=HOSTILE),
    )
    evaluation = _evaluation(kind, labels, size)
    return BuildReport(
        name="made-up",
        version=1,
        created="2026-01-02T03:04:05Z",
        source=HOSTILE,
        rows=900,
        trained_rows=800,
        holdout_rows=200,
        columns=columns,
        task=Task(target, kind, evaluation.main.metric, labels, reason=HOSTILE),
        split_reason=HOSTILE,
        findings=(
            Finding("DQ401", Severity.ERROR, (code,), HOSTILE, HOSTILE, {"association": 0.99}, Remedy.IGNORE_COLUMN),
            Finding("DQ101", Severity.WARNING, (size,), HOSTILE, HOSTILE),
            Finding("DQ201", Severity.NOTE, (place,), HOSTILE),
            Finding("DQ601", Severity.NOT_APPLICABLE, (), HOSTILE),
        ),
        profile=_profile(target, size, place, code),
        trials=trials,
        members=(Member(trials[1].candidate, 0.7, 50), Member(trials[0].candidate, 0.3)),
        ensemble_scores=(0.5, 0.4, 0.4),
        stop_reason=HOSTILE,
        evaluation=evaluation,
        explanation=Explanation(
            (
                Dependence(size, (), (0.0, 1.0, 2.0), (0.1, 0.2, 0.4), target),
                Dependence(place, (HOSTILE, "south"), (0.0, 1.0), (0.3, 0.1), target),
            ),
            None if labels else _outlook(),
        ),
        decision=Decision(Verdict.RELEASE_WITH_CARE, Action.PROMOTE, HOSTILE, (f"{HOSTILE} again",)),
        seconds=12.0,
        stage_seconds={"ingest": 0.5, "train": 10.0, "evaluate": 1.5},
        versions={"journeyman": HOSTILE},
        settings={"budget": HOSTILE},
        examples=(Example("worst", HOSTILE, HOSTILE, 0.9 if labels else None, ((size, HOSTILE, -0.2),)),),
        lake=_lake(columns[2]),
    )


def _lake(key: Column) -> LakeSearch:
    """Return a search that never was: one table is joined, one is not, one could not be read."""
    join = Join(HOSTILE, Listed(HOSTILE, HOSTILE), "exact", (JoinKey(key, Column(HOSTILE, key.kind)),), (key,))
    verdicts = (
        JoinVerdict(HOSTILE, join, "", True, 0.9, 10, 2, 0.25, 0.001, HOSTILE, HOSTILE, 1.5),
        JoinVerdict("noise", join, HOSTILE, gain=-0.1, p_value=0.8),
        JoinVerdict("broken", None, HOSTILE),
    )
    return LakeSearch(
        HOSTILE, HOSTILE, HOSTILE, 3, 3, 900, verdicts, (join,), 2.0, 1.5, "squared error", 12.0, (HOSTILE,)
    )


def _outlook() -> Outlook:
    """Return forecasts that never were, of two series."""
    nan = float("nan")
    steps = ((3.0, 4.0), (2.0, 2.5), (4.0, 5.5), (1.0, 1.0), (5.0, 7.0))
    kept = ForecastLine(HOSTILE, HOSTILE, (HOSTILE, "2", "3", "4"), (1.0, nan), (3.5, nan), *steps)
    coming = ForecastLine(HOSTILE, "", ("1", "2", HOSTILE), (2.0,), (), *steps)
    ahead = (AheadError(1, 20, 0.5, 0.75, 0.8, 1.0), AheadError(2, 20, 0.75, 0.75, 0.7, 0.9))
    worst = (SeriesError(HOSTILE, 2, 1.5, 1.0), SeriesError("south", 2, 0.5, 0.75))
    return Outlook(HOSTILE, f"{HOSTILE}s", 2, (kept,), ahead, worst, 1, (coming,))


def bare_report(kind: str) -> BuildReport:
    """Return the report of the same build, of which as little is known as the types allow.

    Examples
    --------
    >>> bare_report("regression").trials
    ()
    """
    report = made_report(kind)
    nan = float("nan")
    return replace(
        report,
        findings=(),
        profile=Profile(report.rows, report.trained_rows, ()),
        trials=(),
        members=(),
        ensemble_scores=(),
        evaluation=Evaluation(0, False, (Score(report.task.metric, nan, nan, nan, nan, nan, nan, nan, nan, True),)),
        explanation=Explanation(()),
        decision=Decision(Verdict.DO_NOT_RELEASE, Action.KEEP, "nothing is known"),
        stage_seconds={},
        versions={},
        settings={},
        examples=(),
        lake=None,
    )


def _evaluation(kind: str, labels: tuple[str, ...], column: str) -> Evaluation:
    metric = {"binary": "roc_auc", "multiclass": "log_loss"}.get(kind, "rmse")
    greater = metric == "roc_auc"
    line = Curve(HOSTILE, HOSTILE, HOSTILE, (0.0, 0.5, 1.0), (0.0, 0.8, 1.0))
    common = Evaluation(
        rows=200,
        on_holdout=True,
        scores=(Score(metric, 0.8, 0.7, 0.9, 0.5, 0.45, 0.55, 0.2, 0.4, greater),),
        prediction_bins=(0.0, 0.5, 1.0),
        prediction_counts=(120, 80),
        importances=(Importance(column, 0.2, 0.02, HOSTILE),),
        slices=(Slice(HOSTILE, (column,), 40, 0.6, 0.3, 0.4, 0.8, 0.01),),
        slices_tried=20,
        slice_loss="log loss",
    )
    if not labels:
        return replace(common, residuals=(replace(line, name="predicted against actual"),))
    matrix = tuple(tuple(60 if i == k else 5 for k in range(len(labels))) for i in range(len(labels)))
    known = replace(
        common,
        confusion=matrix,
        gain=line,
        roc=line,
        precision_recall=line,
        calibration=replace(line, weight=(9.0,) * 3),
    )
    if len(labels) > 2:
        return known
    return replace(
        known, threshold=0.4, thresholds=ThresholdCounts((0.0, 0.5, 1.0), (90, 60, 0), (110, 20, 0), 90, 110)
    )


def _profile(target: str, size: str, place: str, code: str) -> Profile:
    quantiles = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    number = ColumnProfile(size, Kind.NUMBER, 90, 700, 3.0, 1.0, 0.0, 6.0, 0.1, quantiles, (0.0, 3.0, 6.0), (400, 410))
    named = ColumnProfile(place, Kind.CATEGORY, 0, 2, top_values=(HOSTILE, "south"), top_counts=(500, 400))
    columns = (replace(number, name=target, missing=0), number, named, ColumnProfile(code, Kind.IDENTIFIER, 0, 900))
    return Profile(900, 800, columns, ((size, target, 0.9),))
