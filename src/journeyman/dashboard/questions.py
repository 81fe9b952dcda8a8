"""What the page asks before it passes on what a person wants of the loop, and what it says afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.dashboard.words import asked_words, moment
from journeyman.entities.decision import Action
from journeyman.entities.operation import Operation
from journeyman.entities.overview import Request, RequestKind
from journeyman.reports.phrases import sentence

__all__ = ["Question", "answered", "question"]


@dataclass(frozen=True)
class Question:
    """A confirmation: heading, what will happen, and what the two buttons say."""

    title: str
    text: str
    yes: str
    grave: bool = False


def question(kind: RequestKind, model: str, operation: Operation | None = None) -> Question:
    """Return what is asked before a request is passed on.

    Examples
    --------
    >>> question(RequestKind.PAUSE, "houses").title
    'Pause houses?'
    """
    if kind is RequestKind.PAUSE:
        text = "The loop goes on watching, but trains, promotes and rolls back nothing until you resume it."
        return Question(f"Pause {model}?", text, "Pause")
    if kind is RequestKind.RESUME:
        return Question(f"Resume {model}?", "The loop acts by itself again, from the next round on.", "Resume")
    if kind is RequestKind.ROLL_BACK:
        text = "The champion before answers again, from the next round on. The release that answers now is kept."
        return Question(f"Roll {model} back?", text, "Roll back", True)
    if kind is RequestKind.ACCEPT:
        text = (
            "What the last look told of the feed is no fault: rows come so from now on. The loop tells it no more, and "
            "learns from such rows, those that have come already too."
        )
        return Question(f"Is the feed of {model} right?", text, "Accept", True)
    what = "this" if operation is None else asked_words(_wanted_action(operation), operation.move.version)
    why = "" if operation is None else f"{sentence(operation.move.reason)} "
    if kind is RequestKind.APPROVE:
        return Question(f"Approve: {what}?", f"{why}The next round does it.", "Approve")
    return Question(f"Reject: {what}?", f"{why}It will not be done.", "Reject", True)


def answered(model: str, request: Request) -> str:
    """Say that a request was passed on.

    Examples
    --------
    >>> answered("houses", Request(RequestKind.PAUSE, 0, "ada"))
    'Asked at 1 Jan 00:00 UTC: pause houses. The next round does it.'
    """
    which = "" if request.operation is None else f" operation {request.operation} of"
    what = "roll back" if request.kind is RequestKind.ROLL_BACK else request.kind.value
    what = f"{what} {', '.join(request.accepts)} of" if request.accepts else what
    return f"Asked at {moment(request.at, year=False)} UTC: {what}{which} {model}. The next round does it."


def _wanted_action(operation: Operation) -> Action:
    return operation.move.wanted or operation.move.action
