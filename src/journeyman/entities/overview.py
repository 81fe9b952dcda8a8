"""Overview: the state of an operated model at a glance, for people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from journeyman.entities.decided_case import ValueEstimate
from journeyman.entities.finding import Finding
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operation import Operation
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Watched

__all__ = ["ColumnThenNow", "ModelState", "RealisedValue", "Request", "RequestKind", "Round", "TrafficView"]


class RequestKind(StrEnum):
    """What a person may ask of the loop."""

    APPROVE = "approve"
    REJECT = "reject"
    ACCEPT = "accept"
    ROLL_BACK = "roll back"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True)
class Request:
    """Something a person asked for; the next round does it and says so.

    Attributes
    ----------
    kind : RequestKind
        What is wanted.
    at : int
        When, in milliseconds since 1970.
    who : str
        Name of the person or the token.
    operation : int or None
        Number of the operation that is approved or rejected.
    note : str
        Why, in the person's words.
    accepts : tuple of str
        For ACCEPT: claims of signals of the feed (``Signal.claims``) that tell of no fault.
    since : int
        For ACCEPT: when rows began to arrive so, in milliseconds since 1970.
    """

    kind: RequestKind
    at: int
    who: str
    operation: int | None = None
    note: str = ""
    accepts: tuple[str, ...] = ()
    since: int = 0


@dataclass(frozen=True)
class Round:
    """One round of the loop, as it is kept.

    Attributes
    ----------
    number : int
        0, 1, 2 ...
    begin, end : int
        Its span, in milliseconds since 1970.
    champion : int
        Release that answered at its end.
    challenger : int or None
        Release that ran in the shadow.
    watched : Watched
        What was seen.
    contest : PairedComparison or None
        What the truths have said so far of champion and challenger, when this round judged.
    """

    number: int
    begin: int
    end: int
    champion: int
    challenger: int | None
    watched: Watched
    contest: PairedComparison | None = None


@dataclass(frozen=True)
class ColumnThenNow:
    """A column's values when it was learned and in rows that came: shares that sum to 1, one a label."""

    name: str
    labels: tuple[str, ...]
    then: tuple[float, ...]
    now: tuple[float, ...]


@dataclass(frozen=True)
class RealisedValue:
    """What a decided model has earned on labelled live rows, beside what was expected.

    Attributes
    ----------
    unit : str
        Of the economics.
    rows : int
        Labelled rows of the time shown.
    realised, expected : ValueEstimate
        A case, over the status quo.
    obstacle : str
        Why nothing is known, in words; empty where something is.
    """

    unit: str
    rows: int
    realised: ValueEstimate | None
    expected: ValueEstimate
    obstacle: str = ""


@dataclass(frozen=True)
class TrafficView:
    """What came to a served model in a time.

    Attributes
    ----------
    begin, end : int
        Milliseconds since 1970.
    predicted, refused : int
        Rows.
    columns : tuple of ColumnThenNow
        Those that matter most first.
    median_latency, high_latency : float or None
        Seconds within which 50% and 95% of the requests of the service were answered; None where none is known.
    value : RealisedValue or None
        Where it was decided to act on the model.
    broken : tuple of Finding
        Which rules of the release's contract the rows break together.
    """

    begin: int
    end: int
    predicted: int
    refused: int
    columns: tuple[ColumnThenNow, ...]
    median_latency: float | None = None
    high_latency: float | None = None
    value: RealisedValue | None = None
    broken: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ModelState:
    """What is known of an operated model.

    Attributes
    ----------
    name : str
        The model's.
    versions : tuple of ModelVersion
        Its releases, the latest last.
    loss : str
        What the loss of a round is called ("Brier score").
    paused : bool
        Whether a person has told the loop to do nothing.
    rounds : tuple of Round
        The latest ones, in order.
    operations : tuple of Operation
        What was done, in order; those that wait for a person among them.
    waiting : tuple of int
        Numbers of operations that wait for a person.
    held_until : int
        Milliseconds since 1970 until which a worker's lease on the model is good; 0 where nobody holds one.
    """

    name: str
    versions: tuple[ModelVersion, ...]
    loss: str
    paused: bool
    rounds: tuple[Round, ...]
    operations: tuple[Operation, ...]
    waiting: tuple[int, ...] = ()
    held_until: int = 0

    def since(self, moment: int) -> ModelState:
        """Return the state with the rounds that ended after a moment; the latest one stays in any case."""
        kept = tuple(seen for seen in self.rounds if seen.end > moment)
        return replace(self, rounds=kept or self.rounds[-1:])
