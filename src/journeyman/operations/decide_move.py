"""Judge: from what was seen to one move; the order of the stages that decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.decision import Action
from journeyman.entities.judged import Judged, LearnedFrom, PolicyMemory
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Economics, Move, Operation
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import LastingFault, Signal, Tier, Watched
from journeyman.entities.staleness import Staleness
from journeyman.metrics.e_process import capped, update
from journeyman.stages.learn_operations import context_of, learn_operations
from journeyman.stages.monitor import lost_columns
from journeyman.stages.promote import most_spared, open_comparison, promote, watch_over
from journeyman.stages.retrain import (
    ALL_ROWS,
    BlockLosses,
    Known,
    choose_window,
    handicapped,
    learn_without_labels,
    learned_again,
    paid_for,
    price,
    rehearsed,
    relearn_without,
    retrain,
    settled_words,
    slope_of,
    wants_test,
)

__all__ = ["DecisionInputs", "begun", "decide_move", "moved", "sound"]

FloatArray = NDArray[np.float64]
_RETRY = 1.1
"""Times as many truths as were known have to be there before a retraining that gave no release is tried again."""


@dataclass(frozen=True)
class DecisionInputs:
    """What a judgement is made of.

    Attributes
    ----------
    watched : Watched
        What the detectors made of the span.
    operations : sequence of Operation
        Earlier ones of all models, the oldest first.
    truths : int
        Truths that are known by the span's end, those of the first build included, those of broken spans left out.
    unit : float
        From ``stages.retrain.reference_unit``, of the champion's reference.
    pairs : callable
        Gives the differences of the two releases of a contest on the truths that came in the span, from
        ``stages.promote.paired``.
    test : callable
        ``stages.retrain.back_test`` on the truths that are known; called only where it is worth its fits.
    spared : callable
        ``stages.retrain.gain_without`` of the columns that are given up; called only when some are lost.
    without_labels : str
        Name of the model where it has no target, so that rows alone say when it learns again; empty for others.
    """

    watched: Watched
    operations: Sequence[Operation]
    truths: int
    unit: float
    pairs: Callable[[PairedComparison], FloatArray]
    test: Callable[[Staleness, Lessons], Staleness]
    spared: Callable[[Staleness], float] = lambda _: 0.0
    without_labels: str = ""


def begun(truths: int, blocks: tuple[BlockLosses, ...] = ()) -> PolicyMemory:
    """Return what is remembered of a model that learned from so many truths and was never looked at.

    Parameters
    ----------
    blocks : tuple of BlockLosses
        From ``stages.retrain.rehearse``.

    Examples
    --------
    >>> begun(2000).staleness.learned
    2000
    """
    return PolicyMemory(rehearsed(blocks, truths))


def sound(watched: Watched) -> bool:
    """Say whether the rows of a span may be learned from: its feed was not broken.

    Examples
    --------
    >>> sound(Watched((), 100, 90))
    True
    """
    return not any(s.rung is Tier.FEED and s.alarming for s in watched.signals)


def decide_move(seen: DecisionInputs, memory: PolicyMemory, economics: Economics) -> Judged:
    """Return the policy's move, its reason and what is remembered.

    Strong evidence of paired labels about the releases is acted upon before anything else. Then back-test
    where enough labels have come, and learn again where that pays and nothing runs in the shadow but the former
    champion.

    Parameters
    ----------
    memory : PolicyMemory
        From the round before, after ``moved`` has told it what was done.
    economics : Economics
        As the user gave it.
    """
    judged = _policy(seen, memory, economics)
    settled, returned = seen.watched.settled, seen.watched.returned
    if not settled and not returned:
        return judged
    words = settled_words(settled, lost_columns(settled))
    if returned:
        words += f" {', '.join(map(repr, returned))} delivered again for long enough, and counts as any column."
    words = f"{words.strip()} {judged.move.reason}"
    return replace(judged, move=replace(judged.move, reason=words))


def _policy(seen: DecisionInputs, memory: PolicyMemory, economics: Economics) -> Judged:
    economics, healthy, before = price(economics, seen.unit), sound(seen.watched), memory.since
    memory = replace(memory, since=_together(before, seen.watched), lost=_waiting_faults(memory.lost, seen.watched))
    lessons = learn_operations(seen.operations)
    # Rows that arrived broken are left out of pairs and tests; truths of sound ones come while the feed is broken, too.
    if memory.contest is not None:
        memory = replace(memory, contest=capped(update(memory.contest, seen.pairs(memory.contest))))
    alarmed = any(s.rung in (Tier.LOSS, Tier.ESTIMATE) for s in memory.since.signals)
    if wants_test(memory.staleness, seen.truths, alarmed):
        memory = replace(memory, staleness=seen.test(memory.staleness, lessons))
    tested, spared = None, None
    if memory.contest is not None:
        tested = promote(memory.contest, economics)
        if tested.version is not None:
            return Judged(tested, memory)
        spared = None if memory.contest.guard else most_spared(memory.contest)
    if seen.without_labels and healthy:
        rows, signals = memory.since.rows, seen.watched.signals
        move = learn_without_labels(seen.without_labels, signals, memory.contest, rows, memory.last_rows)
        return Judged(move, memory)
    if seen.truths < memory.retry_at:
        reason = f"The last retraining gave no release; it is tried again once {memory.retry_at:,} labels are known."
        return Judged(tested or Move(Action.KEEP, reason), memory)
    if healthy and memory.lost:
        window = choose_window(memory.staleness.windows, lessons, seen.unit, seen.truths)
        without = relearn_without(memory.lost, seen.spared(memory.staleness), window, economics)
        if without is not None:
            slope = slope_of(memory.staleness, lessons, seen.unit)
            return Judged(without, memory, context_of(memory.staleness, slope, seen.unit, without))
        memory = replace(memory, lost=())
    known = Known(memory.staleness, seen.truths, seen.unit, spared)
    move = retrain((before, seen.watched), known, economics, lessons)
    if tested is not None and spared is not None and move.action is Action.KEEP:
        return Judged(tested, memory)
    slope = slope_of(memory.staleness, lessons, seen.unit)
    return Judged(move, memory, context_of(memory.staleness, slope, seen.unit, move))


def moved(memory: PolicyMemory, move: Move, champion: int, version: int | None, truths: int) -> PolicyMemory:
    """Return what is remembered once a move has been made; what a person has approved is such a move too.

    Parameters
    ----------
    champion : int
        Release that answered when it was decided.
    version : int or None
        Release that a retraining gave; None where it gave none.
    truths : int
        Truths that were known when it was decided.
    """
    staleness, contest, shadow = memory.staleness, memory.contest, memory.shadow
    if move.action is Action.RETRAIN:
        memory = replace(memory, staleness=paid_for(staleness, truths), last_rows=memory.since.rows)
        if version is None:  # whoever runs in the shadow stays there
            return replace(memory, retry_at=int(truths * _RETRY))
        learned = LearnedFrom(truths, move.window or ALL_ROWS)
        contest = open_comparison(champion, version, staleness.recipe)
        return replace(memory, contest=contest, shadow=learned, lost=())
    if move.action is Action.ROLL_BACK and (contest is None or not contest.guard):
        # A person went back to a release of which it is not known here what it learned from.
        return PolicyMemory(replace(paid_for(staleness, truths), recipe=PairedComparison(0, 0)), lost=memory.lost)
    if contest is None or shadow is None:
        return memory
    if move.action in (Action.PROMOTE, Action.ROLL_BACK):
        fresh = learned_again(staleness, shadow.truths, shadow.window)
        if move.action is Action.ROLL_BACK:
            # What made new models look better did not hold: the stakes of the next comparison begin evenly.
            fresh = replace(paid_for(fresh, truths), recipe=PairedComparison(0, 0))
            return PolicyMemory(fresh, lost=memory.lost)
        former = LearnedFrom(staleness.learned, staleness.window)
        return PolicyMemory(fresh, watch_over(contest), former, lost=memory.lost)
    if move.action is Action.KEEP and move.version is not None:
        staleness = staleness if contest.guard else handicapped(staleness)
        return replace(memory, staleness=staleness, contest=None, shadow=None)
    return memory


def _waiting_faults(lost: tuple[LastingFault, ...], watched: Watched) -> tuple[LastingFault, ...]:
    """Return the faults of lost columns that wait for a judgement after one more look."""
    gone = lost_columns(watched.settled)
    fresh = tuple(f for f in watched.settled if f.column in gone and f.claim not in {f.claim for f in lost})
    return tuple(f for f in (*lost, *fresh) if f.column not in watched.returned)


def _together(since: Watched, latest: Watched) -> Watched:
    """Return two looks as one: the latest alarm of each code, and the sums of rows and labels."""
    alarms: dict[str, Signal] = {s.code: s for s in since.signals}
    alarms |= {s.code: s for s in latest.signals if s.alarming and s.rung is not Tier.FEED}
    return Watched(tuple(alarms.values()), since.rows + latest.rows, since.labels + latest.labels)
