"""How a model stands is said in plain words, what asks for a person first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.dashboard import history

from journeyman.dashboard.questions import answered, question
from journeyman.dashboard.stories import story
from journeyman.dashboard.words import standings
from journeyman.entities.decision import Action
from journeyman.entities.operation import Outcome
from journeyman.entities.overview import ModelState, Request, RequestKind
from journeyman.entities.signal import Watched

NOW = history.BEGIN + 60 * history.HOUR


def words(state: ModelState, now: int = NOW) -> list[str]:
    return [said.word for said in standings(state, now)]


def test_the_standing_of_each_kind_of_model() -> None:
    assert words(history.calm()) == ["healthy"]
    assert words(history.eventful()) == ["waits for you"]
    assert words(history.broken()) == ["feed broken"]
    assert words(history.worse()) == ["worse since 27 Oct 2026 18:00"]
    assert words(replace(history.calm(), paused=True)) == ["paused"]
    assert words(ModelState("m", (), "Brier score", False, (), ())) == ["not looked at yet"]


def test_an_estimate_only_makes_it_probable() -> None:
    state = history.worse()
    seen = state.rounds[-2]
    assert [s.code for s in seen.watched.signals if s.alarming] == ["DR201"]
    assert words(replace(state, rounds=state.rounds[:-1])) == ["probably worse since 27 Oct 2026 19:00"]


def newest(*looks: tuple[int, float, float]) -> ModelState:
    """Return a calm model with as many looks: truths, loss and how far its interval reaches; .135 when released."""
    state = history.calm()
    rounds = tuple(
        replace(seen, watched=Watched((), 250, n, loss, 0.135, loss - reach, loss + reach))
        for seen, (n, loss, reach) in zip(state.rounds[-len(looks) :], looks, strict=True)
    )
    return replace(state, rounds=rounds)


def test_no_model_is_called_healthy_beside_figures_that_say_otherwise() -> None:
    (said,) = standings(newest((250, 0.14, 0.02), (250, 0.227, 0.025)), NOW)
    assert (said.word, said.tone) == ("worse than when released", "warn")
    assert "0.227 (0.202 to 0.252), 0.135 when released" in said.because
    (unsure,) = standings(newest((12, 0.227, 0.12)), NOW)
    assert unsure.word == "healthy"
    assert "12 labels" in unsure.because
    assert "leave room for more" in unsure.because
    (calm,) = standings(newest((250, 0.14, 0.02)), NOW)
    assert calm.because.endswith("0.135 when released.")


def test_without_truths_nothing_is_called_healthy() -> None:
    state = history.calm()
    silent = tuple(
        replace(seen, watched=Watched((), 250, 0, estimate=0.14, estimate_low=0.12, estimate_high=0.16))
        for seen in state.rounds
    )
    (said,) = standings(replace(state, rounds=silent), NOW)
    assert (said.word, said.tone) == ("no labels yet", "calm")
    assert "Estimated without labels" in said.because
    refuted = tuple(replace(seen, watched=replace(seen.watched, refuted=True)) for seen in silent)
    assert "Estimated" not in standings(replace(state, rounds=refuted), NOW)[0].because


def test_several_things_are_said_the_gravest_first() -> None:
    state = replace(history.eventful(), paused=True, held_until=0)
    assert words(state, NOW + 4 * history.HOUR) == ["waits for you", "paused", "nobody is watching"]


def test_nobody_watches_only_where_no_lease_holds_and_a_look_is_overdue() -> None:
    state = replace(history.calm(), held_until=0)
    assert words(state, NOW + 2 * history.HOUR) == ["healthy"]
    assert words(state, NOW + 4 * history.HOUR) == ["nobody is watching"]
    held = replace(state, held_until=NOW + 5 * history.HOUR)
    assert words(held, NOW + 4 * history.HOUR) == ["healthy"], "a simulated stream brings its own clock"


def test_what_waits_is_said_in_the_words_of_the_operation() -> None:
    (said,) = standings(history.eventful(), NOW)
    assert said.because.startswith("The challenger, release 3, is better")


def test_a_story_tells_what_was_seen_done_and_what_came_of_it() -> None:
    state = history.eventful()
    told = {o.number: story(o, {r.number: r for r in state.rounds}) for o in state.operations}
    assert [(t.title, t.tag) for t in told.values()] == [
        ("Kept release 1", "settled"),
        ("Trained release 2", "settled"),
        ("Promoted release 2", "settled"),
        ("Dropped release 1", "settled"),
        ("Trained release 3", "open"),
        ("Asked: promote release 3?", "waits for you"),
    ]
    trained = dict(told[2].parts)
    assert trained["Seen"][0].startswith("DR101: The Brier score is 0.171")
    assert trained["So what"] == ("Expected to bring 4.1, to cost 1.",)
    assert "Learned from the latest 4,000 rows (loss in back-tests 0.124)." in trained["Done"]
    assert trained["Cost"] == ("1 min 36 s of work.",)
    assert trained["What came of it"][0] == "Each prediction was spared 0.046 of loss, by 1,170 labels."
    assert dict(told[5].parts)["What came of it"] == ("Not known yet: labels have to come.",)


def test_signals_of_rounds_that_were_swept_are_named_at_least() -> None:
    trained = history.eventful().operations[1]
    assert dict(story(trained, {}).parts)["Seen"] == ("Seen before that: DR101, DR201.",)


def test_a_loss_that_rose_is_not_called_spared() -> None:
    promoted = replace(history.eventful().operations[2], outcome=Outcome(-0.02, 300))
    assert "Each prediction was added 0.02 of loss" not in str(story(promoted, {}))
    assert "Each prediction cost 0.02 more, by 300 labels." in dict(story(promoted, {}).parts)["What came of it"]


@pytest.mark.parametrize("kind", list(RequestKind))
def test_every_request_is_asked_about_and_answered(kind: RequestKind) -> None:
    waiting = history.eventful().operations[-1]
    number = waiting.number if kind in (RequestKind.APPROVE, RequestKind.REJECT) else None
    asked = question(kind, "churn", waiting if number else None)
    assert asked.title.endswith("?")
    assert asked.text.endswith(".")
    assert asked.yes == str(kind.value).capitalize()
    said = answered("churn", Request(kind, 0, "ada", number))
    assert kind.value in said
    assert "churn" in said


def test_what_is_approved_is_named() -> None:
    assert (
        question(RequestKind.APPROVE, "churn", history.eventful().operations[-1]).title == "Approve: promote release 3?"
    )
    rollback = replace(history.eventful().operations[-1].move, wanted=Action.ROLL_BACK, version=1)
    operation = replace(history.eventful().operations[-1], move=rollback)
    assert question(RequestKind.REJECT, "churn", operation).title == "Reject: return to release 1?"
