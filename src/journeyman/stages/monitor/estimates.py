"""Estimates without truths, beside the truths that came: what these refute counts as refuted until they agree again."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier, Watched

__all__ = ["judge_estimate"]

_LEAST = 30
"""Truths of one look by which an estimate is judged."""


def judge_estimate(watched: Watched, before: bool) -> Watched:
    """Return a look with its estimate marked where the truths refute it: their two 95% intervals lie apart.

    A signal that stands on a refuted estimate alarms nobody, and says so. Where too few truths have come to tell, what
    held before goes on.

    Parameters
    ----------
    before : bool
        Whether the estimate was refuted at the look before.

    Examples
    --------
    >>> look = Watched((), 250, 250, 0.227, 0.135, 0.2, 0.254, 0.14, 0.12, 0.16)
    >>> judge_estimate(look, False).refuted, judge_estimate(Watched((), 250, 0), True).refuted
    (True, False)
    """
    least, most = watched.estimate_low, watched.estimate_high
    if watched.estimate is None or least is None or most is None:
        return watched
    low, high = watched.low, watched.high
    refuted = before
    if watched.labels >= _LEAST and low is not None and high is not None:
        refuted = low > most or high < least
    if not refuted:
        return watched
    return replace(watched, refuted=True, signals=tuple(_marked(s, watched) for s in watched.signals))


def _marked(signal: Signal, watched: Watched) -> Signal:
    if signal.rung is not Tier.ESTIMATE:
        return signal
    above = watched.loss is not None and watched.estimate is not None and watched.loss > watched.estimate
    what = "" if watched.loss is None else f": they are {'worse' if above else 'better'} than estimated"
    message = f"{signal.message} The labels that came refute this estimate{what}."
    severity = Severity.WARNING if signal.alarming else signal.severity
    return replace(signal, severity=severity, message=message)
