"""What flags a row as odd, and how many flags are to be expected, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from journeyman.entities.anomaly import MarksGain
from journeyman.entities.report import BuildReport
from journeyman.reports.words import number, percent, plural

__all__ = ["TOGETHER", "alarm_words", "marked_words", "odd_rows", "telling"]

_MOST_NAMED, _OF_GREATEST = 3, 0.2
_LEAST = math.log(2.0)
TOGETHER = "several columns together"
"""What is said where no column by itself makes a row odd."""
_ENOUGH = 3.0  # flagged rows that are to be expected, so that the threshold can be told


def alarm_words(report: BuildReport) -> list[str]:
    """Say from which score on rows are flagged, what that means, and how many of the table would be; else nothing."""
    flagged, options = report.evaluation.flagged, report.task.options
    if flagged is None:
        return []
    share, capacity = float(options.get("false_alarms", 0.0)), float(options.get("capacity", 0.0))
    daily = float(options.get("rows_a_day", 0.0))
    said = []
    if capacity and daily:
        said.append(
            f"You can check {number(capacity)} rows a day, and {number(daily)} come on a day that has any: a row is "
            f"flagged from a score of {number(1.0 - share, 4)} on, which {percent(share, 3)} of rows like these reach, "
            f"so that {number(capacity)} a day are expected."
        )
        said.append(
            f"A file of rows never has more flagged than that share, the oddest first; a service flags at most "
            f"{number(2 * capacity)} in any two days, and {number(capacity)} more with each day after."
        )
    elif capacity:
        said.append(
            f"You can check {number(capacity)} of each 1,000 rows (no date says how many come a day): a row is flagged "
            f"from a score of {number(1.0 - share, 4)} on, which {percent(share, 3)} of rows like these reach."
        )
        said.append(
            f"A file of rows never has more flagged than that share, the oddest first; a service flags at most "
            f"{number(capacity)} and that share of the rows that came."
        )
    else:
        said.append(
            f"A row is flagged from a score of {number(1.0 - share, 4)} on, which {percent(share, 3)} of ordinary rows "
            f"reach by chance: of 1,000 new ones about {number(1_000 * share)} are false alarms."
        )
    observed = flagged.flagged / max(1, flagged.rows)
    said.append(
        f"Of {plural(flagged.rows, 'row')} of the table, each scored by models that did not learn from it, "
        f"{flagged.flagged:,} would be flagged ({percent(observed, 3)})."
    )
    if share * flagged.rows / 3 < _ENOUGH:  # a third of the rows calibrate
        said.append(
            f"So small a share cannot be told from so few rows: give some {number(3 * _ENOUGH / share, 2)} or more, "
            "or expect the number of flags to be off."
        )
    return said


def marked_words(report: BuildReport) -> str:
    """Say what marks were there, and what of them would be flagged; empty where there are none."""
    flagged = report.evaluation.flagged
    if flagged is None or not flagged.marked_odd:
        return ""
    return (
        f"{plural(flagged.marked_odd, 'row')} of the table {'is' if flagged.marked_odd == 1 else 'are'} marked as odd "
        f"and {flagged.marked_ordinary:,} as ordinary; {flagged.found:,} and {flagged.false_alarms:,} of them would be "
        f"flagged by models that did not see those marks. {_gain_words(report.explanation.marks)}"
    )


def _gain_words(gain: MarksGain | None) -> str:
    """Say whether marks were used, and what they were worth."""
    if gain is None:
        return "Whether they were used is not known of this release."
    if gain.alone is None or gain.taught is None:
        least = min(gain.odd, gain.ordinary)
        return f"They were not used: {least} of one sort cannot tell whether they help; 5 of either are needed."
    figures = (
        f"{number(gain.taught, 3)} with what they teach, {number(gain.alone, 3)} without (area under the ROC curve)"
    )
    if gain.used:
        return f"They were used: marked rows that were left out are ranked better, {figures}."
    return f"They were not used, since they do not help: marked rows that were left out have {figures}."


def odd_rows(report: BuildReport) -> list[tuple[str, str, str, str]]:
    """Return the oddest rows of the table: number, score, detectors that would flag it alone, and what makes it odd."""
    bar = 1.0 - float(report.task.options.get("false_alarms", 0.01))
    found = []
    for example in report.examples:
        if example.position is None:
            continue
        chosen = telling([change for _, _, change in example.reasons])
        said = "; ".join(f"{example.reasons[k][0]} = {example.reasons[k][1]}" for k in chosen)
        agree = f"{sum(o >= bar for o in example.opinions)} of {len(example.opinions)}" if example.opinions else ""
        found.append((f"{example.position + 1:,}", example.prediction, agree, said or TOGETHER))
    return found


def telling(figures: Sequence[float]) -> list[int]:
    """Return the places of up to three figures that are worth a name, the greatest first.

    With a usual value at least twice as many rows have to be as odd, and a figure has to reach a fifth of the greatest.

    Examples
    --------
    >>> telling([0.1, 5.0, 0.2, 2.0]), telling([0.1, 0.3])
    ([1, 3], [])
    """
    least = max(_LEAST, _OF_GREATEST * max(figures, default=0.0))
    order = sorted(range(len(figures)), key=lambda k: -figures[k])
    return [k for k in order[:_MOST_NAMED] if figures[k] >= least]
