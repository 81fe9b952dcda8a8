"""Messages of topics as rows and labels, and predictions as messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from journeyman.serving.labels import NAN, GivenLabel
from journeyman.serving.predictions import stored_json
from journeyman.serving.refusals import Fault, Refusal, decoded
from journeyman.serving.requests import Row, StoredPrediction

__all__ = [
    "LABEL_HINT",
    "OutgoingMessage",
    "RegistryDown",
    "given_label",
    "message_bytes",
    "message_place",
    "prediction_json",
    "prediction_message",
    "refused_message",
    "row_of",
]

LABEL_HINT = 'send {"id": "ID OF THE PREDICTION", "truth": value}, or {"key": {...}, "truth": value}'

_NAN = msgspec.json.encode(NAN)
Read = TypeVar("Read")

_LEFT_OUT = b"its value is left out: it does not fit into this topic"

Headers = list[tuple[str, bytes]]


class RegistryDown(Exception):
    """The schema registry does not answer, or not now: messages wait for it."""


@dataclass(frozen=True)
class OutgoingMessage:
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
    return _read(value, GivenLabel, LABEL_HINT)


def _read(value: bytes | None, kind: type[Read], hint: str) -> Read | Fault:
    if value is None:
        return Fault("bad request", "the message has no value", "value", "nothing", "JSON", hint)
    try:
        return decoded(value, kind, hint, _NAN if kind is GivenLabel else b"null")
    except Refusal as refusal:
        return refusal.fault


def prediction_message(message: Any, value: bytes, topic: str) -> OutgoingMessage:
    """Return the prediction of a message as the message that goes out."""
    return OutgoingMessage(topic, message.key(), value, _headers(message))


def prediction_json(outcome: StoredPrediction, model: str) -> bytes:
    """Return a prediction in the form of an answer of /predict, whether it was recorded before or not."""
    return stored_json(msgspec.structs.replace(outcome, repeated=False), model)


def refused_message(message: Any, fault: Fault, topic: str, most: int) -> OutgoingMessage:
    """Return a message that could not be used as it came, with the reason in its headers.

    Of one that would be larger than so many bytes the value is left out; where it stood is told, and it stands there.
    """
    reason = {"code": fault.code, "message": fault.message, "field": fault.field, "hint": fault.hint}
    reasons = [(f"journeyman.{name}", text.encode()) for name, text in reason.items() if text]
    whole = OutgoingMessage(topic, message.key(), message.value(), [*_headers(message), *reasons])
    if message_bytes(whole) <= most:
        return whole
    where = ("journeyman.source", message_place(message).encode())
    return OutgoingMessage(topic, None, None, [where, *reasons, ("journeyman.value", _LEFT_OUT)])


def message_bytes(message: OutgoingMessage) -> int:
    """Return how large a message is at most for a broker, which counts what stands around it too."""
    headers = sum(len(name.encode()) + len(value) + 10 for name, value in message.headers)
    return len(message.key or b"") + len(message.value or b"") + headers + 100


def _headers(message: Any) -> Headers:
    own: Headers = [(name, value or b"") for name, value in message.headers() or []]
    return [*own, ("journeyman.source", message_place(message).encode())]
