"""Every exporter keeps the contract; one that does not is found out."""

import json
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from journeyman.algorithms.linear import LinearModel
from journeyman.entities.candidate import Refusal
from journeyman.entities.plan import NodeKind, Plan
from journeyman.entities.table import Block
from journeyman.inference.scorer import Scorer
from journeyman.plugins import load_parts
from journeyman.testing.exporter_checks import EXPORTER_CHECKS, check_exporter, sample_plan


@dataclass(frozen=True)
class Weights:
    """Writes the weights of linear models as JSON; or does what it is told wrongly."""

    fault: str = ""
    name: str = "weights"
    tolerance: float = 1e-12

    def can_write(self, plan: Plan) -> Refusal | None:
        if plan.of_kind(NodeKind.OTHER) and self.fault != "anything":
            return Refusal("a step is unknown." if self.fault == "stop" else "a step is unknown")
        return None

    def write(self, plan: Plan, folder: Path) -> None:
        models = plan.of_kind(NodeKind.LINES)
        facts = {n.name: [n.step.weights.tolist(), n.step.offsets.tolist()] for n in models}
        (mean,) = plan.of_kind(NodeKind.MEAN)
        if self.fault != "nothing":
            (folder / "weights.json").write_text(json.dumps([facts, mean.predictions]))

    def verify(self, folder: Path, plan: Plan, rows: Block) -> float:
        if self.fault == "blind":
            return 0.0
        facts, means = json.loads((folder / "weights.json").read_text())
        nodes = []
        for node in plan.nodes:
            if isinstance(node.step, LinearModel):
                weights, offsets = (np.array(values) for values in facts[node.name])
                step = LinearModel(weights, offsets, node.step.classifier, node.step.low, node.step.high, 1)
                node = replace(node, step=step)
            nodes.append(replace(node, predictions=tuple(means)) if node.step.kind is NodeKind.MEAN else node)
        told, wanted = Scorer(replace(plan, nodes=tuple(nodes))).predict(rows), Scorer(plan).predict(rows)
        return float(np.abs(told - wanted).max() + (self.fault == "inexact"))


def test_an_exporter_that_keeps_the_contract():
    check_exporter(Weights())
    plan, rows = sample_plan(0)
    check_exporter(Weights(), plan, rows)


@pytest.mark.parametrize("fault", ["anything", "stop", "nothing", "blind", "inexact"])
def test_each_fault_is_found(fault):
    with pytest.raises(AssertionError, match="the exporter weights"):
        check_exporter(Weights(fault))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="journeyman[tensorflow] is not installed")
@pytest.mark.parametrize("check", EXPORTER_CHECKS)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("name", sorted(load_parts("journeyman.exporters")))
def test_built_in_exporters(name, classes, check):
    EXPORTER_CHECKS[check](load_parts("journeyman.exporters", {name})[name], *sample_plan(classes))
