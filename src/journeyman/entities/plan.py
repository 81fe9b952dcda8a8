"""A plan: all that a release does to raw rows until they are predictions, as a graph of typed steps of plain arrays.

The steps run: a fold that learns, a served row and an export all take them from here. Values are float64 and shapes are
(n_samples, n_columns) unless a step says otherwise; no step looks from one row to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.matrix import Matrix
from journeyman.entities.table import Block
from journeyman.entities.trial import temper

__all__ = [
    "AdjustStep",
    "ColumnStep",
    "DecodeStep",
    "IntervalStep",
    "MeanStep",
    "ModelPlan",
    "ModelStep",
    "Node",
    "NodeKind",
    "ParseStep",
    "Plan",
    "Step",
    "TemperatureStep",
]

FloatArray = NDArray[np.float64]


class NodeKind(StrEnum):
    """What a step does; the classes of steps say how."""

    PARSE = "parse"
    FILL = "fill"
    CODE = "code"
    TABLE = "table"
    CALENDAR = "calendar"
    TEXT = "text"
    IMAGE = "image"
    PIXELS = "pixels"
    CRAFTED = "crafted features"
    CONSTANT = "constant"
    LINES = "lines"
    TREES = "trees"
    NETS = "nets"
    NEIGHBOURS = "neighbours"
    KERNELS = "kernels"
    CONVOLUTIONS = "convolutions"
    DETECTORS = "detectors"
    CORRECTION = "correction"
    SCALE = "scale"
    MEAN = "mean"
    TEMPERATURE = "temperature"
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


@dataclass(frozen=True)
class DecodeStep:
    """Probabilities to labels: the second of two classes from the threshold on, else the first of the most probable.

    Attributes
    ----------
    labels : tuple of str
        In the order of the probabilities.
    label_types : str
        "str", "int", "float" or "bool": as labels are given back.
    threshold : float or None
        Probability of the second class from which it is predicted; None takes the most probable class.
    """

    kind: ClassVar[NodeKind] = NodeKind.DECODE
    labels: tuple[str, ...]
    label_types: str
    threshold: float | None

    def codes(self, probabilities: FloatArray) -> NDArray[np.int64]:
        """Return the positions of labels, shape (n_samples,).

        Examples
        --------
        >>> DecodeStep(("no", "yes"), "str", 0.3).codes(np.array([[0.6, 0.4], [0.8, 0.2]])).tolist()
        [1, 0]
        """
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
