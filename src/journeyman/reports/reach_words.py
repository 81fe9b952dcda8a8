"""What was seen of a table whole, and what by a sample."""

from __future__ import annotations

from journeyman.entities.report import BuildReport
from journeyman.entities.whole_fit import WholeFit

__all__ = ["reach"]


def reach(report: BuildReport) -> tuple[str, ...]:
    """Return sentences; none where all rows were in memory."""
    if report.trained_rows >= report.rows:
        return ()
    engine = report.settings.get("engine", "").partition("=")[0]
    by = f" by {engine}" if engine else ""
    seen = (
        f"All {report.rows:,} rows were counted and measured{by}: missing and distinct values, moments, quantiles, "
        f"histograms and frequent values. Kinds of columns, findings, the split, the trials and the examination are "
        f"those of {report.trained_rows:,} rows drawn at random."
    )
    return (seen, *(_of_member(fit, report.trained_rows) for fit in report.whole_fits))


def _of_member(fit: WholeFit, sample: int) -> str:
    if fit.reason:
        return f"{fit.candidate} learned from these {sample:,} rows: {fit.reason}."
    scores = (
        f"{fit.metric} {fit.score:.5g} on {fit.judged:,} rows that were held out, "
        f"and {fit.sampled_score:.5g} where it learned from {fit.sampled:,}"
    )
    if fit.kept:
        return f"{fit.candidate} learned from {fit.rows:,} rows: {scores}."
    return f"{fit.candidate} learned from these {sample:,} rows. From {fit.rows:,} it came to {scores}: not better."
