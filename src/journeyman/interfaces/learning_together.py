"""Learning from rows that no single machine holds: what an engine and an algorithm offer for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from journeyman.interfaces.learning import FitRequest, FittedModel
from journeyman.interfaces.reading import Source

if TYPE_CHECKING:  # a service imports this and has no pyarrow
    import pyarrow as pa

__all__ = ["FitOfAllRows", "FitsTogether", "LearnsFromAllRows", "Prepared", "WholeTask"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """Rows as a model is shown them: features (n_samples, n_features) and labels (n_samples,), NaN where none."""

    x: FloatArray
    y: FloatArray


@dataclass(frozen=True)
class WholeTask:
    """A fit on all rows of a source.

    Attributes
    ----------
    names : tuple of str
        Columns that are needed.
    prepare : callable
        Takes raw rows with these columns; it can be pickled, as ``fit``.
    fit : callable
        Takes a machine's rows, the machines as host:port, and which of them it is; gives the model as bytes.
    judged, sampled : int
        Rows that are held out, and of the others as many as one machine holds: to be given back.
    """

    names: tuple[str, ...]
    prepare: Callable[[pa.Table], Prepared]
    fit: Callable[[Prepared, Sequence[str], int], bytes]
    judged: int
    sampled: int


@dataclass(frozen=True)
class FitOfAllRows:
    """What came of it: the model, how many rows it learned from, and rows held out and drawn at random."""

    model: bytes
    rows: int
    judged: Prepared
    sampled: Prepared


@runtime_checkable
class LearnsFromAllRows(Protocol):
    """What an engine offers besides whose machines hold all rows together."""

    def learn(self, source: Source, task: WholeTask) -> FitOfAllRows:
        """Fit on all rows with a label but those that are held out; the same rows give the same model."""
        ...


@runtime_checkable
class FitsTogether(Protocol):
    """What an algorithm offers besides that can learn on several machines, each with some of the rows."""

    def fit_together(self, request: FitRequest, machines: Sequence[str], rank: int) -> FittedModel:
        """Fit on this machine's rows and, through the network, on those of the others; all get the same model.

        Parameters
        ----------
        machines : sequence of str
            Each as host:port, where it listens for the others.
        rank : int
            Which of them this one is.
        """
        ...
