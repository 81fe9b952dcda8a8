"""Decide: is the model fit for use, why, and does it take the champion's place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from journeyman.entities.decision import Action, Decision, Verdict
from journeyman.entities.evaluation import Evaluation, Score, Slice
from journeyman.entities.finding import Finding, Remedy, Severity, open_findings
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.task import Scheme, Task

__all__ = ["decide"]

_USELESS = 0.005  # share of the way from no model to a perfect one below which a gain changes no decision
_SLIGHT = 0.03
_FEW_ROWS = 100
_CALIBRATION = 0.05  # a probability that is off by less than 5 points misleads nobody
_SLICE_ROWS = 0.05
_LEAKS = frozenset({"DQ301", "DQ302", "DQ303", "DQ307", "DQ308"})  # a column may know the answer
_UNDIVIDED = frozenset({"DQ607"})  # rows to come are of a later time, or of other groups, than the score tells of
_DRIFTS = frozenset({"DQ504"})  # rows change along the table

_NAMES = {
    "roc_auc": "area under the ROC curve",
    "log_loss": "log loss",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "average_precision": "average precision",
    "brier": "Brier score",
    "rmse": "root mean squared error",
    "mae": "mean absolute error",
    "median_absolute_error": "median absolute error",
    "r2": "share of variance explained (R²)",
    "mape": "mean absolute percentage error",
}


class _Weight(IntEnum):
    """How much a reason weighs; the greatest decides."""

    FOR = 0
    KNOW = 1
    CARE = 2
    STOP = 3


@dataclass(frozen=True)
class _Reason:
    weight: _Weight
    text: str


def decide(task: Task, evaluation: Evaluation, findings: Sequence[Finding], champion: ModelVersion | None) -> Decision:
    """Return the verdict in plain words, and whether the model is promoted.

    Parameters
    ----------
    task : Task
        What is predicted.
    evaluation : Evaluation
        How good the model is beside no model.
    findings : sequence of Finding
        What was seen in the data; those that were remedied, accepted or are about unused columns do not count.
    champion : ModelVersion or None
        The version in use, learned from the same data and judged by the same metric; None where there is none.

    Returns
    -------
    Decision
        PROMOTE, or KEEP where the verdict is "do not release" or the champion is not beaten.
    """
    reasons = [
        *_worth(evaluation),
        *_rows(evaluation),
        *_data(task, findings),
        *_order(task, evaluation),
        *_promise(task, evaluation),
        *_calibration(evaluation),
        *_intervals(evaluation),
        *_slices(evaluation),
    ]
    reasons.sort(key=lambda r: -r.weight)
    gravest = reasons[0].weight
    verdict = {_Weight.STOP: Verdict.DO_NOT_RELEASE, _Weight.CARE: Verdict.RELEASE_WITH_CARE}.get(
        gravest, Verdict.RELEASE
    )
    action, stays = _place(verdict, evaluation.main, champion)
    texts = [r.text for r in reasons] + ([stays] if stays else [])
    return Decision(verdict, action, _sentence(verdict, reasons, stays), tuple(texts), _evidence(evaluation, champion))


def _worth(evaluation: Evaluation) -> list[_Reason]:
    """Is it better than no model, and by enough to matter?"""
    score = evaluation.main
    name = _NAMES.get(score.metric, score.metric)
    if not math.isfinite(score.value) or not math.isfinite(score.gain_low):
        text = (
            f"the {name} could not be measured on the rows kept for the examination, so nobody knows what it is worth"
        )
        return [_Reason(_Weight.STOP, text)]
    figures = f"{name} {_say(score.value)} ({_say(score.low)} to {_say(score.high)}) against {_say(score.baseline)}"
    if score.gain_low <= 0:
        worse = score.gain_high < 0
        how = "worse than no model at all" if worse else "no better than no model at all, as far as these rows can tell"
        return [_Reason(_Weight.STOP, f"it is {how}: {figures}")]
    share = _share(score)
    if share < _USELESS:
        text = f"its gain over no model is real but too small to matter: {figures}"
        return [_Reason(_Weight.STOP, text)]
    if share < _SLIGHT:
        return [_Reason(_Weight.CARE, f"it is only slightly better than no model: {figures}")]
    return [_Reason(_Weight.FOR, f"it is clearly better than no model: {figures}")]


def _share(score: Score) -> float:
    """Return the share of the way from the baseline to a perfect score."""
    best = 1.0 if score.greater_is_better else 0.0
    way = abs(best - score.baseline)
    return abs(score.value - score.baseline) / way if way > 0 else 0.0


def _rows(evaluation: Evaluation) -> list[_Reason]:
    """Are there enough rows, and did they choose the model that they examine?"""
    reasons = []
    records = evaluation.records if evaluation.records is not None else evaluation.rows
    if records < _FEW_ROWS:
        copies = f" ({evaluation.rows} with their copies)" if records < evaluation.rows else ""
        what = f"{records} rows{copies}"
        reasons.append(_Reason(_Weight.CARE, f"it was examined on {what} only, so every figure is rough"))
    if not evaluation.on_holdout:
        text = (
            "rows were too few to keep some for the end: the figures come from the folds, whose rows also chose the "
            "model, so the intervals are widened and the figures may still flatter a little"
        )
        reasons.append(_Reason(_Weight.KNOW, text))
    return reasons


def _intervals(evaluation: Evaluation) -> list[_Reason]:
    """Do prediction intervals hold less than they promise?"""
    check = evaluation.interval_check
    if check is None or check.high >= check.coverage:
        return []
    text = (
        f"its {check.coverage:.0%} prediction intervals held the outcome of {check.held:.0%} of {check.rows:,} kept "
        "rows: reckon with more misses than they promise"
    )
    return [_Reason(_Weight.KNOW, text)]


def _data(task: Task, findings: Sequence[Finding]) -> list[_Reason]:
    """Return what was seen in the data and not remedied: errors, and what may make the figures flatter.

    Those are suspicions that a column knows the answer, and rows that drift where the examination does not follow time.
    """
    left = [f for f in open_findings(findings) if f.remedy is Remedy.NONE]
    grave = [f for f in left if f.severity is Severity.ERROR]
    doubted = _LEAKS if task.scheme is Scheme.TIME else _LEAKS | _DRIFTS | _UNDIVIDED
    doubts = [f for f in left if f.severity is Severity.WARNING and f.code in doubted]
    return [_Reason(_Weight.CARE, f"{_plain(f.message)} ({f.code})") for f in (*grave, *doubts)]


def _order(task: Task, evaluation: Evaluation) -> list[_Reason]:
    score = evaluation.no_change
    if task.scheme is not Scheme.TIME or score is None or not math.isfinite(score.gain_low):
        return []
    name = _NAMES.get(score.metric, score.metric)
    figures = f"{name} {_say(score.value)} against {_say(score.baseline)}"
    rule = evaluation.no_change_rule or "repeating the previous row's value"
    if evaluation.series:
        rule += f" (one series for each {_listed(evaluation.series)})"
    if score.gain_low > 0:
        return [_Reason(_Weight.FOR, f"it also beats {rule}: {figures}")]
    text = f"it does not beat {rule}: {figures}; if that value is known in time, use it"
    return [_Reason(_Weight.CARE, text)]


def _listed(names: Sequence[str]) -> str:
    *first, last = (f"'{name}'" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _promise(task: Task, evaluation: Evaluation) -> list[_Reason]:
    """Does the examination keep what the folds promised? In time, a fall is drift; else luck or an overfit."""
    score, before = evaluation.main, evaluation.out_of_fold
    if before is None or not math.isfinite(before):
        return []
    fell = score.high < before if score.greater_is_better else score.low > before
    best = 1.0 if score.greater_is_better else 0.0
    if not fell or abs(before - score.value) < 0.1 * abs(best - before):
        return []
    what = "on the latest rows" if task.scheme is Scheme.TIME else "on the rows kept for the end"
    text = f"it did worse {what} ({_say(score.value)}) than on earlier ones ({_say(before)}), so expect it to age"
    if task.scheme is not Scheme.TIME:
        text = f"it did worse {what} ({_say(score.value)}) than the search promised ({_say(before)})"
    return [_Reason(_Weight.CARE, text)]


def _calibration(evaluation: Evaluation) -> list[_Reason]:
    error, noise = evaluation.calibration_error, evaluation.calibration_noise
    if error is None or noise is None or error <= max(noise, _CALIBRATION):
        return []
    text = f"its probabilities are off by {100 * error:.0f} points on average: use its ranking, not the figures as such"
    return [_Reason(_Weight.CARE, text)]


def _slices(evaluation: Evaluation) -> list[_Reason]:
    def useless(part: Slice) -> bool:
        return (
            part.baseline is not None
            and part.value >= part.baseline
            and part.low > part.overall
            and part.rows >= _SLICE_ROWS * evaluation.rows
        )

    reasons = []
    for part in evaluation.slices:
        figures = f"{evaluation.slice_loss or 'loss'} {_say(part.value)} against {_say(part.overall)} overall"
        if useless(part):
            text = f"where {part.description} it is no better than no model ({figures})"
            reasons.append(_Reason(_Weight.CARE, text))
        elif not any(r.weight is _Weight.KNOW for r in reasons):
            reasons.append(_Reason(_Weight.KNOW, f"it is weakest where {part.description} ({figures})"))
    return sorted(reasons, key=lambda r: -r.weight)[:3]


def _place(verdict: Verdict, score: Score, champion: ModelVersion | None) -> tuple[Action, str]:
    if verdict is Verdict.DO_NOT_RELEASE:
        return Action.KEEP, ""
    if champion is None or champion.metric != score.metric or not math.isfinite(champion.score):
        return Action.PROMOTE, ""
    if champion.verdict == Verdict.DO_NOT_RELEASE:
        return Action.PROMOTE, ""
    better = score.value > champion.score if score.greater_is_better else score.value < champion.score
    if better:
        return Action.PROMOTE, ""
    figures = f"{_say(champion.score)} against {_say(score.value)}"
    return Action.KEEP, f"version {champion.version} stays in use: it is not beaten ({figures})"


def _sentence(verdict: Verdict, reasons: Sequence[_Reason], stays: str) -> str:
    if verdict is Verdict.DO_NOT_RELEASE:
        text = f"Do not release this model: {reasons[0].text}"
    elif verdict is Verdict.RELEASE_WITH_CARE:
        cares = [r.text for r in reasons if r.weight is _Weight.CARE]
        more = (
            f", and {len(cares) - 1} more {'reason' if len(cares) == 2 else 'reasons'} below" if len(cares) > 1 else ""
        )
        text = f"Release this model with care: {cares[0]}{more}"
    else:
        text = f"Release this model: {next(r.text for r in reasons if r.weight is _Weight.FOR)}"
    return f"{text}{'; ' + stays if stays else ''}."


def _plain(message: str) -> str:
    return message.strip().rstrip(".")


def _say(value: float) -> str:
    """Return a figure with four digits at most.

    Examples
    --------
    >>> _say(0.91236), _say(12345.6), _say(0.5)
    ('0.912', '12,346', '0.5')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.4g}"


def _evidence(evaluation: Evaluation, champion: ModelVersion | None) -> dict[str, str | int | float]:
    score = evaluation.main
    evidence: dict[str, str | int | float] = {
        "metric": score.metric,
        "score": score.value,
        "baseline": score.baseline,
        "gain_low": score.gain_low,
        "gain_high": score.gain_high,
        "share_of_perfect": _share(score) if math.isfinite(score.value) else float("nan"),
        "rows": evaluation.rows,
        "weak_slices": len(evaluation.slices),
    }
    if champion is not None:
        evidence |= {"champion_version": champion.version, "champion_score": champion.score}
    return evidence
