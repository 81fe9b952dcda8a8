"""Decide: is the model fit for use, why, and does it take the champion's place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from journeyman.entities.comparison import Comparison, Readings
from journeyman.entities.decision import Action, Decision, Verdict
from journeyman.entities.evaluation import Evaluation, Score, Slice
from journeyman.entities.finding import Finding, Remedy, Severity, open_findings
from journeyman.entities.search import SearchLimits
from journeyman.entities.task import Scheme, Task
from journeyman.interfaces import RaisesObjections
from journeyman.tasks import task_type

__all__ = ["decide"]

_ONCE = Readings()

_USELESS = 0.005  # share of the way from no model to a perfect one below which a gain changes no decision
_SLIGHT = 0.03
_WIDTH = 2 * 1.96  # standard errors in a 95 % interval
_EQUAL = 0.01  # share of the loss that a faster model may be worse
_FREE = SearchLimits()
_FEW_ROWS = 100
_CALIBRATION = 0.05  # a probability that is off by less than 5 points misleads nobody
_SLICE_ROWS = 0.05
_LEAKS = frozenset({"DQ301", "DQ302", "DQ303", "DQ307", "DQ308"})  # a column may know the answer
_UNDIVIDED = frozenset({"DQ607"})  # rows to come are of a later time, or of other groups, than the score tells of
_DRIFTS = frozenset({"DQ504"})  # rows change along the table


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


def decide(
    task: Task,
    evaluation: Evaluation,
    findings: Sequence[Finding],
    comparison: Comparison | None,
    readings: Readings = _ONCE,
    limits: SearchLimits = _FREE,
) -> Decision:
    """Return the verdict in plain words, and whether the model is promoted.

    Parameters
    ----------
    task : Task
        What is predicted.
    evaluation : Evaluation
        How good the model is beside no model.
    findings : sequence of Finding
        What was seen in the data; those that were remedied, accepted or are about unused columns do not count.
    comparison : Comparison or None
        With the version in use, on the same rows; None where there is none.
    readings : Readings
        How often the same rows have judged a build, this one included.
    limits : SearchLimits
        What kept the search from a better model.

    Returns
    -------
    Decision
        PROMOTE where there is no champion or it is surely beaten; KEEP where the verdict is "do not release" or the
        champion is surely better; else ASK: the champion stays until a person decides.
    """
    reasons = [
        *_objections(task),
        *_worth(evaluation, readings),
        *_rows(evaluation),
        *_readings(evaluation, readings),
        *_data(task, findings),
        *_order(task, evaluation),
        *_promise(task, evaluation),
        *_calibration(evaluation),
        *_intervals(evaluation),
        *_slices(evaluation),
        *_searched(limits),
    ]
    reasons.sort(key=lambda r: -r.weight)
    gravest = reasons[0].weight
    verdict = {_Weight.STOP: Verdict.DO_NOT_RELEASE, _Weight.CARE: Verdict.RELEASE_WITH_CARE}.get(
        gravest, Verdict.RELEASE
    )
    action, stays, place = _place(verdict, evaluation.main, comparison)
    price = _price(limits, evaluation.main)
    texts = (*(r.text for r in reasons), *((price,) if price else ()))
    after = "; ".join(text for text in (price, stays) if text)
    evidence = {**_evidence(evaluation, comparison), "readings": readings.builds}
    return Decision(verdict, action, _sentence(verdict, reasons, after), texts, evidence, place)


def _objections(task: Task) -> list[_Reason]:
    """Return what the kind of task itself says against a release."""
    kind = task_type(task)
    if not isinstance(kind, RaisesObjections):
        return []
    return [_Reason(_Weight.STOP if grave else _Weight.CARE, text) for grave, text in kind.objections(task)]


def _worth(evaluation: Evaluation, readings: Readings) -> list[_Reason]:
    """Is it better than no model, and by enough to matter?"""
    score = evaluation.main
    name = score.phrase
    if not math.isfinite(score.value) or not math.isfinite(score.gain_low):
        text = (
            f"the {name} could not be measured on the rows kept for the examination, so nobody knows what it is worth"
        )
        return [_Reason(_Weight.STOP, text)]
    interval = f"{_digits(score.low)} to {_digits(score.high)}"
    figures = f"{name} {_digits(score.value)} ({interval}) against {_digits(score.baseline)}"
    # What repeats the past is a forecast, too: one that is as good, and says how sure it is, is of use.
    useless = _Weight.CARE if score.rule else _Weight.STOP
    if _sure_gain(evaluation, readings) <= 0:
        worse = score.gain_high < 0
        how = "worse than" if worse else "as far as these rows can tell, no better than"
        return [_Reason(_Weight.STOP if worse else useless, f"{how} predicting {score.beside}: {figures}")]
    share = _share(score)
    if share < _USELESS:
        text = f"it is better than predicting {score.beside}, but by too little to matter: {figures}"
        return [_Reason(useless, text)]
    if share < _SLIGHT:
        return [_Reason(_Weight.CARE, f"it is only slightly better than predicting {score.beside}: {figures}")]
    return [_Reason(_Weight.FOR, f"it is clearly better than predicting {score.beside}: {figures}")]


def _sure_gain(evaluation: Evaluation, readings: Readings) -> float:
    """Return the gain one can be sure of: the interval's lower end, lower still where the same rows judged before."""
    low, high = evaluation.main.gain_low, evaluation.main.gain_high
    return low - _luck(readings.settings) * (high - low)


