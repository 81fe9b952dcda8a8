"""Operating: what the loop was told, what a round sees, does, and hands on to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.judged import Judged, PolicyMemory
from journeyman.entities.operation import Economics, Operation
from journeyman.entities.overview import Request, Round
from journeyman.entities.signal import LastingFault, Watched
from journeyman.entities.traffic import Traffic

__all__ = [
    "Decided",
    "Done",
    "HeardRequest",
    "Kept",
    "LoopState",
    "Memory",
    "MonitorResult",
    "Notice",
    "NotifierKind",
    "NotifierSettings",
    "Observed",
    "OperateSettings",
    "Operated",
]

Memory = Mapping[str, Mapping[str, NDArray[np.float64]]]
"""What each detector remembers, by its name."""


class MonitorResult(NamedTuple):
    """What looking at a span of traffic gave.

    Attributes
    ----------
    memory : mapping of str to mapping of str to ndarray
        What is handed on to the next look.
    watched : Watched
        What was seen.
    """

    memory: Memory
    watched: Watched


class NotifierKind(StrEnum):
    """How somebody is told."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    COMMAND = "command"
    PACKAGE = "package"


@dataclass(frozen=True)
class NotifierSettings:
    """Who is told of operations, and how.

    Attributes
    ----------
    kind : NotifierKind
        Webhook (JSON by POST), e-mail (SMTP), a command (JSON on its standard input), or what a package offers.
    address : str
        URL, e-mail address, command line, or what the package's notifier takes.
    server : str
        For e-mail: "HOST:PORT" of the SMTP server.
    sender : str
        For e-mail.
    part : str
        For a package's: the name of its entry point.
    """

    kind: NotifierKind
    address: str
    server: str = "localhost:25"
    sender: str = "journeyman@localhost"
    part: str = ""


@dataclass(frozen=True)
class OperateSettings:
    """How a model is operated.

    Attributes
    ----------
    every : int
        Length of a span, in milliseconds.
    settle : int
        Milliseconds after the end of a span until it is looked at, so that answers given in the shadow are there.
    economics : Economics
        What staleness and work cost.
    budget : float or None
        Seconds of a retraining; None where ``trials`` bounds it.
    trials : int or None
        Number of trials of a retraining, which makes it repeatable.
    most_rows : int
        Rows of a span that are looked at; of more, a sample.
    most_labelled : int
        Latest labelled rows of the log that a retraining learns from.
    keep_rounds : int
        Rounds that stay to be replayed; of rounds that acted, as many more.
    notify : tuple of NotifierSettings
        Who is told.
    keep_releases : int
        Releases of the loop that stay though nobody needs them now: so many of those that were champion, and so many
        of those that never were.
    """

    every: int = 300_000
    settle: int = 5_000
    economics: Economics = field(default_factory=Economics)
    budget: float | None = 120.0
    trials: int | None = None
    most_rows: int = 20_000
    most_labelled: int = 200_000
    keep_rounds: int = 100
    notify: tuple[NotifierSettings, ...] = ()
    keep_releases: int = 10


@dataclass(frozen=True)
class Operated:
    """A model that is operated, how, and when its first span began (milliseconds since 1970)."""

    model: str
    settings: OperateSettings
    begun: int


@dataclass(frozen=True)
class Notice:
    """What became of telling somebody of an operation: ``failure`` is empty where it arrived."""

    operation: int
    notifier: str
    at: int
    failure: str = ""


@dataclass(frozen=True)
class HeardRequest:
    """A person's request, and its number."""

    number: int
    request: Request


