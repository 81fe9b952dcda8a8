"""What is said of the search: how many trials, where the time went, what quick answers cost."""

from __future__ import annotations

from journeyman.entities.candidate import SIMPLE, NotTried
from journeyman.entities.report import BuildReport
from journeyman.entities.search import ASKED_TO_FINISH
from journeyman.entities.trial import Member, TrialStatus
from journeyman.reports.words import number, percent, plural, score_words

__all__ = [
    "copies_words",
    "interrupted_words",
    "late_words",
    "not_tried_words",
    "overrun_words",
    "price_words",
    "recalled_words",
    "stop_words",
    "time_words",
    "tried_words",
]

_KEPT_BUDGET = 1.1
"""Times the budget, and a second: a build that took longer says why."""


def copies_words(member: Member) -> str:
    """Return how many fits a member's answer is the mean of; empty for one."""
    return f" (mean of {member.copies})" if member.copies > 1 else ""


def tried_words(report: BuildReport) -> str:
    """Return how many trials there were and how they ended.

    Trials that were stopped had shown that they would not help; those without a result failed or ran out of time.
    """
    stopped = sum(1 for t in report.trials if t.status is TrialStatus.STOPPED)
    failed = sum(1 for t in report.trials if t.status in (TrialStatus.FAILED, TrialStatus.OUT_OF_TIME))
    said = [plural(len(report.trials), "trial")]
    if stopped:
        said.append(f"{stopped} stopped early: could not win")
    if failed:
        said.append(f"{failed} without a result")
    return ", ".join(said)


def time_words(report: BuildReport) -> str:
    """Return the share of the time that went into fits; empty where nothing was timed."""
    fits = sum(t.seconds for t in report.trials)
    fits += sum(seconds for step, seconds in report.stage_seconds.items() if step.startswith("fit "))
    if not fits or not report.seconds:
        return ""
    return f"{percent(min(1.0, fits / report.seconds))} of the time went into fits"


def recalled_words(report: BuildReport) -> str:
    """Return what rows that were met before are answered by; empty where nothing is looked up."""
    known = report.recollection
    if known is None:
        return ""
    less, copied = percent(1.0 - known.recalled / known.loss), percent(known.share)
    return (
        f"Rows it learned from get their known value as well: {less} less loss for the {copied} with a duplicate; "
        "the score counts new rows only"
    )


def not_tried_words(one: NotTried) -> str:
    """Return which algorithm was not tried, why, and what can be typed to change that.

    Examples
    --------
    >>> not_tried_words(NotTried("extra_trees"))
    'extra trees: not installed'
    """
    hint = f" ({one.refusal.hint})" if one.refusal.hint else ""
    return f"{one.name.replace('_', ' ')}: {one.refusal.reason}{hint}"


def stop_words(report: BuildReport) -> str:
    """Return when and why the search ended, and whether it was thin."""
    when = f" at {report.search_seconds:.0f} s" if report.search_seconds else ""
    reason = report.stop_reason.rstrip(".")
    wanted = report.settings.get("trials", "")
    if reason == ASKED_TO_FINISH and wanted:
        when += f", after {len(report.trials)} of the {wanted} trials asked for"
    return f"Stopped{when}: {reason}" + (f". The search was thin: {report.thin}" if report.thin else "")


def interrupted_words(report: BuildReport) -> str:
    """Return that the user ended the search, and when; empty where it came to its own end."""
    return stop_words(report) if report.stop_reason == ASKED_TO_FINISH else ""


def late_words(report: BuildReport) -> str:
    """Return how long a build that took longer was to take; empty where it kept its budget."""
    budget = _asked_seconds(report)
    if budget is None or report.seconds <= _KEPT_BUDGET * budget + 1.0:
        return ""
    return f"where {budget:.0f} s were asked for"


def overrun_words(report: BuildReport) -> str:
    """Return where the time went of a build that took longer than was asked for; empty where it did not."""
    beyond_budget = late_words(report)
    if not beyond_budget:
        return ""
    steps = report.stage_seconds
    trials = sum(s for name, s in steps.items() if name.startswith("trial "))
    fits = sum(s for name, s in steps.items() if name.startswith(("fit ", "prepare ")))
    starting = max(0.0, report.seconds - sum(steps.values()))
    rest = max(0.0, report.seconds - trials - fits - starting)
    beyond = sum(t.seconds for t in report.trials if t.candidate.algorithm not in SIMPLE)
    least = report.seconds - beyond
    return (
        f"Took {report.seconds:.0f} s {beyond_budget}: {starting:.1f} s to start Python and load "
        f"libraries, {trials:.1f} s for trials, {fits:.1f} s for final fits, {rest:.1f} s to read, check, examine and "
        f"store; the least for this table here is about {max(1.0, least):.0f} s"
    )


def _asked_seconds(report: BuildReport) -> float | None:
    """Return the budget in seconds; None where there was none, or where a number of trials was asked for."""
    try:
        return None if "trials" in report.settings else float(report.settings["budget"])
    except (KeyError, ValueError):
        return None


def price_words(report: BuildReport) -> str:
    """Return what a limit on the time of an answer costs in score; empty where it costs nothing, or nobody asked."""
    if report.unlimited_score is None or not report.ensemble_scores or "latency" not in report.settings:
        return ""
    kept, free = number(report.ensemble_scores[-1], 5), number(report.unlimited_score, 5)
    name = score_words(report.evaluation.main).label
    limit = 1000 * float(report.settings["latency"])
    return f"The limit of {limit:g} ms on a prediction costs: {name} {kept} out of fold, {free} without it"
