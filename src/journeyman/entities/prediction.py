"""A served prediction, its label, and a challenger's shadow answer, as the prediction log keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

__all__ = [
    "Answer",
    "Label",
    "LabelFate",
    "LogEntries",
    "LogReceipt",
    "Part",
    "Prediction",
    "RecordedPrediction",
    "Refused",
    "RowFinding",
    "Shadow",
    "Value",
]

Value = str | int | float | bool
"""A label of the target's own type, or a number."""


class Part(StrEnum):
    """What the release that answered was to the caller."""

    CHAMPION = "champion"
    CANARY = "canary"


class RowFinding(msgspec.Struct, frozen=True):
    """Something noticed in a row, as callers get it: a code (docs/findings), the column and a sentence."""

    code: str
    column: str
    message: str


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row gets back; a Struct, because it is its own wire format and what is empty is left out of that.

    Attributes
    ----------
    prediction : str, int, float, bool or None
        A label of the target's own type, or a number; None where the model gave no finite number.
    version : int
        Release that answered.
    part : Part
        Whether that was the champion or a canary.
    probabilities : mapping of str to float
        By class; empty for numbers.
    interval : tuple of float or None
        Numbers: the conformal interval, where the release has one.
    labels : tuple
        Classes: the conformal set of labels, where the release has one.
    coverage : float or None
        Share of rows whose truth the interval or the set is to hold.
    findings : tuple of RowFinding
        What was noticed in this row (PR103 to PR106).
    reasons : mapping of str to float or None
        Contribution of each column, where they were asked for.
    outputs : mapping of str to float or bool
        All numbers of a prediction that has several, by name, or what its kind of task says besides the number (whether
        a row is flagged); empty for one number alone, and for classes.
    """

    prediction: Value | None
    version: int
    part: Part
    probabilities: dict[str, float] = {}
    interval: tuple[float, float] | None = None
    labels: tuple[Value, ...] = ()
    coverage: float | None = None
    findings: tuple[RowFinding, ...] = ()
    reasons: dict[str, float] | None = None
    outputs: dict[str, float | bool] = {}


@dataclass(frozen=True)
class Prediction:
    """An answered row that is to be recorded.

    Attributes
    ----------
    version : int
        Release that answered.
    part : Part
        Champion or canary.
    protocol : str
        How it was asked ("native", "open inference", ...).
    row : bytes
        JSON of the row as it came, hidden columns left out or hashed.
    output : bytes
        JSON of the answer.
    digest : bytes
        Of the whole row, so that a repeated id with another row is noticed.
    client_id : str or None
        The client's own id: a second request with it gets this answer again.
    key : str or None
        Values of the key columns, by which labels may come.
    group : int or None
        Entries of one group are recorded together or, where the id of one belongs to another row, not at all.
    """

    version: int
    part: Part
    protocol: str
    row: bytes
    output: bytes
    digest: bytes
    client_id: str | None = None
    key: str | None = None
    group: int | None = None


@dataclass(frozen=True)
class RecordedPrediction:
    """A prediction that is durable: its id, its answer, and whether it had been recorded before under a client's id."""

    id: int
    output: bytes
    digest: bytes
    repeated: bool = False


@dataclass(frozen=True)
class Label:
    """The truth of a prediction, as JSON, by the prediction's id or by the values of the key columns."""

    truth: bytes
    prediction: int | None = None
    key: str | None = None


class LabelFate(StrEnum):
    """What became of a label."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    CORRECTED = "corrected"
    UNKNOWN = "unknown prediction"


@dataclass(frozen=True)
class Shadow:
    """What a challenger would have answered, as JSON; nobody was told."""

    prediction: int
    version: int
    output: bytes


@dataclass(frozen=True)
class Refused:
    """Rows that could not be answered, for the same reason.

    Attributes
    ----------
    version : int
        Release that was to answer.
    code : str
        PR101: without the column; PR102: a value that cannot be read (docs/findings).
    column : str
        Of the model.
    example : str
        What one of the rows has instead: a column of another name, or the value; empty where that is personal.
    rows : int
        How many.
    """

    version: int
    code: str
    column: str
    example: str
    rows: int = 1


@dataclass(frozen=True)
class LogEntries:
    """What becomes durable together, or not at all; ``latencies`` are requests by ``entities.latency.bucket_of``."""

    predictions: tuple[Prediction, ...] = ()
    labels: tuple[Label, ...] = ()
    shadows: tuple[Shadow, ...] = ()
    refused: tuple[Refused, ...] = ()
    latencies: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LogReceipt:
    """What became durable, in the order it was given; None for a prediction whose group was not recorded."""

    predictions: tuple[RecordedPrediction | None, ...]
    labels: tuple[LabelFate, ...]