@dataclass(frozen=True)
class LoopState:
    """What one round hands to the next, and all that it hands on.

    Attributes
    ----------
    round : int
        Number of the next round: 0, 1, 2 ...
    begin, end : int
        Its span, in milliseconds since 1970.
    champion : int
        Release that answers.
    challenger : int or None
        Release in the shadow.
    former : bool
        Whether that is the champion before, which may return.
    since : int
        When the champion became it, or when the first span began, in milliseconds since 1970.
    paused : bool
        Whether a person has told the loop to do nothing.
    heard : int
        Number of the last request that was followed.
    operations : int
        Number of the last operation.
    unmeasured : tuple of Operation
        Operations whose outcome is not known yet; what a person was asked stands among them.
    base : int
        Release whose training rows stand before those of the log.
    truths : int
        Truths that are known: of those rows and of the log, broken spans left out.
    told : tuple of str
        Codes of the alarms that the last operations have told.
    hidden : tuple of str
        Columns that the log was told not to hold; nobody can watch them.
    accepted : mapping of str to int
        Claims of the feed tier (``Signal.claims``) that a person has said to be right, or that have lasted, and for
        how many looks in a row nothing has said so any more.
    lasting : tuple of LastingFault
        Faults of the feed that go on.
    given_up : tuple of str
        Columns that hold nothing any more: nobody watches them, and nothing is learned from them.
    returning : tuple of LastingFault
        Those of them that deliver again, as ``Watched`` has it.
    memory : mapping of str to mapping of str to ndarray
        What each detector remembers.
    policy : PolicyMemory or None
        What the policy remembers; None before the first round.
    digests : ndarray of int64, shape (n_rows,)
        Of the rows of the span before, so that a batch that comes twice is noticed.
    """

    round: int
    begin: int
    end: int
    champion: int
    challenger: int | None = None
    former: bool = False
    since: int = 0
    paused: bool = False
    heard: int = 0
    operations: int = 0
    unmeasured: tuple[Operation, ...] = ()
    base: int = 0
    truths: int = 0
    told: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    accepted: Mapping[str, int] = field(default_factory=dict)
    lasting: tuple[LastingFault, ...] = ()
    given_up: tuple[str, ...] = ()
    returning: tuple[LastingFault, ...] = ()
    memory: Memory = field(default_factory=dict)
    policy: PolicyMemory | None = None
    digests: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def waiting(self) -> tuple[Operation, ...]:
        """Operations that wait for a person."""
        return tuple(o for o in self.unmeasured if o.move.wanted is not None)


@dataclass(frozen=True)
class Observed:
    """What a round read before it thought.

    Attributes
    ----------
    answered : Traffic
        Of its span, without what was answered in the shadow.
    shadows : tuple of (int, ndarray)
        That, by release; apart, because facts are mappings of texts alone.
    champion : int
        What the model's name pointed to.
    previous : int or None
        The champion before, to which a person may return.
    moves : int
        How often the champion had changed by then.
    requests : tuple of HeardRequest
        What people had asked for before the span ended, and was not followed yet.
    past : tuple of Operation
        Earlier retrainings of all models of the workspace, the oldest first.
    digests : ndarray of int64, shape (n_rows,)
        Of the span's rows.
    hidden : tuple of str
        Columns that the log was told not to hold, as far as this span shows it.
    """

    answered: Traffic
    shadows: tuple[tuple[int, NDArray[np.float64]], ...]
    champion: int
    previous: int | None
    moves: int
    requests: tuple[HeardRequest, ...] = ()
    past: tuple[Operation, ...] = ()
    digests: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    hidden: tuple[str, ...] = ()

    @property
    def traffic(self) -> Traffic:
        """The rows that were answered, with predictions of shadow releases by version."""
        return replace(self.answered, shadows=dict(self.shadows))


@dataclass(frozen=True)
class Decided:
    """A move, and which request of a person it follows.

    Attributes
    ----------
    judged : Judged
        The move, and what the policy remembers.
    truths : int
        Truths that were known.
    heard : int
        Number of the last request that is settled with it.
    paused : bool
        Whether the loop is paused from now on.
    answers : int or None
        Number of the operation that a person approved or rejected.
    noted : bool
        Whether it becomes an operation: keeping on as before does not.
    accepted : Request or None
        By which a person said that rows arrive as they should.
    given_up : tuple of str
        Columns that are given up from now on.
    """

    judged: Judged
    truths: int
    heard: int
    paused: bool
    answers: int | None = None
    noted: bool = True
    accepted: Request | None = None
    given_up: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """What acting has brought about.

    Attributes
    ----------
    champion : int
        Release that answers now.
    challenger : int or None
        Release in the shadow now.
    former : bool
        Whether that is the champion before.
    version : int or None
        Release that came of it.
    seconds : float
        Wall time.
    note : str
        What happened, in words.
    """

    champion: int
    challenger: int | None = None
    former: bool = False
    version: int | None = None
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Kept:
    """What a round leaves: the state for the next one, how it is kept, and operations that are new or were measured."""

    state: LoopState
    round: Round
    operations: tuple[Operation, ...] = ()
