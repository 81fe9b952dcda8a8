"""A release as an ONNX graph: typed columns in, label, probabilities or value out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.exporters.languages.resources import copy_resources, run_program
from journeyman.exporters.onnx_graph import OnnxGraph, OnnxTensor
from journeyman.exporters.onnx_trees import tree_ensemble
from journeyman.exporters.tensors import OPERATIONS, Predicted, run_plan
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["OnnxExporter", "onnx_model"]

_OPSETS = {"": 18, "ai.onnx.ml": 5}
_FORMAT = 10  # of the file (IR version)
_OUTPUTS = ("prediction", "probabilities", "value", "values", "low", "high", "scores")


@dataclass(frozen=True)
class OnnxExporter:
    """Writes ``model.onnx``, and a program that answers a file of rows with onnxruntime.

    Inputs are one a column, of shape (n_samples, 1): doubles for numbers, for yes or no as 1 or 0 and for dates as seconds
    since 1970 in UTC, NaN where missing; strings for categories, "" where missing. Outputs are ``prediction`` and
    ``probabilities``, or ``value`` (``values`` of quantiles), with ``low`` and ``high`` where there is an interval, and
    ``scores``. Trees are a TreeEnsemble of doubles.

    References
    ----------
    https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
    """

    name: str = "onnx"
    operations: frozenset[str] = OPERATIONS
    tolerance: float = 1e-12  # sums are taken in another order in a batch

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the graph, the program, what it needs, and a README with a call."""
        model = onnx_model(facts.plan)
        (folder / "model.onnx").write_bytes(model.SerializeToString())
        copy_resources("onnx", folder, package=facts.package, name=facts.plan.name, call=_call(facts))

    def toolchain(self) -> Refusal | None:
        """Return None, or what is not installed."""
        lacking = [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]
        return Refusal(f"{' and '.join(lacking)} not installed", f"pip install {' '.join(lacking)}") if lacking else None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer rows by the folder's own program."""
        run_program(folder, "predict.py", rows, answers)


def onnx_model(plan: ScoringPlan) -> Any:
    """Return a plan as a ModelProto.

    Raises
    ------
    ImportError
        Where the package onnx is not installed.
    """
    import onnx  # noqa: PLC0415  # an extra that few installations have

    graph = OnnxGraph(onnx)
    rows = None
    inputs, columns = [], []
    for column in plan.columns:
        if column.kind == "text":
            columns.append(None)
            continue
        is_text = column.kind == "category"
        given = OnnxTensor(graph, input_name(column.name), str if is_text else np.float64)
        kind = onnx.TensorProto.STRING if is_text else onnx.TensorProto.DOUBLE
        inputs.append(onnx.helper.make_tensor_value_info(given.name, kind, ["rows", 1]))
        columns.append(graph.look_up(given, column.categories) if is_text else given)
        rows = given
    filled = [graph.like_rows(np.array([np.nan]), rows) if one is None else one for one in columns]
    predicted = run_plan(graph, plan, filled, {"trees": tree_ensemble})
    outputs = _outputs(onnx, graph, plan, predicted)
    made = onnx.helper.make_graph(graph.nodes, _identifier(plan.name), inputs, outputs, graph.constants)
    opsets = [onnx.helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
    model = onnx.helper.make_model(made, opset_imports=opsets, ir_version=_FORMAT, producer_name="journeyman")
    model.model_version = plan.version
    model.doc_string = f"Predicts {plan.target}."
    onnx.helper.set_model_props(model, {"task": plan.task, "target": plan.target, "version": str(plan.version)})
    onnx.checker.check_model(model)
    return model


def input_name(column: str) -> str:
    """Return the name of a column's input: its own, unless a value of the graph has it.

    Examples
    --------
    >>> input_name("age"), input_name("value"), input_name("step/1")
    ('age', 'value (column)', 'step/1 (column)')
    """
    return f"{column} (column)" if column in _OUTPUTS or column.startswith(("step/", "constant/")) else column


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


def _labels(onnx: Any, graph: OnnxGraph, plan: ScoringPlan, places: OnnxTensor) -> tuple[OnnxTensor, int]:
    """Return labels in the type that they have in the table."""
    if plan.label_type in ("int", "float"):
        numbers = np.array([float(label) for label in plan.labels])
        if plan.label_type == "int":
            return graph.rows(numbers.astype(np.int64), places), onnx.TensorProto.INT64
        return graph.rows(numbers, places), onnx.TensorProto.DOUBLE
    if plan.label_type == "bool":
        truths = np.array([label.lower() in ("true", "1", "1.0", "yes") for label in plan.labels])
        return graph.rows(truths, places), onnx.TensorProto.BOOL
    return graph.texts(plan.labels, places), onnx.TensorProto.STRING


def _call(facts: ProjectFacts) -> str:
    """Return a call with the example's row."""
    lines = []
    for column in facts.plan.columns:
        if column.kind != "text":
            lines.append(f"    {input_name(column.name)!r}: {_value(column, facts.example.get(column.name, ''))},")
    return "\n".join(lines)


def _value(column: PlanColumn, text: str) -> str:
    if column.kind == "category":
        return f"np.array([[{text!r}]], dtype=object)"
    return f"np.array([[{_number(column, text)}]])"


def _number(column: PlanColumn, text: str) -> str:
    try:
        return repr(float(text.replace(column.decimal, "."))) if column.kind == "number" else "np.nan"
    except ValueError:
        return "np.nan"
