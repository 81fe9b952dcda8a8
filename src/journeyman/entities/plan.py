"""A plan: all that a release does to raw rows until they are predictions, as a graph of typed steps of plain arrays.

The steps run: a fold that learns, a served row and an export all take them from here. Values are float64 and shapes are
(n_samples, n_columns) unless a step says otherwise; no step looks from one row to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.matrix import Matrix
from journeyman.entities.panel import History
from journeyman.entities.spread import QuantileSpread
from journeyman.entities.table import Block
from journeyman.entities.trial import temper

__all__ = [
    "AdjustStep",
    "ColumnStep",
    "DecodeStep",
    "HoldsHistory",
    "IntervalStep",
    "MeanStep",
    "ModelPlan",
    "ModelStep",
    "Node",
    "NodeKind",
    "ParseStep",
    "Plan",
    "SparseStep",
    "SpreadStep",
    "Step",
    "TemperatureStep",
    "median_classes",
]

FloatArray = NDArray[np.float64]


class NodeKind(StrEnum):
    """What a step does; the classes of steps say how."""

    PARSE = "parse"
    FILL = "fill"
    FOLD = "log scale"
    CODE = "code"
    TABLE = "table"
    CALENDAR = "calendar"
    HISTORY = "history"
    """Rows to places in a history of series."""
    TEXT = "text"
    NGRAMS = "n-grams"
    EMBEDDING = "embedding"
    IMAGE = "image"
    PIXELS = "pixels"
    CRAFTED = "crafted features"
    CONSTANT = "constant"
    LINES = "lines"
    SPARSE_LINES = "lines of sparse features"
    TREES = "trees"
    NETS = "nets"
    NEIGHBOURS = "neighbours"
    KERNELS = "kernels"
    CONVOLUTIONS = "convolutions"
    DETECTORS = "detectors"
    CENTRES = "centres of groups"
    SERIES = "series"
    CORRECTION = "correction"
    SCALE = "scale"
    MEAN = "mean"
    TEMPERATURE = "temperature"
    SPREAD = "spread of quantiles"
    LOOKUP = "duplicate lookup"
    DECODE = "threshold"
    INTERVAL = "interval"
    OTHER = "other"
    """A part of somebody else's that describes itself by running only: no exporter can write it."""


class ColumnStep(Protocol):
    """Columns to features, row by row."""

    kind: ClassVar[NodeKind]

    def reads(self) -> tuple[str, ...]:
        """Return the columns that it looks at."""

    def names(self) -> tuple[str, ...]:
        """Return the names of the features that it makes."""

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_features)."""


@runtime_checkable
class SparseStep(Protocol):
    """Columns to many features, nearly all nought in a row: what a column step offers besides ``transform``."""

    def sparse(self, block: Block) -> Any:
        """Return a SciPy CSR array of float32, shape (n_samples, n_sparse_features)."""

    def blocks(self) -> tuple[tuple[str, int], ...]:
        """Return what the sparse features are, block by block, and how many each block has."""


@runtime_checkable
class HoldsHistory(Protocol):
    """What a step to features says besides that places rows in a history of series."""

    @property
    def history(self) -> History:
        """What series have come to until now."""

    def codes(self) -> tuple[int, ...]:
        """Return the positions of its features that hold category codes."""


class ModelStep(Protocol):
    """Features to predictions, row by row."""

    kind: ClassVar[NodeKind]

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, n_outputs)."""


class AdjustStep(Protocol):
    """Predictions to predictions, row by row."""

    kind: ClassVar[NodeKind]

    def adjust(self, predictions: Sequence[FloatArray], x: Matrix | None, block: Block) -> FloatArray:
        """Return predictions of shape (n_samples, n_outputs).

        Parameters
        ----------
        predictions : sequence of ndarray of shape (n_samples, n_outputs)
            Of the nodes that are named.
        x : Matrix or None
            Features of the nodes that are named.
        block : Block
            The columns.
        """


@dataclass(frozen=True)
class ParseStep:
    """Raw cells to columns, as :class:`Column` says: numbers, codes, seconds since 1970, texts.

    What a cell of each kind means is told by ``sources/parsing``; a missing value is NaN, code -1 or None, and so is a
    category that training did not know.
    """

    kind: ClassVar[NodeKind] = NodeKind.PARSE
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class MeanStep:
    """The weighted sum, in the order of the predictions; weights sum to 1."""

    kind: ClassVar[NodeKind] = NodeKind.MEAN
    weights: tuple[float, ...]

    def adjust(self, predictions: Sequence[FloatArray], x: Matrix | None, block: Block) -> FloatArray:
        """Return ``weights[0] * predictions[0] + weights[1] * predictions[1] + ...``.

        Examples
        --------
        >>> MeanStep((0.25, 0.75)).adjust([np.array([[0.0]]), np.array([[4.0]])], None, {})
        array([[3.]])
        """
        total = self.weights[0] * predictions[0]
        for weight, values in zip(self.weights[1:], predictions[1:], strict=True):
            total = total + weight * values
        return total