def _luck(readings: int) -> float:
    """Return by how much the luckiest of some builds looks too good on the same rows, in widths of a 95% interval.

    The mean of the largest of n normal errors is at most the square root of 2 log n standard errors.

    Examples
    --------
    >>> [round(_luck(n), 2) for n in (1, 2, 10)]
    [0.0, 0.3, 0.55]
    """
    return math.sqrt(2.0 * math.log(readings)) / _WIDTH


def _readings(evaluation: Evaluation, readings: Readings) -> list[_Reason]:
    if readings.builds < 2:
        return []
    score = evaluation.main
    text = f"the same {evaluation.rows:,} rows have judged {readings.builds} builds by now"
    if readings.settings > 1:
        luck = _digits(_luck(readings.settings) * (score.high - score.low))
        text += f", with {readings.settings} different settings: if the best was chosen by its score, that is too good "
        text += f"by up to {luck}"
    else:
        text += ", always with the same settings, so that nothing was chosen by them"
    return [_Reason(_Weight.KNOW, text)]


def _share(score: Score) -> float:
    """Return the share of the way from the baseline to a perfect score."""
    best = score.best
    way = abs(best - score.baseline)
    return abs(score.value - score.baseline) / way if way > 0 else 0.0


def _rows(evaluation: Evaluation) -> list[_Reason]:
    """Are there enough rows, and did they choose the model that they examine?"""
    reasons = []
    records = evaluation.records if evaluation.records is not None else evaluation.real_rows
    if records < _FEW_ROWS:
        copies = f" ({evaluation.real_rows} with their copies)" if records < evaluation.real_rows else ""
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
        "rows: expect more misses than they promise"
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
    return [_Reason(_Weight.CARE, f"{_strip_stop(f.message)} ({f.code})") for f in (*grave, *doubts)]


def _order(task: Task, evaluation: Evaluation) -> list[_Reason]:
    score = evaluation.no_change
    if task.scheme is not Scheme.TIME or score is None or not math.isfinite(score.gain_low):
        return []
    name = score.phrase
    figures = f"{name} {_digits(score.value)} against {_digits(score.baseline)}"
    rule = evaluation.no_change_rule or "repeating the previous row's value"
    if evaluation.series:
        rule += f" (one series for each {_quoted_list(evaluation.series)})"
    if score.gain_low > 0:
        return [_Reason(_Weight.FOR, f"it also beats {rule}: {figures}")]
    beat = "does not beat" if score.gain_high < 0 else "does not surely beat"
    text = f"it {beat} {rule}: {figures}; where that value is known in time, use it"
    return [_Reason(_Weight.CARE, text)]


