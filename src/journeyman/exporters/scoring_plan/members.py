"""A plan with fewer members."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from journeyman.entities.plan import MeanStep, Node, NodeKind, Plan

__all__ = ["member_nodes", "without_members"]

_ENDS = (NodeKind.DECODE, NodeKind.INTERVAL)


def member_nodes(plan: Plan) -> tuple[Node, ...]:
    """Return the models of a plan, in the order of its members."""
    return tuple(node for node in plan.nodes if node.features is not None and not node.predictions)


def without_members(plan: Plan, left_out: Collection[int]) -> Plan:
    """Return the plan without some members, by their positions; the weights of the others sum to 1 again.

    Nodes that nothing reads any more are gone, too.

    Examples
    --------
    >>> from journeyman.testing.exporter_checks import sample_plan
    >>> fewer = without_members(sample_plan()[0], {0})
    >>> fewer.of_kind(NodeKind.MEAN)[0].step, [node.name for node in fewer.of_kind(NodeKind.LINES)]
    (MeanStep(weights=(1.0,)), ['model/1'])
    """
    if not left_out:
        return plan
    (mean,) = plan.of_kind(NodeKind.MEAN)
    assert isinstance(mean.step, MeanStep)
    kept = [i for i in range(len(mean.predictions)) if i not in left_out]
    total = sum(mean.step.weights[i] for i in kept)
    fewer = replace(
        mean,
        step=MeanStep(tuple(mean.step.weights[i] / total for i in kept)),
        predictions=tuple(mean.predictions[i] for i in kept),
    )
    nodes = {node.name: fewer if node is mean else node for node in plan.nodes}
    wanted = {node.name for node in nodes.values() if node.step.kind in (*_ENDS, NodeKind.PARSE)} | {plan.prediction}
    makers = {output: node.name for node in nodes.values() for output in node.outputs}
    todo = list(wanted)
    while todo:
        node = nodes[todo.pop()]
        read = {*(node.features or ()), *node.predictions, *(makers[c] for c in node.columns if c in makers)}
        read -= wanted | {node.name}
        wanted |= read
        todo += read
    return Plan(tuple(node for name, node in nodes.items() if name in wanted), plan.prediction)
