"""What learns: features as models are shown them, preparations, algorithms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.anomaly import MarksGain
from journeyman.entities.candidate import Candidate, Parameter, Refusal
from journeyman.entities.column import Column
from journeyman.entities.matrix import Matrix
from journeyman.entities.metric import Loss
from journeyman.entities.plan import ColumnStep, ModelPlan
from journeyman.entities.table import Block
from journeyman.entities.task import Task

__all__ = [
    "Algorithm",
    "Averaging",
    "FitRequest",
    "FittedModel",
    "FittedPreparation",
    "JoinsOpinions",
    "LearnsLong",
    "Matrix",
    "MinimisesLosses",
    "NeedsColumns",
    "Preparation",
    "StartsSlowly",
    "WeighsRows",
    "concerns",
    "minimises",
]

FloatArray = NDArray[np.float64]


class FittedPreparation(Protocol):
    """Preparation that has learned; its state is plain arrays, so that it can be stored without running code."""

    def transform(self, block: Block) -> Matrix:
        """Prepare rows. Must not depend on which other rows come along."""
        ...

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the steps whose features, side by side, are what ``transform`` gives."""
        ...

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores."""
        ...


class Preparation(Protocol):
    """Learned preparation, fitted inside each fold."""

    @property
    def name(self) -> str:
        """Name of the entry point, unique in its group."""
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
    least_rounds : int
        Rounds before which a fit of that length goes on even without time: cut shorter it would spoil the ensemble.
    seed, threads : int
        Randomness and threads.
    out_of_time : callable
        True once the fit should stop where it is (boosting) or give up (raise ``TimeoutError``).
    shared : dict
        What fits on these very rows hand on to the next one, such as bins, under the name of their library.
    weights : ndarray of shape (n_samples,) or None
        How much each training row counts, 1 in the mean; only given to the baseline and to algorithms that say that
        they weigh rows.
    valid_weights : ndarray of shape (n_valid,) or None
        The same for the rows for early stopping.
    seconds_left : callable or None
        Seconds until ``out_of_time`` turns true, for what learns on a schedule; None where no clock counts.
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
    valid_weights: FloatArray | None = None
    seconds_left: Callable[[], float] | None = None
    least_rounds: int = 0


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

    def plan(self) -> ModelPlan:
        """Return the steps that give what ``predict`` gives."""
        ...

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores, in formats whose loading runs no code."""
        ...


class Algorithm(Protocol):
    """A way to learn."""

    @property
    def name(self) -> str:
        """Name of the entry point, unique in its group."""
        ...

    @property
    def preparations(self) -> tuple[str, ...]:
        """Names of the preparations that its candidates learn from; its first candidate learns from the first."""
        ...

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return the candidates worth trying, the most promising first, or why it does not apply.

        Each names one of ``preparations``; those of another than the first also say what they are ``known_as``, so that
        experience with one preparation is not taken for experience with another.
        """
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
            As the candidate's preparation makes them (see ``Preparation.width``).
        """
        ...

    def fit(self, request: FitRequest) -> FittedModel:
        """Fit on training rows only and return a fitted object; the same seed gives the same result."""
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
class JoinsOpinions(Protocol):
    """What a model of odd rows says besides that joins the opinions of several detectors."""

    @property
    def gain(self) -> MarksGain | None:
        """What marks were worth to it; None where it learned from none."""
        ...

    def opinions(self, x: Matrix) -> FloatArray:
        """Return the share of ordinary rows that are less odd to each detector, shape (n_samples, n_detectors)."""
        ...


@runtime_checkable
class LearnsLong(Protocol):
    """What a model says besides whose validation rows may profit for longer than is usual."""

    @property
    def learned_long(self) -> bool:
        """Whether they did: there is much to learn and little noise, which other families may learn better."""
        ...


@runtime_checkable
class StartsSlowly(Protocol):
    """What an algorithm says besides whose first fit in a process loads libraries or compiles programs."""

    @property
    def start_seconds(self) -> float:
        """Expected seconds of that, on two cores; ``Algorithm.seconds`` does not count them."""
        ...


@runtime_checkable
class MinimisesLosses(Protocol):
    """What an algorithm says besides that is for other losses than those of classes and single numbers."""

    @property
    def losses(self) -> frozenset[str]:
        """Losses that it can minimise; one that does not say so can minimise each of :class:`Loss`, and no other."""
        ...


@runtime_checkable
class NeedsColumns(Protocol):
    """What an algorithm says besides that learns from certain columns only: tables without them do not ask it."""

    @property
    def example_columns(self) -> tuple[Column, ...]:
        """Columns that it learns from, for those who check it."""
        ...

    def applies(self, columns: Sequence[Column]) -> bool:
        """Say whether columns that it learns from are among these."""
        ...


def minimises(algorithm: Algorithm, task: Task) -> bool:
    """Return whether an algorithm can minimise the loss of a task."""
    losses = algorithm.losses if isinstance(algorithm, MinimisesLosses) else frozenset(Loss)
    return task.loss in losses


def concerns(algorithm: Algorithm, columns: Sequence[Column]) -> bool:
    """Return whether a table with such columns is one that an algorithm is for."""
    return not isinstance(algorithm, NeedsColumns) or algorithm.applies(columns)


@runtime_checkable
class WeighsRows(Protocol):
    """What an algorithm says besides where its fit heeds ``FitRequest.weights``."""

    @property
    def weighs_rows(self) -> bool:
        """Marks an algorithm whose fit heeds row weights; always True."""
        ...
