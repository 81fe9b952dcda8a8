"""Remarks on a use case: what would raise its probability, and what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeyman.entities.column import Kind
from journeyman.entities.dataset import Dataset
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.use_case import GroupRates, Objection, Probe, Suggestion

__all__ = ["objections", "suggestions"]

_LEAST_GAIN = 0.01
_LEAST_DOUBTED = 0.01
_FEW_OF_CLASS, _FEW_ROWS, _FEW_CARRY = 30, 100, 12
_FOUR_FIFTHS = 0.8
_MISSING = 0.05
_MOST_COLUMNS = 3
_MOVING = 4.0
"""Times the variance between parts of the rows that chance alone leaves; a twentieth of the whole at least."""


def suggestions(
    probe: Probe, data: Dataset, doubled_gain: float, joinable: Mapping[str, Sequence[str]]
) -> tuple[Suggestion, ...]:
    """Return what would raise the probability, by falling gain.

    Parameters
    ----------
    probe : Probe
        What quick models show.
    data : Dataset
        What they learned from.
    doubled_gain : float
        What twice as many rows would save further, by the learning curve.
    joinable : mapping of str to sequence of str
        Other tables of the source that share columns with this one, and those columns.
    """
    found = []
    if doubled_gain >= _LEAST_GAIN:
        words = f"Twice as many rows may save {_share(doubled_gain)} more of the loss, by the learning curve."
        found.append(Suggestion("rows", words, round(doubled_gain, 3)))
    left = max(0.0, 1.0 - probe.gain)
    if probe.doubted >= _LEAST_DOUBTED:
        gain = round(probe.doubted_loss * left, 3)
        words = (
            f"Other rows contradict the label of {_share(probe.doubted)} of the rows, which carry "
            f"{_share(probe.doubted_loss)} of the loss that is left; look at them with `journeyman clean`."
        )
        found.append(Suggestion("labels", words, gain))
    found += [s for s in (_gap(data, *item) for item in list(probe.importances.items())[:8]) if s is not None]
    found.sort(key=lambda s: -(s.gain or 0.0))
    if probe.importances and probe.gain > 0:
        first = list(probe.importances.items())[:_MOST_COLUMNS]
        names = ", ".join(f"'{name}' ({_share(value)})" for name, value in first)
        words = f"Most is told by {names} (how much the loss rises when it is shuffled)"
        found.append(Suggestion("column", f"{words}: a further column of that kind may tell more."))
    elif probe.gain <= probe.error:
        words = "No column tells of it beyond noise so far: it needs another one, not more rows."
        found.append(Suggestion("column", words))
    for table, keys in list(joinable.items())[:_MOST_COLUMNS]:
        shared = ", ".join(f"'{key}'" for key in keys[:3])
        found.append(
            Suggestion("join", f"The table '{table}' shares {shared}; `journeyman search` says whether it helps.")
        )
    return tuple(found)


def _gap(data: Dataset, name: str, importance: float) -> Suggestion | None:
    """Return what filling the gaps of an important column may save, as if rows with gaps told as much as others."""
    missing = float(data.table.frame[name].isna().mean())
    if missing < _MISSING:
        return None
    gain = round(importance * missing / max(1.0 - missing, 0.05), 3)
    if gain < _LEAST_GAIN:
        return None
    words = f"'{name}' is missing in {_share(missing)} of the rows, and tells much where it is not."
    return Suggestion("column", words, min(gain, 0.5))


def objections(
    probe: Probe | None, data: Dataset, findings: Sequence[Finding], leaks: Sequence[str]
) -> tuple[Objection, ...]:
    """Return what speaks against a use case, the gravest first."""
    found = [_leak(name) for name in leaks]
    asked = [f for f in findings if f.code == "DQ303" and f.severity is Severity.WARNING]
    found += [Objection("known afterwards", f.message) for f in asked if not set(f.subject) & set(leaks)]
    if probe is None:
        return (*found, Objection("few rows", "Too few rows with a value are left to learn from and to judge by."))
    labels = data.task.labels
    if probe.classes and probe.rarest < _FEW_OF_CLASS:
        counts = data.table.frame[data.task.target].value_counts()
        rarest = str(counts.index[-1]) if len(counts) else labels[-1]
        few = {0: "no row", 1: "only 1 row"}.get(probe.rarest, f"only {probe.rarest} rows")
        found.append(Objection("rare class", f"'{rarest}' has {few} among the {probe.looked_at:,} looked at."))
    if not probe.classes and probe.rarest < _FEW_CARRY:
        words = (
            f"The squared error hangs on about {max(probe.rarest, 1)} of {probe.looked_at:,} rows with extreme values."
        )
        found.append(Objection("extreme values", words))
    if probe.clusters < _FEW_ROWS:
        found.append(Objection("few rows", f"Only {probe.clusters} rows with a label say something of their own."))
    found += _of_time(probe, data)
    found += [_treated_otherwise(rates) for rates in probe.groups if _differs(rates)]
    return tuple(found)


def _leak(name: str) -> Objection:
    words = (
        f"'{name}' alone gives nearly all of it away, as a column does that is known only afterwards; "
        "the probability is without it."
    )
    return Objection("known afterwards", words)


def _of_time(probe: Probe, data: Dataset) -> list[Objection]:
    if probe.ordered:
        if probe.worst_fold < min(0.0, probe.gain - 0.1):
            words = "In one stretch of time models were worse than the baseline: what holds now may not hold later."
            return [Objection("moves with time", words)]
        return []
    dated = any(c.kind is Kind.DATETIME for c in data.table.columns)
    chance = 9.0 / max(probe.looked_at, 10)
    if not dated and 0.05 < probe.trend < 0.9 and probe.trend > _MOVING * chance:
        words = (
            f"It moves along the rows ({_share(probe.trend)} of its variance), and no column says when a row happened."
        )
        return [Objection("no time stamp", words)]
    return []


def _differs(rates: GroupRates) -> bool:
    return rates.least_rate < _FOUR_FIFTHS * rates.most_rate


def _treated_otherwise(rates: GroupRates) -> Objection:
    words = (
        f"By '{rates.column}', a model would select {_share(rates.least_rate)} of '{rates.least}' and "
        f"{_share(rates.most_rate)} of '{rates.most}', where {_share(rates.least_truth)} and "
        f"{_share(rates.most_truth)} are positive."
    )
    return Objection("group treated otherwise", words)


def _share(value: float) -> str:
    return f"{100 * value:.0f}%" if value >= 0.01 else f"{100 * value:.1f}%"
