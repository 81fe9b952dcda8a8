"""An exporter: linear models of numbers as JSON, which a few lines of any language can predict from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.algorithms.linear import LinearModel
from journeyman.entities.candidate import Refusal
from journeyman.entities.plan import MeanStep, NodeKind, Plan
from journeyman.entities.table import Block
from journeyman.inference.scorer import Scorer
from journeyman.transformers.steps import NumberStep

__all__ = ["WeightsExporter", "weighed"]

FIELDS = {
    NumberStep: ("columns", "fill", "shift", "scale"),
    LinearModel: ("weights", "offsets", "low", "high"),
    MeanStep: ("weights",),
}
ASIDE = (NodeKind.PARSE, NodeKind.DECODE, NodeKind.INTERVAL)  # what comes before the columns and after the predictions


@dataclass(frozen=True)
class WeightsExporter:
    """Linear models of numbers as JSON."""

    name: str = "weights"
    tolerance: float = 1e-9

    def can_write(self, plan: Plan) -> Refusal | None:
        """Return None, or the first thing that is not written."""
        for node in plan.nodes:
            step = node.step
            if step.kind not in ASIDE and type(step) not in FIELDS:
                return Refusal(f"weights are not written of {step.kind.value}")
            if isinstance(step, LinearModel) and step.classifier:
                return Refusal("weights are not written of classes")
            if isinstance(step, NumberStep) and (step.limit or step.flagged):
                return Refusal("weights are not written of numbers that are clipped or have gaps")
        return None

    def write(self, plan: Plan, folder: Path) -> None:
        """Write every step's arrays."""
        steps = []
        for node in plan.nodes:
            if node.step.kind not in ASIDE:
                arrays = {field: np.asarray(getattr(node.step, field)).tolist() for field in FIELDS[type(node.step)]}
                steps.append(
                    {
                        "name": node.name,
                        "type": type(node.step).__name__,
                        "reads": node.features or node.predictions,
                        **arrays,
                    }
                )
        (folder / "weights.json").write_text(json.dumps({"steps": steps, "prediction": plan.prediction}))

    def verify(self, folder: Path, plan: Plan, rows: Block) -> float:
        """Predict from the file, and compare."""
        told = weighed(json.loads((folder / "weights.json").read_text()), rows)
        wanted = Scorer(plan).predict(rows)
        return float(np.abs(told - wanted).max() / max(1.0, np.ptp(wanted)))


def weighed(facts: dict[str, Any], columns: Block) -> np.ndarray:
    """Return predictions of linear models that were written as JSON."""
    values: dict[str, np.ndarray] = {}
    for step in facts["steps"]:
        if step["type"] == "NumberStep":
            x = np.column_stack([columns[name] for name in step["columns"]])
            x = np.where(np.isfinite(x), x, step["fill"])
            values[step["name"]] = (x - step["shift"]) * step["scale"]
        elif step["type"] == "LinearModel":
            x = np.hstack([values[name] for name in step["reads"]])
            values[step["name"]] = np.clip(x @ np.array(step["weights"]) + step["offsets"], step["low"], step["high"])
        else:
            values[step["name"]] = sum(w * values[name] for w, name in zip(step["weights"], step["reads"], strict=True))
    return values[facts["prediction"]]
