"""Protocols: what a part must offer to be used. Implement one, register it as an entry point, and it takes part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate, Parameter
from journeyman.entities.column import Column
from journeyman.entities.finding import Finding
from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.entities.operation import Operation
from journeyman.entities.prediction import LogEntries, LogReceipt, RecordedPrediction
from journeyman.entities.signal import Rung, Signal
from journeyman.entities.table import Block, Table
from journeyman.entities.task import Task, TaskKind
from journeyman.entities.traffic import Reference, Traffic

__all__ = [
    "Algorithm",
    "Artifacts",
    "Averaging",
    "Clock",
    "DriftDetector",
    "FitRequest",
    "FittedModel",
    "FittedPreparation",
    "Matrix",
    "Metric",
    "Notifier",
    "PredictionLog",
    "Preparation",
    "Progress",
    "QualityRule",
    "RuleContext",
    "Run",
    "Source",
    "StartsSlowly",
    "TrafficLog",
    "WeighsRows",
]

T = TypeVar("T")
FloatArray = NDArray[np.float64]


class Metric(Protocol):
    """A way to score predictions."""

    @property
    def name(self) -> str:
        """Name in reports and settings."""
        ...

    @property
    def greater_is_better(self) -> bool:
        """Direction."""
        ...

    @property
    def kinds(self) -> frozenset[TaskKind]:
        """Kinds of task it fits."""
        ...

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score.

        ``y``: class codes or values, shape (n_samples,). ``predictions``: probabilities (n_samples, n_classes) or
        values (n_samples, 1).
        """
        ...


class Source(Protocol):
    """A place that a table is read from; opened, so that its size is known before a row is in memory."""

    @property
    def name(self) -> str:
        """Short name, for messages."""
        ...

    def rows(self) -> int:
        """Return the number of rows."""
        ...

    def memory(self) -> int:
        """Return the bytes that all rows are expected to take in memory, judged by the first ones."""
        ...

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows: text sources as str columns, typed sources as they are.

        With ``limit_rows``, a uniform random sample of that many rows in their original order.
        """
        ...

    def batches(self) -> Iterator[Any]:
        """Yield all rows in order, some at a time, as Arrow record batches of raw columns."""
        ...

    def relation(self, backend: Any) -> Any:
        """Return all rows as an Ibis table on the given Ibis DuckDB backend, text columns as text."""
        ...

    def digest(self) -> str:
        """Return a hex digest of the content."""
        ...


@dataclass(frozen=True)
class Matrix:
    """Prepared features.

    Attributes
    ----------
    values : ndarray of float64, shape (n_samples, n_features)
        Missing values are NaN where the preparation keeps them.
    names : tuple of str
        One a feature.
    categorical : tuple of int
        Positions of features that hold category codes (whole numbers from 0; NaN where missing or unseen).
    """

    values: FloatArray
    names: tuple[str, ...]
    categorical: tuple[int, ...] = ()


class FittedPreparation(Protocol):
    """Preparation that has learned; its state is plain arrays, so that it can be stored without running code."""

    def transform(self, block: Block) -> Matrix:
        """Prepare rows. Must not depend on which other rows come along."""
        ...

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores."""
        ...


class Preparation(Protocol):
    """Learned preparation, fitted inside each fold."""

    @property
    def name(self) -> str:
        """Registered name."""
        ...

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return about how many features it makes of columns, rather more than fewer."""
        ...

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn from training rows; return what was learned and those rows prepared.

        Training rows may be prepared otherwise than ``transform`` would: encodings of the target must not show a row
        its own target.
        """
        ...

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        ...


