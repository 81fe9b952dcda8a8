"""What is said of the search: how many trials, where the time went, what quick answers cost."""

from __future__ import annotations

from journeyman.entities.report import BuildReport
from journeyman.entities.trial import Member, TrialStatus
from journeyman.reports.words import metric_words, number, percent, plural

__all__ = ["copies_words", "price_words", "recalled_words", "time_words", "tried_words"]


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
        f"Rows that it learned from are predicted by their known value as well: {less} less loss "
        f"among the {copied} that have a duplicate; "
        "the score counts new rows only"
    )


def price_words(report: BuildReport) -> str:
    """Return what the limit on the time of an answer costs in score; empty where it costs nothing."""
    if report.unlimited_score is None or not report.ensemble_scores:
        return ""
    kept, free = number(report.ensemble_scores[-1], 5), number(report.unlimited_score, 5)
    name = metric_words(report.task.metric).name
    return f"The limit on the time of an answer costs a little: {name} {kept} out of fold, {free} without it"
