"""Facts in sentences, the same ones in the report and in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.decision import Action, Decision
from journeyman.entities.evaluation import Evaluation, IntervalCheck, Score
from journeyman.entities.finding import Remedy
from journeyman.reports.words import between, plural, score_words

__all__ = [
    "ScoreRow",
    "examined_words",
    "further_reasons",
    "held_words",
    "interval_words",
    "past_words",
    "placed_words",
    "remedy_words",
    "score_row",
    "sentence",
    "unseen_words",
]


@dataclass(frozen=True)
class ScoreRow:
    """A score in words."""

    name: str
    meaning: str
    value: str
    low: str
    high: str
    baseline: str
    gain: str
    better: str


def score_row(score: Score) -> ScoreRow:
    """Say a score, its interval, the baseline's and the gain with figures that fit each other."""
    words = score_words(score)
    value, low, high = between(score.value, score.low, score.high, words)
    base, _, _ = between(score.baseline, score.baseline_low, score.baseline_high, words)
    _, gain_low, gain_high = between(score.gain_low, score.gain_low, score.gain_high, words)
    signed = [g if g.startswith("-") or g == "0" else f"+{g}" for g in (gain_low, gain_high)]
    better = "higher is better" if score.greater_is_better else "lower is better"
    return ScoreRow(words.label, words.meaning, value, low, high, base, f"{signed[0]} to {signed[1]}", better)


def interval_words(on_holdout: bool) -> str:
    """Return what a score's interval is called.

    Examples
    --------
    >>> interval_words(True), interval_words(False)
    ('95% interval', 'interval, widened')
    """
    return "95% interval" if on_holdout else "interval, widened"


def examined_words(evaluation: Evaluation) -> str:
    """Say how many rows were examined, those that were planted apart."""
    planted = f" and {evaluation.planted_rows:,} planted ones" if evaluation.planted_rows else ""
    return f"{plural(evaluation.real_rows, 'row')}{planted}"


def unseen_words(evaluation: Evaluation) -> str:
    """Say which errors no interval holds: those so rare that not one of the examined rows may show them.

    Of what strikes 3 of n rows in the mean, n rows show nothing in 5% of cases (the rule of three).
    """
    rows = evaluation.real_rows if evaluation.records is None else evaluation.records
    return f"What goes wrong in fewer than about 1 row in {max(1, rows // 3):,} may not be among them."


def held_words(check: IntervalCheck | None, classes: bool) -> str:
    """Return how often prediction intervals held the truth, in words; empty where nothing was counted.

    Examples
    --------
    >>> held_words(IntervalCheck(0.9, 0.8849, 400, 0.85, 0.91), classes=False)
    '90% prediction intervals held the outcome of 88% of 400 kept rows (85% to 91%).'
    """
    if check is None:
        return ""
    what = "sets of labels" if classes else "prediction intervals"
    between = f"{check.low:.0%} to {check.high:.0%}"
    return f"{check.coverage:.0%} {what} held the outcome of {check.held:.0%} of {check.rows:,} kept rows ({between})."


def past_words(evaluation: Evaluation) -> str:
    """Return the rule that repeats the past as a subject: "Repeating the value of one year before"."""
    rule = evaluation.no_change_rule or "repeating the previous row's value"
    return f"{rule[0].upper()}{rule[1:]}"


def remedy_words(remedy: Remedy) -> str:
    """Say what was done about a finding."""
    return {
        Remedy.NONE: "",
        Remedy.IGNORE_COLUMN: "The column was left out.",
        Remedy.DROP_ROWS: "The rows were left out.",
        Remedy.MERGE_LABELS: "The labels were merged.",
        Remedy.USE_AS_TIME: "Rows were divided by this time.",
        Remedy.USE_AS_GROUP: "Rows were divided by this group.",
        Remedy.USE_ROW_ORDER: "Rows were divided in their order.",
    }[remedy]


def placed_words(action: Action) -> str:
    """Say whether the version is in use now."""
    if action is Action.PROMOTE:
        return "The model's name now points to this version."
    if action is Action.KEEP:
        return "This version is not in use: the model's name points where it did before."
    if action is Action.ASK:
        return "This version is not in use: a person decides whether it takes the place of the one that is."
    return f"What is to be done: {action}."


def sentence(text: str) -> str:
    """Return text as a sentence.

    Examples
    --------
    >>> sentence("it is better than the baseline")
    'It is better than the baseline.'
    """
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def further_reasons(decision: Decision) -> tuple[str, ...]:
    """Return the reasons that the decision's one sentence does not give already, as sentences."""
    place = (decision.place,) if decision.place else ()
    others = (r for r in decision.reasons if r.strip().rstrip(".") not in decision.reason)
    return tuple(sentence(r) for r in (*place, *others))