@dataclass(frozen=True)
class FitRequest:
    """All that a fit may use.

    Attributes
    ----------
    x, y : Matrix and ndarray of shape (n_samples,)
        Training rows; y holds class codes or values.
    valid_x, valid_y : Matrix and ndarray, or None
        Rows for early stopping; None for a fit of fixed length.
    task : Task
        What is predicted.
    parameters : mapping
        The candidate's parameters.
    rounds : int
        Length of a fit without validation rows, as an earlier fit's ``rounds`` said; 0 lets the algorithm decide.
    seed, threads : int
        Randomness and threads.
    out_of_time : callable
        True once the fit should stop where it is (boosting) or give up (raise ``TimeoutError``).
    shared : dict
        What fits on these very rows hand on to the next one, such as bins, under the name of their library.
    weights : ndarray of shape (n_samples,) or None
        How much each training row counts, 1 in the mean; only given to algorithms that say that they weigh rows.
    """

    x: Matrix
    y: FloatArray
    valid_x: Matrix | None
    valid_y: FloatArray | None
    task: Task
    parameters: Mapping[str, Parameter]
    rounds: int
    seed: int
    threads: int
    out_of_time: Callable[[], bool]
    shared: dict[str, Any] = field(default_factory=dict)
    weights: FloatArray | None = None


class FittedModel(Protocol):
    """A model that has learned."""

    @property
    def rounds(self) -> int:
        """How far it went: boosting rounds kept, or position on a path of penalties; 0 where it has none."""
        ...

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many, judged by sizes alone, so that it is the same on every run."""
        ...

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        ...

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores, in formats whose loading runs no code."""
        ...


class Algorithm(Protocol):
    """A way to learn."""

    @property
    def name(self) -> str:
        """Registered name."""
        ...

    @property
    def preparation(self) -> str:
        """Name of the preparation it learns from."""
        ...

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the candidates worth trying, the most promising first; empty where it does not apply."""
        ...

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit on two cores, from sizes alone."""
        ...

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit at its height besides its prepared features, from sizes alone.

        What the libraries that it alone loads take is part of it, whatever the sizes: the figure for no rows counts
        once, however many fits stand side by side.

        Parameters
        ----------
        features : int
            As its preparation makes them (see ``Preparation.width``).
        """
        ...

    def fit(self, request: FitRequest) -> FittedModel:
        """Learn."""
        ...

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        ...


@runtime_checkable
class Averaging(Protocol):
    """What an algorithm offers besides, whose fits from several seeds are worth averaging (docs/decisions/0020)."""

    def varies(self, candidate: Candidate) -> bool:
        """Say whether fits of this candidate from other seeds differ."""
        ...

    def average(self, models: Sequence[Any]) -> FittedModel:
        """Return one model that answers as the mean of these models' scores (before they become probabilities)."""
        ...


@runtime_checkable
class StartsSlowly(Protocol):
    """What an algorithm says besides whose first fit in a process loads libraries or compiles programs."""

    @property
    def start_seconds(self) -> float:
        """Expected seconds of that, on two cores; ``Algorithm.seconds`` does not count them."""
        ...


@runtime_checkable
class WeighsRows(Protocol):
    """What an algorithm says besides where its fit heeds ``FitRequest.weights``."""

    @property
    def weighs_rows(self) -> bool:
        """True."""
        ...


@dataclass(frozen=True)
class RuleContext:
    """What a quality rule may look at besides the table: the task and a seed for sampling."""

    task: Task
    seed: int