@dataclass(frozen=True)
class TemperatureStep:
    """Probabilities, at least 1e-7, to the power of 1 / temperature, normalised again."""

    kind: ClassVar[NodeKind] = NodeKind.TEMPERATURE
    temperature: float

    def adjust(self, predictions: Sequence[FloatArray], x: Matrix | None, block: Block) -> FloatArray:
        """Return tempered probabilities, shape (n_samples, n_classes)."""
        return temper(predictions[0], self.temperature)


def median_classes(probabilities: FloatArray) -> NDArray[np.int64]:
    """Return the median of each row's distribution over ordered classes: the first up to which half of it lies.

    Examples
    --------
    >>> median_classes(np.array([[0.4, 0.25, 0.35], [0.5, 0.0, 0.5]])).tolist()
    [1, 0]
    """
    # A hair below one half: sums of shares that are one half may end a rounding below it.
    half = 0.5 * probabilities.sum(axis=1, keepdims=True) - 1e-12
    return np.asarray((np.cumsum(probabilities, axis=1) >= half).argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class SpreadStep:
    """Quantiles, drawn apart from their median."""

    kind: ClassVar[NodeKind] = NodeKind.SPREAD
    spread: QuantileSpread

    def adjust(self, predictions: Sequence[FloatArray], x: Matrix | None, block: Block) -> FloatArray:
        """Return spread quantiles, shape (n_samples, n_outputs)."""
        return self.spread.adjust(predictions[0])


@dataclass(frozen=True)
class DecodeStep:
    """Probabilities to labels: the second of two classes from the threshold on, else the first of the most probable.

    Of classes that have an order, the median is predicted: the first up to which at least half of the probability lies.

    Attributes
    ----------
    labels : tuple of str
        In the order of the probabilities.
    label_types : str
        "str", "int", "float" or "bool": as labels are given back.
    threshold : float or None
        Probability of the second class from which it is predicted; None takes the most probable class.
    ordered : bool
        Whether the classes have an order.
    """

    kind: ClassVar[NodeKind] = NodeKind.DECODE
    labels: tuple[str, ...]
    label_types: str
    threshold: float | None
    ordered: bool = False

    def codes(self, probabilities: FloatArray) -> NDArray[np.int64]:
        """Return the positions of labels, shape (n_samples,).

        Examples
        --------
        >>> DecodeStep(("no", "yes"), "str", 0.3).codes(np.array([[0.6, 0.4], [0.8, 0.2]])).tolist()
        [1, 0]
        >>> DecodeStep(("low", "middle", "high"), "str", None, True).codes(np.array([[0.4, 0.25, 0.35]])).tolist()
        [1]
        """
        if self.ordered:
            return median_classes(probabilities)
        if self.threshold is not None and self.threshold != 0.5:
            return (probabilities[:, 1] >= self.threshold).astype(np.int64)
        return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


class IntervalStep(Protocol):
    """How far the label may lie from a prediction: :class:`Conformal`."""

    kind: ClassVar[NodeKind]

    def intervals(self, predictions: FloatArray, block: Block) -> FloatArray:
        """Return the ends of each row's interval, shape (n_samples, 2)."""


ModelPlan = tuple[ModelStep, *tuple[AdjustStep, ...]]
"""A model, and what is done to its predictions in turn, each step reading those of the one before."""

Step = ColumnStep | ModelStep | AdjustStep | ParseStep | DecodeStep | IntervalStep


@dataclass(frozen=True)
class Node:
    """A step in its place.

    Attributes
    ----------
    name : str
        Of what it makes; unique in a plan.
    step : Step
        What makes it.
    columns : tuple of str
        Columns that it reads.
    features : tuple of str or None
        Names of nodes whose features, side by side in this order, are the matrix that it reads; None where it reads
        none, and empty where a preparation makes none.
    predictions : tuple of str
        Names of nodes whose predictions it reads.
    outputs : tuple of str
        Names of the features that it makes; empty for predictions. Those of texts and images are further columns for
        all that comes after them.
    """

    name: str
    step: Step
    columns: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    predictions: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A whole release: each node reads what comes before it.

    Attributes
    ----------
    nodes : tuple of Node
        The first parses; a label and an interval, where there are any, come last and are not read by others.
    prediction : str
        The node that makes the predictions: probabilities (n_samples, n_classes) or values (n_samples, n_outputs).
    """

    nodes: tuple[Node, ...]
    prediction: str

    def node(self, name: str) -> Node:
        """Return a node by its name.

        Examples
        --------
        >>> Plan((Node("columns", ParseStep(())),), "columns").node("columns").step.kind.value
        'parse'
        """
        (found,) = (node for node in self.nodes if node.name == name)
        return found

    def of_kind(self, kind: NodeKind) -> tuple[Node, ...]:
        """Return the nodes that do this, in their order."""
        return tuple(node for node in self.nodes if node.step.kind is kind)

    def without(self, kind: NodeKind) -> Plan:
        """Return the plan without the adjusting nodes of a kind; what they read takes their place."""
        instead: dict[str, str] = {}
        for node in self.of_kind(kind):
            instead[node.name] = instead.get(node.predictions[0], node.predictions[0])
        kept = tuple(
            replace(node, predictions=tuple(instead.get(name, name) for name in node.predictions))
            for node in self.nodes
            if node.name not in instead
        )
        return Plan(kept, instead.get(self.prediction, self.prediction))
