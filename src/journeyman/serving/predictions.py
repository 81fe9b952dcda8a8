"""Recorded answers as protocols tell them: our own JSON as it was recorded, or read again for another form."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journeyman.entities.prediction import Answer
from journeyman.serving.refusals import Fault
from journeyman.serving.requests import Outcome
from journeyman.serving.service import refusal_of

__all__ = ["predictions_of", "stored_json"]

_decoder = msgspec.json.Decoder(Answer)


def stored_json(outcome: Outcome, model: str) -> bytes:
    """Return an outcome in our own form: the recorded bytes behind the prediction's id, or an error.

    Examples
    --------
    >>> from journeyman.serving.requests import StoredPrediction
    >>> stored_json(StoredPrediction(255, b'{"prediction":1.5,"version":1,"part":"champion"}'), "houses")
    b'{"id":"00000000000000ff","model":"houses","prediction":1.5,"version":1,"part":"champion"}'
    """
    if isinstance(outcome, Fault):
        return b'{"error":%b}' % msgspec.json.encode(outcome)
    repeated = b',"repeated":true' if outcome.repeated else b""
    return b'{"id":"%016x","model":"%b"%b,%b' % (outcome.id, model.encode(), repeated, outcome.output[1:])


def predictions_of(outcomes: Sequence[Outcome]) -> list[Answer]:
    """Return the answers of a request in which every row must be answered.

    Raises
    ------
    Refusal
        For the first row that was not.
    """
    answers = []
    for position, outcome in enumerate(outcomes):
        if isinstance(outcome, Fault):
            raise refusal_of(outcome, position if len(outcomes) > 1 else None)
        answers.append(_decoder.decode(outcome.output))
    return answers
