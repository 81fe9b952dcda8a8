"""What people ask for comes first, one thing a round; a paused loop only watches; a question is asked once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.decision import Action
from journeyman.entities.finding import Severity
from journeyman.entities.judged import Judged, PolicyMemory
from journeyman.entities.operating import Done, HeardRequest, LoopState, Observed, OperateSettings
from journeyman.entities.operation import Move, Operation
from journeyman.entities.overview import Request, RequestKind
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.entities.staleness import Staleness
from journeyman.entities.traffic import Traffic
from journeyman.operations.next_state import next_state
from journeyman.operations.user_requests import apply_user_requests

EMPTY = np.empty(0, dtype=np.int64)
TRAFFIC = Traffic(0, 10, EMPTY, EMPTY, EMPTY, {}, np.empty((0, 2)), np.empty(0), EMPTY)
QUIET = Watched((), 0, 0)
ALARM = Signal("DR101", Tier.LOSS, Severity.ERROR, "It is worse.", 5)
KEEP = Move(Action.KEEP, "Nothing pays.")
RETRAIN = Move(Action.RETRAIN, "It pays.")
ASK = Move(Action.ASK, "Release 2 is better.", version=2, wanted=Action.PROMOTE)
ASKED = Operation(4, "m", 1, 5, ASK, 1)
STATE = LoopState(3, 10, 20, 1, 2, unmeasured=(ASKED,), operations=4, heard=1)


def observed(*kinds: RequestKind, champion: int = 1) -> Observed:
    asked = tuple(HeardRequest(n, Request(k, 15, "ann", 4)) for n, k in enumerate(kinds, 2))
    return Observed(TRAFFIC, (), champion, 7, 1, asked)


def judged(move: Move, contest: PairedComparison | None = None) -> Judged:
    return Judged(move, PolicyMemory(Staleness(100), contest))


@pytest.mark.parametrize(
    ("kinds", "action", "version", "heard", "answers"),
    [
        ((), Action.RETRAIN, None, 1, None),
        ((RequestKind.APPROVE,), Action.PROMOTE, 2, 2, 4),
        ((RequestKind.REJECT, RequestKind.ROLL_BACK), Action.KEEP, 2, 2, 4),
        ((RequestKind.ROLL_BACK, RequestKind.APPROVE), Action.ROLL_BACK, 7, 2, None),
        ((RequestKind.PAUSE, RequestKind.RESUME, RequestKind.APPROVE), Action.PROMOTE, 2, 4, 4),
    ],
)
def test_the_first_request_that_acts_is_followed(
    kinds: tuple[RequestKind, ...], action: Action, version: int | None, heard: int, answers: int | None
) -> None:
    decided = apply_user_requests(STATE, observed(*kinds), QUIET, judged(RETRAIN), 5)
    move = decided.judged.move
    assert (move.action, move.version, decided.heard, decided.answers) == (action, version, heard, answers)
    assert decided.noted


def test_what_is_answered_already_is_not_done_again() -> None:
    settled = replace(STATE, unmeasured=())
    decided = apply_user_requests(settled, observed(RequestKind.APPROVE), QUIET, judged(KEEP), 5)
    assert (decided.judged.move, decided.heard, decided.noted) == (KEEP, 2, False)


def test_a_paused_loop_does_nothing_and_says_what_it_would_do() -> None:
    decided = apply_user_requests(STATE, observed(RequestKind.PAUSE), QUIET, judged(RETRAIN), 5)
    assert decided.paused
    assert decided.judged.move.action is Action.KEEP
    assert "otherwise: It pays." in decided.judged.move.reason
    assert not decided.noted
    again = apply_user_requests(replace(STATE, paused=True), observed(RequestKind.APPROVE), QUIET, judged(RETRAIN), 5)
    assert again.judged.move.action is Action.PROMOTE, "a person may still act"


def test_a_question_is_asked_once() -> None:
    decided = apply_user_requests(STATE, observed(), QUIET, judged(ASK), 5)
    assert (decided.judged.move.action, decided.noted) == (Action.KEEP, False)
    assert apply_user_requests(replace(STATE, unmeasured=()), observed(), QUIET, judged(ASK), 5).noted


def test_an_alarm_is_told_when_it_is_new() -> None:
    loud = Watched((ALARM,), 10, 10)
    first = apply_user_requests(STATE, observed(), loud, judged(KEEP), 5)
    assert (first.noted, first.judged.move.signals) == (True, ("DR101",))
    assert first.judged.move.reason.endswith("It is worse.")
    kept = next_state("m", OperateSettings(), STATE, observed(), ({}, loud), first, Done(1, 2))
    assert [o.move.action for o in kept.operations] == [Action.KEEP]
    assert not apply_user_requests(kept.state, observed(), loud, judged(KEEP), 5).noted
    calm = next_state("m", OperateSettings(), kept.state, observed(), ({}, QUIET), first, Done(1, 2)).state
    assert apply_user_requests(calm, observed(), loud, judged(KEEP), 5).noted, "after it had gone"


def test_an_alarm_that_the_reason_tells_already_is_told_once() -> None:
    said = Move(Action.KEEP, f"Nothing is learned. {ALARM.message}")
    decided = apply_user_requests(STATE, observed(), Watched((ALARM,), 10, 10), judged(said), 5)
    assert (decided.noted, decided.judged.move.reason) == (True, said.reason)


def test_a_champion_that_a_person_made_is_watched_from_anew() -> None:
    decided = apply_user_requests(STATE, observed(champion=3), QUIET, judged(RETRAIN), 5)
    assert (decided.judged.move.action, decided.noted) == (Action.KEEP, True)
    state = next_state("m", OperateSettings(), STATE, observed(champion=3), ({"a": {}}, QUIET), decided, Done(3)).state
    assert (state.champion, state.challenger, state.memory) == (3, None, {})


def test_what_a_person_says_is_right_is_kept_until_nothing_has_told_it_for_long() -> None:
    fault = Signal("DR004", Tier.FEED, Severity.ERROR, "Pounds.", 12, ("weight",))
    request = Request(RequestKind.ACCEPT, 15, "ann", note="for good", accepts=fault.claims, since=12)
    seen = replace(observed(), requests=(HeardRequest(2, request),))
    decided = apply_user_requests(STATE, seen, Watched((fault,), 9, 0), judged(RETRAIN), 5)
    assert decided.judged.move.reason == "ann said that rows arrive as they should (DR004 weight): for good."
    assert (decided.judged.move.action, decided.heard, decided.noted) == (Action.KEEP, 2, True)
    memory = {"monitor": {"broken": np.array([[1.0, 3.0], [12.0, 20.0]])}}
    kept = next_state("m", OperateSettings(), STATE, seen, (memory, Watched((fault,), 9, 0)), decided, Done(1, 2))
    state = kept.state
    assert (state.accepted, state.memory["monitor"]["broken"].tolist()) == ({"DR004 weight": 0}, [[1.0, 3.0]])
    nothing = apply_user_requests(state, observed(), QUIET, judged(KEEP), 5)

    def after(looked: Watched, before: LoopState) -> LoopState:
        return next_state("m", OperateSettings(), before, observed(), ({}, looked), nothing, Done(1, 2)).state

    assert after(QUIET, state).accepted == {"DR004 weight": 0}, "no rows, no word"
    for looks in range(1, 20):
        state = after(Watched((), 9, 0), state)
        assert state.accepted == {"DR004 weight": looks}
    assert after(Watched((replace(fault, severity=Severity.WARNING),), 9, 0), state).accepted == {"DR004 weight": 0}
    assert after(Watched((), 9, 0), state).accepted == {}


def test_outcomes_come_from_the_contest_when_it_ends() -> None:
    retrained = Operation(5, "m", 2, 6, RETRAIN, 1, {"version": 2.0, "seconds": 3.0})
    state = replace(STATE, unmeasured=(retrained,), operations=5)
    contest = PairedComparison(1, 2, truths=50, gain=10.0)
    waiting = apply_user_requests(state, observed(), QUIET, judged(KEEP, contest), 5)
    assert next_state("m", OperateSettings(), state, observed(), ({}, QUIET), waiting, Done(1, 2)).operations == ()
    promoted = apply_user_requests(
        state, observed(), QUIET, judged(Move(Action.PROMOTE, "Better.", version=2), contest), 5
    )
    kept = next_state("m", OperateSettings(), state, observed(), ({}, QUIET), promoted, Done(2, 1, True, 2))
    old, new = kept.operations
    assert old.outcome is not None
    assert (old.number, old.outcome.gain, old.outcome.labels, old.outcome.seconds) == (5, 0.2, 50, 3.0)
    assert (new.number, new.move.action, new.outcome) == (6, Action.PROMOTE, None)
    guard = PairedComparison(2, 1, guard=True, truths=40, gain=-4.0)
    stood = apply_user_requests(
        kept.state, observed(champion=2), QUIET, judged(Move(Action.KEEP, "It stood.", version=1), guard), 5
    )
    after = next_state("m", OperateSettings(), kept.state, observed(champion=2), ({}, QUIET), stood, Done(2))
    assert next((o.number, o.outcome.gain, o.outcome.labels) for o in after.operations if o.outcome) == (6, 0.1, 40)


def test_a_challenger_that_was_replaced_or_left_behind_tells_its_own_evidence() -> None:
    retrained = Operation(5, "m", 2, 6, RETRAIN, 1, {"version": 2.0, "seconds": 3.0})
    state = replace(STATE, unmeasured=(retrained,), operations=5)
    again = Move(Action.RETRAIN, "A fresh model spares more.")
    contest = PairedComparison(1, 2, truths=50, gain=-10.0)

    def note(state: LoopState, move: Move, contest: PairedComparison | None, done: Done, champion: int = 1) -> str:
        decided = apply_user_requests(state, observed(champion=champion), QUIET, judged(move, contest), 5)
        kept = next_state("m", OperateSettings(), state, observed(champion=champion), ({}, QUIET), decided, done)
        old = next(o for o in kept.operations if o.number == 5)
        assert old.outcome is not None
        assert old.outcome.labels == (contest.truths if contest is not None else 0)
        return old.outcome.note

    figures = "on 50 rows with a known outcome that both predicted it was worse by 0.2 a row: no strong evidence"
    replaced = note(state, again, contest, Done(1, 3, False, 3))
    assert replaced == f"Release 3 took the place of release 2 in the shadow; {figures} (1 to 1)."
    unknown = note(state, again, None, Done(1, 3, False, 3))
    assert unknown.endswith("; no row with a known outcome that both predicted had come by then.")
    assert note(state, KEEP, contest, Done(4), 4).startswith("Release 2 left the shadow when release 4 became the")
    promoted = Operation(5, "m", 2, 6, Move(Action.PROMOTE, "Better.", version=2), 1, {"seconds": 3.0})
    guarded = replace(STATE, champion=2, challenger=1, former=True, unmeasured=(promoted,), operations=5)
    guard = PairedComparison(2, 1, guard=True, truths=50, gain=-10.0)
    followed = note(guarded, again, guard, Done(2, 3, False, 3), 2)
    assert followed == f"Release 3 took the place of release 1 in the shadow; {figures} (1 to 1)."
    stood = note(guarded, Move(Action.KEEP, "It stood.", version=1), guard, Done(2), 2)
    assert stood == "It stood."
