"""Traffic: what a served model was asked and answered in some span of time, and the truths that have come so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.finding import Finding
from journeyman.entities.table import Block

__all__ = ["Feed", "Reference", "Traffic"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Feed:
    """How a span of rows arrived, before any model looked at it.

    Attributes
    ----------
    rows : int
        Rows that were asked about, refused ones included.
    refused : int
        Rows that could not be read as the model's columns.
    repeated : int
        Rows that were the same, byte for byte, as another one of the span or of the span before.
    backwards : int
        Rows whose own time column lies before that of the row before them by more than any did in training.
    findings : tuple of Finding
        What did not fit (codes PR1xx), by column, and which rules of the release's contract the rows break (DCxxx).
    """

    rows: int
    refused: int = 0
    repeated: int = 0
    backwards: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Traffic:
    """Answered rows in the order in which they were asked.

    Attributes
    ----------
    begin, end : int
        The span, in milliseconds since 1970: ``begin <= times < end``.
    ids : ndarray of shape (n_samples,)
        Of the predictions, rising.
    times : ndarray of shape (n_samples,)
        When each was answered, in milliseconds since 1970.
    versions : ndarray of shape (n_samples,)
        Release that answered.
    rows : Block
        The model's columns.
    answers : ndarray of shape (n_samples, n_classes) or (n_samples, 1)
        Probabilities or values, as they were given.
    truths : ndarray of shape (n_samples,)
        Class codes or values; NaN where no label had come by ``end``.
    labelled : ndarray of shape (n_samples,)
        When the label that holds came, in milliseconds since 1970; -1 where none had come.
    shadows : mapping of int to ndarray of shape (n_samples, n_classes) or (n_samples, 1)
        By release: what a challenger would have answered; NaN where it was not asked.
    feed : Feed
        How the rows arrived.
    """

    begin: int
    end: int
    ids: IntArray
    times: IntArray
    versions: IntArray
    rows: Block
    answers: FloatArray
    truths: FloatArray
    labelled: IntArray
    shadows: Mapping[int, FloatArray] = field(default_factory=dict)
    feed: Feed = Feed(0)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a truth."""
        return np.isfinite(self.truths)

    @property
    def fresh(self) -> NDArray[np.bool_]:
        """Which rows were asked about in the span; the others are here because their truth came in it."""
        return np.asarray((self.times >= self.begin) & (self.times < self.end))

    @property
    def told(self) -> NDArray[np.bool_]:
        """Which rows' truth came in the span."""
        return np.asarray(self.known & (self.labelled >= self.begin) & (self.labelled < self.end))

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Traffic:
        """Return some of the rows, in that order; the span and the feed stay those of the whole."""
        return Traffic(
            self.begin,
            self.end,
            self.ids[index],
            self.times[index],
            self.versions[index],
            {name: values[index] for name, values in self.rows.items()},
            self.answers[index],
            self.truths[index],
            self.labelled[index],
            {version: answers[index] for version, answers in self.shadows.items()},
            self.feed,
        )


@dataclass(frozen=True)
class Reference:
    """What a release was like on rows it had not learned from; live traffic is compared with it.

    Attributes
    ----------
    rows : Block
        The model's columns, a sample of the rows it was validated on.
    answers : ndarray of shape (n_samples, n_classes) or (n_samples, 1)
        Out-of-fold answers of the released ensemble, made as the release makes them.
    truths : ndarray of shape (n_samples,)
        Class codes or values.
    losses : ndarray of shape (n_samples,)
        Loss of each answer, in the unit in which live answers are judged.
    importance : mapping of str to float
        How much the score falls when a column is shuffled, as a share of what all columns make it fall; 0 where the
        model does not use it. Empty where that is not known.
    columns : tuple of Column
        What the columns are, for names of categories and kinds.
    scale : float
        The error that counts as a loss of 1 (``TaskType.loss_scale``), in the target's unit; 1.0 for classes.
    mean, error : float or None
        Mean loss of all validated rows, of which these may be a sample, and its standard error, neighbours' likeness
        included; None where only these rows are known.
    dependence : float
        Neighbouring validated rows that tell of the loss as much as one independent row does; 1.0 where the order
        tells nothing.
    run : int
        The rows stand in runs of so many that followed one another; 1 where they are a sample without an order.
    """

    rows: Block
    answers: FloatArray
    truths: FloatArray
    losses: FloatArray
    importance: Mapping[str, float] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    scale: float = 1.0
    mean: float | None = None
    error: float | None = None
    dependence: float = 1.0
    run: int = 1

    @property
    def level(self) -> tuple[float, float]:
        """Mean loss and its standard error."""
        if self.mean is not None and self.error is not None:
            return self.mean, self.error
        count = max(1, len(self.losses))
        return float(self.losses.mean()), float(self.losses.std()) * float(np.sqrt(self.dependence / count))

    def used(self, name: str) -> bool:
        """Say whether the model uses a column, as far as is known."""
        return not self.importance or self.importance.get(name, 0.0) > 0.0
