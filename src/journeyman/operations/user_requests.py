"""Hear: what people asked for comes before what the policy would do; a paused loop only watches."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.decision import Action
from journeyman.entities.judged import Judged
from journeyman.entities.operating import Decided, HeardRequest, LoopState, Observed
from journeyman.entities.operation import Move, Operation
from journeyman.entities.overview import Request, RequestKind
from journeyman.entities.signal import Watched

__all__ = ["apply_user_requests"]


def apply_user_requests(state: LoopState, seen: Observed, watched: Watched, judged: Judged, truths: int) -> Decided:
    """Decide one move: the first thing that a person asked for and that is still to be done, else the policy's.

    Parameters
    ----------
    state : LoopState
        From the round before.
    seen : Observed
        With the requests that were not followed yet; one that acts a round.
    watched : Watched
        Its alarms become operations when they are new.
    judged : Judged
        The policy's move.
    truths : int
        That were known.
    """
    heard, paused = state.heard, state.paused
    if seen.champion != state.champion:
        # What people asked for was about the other one: it waits until the loop knows where it stands.
        told = Move(Action.KEEP, f"A person made release {seen.champion} the champion; it is watched from now on.")
        return Decided(replace(judged, move=told), truths, heard, paused)
    for asked in seen.requests:
        heard = asked.number
        if asked.request.kind in (RequestKind.PAUSE, RequestKind.RESUME):
            paused = asked.request.kind is RequestKind.PAUSE
            continue
        if asked.request.kind is RequestKind.ACCEPT:
            accepting = replace(judged, move=_accepting(asked.request))
            return Decided(accepting, truths, heard, paused, accepted=asked.request)
        wanted = _asked_move(state, seen, asked)
        if wanted is not None:
            move, answers = wanted
            return Decided(replace(judged, move=move), truths, heard, paused, answers)
    return _own(state, watched, Decided(judged, truths, heard, paused))


def _accepting(request: Request) -> Move:
    """Return the move that writes down what a person has said of the feed; what follows from it ``next_state`` does."""
    why = f": {request.note}" if request.note else ""
    reason = f"{request.who} said that rows arrive as they should ({', '.join(request.accepts)}){why}."
    return Move(Action.KEEP, reason, tuple(dict.fromkeys(claim.partition(" ")[0] for claim in request.accepts)))


def _asked_move(state: LoopState, seen: Observed, asked: HeardRequest) -> tuple[Move, int | None] | None:
    """Return the move that a person wants, and the operation that it answers; None where it came too late."""
    request = asked.request
    why = f": {request.note}" if request.note else ""
    if request.kind is RequestKind.ROLL_BACK:
        if seen.previous is None:
            return None
        reason = f"{request.who} asked to return to release {seen.previous}{why}."
        return Move(Action.ROLL_BACK, reason, version=seen.previous), None
    waiting = {operation.number: operation for operation in state.waiting}
    operation = waiting.get(request.operation or 0)
    if operation is None or operation.move.wanted is None:
        return None
    if request.kind is RequestKind.APPROVE:
        reason = f"{request.who} approved operation {operation.number}{why}."
        return replace(operation.move, action=operation.move.wanted, wanted=None, reason=reason), operation.number
    reason = f"{request.who} rejected operation {operation.number}{why}."
    return Move(Action.KEEP, reason, version=operation.move.version), operation.number


def _own(state: LoopState, watched: Watched, decided: Decided) -> Decided:
    """Return the policy's move, held back where the loop is paused or the same question waits for an answer already."""
    move = decided.judged.move
    acts = move.action is not Action.KEEP or move.version is not None
    if decided.paused and acts:
        held = Move(Action.KEEP, f"Paused; otherwise: {move.reason}", move.signals, evidence=move.evidence)
        return replace(decided, judged=replace(decided.judged, move=held), noted=False)
    asked = next((o for o in state.waiting if _same(o, move)), None)
    if asked is not None:
        held = Move(Action.KEEP, f"Operation {asked.number} waits for a person.", move.signals, evidence=move.evidence)
        return replace(decided, judged=replace(decided.judged, move=held), noted=False)
    new = [s for s in watched.signals if s.alarming and s.code not in state.told]
    if not acts and new:
        codes = tuple(dict.fromkeys(s.code for s in new))
        message = new[0].message
        told = replace(
            move,
            reason=move.reason if message in move.reason else f"{move.reason} {message}",
            signals=tuple(dict.fromkeys((*codes, *move.signals))),
        )
        return replace(decided, judged=replace(decided.judged, move=told))
    return replace(decided, noted=acts or bool(watched.settled or watched.returned))


def _same(operation: Operation, move: Move) -> bool:
    return move.action is Action.ASK and (operation.move.wanted, operation.move.version) == (move.wanted, move.version)
