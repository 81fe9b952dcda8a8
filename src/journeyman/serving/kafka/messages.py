"""Messages of topics as rows and labels, and predictions as messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from journeyman.serving.labels import NAN, GivenLabel
from journeyman.serving.predictions import stored_json
from journeyman.serving.refusals import Fault, Refusal, decoded
from journeyman.serving.requests import Outcome, Row

__all__ = ["Answered", "given_label", "message_place", "refused_message", "row_of", "told_message"]

_NAN = msgspec.json.encode(NAN)
Read = TypeVar("Read")

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Answered:
    """A message that goes out.

    Attributes
    ----------
    topic : str
        Where to.
    key, value : bytes or None
        The key is that of the message that it answers.
    headers : list of (str, bytes)
        Those of that message, and where it stood.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


def message_place(message: Any) -> str:
    """Return where a message stands, as people say it."""
    return f"{message.topic()}/{message.partition()}/{message.offset()}"


def row_of(value: bytes | None) -> Row | Fault:
    """Return the row of a message.

    Examples
    --------
    >>> row_of(b'{"size": 60}'), row_of(b"[1]").code
    ({'size': 60}, 'bad request')
    """
    return _read(value, dict[str, Any], 'send a JSON object: {"COLUMN": value, ...}')


def given_label(value: bytes | None) -> GivenLabel | Fault:
    """Return the label of a message.

    Examples
    --------
    >>> given_label(b'{"id": "00000000000000ff", "truth": "yes"}')
    GivenLabel(truth='yes', id='00000000000000ff', key=None)
    """
    return _read(
        value, GivenLabel, 'send {"id": "ID OF THE PREDICTION", "truth": value}, or {"key": {...}, "truth": value}'
    )


def _read(value: bytes | None, kind: type[Read], hint: str) -> Read | Fault:
    if value is None:
        return Fault("bad request", "the message has no value", "value", "nothing", "JSON", hint)
    try:
        return decoded(value, kind, hint, _NAN if kind is GivenLabel else b"null")
    except Refusal as refusal:
        return refusal.fault


def told_message(message: Any, outcome: Outcome, model: str, topic: str) -> Answered:
    """Return the prediction of a message as the message that goes out.

    It has the form of an answer of /predict, whether it was recorded before or not.
    """
    told = outcome if isinstance(outcome, Fault) else msgspec.structs.replace(outcome, repeated=False)
    return Answered(topic, message.key(), stored_json(told, model), _headers(message))


def refused_message(message: Any, fault: Fault, topic: str) -> Answered:
    """Return a message that could not be used as it came, with the reason in its headers."""
    reason = {"code": fault.code, "message": fault.message, "field": fault.field, "hint": fault.hint}
    told = [(f"journeyman.{name}", text.encode()) for name, text in reason.items() if text]
    return Answered(topic, message.key(), message.value(), [*_headers(message), *told])


def _headers(message: Any) -> Headers:
    own: Headers = [(name, value or b"") for name, value in message.headers() or []]
    return [*own, ("journeyman.source", message_place(message).encode())]