def _quoted_list(names: Sequence[str]) -> str:
    *first, last = (f"'{name}'" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _promise(task: Task, evaluation: Evaluation) -> list[_Reason]:
    """Does the examination keep what the folds promised? In time, a fall is drift; else luck or an overfit."""
    score, before = evaluation.main, evaluation.out_of_fold
    if before is None or not math.isfinite(before):
        return []
    fell = score.high < before if score.greater_is_better else score.low > before
    best = score.best
    if not fell or abs(before - score.value) < 0.1 * abs(best - before):
        return []
    what = "on the latest rows" if task.scheme is Scheme.TIME else "on the rows kept for the end"
    text = f"it did worse {what} ({_digits(score.value)}) than on earlier ones ({_digits(before)}), so expect it to age"
    if task.scheme is not Scheme.TIME:
        text = f"it did worse {what} ({_digits(score.value)}) than the search promised ({_digits(before)})"
    return [_Reason(_Weight.CARE, text)]


def _calibration(evaluation: Evaluation) -> list[_Reason]:
    error, noise = evaluation.calibration_error, evaluation.calibration_noise
    if error is None or noise is None or error <= max(noise, _CALIBRATION):
        return []
    text = f"its probabilities are off by {100 * error:.0f} points on average: use its ranking, not the figures as such"
    return [_Reason(_Weight.CARE, text)]


def _slices(evaluation: Evaluation) -> list[_Reason]:
    """Return the weakest part: the one where the model is useless, else the one with the greatest loss."""

    def useless(part: Slice) -> bool:
        return (
            part.baseline is not None
            and part.value >= part.baseline
            and part.low > part.overall
            and part.rows >= _SLICE_ROWS * evaluation.rows
        )

    if not evaluation.slices:
        return []
    loss = evaluation.slice_loss or "loss"
    worst = max(evaluation.slices, key=lambda part: (useless(part), part.value))
    if useless(worst) and worst.baseline is not None:
        figures = f"{loss} {_digits(worst.value)} against {_digits(worst.baseline)} without a model"
        text = f"where {worst.description} it is no better than predicting without a model ({figures})"
        return [_Reason(_Weight.CARE, text)]
    figures = f"{loss} {_digits(worst.value)} against {_digits(worst.overall)} over all rows"
    return [_Reason(_Weight.KNOW, f"it is weakest where {worst.description} ({figures})")]


def _place(verdict: Verdict, score: Score, found: Comparison | None) -> tuple[Action, str, str]:
    """Return what is done, what the verdict's sentence says of the champion, and all there is to say of it."""
    if verdict is Verdict.DO_NOT_RELEASE or found is None:
        return (Action.KEEP if verdict is Verdict.DO_NOT_RELEASE else Action.PROMOTE), "", ""
    champion, figures = f"version {found.champion}", _figures(score, found)
    stays = f"{champion} stays in use"
    if found.low == found.high == 0 and found.reads:
        # From then on they may predict otherwise from the same file: whose reading is right, a person knows.
        said = f"{stays}: both predict the same from the same values, but {_reads(found)}{_by_hand(found)}"
        return Action.ASK, f"{stays}, which predicts the same but reads its rows otherwise", said
    if found.low == found.high == 0:
        return (
            Action.KEEP,
            f"{stays}, which predicts the same",
            f"{stays}: both predict the same",
        )
    if found.better:
        return Action.PROMOTE, f"it replaces {champion}", f"it replaces {champion}: {figures}"
    if found.worse:
        return Action.KEEP, f"{stays}, which is better", f"{stays}, which is better: {figures}"
    if not found.obstacle:
        return Action.ASK, f"{stays}, which it does not surely beat", f"{stays}: {figures}{_by_hand(found)}"
    if not math.isfinite(found.low):
        return (
            Action.ASK,
            f"{stays}, with which it could not be compared",
            f"{stays}: {found.obstacle}{_by_hand(found)}",
        )
    said = f"{stays}: {found.obstacle}; {figures}{_by_hand(found)}"
    return Action.ASK, f"{stays}, since the new rows are unlike those that it was built for", said


def _figures(score: Score, found: Comparison) -> str:
    """Return both scores on the same rows, and the interval of the difference, in words."""
    name, low, high = score.phrase, found.low, found.high
    if low > 0:
        span = f"better by {_digits(low)} to {_digits(high)}"
    elif high < 0:
        span = f"worse by {_digits(-high)} to {_digits(-low)}"
    else:
        span = f"between {_digits(-low)} worse and {_digits(high)} better"
    times = "once" if found.earlier == 1 else f"{found.earlier} times"
    before = f", wider since version {found.champion} was challenged {times} before" if found.earlier else ""
    new, old = _digits(found.challenger_score), _digits(found.champion_score)
    both = f"{new} for version {found.challenger} and {old} for version"
    figures = (
        f"on the same {found.rows:,} rows, from which neither has learned, the {name} is {both} {found.champion}; the "
        f"new one is {span} ({100 * found.confidence:.4g}% interval{before})"
    )
    if found.set_aside:
        names = ", ".join(f"'{column}'" for column in found.set_aside[:3])
        figures += f"; version {found.champion} also uses {names}, which this build leaves out"
    return f"{figures}; {_reads(found)}" if found.reads else figures


def _reads(found: Comparison) -> str:
    more = f" and {len(found.reads) - 2} more" if len(found.reads) > 2 else ""
    return f"version {found.challenger} reads {' and '.join(found.reads[:2])}{more}"


def _by_hand(found: Comparison) -> str:
    return f". To use the new one all the same: journeyman promote {found.name} --version {found.challenger}"


def _searched(limits: SearchLimits) -> list[_Reason]:
    """A search that time ended early may have missed a better model."""
    return [_Reason(_Weight.CARE, f"the search was thin: {limits.thin}")] if limits.thin else []


def _price(limits: SearchLimits, score: Score) -> str:
    """Return what a wanted limit on an answer's time costs, or that the best ensemble could not be fitted in time."""
    if limits.unlimited is None or not math.isfinite(limits.score):
        return ""
    perfect = score.best
    if abs(perfect - limits.score) <= (1.0 + _EQUAL) * abs(perfect - limits.unlimited):
        return ""
    name = score.phrase
    kept, best = f"{name} {_digits(limits.score)} out of fold", _digits(limits.unlimited)
    if limits.latency is not None:
        limit = f"the limit of {1000 * limits.latency:g} ms on a prediction, as asked for, makes it worse"
        return f"{limit}: {kept}, {best} without it"
    return f"a better ensemble could not be fitted in the time that was left: {kept}, {best} with it"


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


def _strip_stop(message: str) -> str:
    return message.strip().rstrip(".")


def _digits(value: float) -> str:
    """Return a figure with four digits at most.

    Examples
    --------
    >>> _digits(0.91236), _digits(12345.6), _digits(0.5)
    ('0.912', '12,346', '0.5')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.4g}"


def _evidence(evaluation: Evaluation, found: Comparison | None) -> dict[str, str | int | float]:
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
    if found is not None:
        evidence |= {
            "champion_version": found.champion,
            "champion_score": found.champion_score,
            "challenger_score": found.challenger_score,
            "compared_rows": found.rows,
            "difference_low": found.low,
            "difference_high": found.high,
        }
    return evidence
