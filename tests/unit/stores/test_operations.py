"""What the loop has seen and done: written once however often, queryable, with what came of it added later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from journeyman.entities.decision import Action
from journeyman.entities.finding import Severity
from journeyman.entities.operating import Notice, Operated, OperateSettings
from journeyman.entities.operation import Move, Operation, Outcome, WindowKind, WindowPlan
from journeyman.entities.overview import Request, RequestKind, Round
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.errors import JournalError, SettingsError
from journeyman.stores.workspace import Workspace

Opened = Callable[[], Workspace]
SIGNAL = Signal("DR101", Tier.LOSS, Severity.ERROR, "Worse.", 5, ("x",), evidence={"e": 1.5})
WINDOW = WindowPlan(WindowKind.SLIDING, 500, 0.25, {"all": 0.3})
MOVE = Move(Action.RETRAIN, "It pays.", ("DR101",), window=WINDOW, cost=1.0, benefit=2.5, evidence={"n": 3})


def operation(number: int, round_: int, model: str = "m") -> Operation:
    return Operation(number, model, round_, 1_000 * round_, MOVE, 1, {"rows": 5.0})


def round_of(number: int) -> Round:
    return Round(number, 1_000 * number, 1_000 * number + 1_000, 1, None, Watched((SIGNAL,), 7, 3, loss=0.5))


def test_rounds_and_operations_come_back_as_they_were(opened: Opened) -> None:
    store = opened().operations
    store.keep_round("m", round_of(4), [operation(1, 4)])
    store.keep_round("m", round_of(4), [operation(1, 4)])
    measured = replace(operation(1, 4), outcome=Outcome(0.1, 50, 3.0, 2, "better"))
    store.keep_round("m", round_of(5), [measured, operation(2, 5)])
    assert store.rounds("m") == (round_of(4), round_of(5))
    assert store.rounds("m", 1) == (round_of(5),)
    assert store.operations("m") == (measured, operation(2, 5))
    assert store.operation("m", 1) == measured
    assert (store.last_round("m"), store.last_round("n")) == (5, None)
    assert store.rounds_acted("m", 1) == (5,)
    store.forget_rounds("m", 5)
    assert store.rounds("m") == (round_of(5),)
    with pytest.raises(SettingsError, match="no operation 9"):
        store.operation("m", 9)


def test_an_operation_is_not_written_over_by_another_round(opened: Opened) -> None:
    store = opened().operations
    store.keep_round("m", round_of(4), [operation(1, 4)])
    with pytest.raises(JournalError, match="belongs to another round"):
        store.keep_round("m", round_of(5), [operation(1, 5)])
    assert store.rounds("m") == (round_of(4),), "all or nothing"


def test_the_grid_begins_once(opened: Opened) -> None:
    store = opened().operations
    first = store.begin(Operated("m", OperateSettings(every=60_000), 500))
    later = store.begin(Operated("m", OperateSettings(every=90_000), 900))
    assert (first.begun, later.begun, store.model("m").settings.every) == (500, 500, 90_000)
    assert [o.model for o in store.models()] == ["m"]
    with pytest.raises(SettingsError, match="n is not operated"):
        store.model("n")


def test_requests_are_numbered_and_notices_remembered(opened: Opened) -> None:
    store = opened().operations
    asked = [Request(kind, 10, "ann", 1, "fine") for kind in (RequestKind.APPROVE, RequestKind.PAUSE)]
    assert [store.ask("m", request) for request in asked] == [1, 2]
    assert store.ask("n", asked[0]) == 1
    assert [(h.number, h.request) for h in store.requests("m")] == list(enumerate(asked, 1))
    assert [h.number for h in store.requests("m", after=1)] == [2]
    store.keep_notice("m", Notice(1, "webhook", 5, "no answer"))
    store.keep_notice("m", Notice(1, "webhook", 6))
    assert store.notices("m", 1) == (Notice(1, "webhook", 6),)
