"""A release as an ONNX graph: typed columns in, label, probabilities or value out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.onnx_graph import OnnxGraph, OnnxTensor
from journeyman.exporters.onnx_trees import tree_ensemble
from journeyman.exporters.project_files import run_tool
from journeyman.exporters.tensor_project import OUTPUTS, need_package, typed_labels, write_tensor_project
from journeyman.exporters.tensors import OPERATIONS, Predicted, run_plan
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["OnnxExporter", "input_names", "onnx_model"]

_OPSETS = {"": 18, "ai.onnx.ml": 5}
_FORMAT = 10  # of the file (IR version)


@dataclass(frozen=True)
class OnnxExporter:
    """Writes ``model.onnx``, and a program that answers a file of rows with onnxruntime.

    Inputs are one a column, of shape (n_samples, 1): doubles for numbers, for yes or no as 1 or 0 and for dates as
    seconds since 1970 in UTC, NaN where missing; strings for categories, "" where missing. Outputs are ``prediction``
    and ``probabilities``, or ``value`` (``values`` of quantiles), with ``low`` and ``high`` where there is an interval,
    and ``scores``. Trees are a TreeEnsemble of doubles.

    References
    ----------
    https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
    """

    name: str = "onnx"
    operations: frozenset[str] = OPERATIONS
    tolerance: float = 1e-12  # sums are taken in another order in a batch

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the graph, the program, what it needs, and a README with a call.

        Raises
        ------
        ReleaseError
            Where the package onnx is not installed.
        """
        need_package("onnx", "onnx")
        model = onnx_model(facts.plan)
        (folder / "model.onnx").write_bytes(model.SerializeToString())
        write_tensor_project(facts, input_names(facts.plan), "onnx", folder)

    def toolchain(self) -> Refusal | None:
        """Return None, or what is not installed."""
        return None if find_spec("onnx") and find_spec("onnxruntime") else needs_extra("onnx")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer rows by the folder's own program."""
        run_tool([sys.executable, "predict.py", str(rows.resolve()), str(answers.resolve())], folder)


def onnx_model(plan: ScoringPlan) -> Any:
    """Return a plan as a ModelProto."""
    import onnx  # noqa: PLC0415  # an extra that few installations have

    graph = OnnxGraph(onnx)
    names = input_names(plan)
    given, inputs = [], []
    for column in plan.columns:
        is_text = column.kind == "category"
        kind = onnx.TensorProto.STRING if is_text else onnx.TensorProto.DOUBLE
        if column.name in names:
            inputs.append(onnx.helper.make_tensor_value_info(names[column.name], kind, ["rows", 1]))
            given.append(OnnxTensor(graph, names[column.name], str if is_text else np.float64))
    filled = _columns(graph, plan, dict(zip(names, given, strict=True)))
    predicted = run_plan(graph, plan, filled, _OWN)
    outputs = _outputs(onnx, graph, plan, predicted)
    made = onnx.helper.make_graph(graph.nodes, _identifier(plan.name), inputs, outputs, graph.constants)
    opsets = [onnx.helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
    model = onnx.helper.make_model(made, opset_imports=opsets, ir_version=_FORMAT, producer_name="journeyman")
    model.model_version = plan.version
    model.doc_string = f"Predicts {plan.target}."
    onnx.helper.set_model_props(model, {"task": plan.task, "target": plan.target, "version": str(plan.version)})
    onnx.checker.check_model(model)
    return model


_OWN: Mapping[str, Any] = {"trees": tree_ensemble}


def _columns(graph: OnnxGraph, plan: ScoringPlan, given: Mapping[str, OnnxTensor]) -> list[OnnxTensor]:
    """Return the registers of columns: numbers, codes of categories, NaN for texts."""
    some = next(iter(given.values()))
    made = []
    for column in plan.columns:
        if column.kind == "text":
            made.append(graph.like_rows(np.array([np.nan]), some))
        elif column.kind == "category":
            made.append(graph.look_up(given[column.name], column.categories))
        else:
            made.append(given[column.name])
    return made


def input_names(plan: ScoringPlan) -> dict[str, str]:
    """Return names of inputs by columns: a column's own, unless a value of the graph has it; texts are no inputs."""
    taken = ("step/", "constant/")
    typed = [c.name for c in plan.columns if c.kind != "text"]
    return {name: f"{name} (column)" if name in OUTPUTS or name.startswith(taken) else name for name in typed}


def _identifier(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)


def _outputs(onnx: Any, graph: OnnxGraph, plan: ScoringPlan, predicted: Predicted) -> list[Any]:
    """Name the tensors that are given back."""
    double, count = onnx.TensorProto.DOUBLE, len(plan.outputs)
    told: list[Any] = []

    def give(tensor: OnnxTensor, name: str, kind: int, width: int | None) -> None:
        graph.add("Identity", [tensor], tensor.kind, name=name)
        told.append(onnx.helper.make_tensor_value_info(name, kind, ["rows"] if width is None else ["rows", width]))

    if plan.labels:
        label, kind = _labels(onnx, graph, plan, predicted.label)
        give(label, "prediction", kind, None)
        give(predicted.outputs, "probabilities", double, count)
    else:
        give(predicted.outputs, "value" if count == 1 else "values", double, count)
    if predicted.interval is not None:
        give(graph.columns(predicted.interval, [0]), "low", double, 1)
        give(graph.columns(predicted.interval, [1]), "high", double, 1)
    if predicted.scores is not None:
        give(predicted.scores, "scores", double, len(plan.scores))
    return told


def _labels(onnx: Any, graph: OnnxGraph, plan: ScoringPlan, places: Any) -> tuple[OnnxTensor, int]:
    """Return labels in the type that they have in the table."""
    if plan.label_type == "str":
        return graph.texts(plan.labels, places), onnx.TensorProto.STRING
    kinds = {"int": onnx.TensorProto.INT64, "float": onnx.TensorProto.DOUBLE, "bool": onnx.TensorProto.BOOL}
    return graph.rows(np.array(typed_labels(plan)), places), kinds[plan.label_type]
