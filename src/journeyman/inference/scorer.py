"""What runs a plan: columns to predictions, in a build, in process and in a service alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.anomaly import MarksGain
from journeyman.entities.matrix import Matrix
from journeyman.entities.plan import AdjustStep, ColumnStep, ModelStep, Node, NodeKind, Plan
from journeyman.entities.table import Block
from journeyman.interfaces import JoinsOpinions
from journeyman.transformers.steps import JoinedSteps

__all__ = ["Scorer", "ScoresRows"]

FloatArray = NDArray[np.float64]


class ScoresRows(Protocol):
    """What predicts for a release, whatever stands behind it."""

    @property
    def plan(self) -> Plan:
        """All that is done to rows; ReleaseError where that is not known."""
        ...

    @property
    def silent(self) -> bool:
        """Whether it cannot be asked: of a model that runs elsewhere the log alone may be to be had."""
        ...

    def predict(self, block: Block) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, n_outputs) of rows that were parsed."""
        ...

    def opinions(self, block: Block) -> FloatArray | None:
        """Return what each of several detectors says, shape (n_samples, n_detectors); None without detectors."""
        ...


@dataclass(frozen=True)
class Scorer:
    """A plan that runs.

    Each step is the plan's own; what several nodes read side by side is put together once for all of them.
    """

    plan: Plan
    silent: ClassVar[bool] = False

    def predict(self, block: Block) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, n_outputs) of rows that were parsed."""
        block = self.with_derived(block)
        matrices: dict[tuple[str, ...], Matrix] = {}
        predictions: dict[str, FloatArray] = {}
        for node in self._predicting:
            x = None
            if node.features is not None:
                x = matrices.get(node.features)
                if x is None:
                    x = matrices[node.features] = self._matrix_steps[node.features].transform(block)
            if node.predictions:
                told = [predictions[name] for name in node.predictions]
                predictions[node.name] = cast(AdjustStep, node.step).adjust(told, x, block)
            else:
                assert x is not None  # a model reads features
                predictions[node.name] = cast(ModelStep, node.step).predict(x)
        return predictions[self.plan.prediction]

    def opinions(self, block: Block) -> FloatArray | None:
        """Return the share of ordinary rows that are less odd to each detector, shape (n_samples, n_detectors).

        None where no model joins the opinions of detectors.
        """
        joining = [n for n in self._predicting if n.features is not None and isinstance(n.step, JoinsOpinions)]
        if not joining:
            return None
        block = self.with_derived(block)
        found = [
            cast(JoinsOpinions, node.step).opinions(self._matrix_steps[node.features].transform(block))
            for node in joining
            if node.features is not None
        ]
        return np.asarray(np.mean(found, axis=0))

    @property
    def marks_gain(self) -> MarksGain | None:
        """What marks were worth to the first model that joins opinions; None without one, and without marks."""
        return next((node.step.gain for node in self._predicting if isinstance(node.step, JoinsOpinions)), None)

    def without_lookup(self) -> Scorer:
        """Return the model alone: rows that were met before are predicted as others are."""
        return Scorer(self.plan.without(NodeKind.LOOKUP))

    def with_derived(self, block: Block) -> Block:
        """Return rows with the columns that steps derive from their texts and images."""
        for step, outputs in self._derived:
            values = step.transform(block)
            block = {**block, **{name: values[:, i] for i, name in enumerate(outputs)}}
        return block

    @cached_property
    def _derived(self) -> tuple[tuple[ColumnStep, tuple[str, ...]], ...]:
        """Steps whose features are further columns."""
        nodes = (*self.plan.of_kind(NodeKind.IMAGE), *self.plan.of_kind(NodeKind.TEXT))
        return tuple((cast(ColumnStep, node.step), node.outputs) for node in nodes)

    @cached_property
    def _predicting(self) -> tuple[Node, ...]:
        """The nodes that come to the predictions, in their order."""
        ends = (NodeKind.DECODE, NodeKind.INTERVAL)
        return tuple(
            node
            for node in self.plan.nodes
            if node.step.kind not in ends and (node.features is not None or node.predictions)
        )

    @cached_property
    def _matrix_steps(self) -> dict[tuple[str, ...], JoinedSteps]:
        """The steps of each set of features that a node reads."""
        wanted = {node.features for node in self._predicting if node.features is not None}
        return {names: JoinedSteps([cast(ColumnStep, self.plan.node(n).step) for n in names]) for names in wanted}
