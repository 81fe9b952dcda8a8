"""Hand on: what a round leaves as one small fact, the decision record, and what earlier operations have brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from journeyman.entities.decision import Action
from journeyman.entities.judged import PolicyMemory
from journeyman.entities.operating import Decided, Done, Kept, LoopState, MonitorResult, Observed, OperateSettings
from journeyman.entities.operation import Move, Operation, Outcome
from journeyman.entities.overview import Round
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Watched
from journeyman.operations.decide_move import moved
from journeyman.stages.monitor import LOST, end_faults, reset_memory
from journeyman.stages.promote import standing

__all__ = ["next_state"]

_VERSION = "version"
_QUIET = 20
"""Looks in a row, without a word of it, after which what a person has said to be right is forgotten."""


def next_state(
    model: str,
    settings: OperateSettings,
    state: LoopState,
    seen: Observed,
    watched: MonitorResult,
    decided: Decided,
    done: Done,
) -> Kept:
    """Return what a round leaves.

    Parameters
    ----------
    model, settings
        What is operated, and how.
    state, seen, watched, decided, done
        What the steps of the round gave.
    """
    memory, looked = watched
    move, policy = decided.judged.move, decided.judged.memory
    measured = [_measured(operation, move, policy.contest, decided, done) for operation in state.unmeasured]
    new = _new(model, state, decided, done)
    operations = tuple(o for o in measured if o.outcome is not None) + ((new,) if new is not None else ())
    still_open = tuple(o for o in measured if o.outcome is None)
    if new is not None and new.outcome is None:
        still_open += (new,)
    changed = done.champion != state.champion
    memory = reset_memory(memory) if changed else memory
    if decided.given_up != state.given_up:
        memory = reset_memory(memory)
    settled = {f.claim: 0 for f in looked.settled if f.code not in LOST}
    accepted = _accepted(state.accepted, looked) | settled
    if decided.accepted is not None:
        accepted |= dict.fromkeys(decided.accepted.accepts, 0)
        memory = end_faults(memory, decided.accepted.since)
    alarms = {s.code for s in looked.signals if s.alarming}
    after = replace(
        state,
        round=state.round + 1,
        begin=state.end,
        end=state.end + settings.every,
        champion=done.champion,
        challenger=done.challenger,
        former=done.former,
        since=state.end if changed else state.since,
        paused=decided.paused,
        heard=decided.heard,
        operations=state.operations + (new is not None),
        unmeasured=still_open,
        truths=decided.truths,
        told=tuple(sorted(alarms & {*state.told, *move.signals})),
        memory=memory,
        accepted=accepted,
        lasting=looked.lasting,
        given_up=decided.given_up,
        returning=looked.returning,
        policy=_policy(policy, move, state, seen, decided, done),
        digests=seen.digests,
        hidden=seen.hidden,
    )
    kept = Round(state.round, state.begin, state.end, done.champion, done.challenger, looked, policy.contest)
    return Kept(after, kept, operations)


def _accepted(known: Mapping[str, int], looked: Watched) -> dict[str, int]:
    """Return what a person has said to be right, less what has not been noticed for long: it may be a fault again."""
    noticed = {claim for signal in looked.signals for claim in signal.claims}
    quiet = {claim: 0 if claim in noticed else looks + (looked.rows > 0) for claim, looks in known.items()}
    return {claim: looks for claim, looks in quiet.items() if looks < _QUIET}


def _new(model: str, state: LoopState, decided: Decided, done: Done) -> Operation | None:
    if not decided.noted:
        return None
    move = decided.judged.move
    context = dict(decided.judged.context)
    opens = move.action is Action.PROMOTE or move.wanted is not None
    if move.action is Action.RETRAIN and done.version is not None:
        opens, context = True, {**context, _VERSION: float(done.version)}
    outcome = None if opens else Outcome(seconds=done.seconds, version=done.version, note=done.note)
    if opens:
        context["seconds"] = done.seconds
    return Operation(state.operations + 1, model, state.round, state.end, move, state.champion, context, outcome)


def _measured(
    operation: Operation, move: Move, contest: PairedComparison | None, decided: Decided, done: Done
) -> Operation:
    """Return an open operation, with its outcome where this round has brought it."""
    seconds = operation.context.get("seconds", 0.0)
    if operation.move.wanted is not None:
        if decided.answers == operation.number:
            return replace(operation, outcome=Outcome(seconds=seconds, version=done.version, note=move.reason))
        if operation.move.version is not None and operation.move.version not in (done.champion, done.challenger):
            return replace(operation, outcome=Outcome(seconds=seconds, note="It was settled otherwise."))
        return operation
    if operation.move.action is Action.RETRAIN:
        version = int(operation.context.get(_VERSION, 0))
        if version == done.challenger and not done.former:
            return operation
        own = contest if contest is not None and not contest.guard and contest.challenger == version else None
        gain, labels = (own.mean, own.truths) if own is not None else (0.0, 0)
        return replace(
            operation, outcome=Outcome(gain, labels, seconds, version, _end_reason(version, own, move, done))
        )
    if done.former and operation.move.version == done.champion:
        return operation
    own = contest if contest is not None and contest.guard and contest.champion == operation.move.version else None
    gain, labels = (-own.mean, own.truths) if own is not None else (0.0, 0)
    former = operation.champion if own is None else own.challenger
    note = _end_reason(former, own, move, done)
    return replace(operation, outcome=Outcome(gain, labels, seconds, operation.move.version, note))


def _end_reason(shadow: int, own: PairedComparison | None, move: Move, done: Done) -> str:
    """Say why a release has left the shadow: the move's reason tells that only where the move is about this release."""
    if move.version == shadow:
        return move.reason
    if move.action is Action.RETRAIN and done.challenger is not None:
        how = f"Release {done.challenger} took the place of release {shadow} in the shadow"
    else:
        how = f"Release {shadow} left the shadow when release {done.champion} became the champion"
    return f"{how}; {standing(own)}."


def _policy(
    policy: PolicyMemory, move: Move, state: LoopState, seen: Observed, decided: Decided, done: Done
) -> PolicyMemory:
    if seen.champion != state.champion:
        return policy
    if move.action in (Action.PROMOTE, Action.ROLL_BACK) and done.champion == state.champion:
        return policy  # somebody else had moved first: nothing was done
    return moved(policy, move, state.champion, done.version, decided.truths)
