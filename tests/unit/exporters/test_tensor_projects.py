"""ONNX graphs in onnxruntime and SavedModels in TensorFlow: every operation, labels in their types, odd values."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.exporters.made_plans import CASES, form_plan, plan_of_cases

from journeyman.entities.scoring_plan import PlanColumn, PlanStep, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters import onnx as onnx_target
from journeyman.exporters import onnx_trees, saved_model, tensor_project
from journeyman.exporters.onnx import OnnxExporter, onnx_model
from journeyman.exporters.saved_model import SavedModelExporter
from journeyman.exporters.scoring_plan.text_form import plan_text
from journeyman.exporters.tensors import OPERATIONS
from journeyman.interfaces import ProjectFacts

Outputs = dict[str, Any]
Predict = Callable[[ScoringPlan, Mapping[str, list[Any]]], Outputs]

needs_onnx = pytest.mark.skipif(
    find_spec("onnx") is None or find_spec("onnxruntime") is None, reason="journeyman[onnx] is not installed"
)
needs_tensorflow = pytest.mark.skipif(find_spec("tensorflow") is None, reason="journeyman[tensorflow] is not installed")


def columns_of(plan: ScoringPlan, rows: Mapping[str, list[Any]], names: Mapping[str, str]) -> dict[str, Any]:
    kinds = {c.name: object if c.kind == "category" else np.float64 for c in plan.columns}
    return {names[name]: np.array(values, dtype=kinds[name])[:, None] for name, values in rows.items()}


def by_onnx(plan: ScoringPlan, rows: Mapping[str, list[Any]]) -> Outputs:
    import onnxruntime  # noqa: PLC0415 - an extra

    held = onnx_model(plan).SerializeToString()
    session = onnxruntime.InferenceSession(held, providers=["CPUExecutionProvider"])
    inputs = columns_of(plan, rows, onnx_target.input_names(plan))
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs), strict=True))


def by_tensorflow(plan: ScoringPlan, rows: Mapping[str, list[Any]]) -> Outputs:
    import tensorflow as tf  # noqa: PLC0415 - an extra

    module = saved_model.saved_model(tf, plan)
    inputs = columns_of(plan, rows, saved_model.input_names(plan))
    told = module.answer(*(tf.constant(inputs[name]) for name in saved_model.input_names(plan).values()))
    return {name: values.numpy() for name, values in told.items()}


BOTH = pytest.mark.parametrize(
    "predict",
    [
        pytest.param(by_onnx, marks=needs_onnx, id="onnx"),
        pytest.param(by_tensorflow, marks=[needs_tensorflow, pytest.mark.slow], id="tensorflow"),
    ],
)


@BOTH
def test_every_operation_writes_what_the_page_says(predict: Predict) -> None:
    found = predict(plan_of_cases(), {"nothing": [1.0, 2.0]})["values"]
    assert np.array_equal(found[0], found[1], equal_nan=True)
    left, wrong = found[0].tolist(), []
    for case in CASES:
        own, left = left[: len(case.expected)], left[len(case.expected) :]
        wrong += [f"{case}: {a!r}" for a, b in zip(own, case.expected, strict=True) if not is_near(a, b)]
    assert not wrong, "\n".join(wrong)
    assert not left
    assert {case.operation for case in CASES} == OPERATIONS


def is_near(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-13, abs_tol=1e-300)


@BOTH
def test_typed_values_that_are_missing(predict: Predict) -> None:
    rows = {
        "size": [2.0, -9.0, math.nan, math.inf],
        "city": ["7", "Bern", "", "no such city"],
        "garden": [1.0, 0.0, math.nan, 1.0],
        "day": [1.7e9, math.nan, 1.7e9, 0.0],
    }
    told = predict(form_plan(), rows)
    labels = [label.decode() if isinstance(label, bytes) else label for label in told["prediction"].tolist()]
    assert labels == ["sold" if p[1] >= 0.5 else "kept" for p in told["probabilities"].tolist()]
    assert set(labels) == {"kept", "sold"}
    one = [predict(form_plan(), {name: values[i : i + 1] for name, values in rows.items()}) for i in range(4)]
    assert np.array_equal(np.vstack([each["scores"] for each in one]), told["scores"])
    assert np.allclose(told["probabilities"].sum(axis=1), 1.0)
    missing = predict(form_plan(), {"size": [math.nan], "city": [""], "garden": [math.nan], "day": [math.nan]})
    gone = predict(form_plan(), {"size": [-9.0], "city": ["bern"], "garden": [math.inf], "day": [-math.inf]})
    assert np.array_equal(missing["scores"], gone["scores"])


@BOTH
def test_labels_are_of_their_type(predict: Predict) -> None:
    rows = {"size": [2.0, 99.0], "city": ["7", ""], "garden": [1.0, 0.0], "day": [1.7e9, 0.0]}
    codes = [int(p[1] >= 0.5) for p in predict(form_plan(), rows)["probabilities"]]
    for kind, labels, typed in (
        ("int", ("-3", "12"), [-3, 12]),
        ("float", ("0.5", "2.0"), [0.5, 2.0]),
        ("bool", ("False", "True"), [False, True]),
    ):
        told = predict(replace(form_plan(labels), label_type=kind), rows)["prediction"].tolist()
        assert told == [typed[code] for code in codes]
        assert all(type(label) is type(typed[0]) for label in told)


@BOTH
def test_intervals(predict: Predict) -> None:
    told = predict(form_plan(()), {"size": [2.0], "city": ["7"], "garden": [1.0], "day": [1.7e9]})
    assert np.array_equal(told["low"], told["value"] - 1.0)
    assert np.array_equal(told["high"], told["value"] + 2.0)
    assert told["value"].shape == (1, 1)


@BOTH
def test_names_that_the_graph_has_too_and_names_that_are_no_words(predict: Predict) -> None:
    names = ("value", "step/3", "Größe (m²)", "Größe [m²]", "1st", "scores")
    columns = tuple(PlanColumn(name, "number") for name in names)
    arrays = (np.arange(6.0), np.arange(1.0, 7.0), np.zeros(1))
    steps = (PlanStep("lines", (6, 0, 1, 1, 2)),)
    plan = ScoringPlan("m", 1, "regression", "y", columns, (), arrays, 7, steps, (6,), (6,))
    told = predict(plan, {name: [float(10**i)] for i, name in enumerate(names)})
    assert told["value"].tolist() == [[654321.0]]


def plan_of_trees(flags: tuple[int, ...]) -> ScoringPlan:
    """Return three trees for two outputs: a number, then a category; a category; a leaf alone."""
    columns = (PlanColumn("x", "number"), PlanColumn("c", "category", tuple("abcdef")))
    features, values = [2, 3], [0.5, 0.25, 4.0, 8.0, -1.0, 16.0]
    nodes: list[list[float]] = [[0, 1, 1], [1.5, 0, 1], list(flags), [1, -1, -4], [-3, -2, -5]]
    arrays = [[0, 1], features, *nodes, values, [0, 2, -6], [0, 1, 2], [0b000101, 0b110010]]
    trees = PlanStep("trees", (4, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10))
    steps = (PlanStep("plain", (2, 0)), PlanStep("code", (3, 11)), trees)
    held = tuple(np.array(array, dtype=np.float64) for array in (*arrays, [1]))
    return ScoringPlan("m", 1, "quantiles", "y", columns, (), held, 6, steps, (4, 5), (4, 5))


@needs_onnx
def test_trees_are_an_ensemble_or_gathers(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"x": [1.5, 1.5, 1.5000000000000002, math.nan, 0.0, math.nan], "c": ["a", "b", "c", "", "f", "c"]}
    plan, zero = plan_of_trees((2 + 4, 8, 8)), plan_of_trees((1, 8, 8))
    by_ensemble = by_onnx(plan, rows)["values"]
    wanted = [[16.5, -1.0], [16.25, 8.0], [20.0, -1.0], [16.25, -1.0], [16.25, 8.0], [16.5, -1.0]]
    assert by_ensemble.tolist() == wanted
    assert "TreeEnsemble" in operators(plan)
    assert "TreeEnsemble" not in operators(zero)  # it has no words for a zero that is missing
    assert by_onnx(zero, rows)["values"].tolist()[3:5] == [[20.0, -1.0], [20.0, 8.0]]
    monkeypatch.setattr(onnx_trees, "_MOST_CELLS", -1)
    assert "TreeEnsemble" not in operators(plan)
    assert by_onnx(plan, rows)["values"].tolist() == wanted


def operators(plan: ScoringPlan) -> set[str]:
    return {node.op_type for node in onnx_model(plan).graph.node}


@pytest.mark.slow
@pytest.mark.parametrize(
    "exporter",
    [
        pytest.param(OnnxExporter(), marks=needs_onnx, id="onnx"),
        pytest.param(SavedModelExporter(), marks=needs_tensorflow, id="tensorflow"),
    ],
)
def test_the_calls_of_the_readme_run(tmp_path: Path, exporter: OnnxExporter | SavedModelExporter) -> None:
    plan = form_plan()
    (tmp_path / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    example = {"size": "2.5", "city": "7", "garden": "no", "day": "2024-05-01", "note": "x"}
    exporter.write(ProjectFacts(plan, "made", example), tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (tmp_path / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("probabilities") == len(blocks)


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_project, "find_spec", lambda name: None)
    for exporter, extra in ((OnnxExporter(), "onnx"), (SavedModelExporter(), "tensorflow")):
        with pytest.raises(ReleaseError, match=f"needs the extra {extra}"):
            exporter.write(ProjectFacts(form_plan(), "made", {}), tmp_path)
    assert not list(tmp_path.iterdir())
