"""Decision records as people read them: what was seen, so what, what was done, what it cost, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeyman.dashboard.words import asked_words, moment
from journeyman.entities.decision import Action
from journeyman.entities.operation import Move, Operation, WindowKind, WindowPlan
from journeyman.entities.overview import Round
from journeyman.reports.phrases import sentence
from journeyman.reports.words import duration, number, plural

__all__ = ["Story", "story", "window_words"]


@dataclass(frozen=True)
class Story:
    """An operation in words.

    Attributes
    ----------
    number : int
        Of the operation.
    at : str
        When.
    title, tone, tag : str
        "Promoted release 4", the colour that goes with it, and how far it has come.
    reason : str
        One sentence.
    parts : tuple of (str, tuple of str)
        Heading and sentences: Seen, So what, Done, Cost, What came of it.
    """

    number: int
    at: str
    title: str
    tone: str
    tag: str
    reason: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


def story(operation: Operation, rounds: Mapping[int, Round]) -> Story:
    """Tell an operation.

    Parameters
    ----------
    rounds : mapping of int to Round
        By number, as far as they are kept; they hold the signals that the operation only names.

    Examples
    --------
    >>> told = story(Operation(2, "m", 7, 0, Move(Action.KEEP, "Nothing to do."), 1), {})
    >>> told.title, told.tag
    ('Kept release 1', 'open')
    """
    move = operation.move
    title, tone = _title(operation)
    parts = (
        ("Seen", _observed_lines(operation, rounds)),
        ("So what", _so_what(move)),
        ("Done", _action_lines(operation)),
        ("Cost", _cost(operation)),
        ("What came of it", _outcome(operation)),
    )
    told = tuple((heading, said) for heading, said in parts if said)
    return Story(operation.number, moment(operation.at), title, tone, _tag(operation), sentence(move.reason), told)


def window_words(window: WindowPlan) -> str:
    """Say which rows a retraining learns from.

    Examples
    --------
    >>> window_words(WindowPlan(WindowKind.SLIDING, 2000))
    'the latest 2,000 rows'
    """
    if window.kind is WindowKind.SLIDING:
        return f"the latest {plural(window.rows, 'row')}"
    if window.kind is WindowKind.WEIGHTED:
        return f"all rows, of which those {plural(window.rows, 'row')} back weigh half"
    return "all rows"


def _title(operation: Operation) -> tuple[str, str]:
    move = operation.move
    if move.wanted is not None:
        tone = "warn" if operation.outcome is None else "calm"
        return f"Asked: {asked_words(move.wanted, move.version)}?", tone
    if move.action is Action.PROMOTE:
        return f"Promoted release {move.version}", "good"
    if move.action is Action.ROLL_BACK:
        return f"Rolled back to release {move.version}", "bad"
    if move.action is Action.RETRAIN:
        built = operation.context.get("version") or (operation.outcome.version if operation.outcome else None)
        return (f"Trained release {built:.0f}" if built else "Trained anew, without a release"), "model"
    if move.action is Action.KEEP and move.version is not None:
        return f"Dropped release {move.version}", "calm"
    return f"Kept release {operation.champion}", "calm"


def _tag(operation: Operation) -> str:
    if operation.outcome is None:
        return "waits for you" if operation.move.wanted is not None else "open"
    return "settled"


def _observed_lines(operation: Operation, rounds: Mapping[int, Round]) -> tuple[str, ...]:
    seen = rounds.get(operation.round)
    told = [s for s in seen.watched.signals if s.code in operation.move.signals] if seen is not None else []
    missing = [code for code in operation.move.signals if code not in {s.code for s in told}]
    said = [f"{s.code}: {sentence(s.message)}" for s in told]
    if missing:
        said.append(f"Seen before that: {', '.join(missing)}.")
    return tuple(said)


def _so_what(move: Move) -> tuple[str, ...]:
    said = []
    if move.benefit:
        said.append(f"Expected to bring {number(move.benefit)}, to cost {number(move.cost)}.")
    figures = [f"{name} {value if isinstance(value, str) else number(value)}" for name, value in move.evidence.items()]
    if figures:
        said.append(f"Figures: {', '.join(figures)}.")
    return tuple(said)


def _action_lines(operation: Operation) -> tuple[str, ...]:
    move = operation.move
    said = [f"Release {operation.champion} answered until then."]
    if move.window is not None:
        loss = "" if move.window.loss is None else f" (loss in back-tests {number(move.window.loss)})"
        said.append(f"Learned from {window_words(move.window)}{loss}.")
        others = {name: loss for name, loss in move.window.tested.items() if loss == loss}
        if len(others) > 1:
            said.append(f"Tested: {', '.join(f'{name} {number(loss)}' for name, loss in others.items())}.")
    return tuple(said)


def _cost(operation: Operation) -> tuple[str, ...]:
    seconds = operation.outcome.seconds if operation.outcome is not None else operation.context.get("seconds", 0.0)
    return (f"{duration(seconds)} of work.",) if seconds else ()


def _outcome(operation: Operation) -> tuple[str, ...]:
    outcome = operation.outcome
    if outcome is None:
        return (
            ("Waits for an answer.",) if operation.move.wanted is not None else ("Not known yet: labels have to come.",)
        )
    said = []
    if outcome.labels:
        by = plural(outcome.labels, "label")
        loss = number(abs(outcome.gain))
        said.append(
            f"Each prediction was spared {loss} of loss, by {by}."
            if outcome.gain >= 0
            else f"Each prediction cost {loss} more, by {by}."
        )
    if outcome.note and outcome.note != operation.move.reason:
        said.append(sentence(outcome.note))
    return tuple(said)
