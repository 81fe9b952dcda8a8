"""An operation as it is told: JSON for programs, a few lines for people."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec

from journeyman.entities.operation import Operation, action_words

__all__ = ["as_json", "as_text", "headline"]


def as_json(operation: Operation) -> bytes:
    """Return an operation as JSON, with an identity by which a receiver knows it when it comes twice.

    Examples
    --------
    >>> from journeyman.entities.decision import Action
    >>> from journeyman.entities.operation import Move
    >>> told = json.loads(as_json(Operation(2, "houses", 7, 0, Move(Action.RETRAIN, "It pays."), 1)))
    >>> told["id"], told["operation"]["move"]["action"]
    ('houses-2', 'retrain')
    """
    told = {
        "id": f"{operation.model}-{operation.number}",
        "headline": headline(operation),
        "waits_for_a_person": operation.move.wanted is not None,
        "operation": msgspec.to_builtins(operation),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def headline(operation: Operation) -> str:
    """Return one line.

    Examples
    --------
    >>> from journeyman.entities.decision import Action
    >>> from journeyman.entities.operation import Move
    >>> headline(Operation(2, "houses", 7, 0, Move(Action.ASK, "It is better.", wanted=Action.PROMOTE), 1))
    'houses: promote? It waits for you (operation 2)'
    """
    move = operation.move
    if move.wanted is not None:
        asked = action_words(move.wanted, move.version)
        return f"{operation.model}: {asked}? It waits for you (operation {operation.number})"
    return f"{operation.model}: {action_words(move.action, move.version)} (operation {operation.number})"


def as_text(operation: Operation) -> str:
    """Return a few lines in plain words."""
    move, number, model = operation.move, operation.number, operation.model
    at = datetime.fromtimestamp(operation.at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [move.reason, "", f"Seen until {at}; release {operation.champion} answered."]
    if move.signals:
        lines.append(f"Signals: {', '.join(move.signals)}.")
    if operation.outcome is not None and operation.outcome.note:
        lines.append(operation.outcome.note)
    lines.append("")
    if move.wanted is not None:
        lines.append(
            f"To answer: `journeyman approve {model} --operation {number}`, "
            f"or `journeyman reject {model} --operation {number}`"
        )
    lines.append(f"More: `journeyman operations {model} --show {number}`")
    return "\n".join(lines) + "\n"
