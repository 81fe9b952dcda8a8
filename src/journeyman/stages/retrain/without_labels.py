"""Without labels: what a loop does for a model that has no target, by rows that are unlike those it learned from."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.drift_detectors.unfamiliar import CODE as UNFAMILIAR
from journeyman.entities.decision import Action
from journeyman.entities.operation import Move, WindowKind, WindowPlan
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Signal, Tier

__all__ = ["learn_without_labels"]

_AGAIN = 2
"""Times as many rows as had come at the last retraining have to be there before the next one."""


def learn_without_labels(
    name: str, signals: Sequence[Signal], contest: PairedComparison | None, rows: int, last_rows: int
) -> Move:
    """Decide whether a model without a target learns again, and who says that the new one may answer.

    It learns from the rows since a change began that is beyond chance. Whether what is new is ordinary, or is the very
    trouble that the model is there to find, no figure tells: without labels a person is asked. Labels that come, such
    as marks of odd rows, promote it without asking.

    Parameters
    ----------
    name : str
        Of the model, as commands are given it.
    signals : sequence of Signal
        Of this look; none of a broken feed.
    contest : PairedComparison or None
        Of the release in the shadow.
    rows, last_rows : int
        That have come since the champion learned, now and at the last retraining; 0 where there was none.
    """
    # an estimate of the loss says nothing here: of rows that have moved, scores are higher, and that is their loss
    alarms = [s for s in signals if s.alarming and (s.code == UNFAMILIAR or s.rung is Tier.LOSS)]
    codes = tuple(dict.fromkeys(s.code for s in alarms))
    if contest is not None and not contest.guard:
        reason = (
            f"Release {contest.challenger} has learned from the latest rows. No label says whether what is new in them "
            f"is ordinary: look at its page, then journeyman approve {name}, or journeyman reject {name}."
        )
        return Move(Action.ASK, reason, codes, contest.challenger, wanted=Action.PROMOTE)
    if not alarms:
        return Move(Action.KEEP, "Nothing asks for a change: rows are like those that it learned from.")
    if rows < _AGAIN * last_rows:
        reason = f"It has learned again of late, and does so next when {_AGAIN * last_rows:,} rows have come."
        return Move(Action.KEEP, reason, codes)
    plan = WindowPlan(WindowKind.ALL, since=min(s.since for s in alarms))
    reason = f"{alarms[0].message} It learns again from the rows since, beside as many of those before."
    return Move(Action.RETRAIN, reason, codes, None, plan, evidence={"trigger": "rows", "rows": rows})