class QualityRule(Protocol):
    """A check of a table; reports findings and changes nothing."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the findings it may report."""
        ...

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return findings; one with severity "not applicable" where the rule cannot apply."""
        ...


class Artifacts(Protocol):
    """Facts by digest."""

    def put(self, fact: object) -> str:
        """Store a fact and return its digest."""
        ...

    def get(self, digest: str, kind: Any) -> Any:
        """Return the fact of that digest, read as ``kind`` (a type or a generic alias)."""
        ...


class Run(Protocol):
    """One run, step by step: a finished step is replayed, not repeated."""

    @property
    def id(self) -> str:
        """Identity of the run."""
        ...

    def step(self, name: str, function: Callable[..., T], *facts: object) -> T:
        """Return ``function(*facts)``, or what it returned when this run did that step before.

        The type of the result is read from the function's return annotation. Things that are not facts (parts, a
        clock, progress) are bound beforehand with ``functools.partial``.
        """
        ...

    def event(self, kind: str, detail: str) -> None:
        """Record something that happens besides the steps, before it happens (each reading of the holdout is one).

        Not recorded again while finished steps are replayed.
        """
        ...

    def elapsed(self) -> float:
        """Return the seconds this run has worked, those before a restart included."""
        ...

    def stage_seconds(self) -> Mapping[str, float]:
        """Return the seconds of the finished steps by name, those before a restart included."""
        ...


class Progress(Protocol):
    """Where a build tells what it is doing."""

    def stage(self, name: str, detail: str = "") -> None:
        """A stage begins."""
        ...

    def trial(self, number: int, candidate: Candidate, expected: str) -> None:
        """A trial begins."""
        ...

    def best(self, score: float, baseline: float | None, members: int) -> None:
        """The best score so far has changed."""
        ...

    def note(self, message: str) -> None:
        """Something worth a line."""
        ...


class PredictionLog(Protocol):
    """Where served predictions and their labels are kept; one writer appends, and what is appended is durable."""

    def recorded(self, client_ids: Sequence[str]) -> Mapping[str, RecordedPrediction]:
        """Return the predictions that were recorded under these ids of clients."""
        ...

    def append(self, entries: LogEntries, now: int) -> LogReceipt:
        """Make entries durable, all or none, and return what became of each, in order.

        A prediction whose client's id was recorded before is not recorded again; its receipt is the first one's.
        ``now`` is in milliseconds since 1970.

        Raises
        ------
        WorkspaceError
            Where the log cannot be written; nothing was recorded then.
        """
        ...

    def probe(self) -> None:
        """Write a trifle; WorkspaceError where the log cannot be written."""
        ...

    def rows(self) -> int:
        """Return the number of predictions that the live log holds."""
        ...

    def setting(self, name: str) -> str | None:
        """Return what all servers of this log agreed on, such as the challenger's part."""
        ...

    def set_setting(self, name: str, value: str) -> None:
        """Agree on something, durably."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class TrafficLog(Protocol):
    """The same log as the loop reads it: by spans of time that are closed, so that they read the same ever after."""

    def seal(self, end: int) -> None:
        """Close all spans that end by then (milliseconds since 1970): what is appended later is dated later."""
        ...

    def span(self, begin: int, end: int, most: int) -> LoggedSpan:
        """Return the rows of a span and earlier rows whose label came in it, at most so many of each."""
        ...

    def labelled(self, before: int, most: int) -> tuple[LoggedRow, ...]:
        """Return the rows whose labels came last before a moment, by id."""
        ...


class Notifier(Protocol):
    """A way to tell somebody of an operation."""

    @property
    def name(self) -> str:
        """How it is called in the records; two notifiers of one loop have different names."""
        ...

    def tell(self, operation: Operation) -> None:
        """Tell it; the same operation may be told again after a kill.

        Raises
        ------
        NotificationError
            Where it did not arrive; in one line, without secrets.
        """
        ...


class DriftDetector(Protocol):
    """Something that looks at traffic, a span at a time, and remembers what it needs in arrays alone.

    A look depends on its arguments only, so that a round of the loop can be replayed bit for bit.
    """

    @property
    def name(self) -> str:
        """Name in signals and settings."""
        ...

    @property
    def rung(self) -> Rung:
        """Where it stands on the ladder; those of the feed look first, and what they refuse no other sees."""
        ...

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return what it remembers before it has seen any traffic; small, whatever the size of the reference."""
        ...

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Return what it remembers after this span, and what it saw.

        ``traffic`` holds the rows of the span, and earlier rows whose truth came in the span. One that estimates the
        loss without truths remembers it as ``estimate``, shape (3,): estimate, and the ends of its 95 % interval.
        """
        ...


class Clock(Protocol):
    """Time is a fact: it comes in as an argument."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def now(self) -> str:
        """The time of day, ISO 8601 in UTC."""
        ...
