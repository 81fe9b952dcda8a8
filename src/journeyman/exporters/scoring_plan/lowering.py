"""A release's plan as a scoring plan: each node once, in the order in which others need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from journeyman.entities.candidate import Refusal
from journeyman.entities.column import Column
from journeyman.entities.conformal import Conformal
from journeyman.entities.plan import ColumnStep, DecodeStep, Node, NodeKind, ParseStep, Plan
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound
from journeyman.exporters.scoring_plan.adjustments import ADJUSTMENTS, Given, interval_registers
from journeyman.exporters.scoring_plan.columns import plan_column
from journeyman.exporters.scoring_plan.draft import CannotSay, Draft, Features
from journeyman.exporters.scoring_plan.features import FEATURES
from journeyman.exporters.scoring_plan.members import member_nodes
from journeyman.exporters.scoring_plan.models import MODELS, Predicted
from journeyman.tasks import task_type
from journeyman.transformers.text_sparse import NgramStep

__all__ = ["LOOKUP", "Named", "lower"]

LOOKUP = "duplicate_lookup"
"""What is known of rows that training had, where it is left out by name as a member is."""

_DERIVING = frozenset({NodeKind.TEXT, NodeKind.IMAGE})
"""What makes further columns."""


@dataclass(frozen=True)
class Named:
    """What a plan is called.

    Attributes
    ----------
    name, version : str, int
        Of the release.
    members : tuple of str
        What each member is called, in the order of the plan.
    """

    name: str
    version: int
    members: tuple[str, ...]


def lower(plan: Plan, task: Task, named: Named, known: frozenset[str] | None = None) -> ScoringPlan | Refusal:
    """Return the scoring plan of a release, or what of it has no words there.

    Parameters
    ----------
    known : frozenset of str, optional
        Operations that the reader knows; all by default.

    Examples
    --------
    >>> from journeyman.testing.exporter_checks import sample_plan
    >>> plan, _ = sample_plan()
    >>> lower(plan, Task("y", "binary", "log_loss", ("no", "yes")), Named("toy", 1, ("a", "b"))).scores
    (20, 21, 24, 25)
    >>> lower(plan, Task("y", "binary", "log_loss"), Named("toy", 1, ("a", "b")), frozenset({"fill", "mean"})).reason
    'it has the steps calendar, lines, onehot, softmax, table in the member a; ... in the member b'
    """
    refused: dict[str, str] = {}
    for name, node in zip(named.members, member_nodes(plan), strict=False):
        reason = _refusal_reason(plan, node, known)
        if reason is not None:
            refused.setdefault(name, reason)
    others = set(named.members) - refused.keys()
    told = "; ".join(f"{reason} in the member {name}" for name, reason in refused.items())
    for node in plan.of_kind(NodeKind.LOOKUP):
        reason = _lookup_refusal(plan, node, known)
        if reason is not None:
            told = "; ".join(filter(None, [told, f"{reason} in {LOOKUP}"]))
            refused[LOOKUP] = reason
    if refused:
        options = " ".join(f"--without {name}" for name in refused)
        return Refusal(f"it has {told}", f"leave out what cannot be written: {options}" if others else "")
    try:
        written = _Lowering(plan).whole(task, named)
        _all_known(written.operations, known)
    except CannotSay as reason:
        return Refusal(f"it has {reason}")
    return written


def _refusal_reason(plan: Plan, model: Node, known: frozenset[str] | None) -> str | None:
    """Return what of a member, of what it reads and of what its predictions are adjusted by, has no words."""
    lowering, name = _Lowering(plan), model.name
    try:
        lowering.predicted(name)
        while later := [n for n in plan.nodes if n.predictions == (name,) and n.name.startswith("member/")]:
            name = later[0].name
            lowering.predicted(name)
        _all_known(frozenset(step.operation for step in lowering.draft.steps), known)
    except CannotSay as reason:
        return str(reason)
    return None


def _lookup_refusal(plan: Plan, node: Node, known: frozenset[str] | None) -> str | None:
    """Return what of a lookup of rows has no words."""
    lowering = _Lowering(plan)
    given = Given([(0, 1)], None, lowering.columns, lowering._texts)
    try:
        _lowerer(ADJUSTMENTS, node)(lowering.draft, node.step, given)
        _all_known(frozenset(step.operation for step in lowering.draft.steps), known)
    except CannotSay as reason:
        return str(reason)
    return None


def _all_known(operations: frozenset[str], known: frozenset[str] | None) -> None:
    lacking = sorted(operations - known) if known is not None else []
    if lacking:
        raise CannotSay(f"the {'step' if len(lacking) == 1 else 'steps'} {', '.join(lacking)}")


@dataclass
class _Lowering:
    """The nodes of a plan that have been written."""

    plan: Plan
    draft: Draft = field(default_factory=Draft)
    features: dict[str, tuple[int, ...]] = field(default_factory=dict)
    predictions: dict[str, Predicted] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draft.reserve(len(self.used))

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.plan.nodes}

    @cached_property
    def used(self) -> tuple[Column, ...]:
        """The columns that are read, in the order of the table."""
        (parse,) = self.plan.of_kind(NodeKind.PARSE)
        read = {name for node in self.plan.nodes for name in node.columns}
        return tuple(c for c in cast(ParseStep, parse.step).columns if c.name in read)

    @cached_property
    def columns(self) -> dict[str, int]:
        """Registers of columns: of those of the table, and of those derived from texts that have been written."""
        return {column.name: i for i, column in enumerate(self.used)}

    def whole(self, task: Task, named: Named) -> ScoringPlan:
        first, count = self.predicted(self.plan.prediction)
        decode = next((cast(DecodeStep, n.step) for n in self.plan.of_kind(NodeKind.DECODE)), None)
        interval = None
        if task_type(task).traits.bound is Bound.INTERVAL and not task.labels:
            for node in self.plan.of_kind(NodeKind.INTERVAL):
                interval = interval_registers(self.draft, cast(Conformal, node.step), first, self.columns)
        draft = self.draft
        return ScoringPlan(
            name=named.name,
            version=named.version,
            task=task.kind,
            target=task.target,
            columns=tuple(plan_column(column) for column in self.used),
            texts=tuple(draft.texts),
            arrays=tuple(draft.arrays),
            registers=draft.registers,
            steps=tuple(draft.steps),
            scores=tuple(draft.scores),
            outputs=tuple(range(first, first + count)),
            labels=() if decode is None else decode.labels,
            label_type="str" if decode is None else decode.label_types,
            threshold=_threshold(decode),
            ordered=decode is not None and decode.ordered,
            interval=interval,
        )

    def predicted(self, name: str) -> Predicted:
        """Return where the predictions of a node are, once they and all that they need are written."""
        if name not in self.predictions:
            node = self.nodes[name]
            before = [self.predicted(other) for other in node.predictions]
            seen = None if node.features is None else self.features_of(node.features)
            if before:
                given = Given(before, seen, self.columns, self._texts)
                self.predictions[name] = _lowerer(ADJUSTMENTS, node)(self.draft, node.step, given)
            else:
                self.predictions[name] = _lowerer(MODELS, node)(self.draft, node.step, seen)
        return self.predictions[name]

    def features_of(self, names: tuple[str, ...]) -> Features:
        """Return the features of some nodes, side by side."""
        registers: list[int] = []
        coded: list[int] = []
        for name in names:
            own = self.registers_of(name)
            if self.nodes[name].step.kind is NodeKind.CODE:
                coded += range(len(registers), len(registers) + len(own))
            registers += own
        outputs = tuple(output for name in names for output in self.nodes[name].outputs)
        steps = [self.nodes[name].step for name in names]
        texts = tuple((self.columns[step.column], step.ngrams) for step in steps if isinstance(step, NgramStep))
        return Features(tuple(registers), outputs, tuple(coded), texts)

    def registers_of(self, name: str) -> tuple[int, ...]:
        """Return the registers of a node's features, once they are written."""
        if name not in self.features:
            node = self.nodes[name]
            self._derive(set(node.columns) - self.columns.keys())
            step = cast(ColumnStep, node.step)
            self.features[name] = _lowerer(FEATURES, node)(self.draft, step, self.columns)
        return self.features[name]

    def _derive(self, lacking: set[str]) -> None:
        """Write the steps that derive these columns."""
        for maker in self.plan.nodes:
            if maker.step.kind in _DERIVING and lacking & set(maker.outputs):
                if type(maker.step) not in FEATURES:
                    raise CannotSay(f"{maker.step.kind.value} as columns")
                self.columns.update(zip(maker.outputs, self.registers_of(maker.name), strict=True))

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(
            c.name for c in self.used if not (c.kind.numeric or c.kind.categorical or c.kind == "datetime")
        )


def _lowerer(registry: Mapping[type, Any], node: Node) -> Any:
    if type(node.step) not in registry:
        raise CannotSay(node.step.kind.value)
    return registry[type(node.step)]


def _threshold(decode: DecodeStep | None) -> float | None:
    if decode is None or decode.ordered or decode.threshold == 0.5:  # one half is the more probable class
        return None
    return decode.threshold
