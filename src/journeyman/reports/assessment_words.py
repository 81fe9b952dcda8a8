"""How an assessment is said: probabilities, scores with intervals, and what comes first."""

from __future__ import annotations

import math

from journeyman.entities.use_case import Assessment, UseCase
from journeyman.reports.words import clean, metric_words, number, percent, plural

__all__ = ["case_name", "chance_words", "gain_words", "headline", "own_words", "score_range", "style_of"]

_GOOD, _FAIR = 0.7, 0.3


def headline(found: Assessment) -> str:
    """Say in one sentence what is worth a build.

    Examples
    --------
    >>> from journeyman.entities.use_case import AssessRequest
    >>> headline(Assessment(AssessRequest("t.csv"), ()))
    'No column here could be predicted.'
    """
    if not found.cases:
        return "No column here could be predicted."
    good = [c for c in found.cases if (c.estimate.probability or 0.0) >= _GOOD]
    of = plural(len(found.cases), "column")
    if not good:
        return f"None of {of} looked at is likely to succeed."
    if len(found.cases) == 1:
        return f"'{clean(good[0].target)}' is likely to succeed."
    are = "is" if len(good) == 1 else "are"
    return f"{len(good)} of {of} looked at {are} likely to succeed; '{clean(good[0].target)}' comes first."


def case_name(case: UseCase, several: bool) -> str:
    """Return the name of a column, with its table where there are several."""
    return f"{case.table}.{case.target}" if several else case.target


def chance_words(chance: float | None) -> str:
    """Say a probability; a dash where there is none.

    Examples
    --------
    >>> chance_words(0.934), chance_words(0.004), chance_words(None)
    ('93%', '1% or less', '–')
    """
    if chance is None:
        return "–"
    if chance <= 0.01:
        return "1% or less"
    return "99% or more" if chance >= 0.99 else percent(chance)


def score_range(case: UseCase) -> str:
    """Say the expected score with its interval."""
    if not math.isfinite(case.expected_score):
        return "–"
    label = metric_words(case.metric).label
    return f"{label} {number(case.expected_score)} ({number(case.low_score)} to {number(case.high_score)})"


def gain_words(case: UseCase) -> str:
    """Say the expected gain with its interval, in percent of the baseline's loss."""
    estimate = case.estimate
    return f"{100 * estimate.gain:.0f}% ({100 * estimate.low:.0f}% to {100 * estimate.high:.0f}%)"


def style_of(case: UseCase) -> str:
    """Return the tone of a case: good, warn, bad, or calm where there is no probability."""
    chance = case.estimate.probability
    if chance is None:
        return "calm"
    return "good" if chance >= _GOOD else "warn" if chance >= _FAIR else "bad"


def own_words(found: Assessment) -> str:
    """Say what the user's own builds did to the probabilities; nothing where there are none."""
    if not found.outcomes:
        return ""
    moved = "raised" if found.shift > 0 else "lowered"
    half = 1.0 / (1.0 + math.exp(-found.shift))
    if percent(half) == "50%":
        return f"{plural(found.outcomes, 'build')} of yours went as expected, and moved nothing."
    return f"{plural(found.outcomes, 'build')} of yours {moved} what would be 50% to {percent(half)}."
