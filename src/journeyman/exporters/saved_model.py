"""A release as a TensorFlow SavedModel: typed columns in, label, probabilities or value out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.project_files import run_tool
from journeyman.exporters.tensor_project import need_package, typed_labels, write_tensor_project
from journeyman.exporters.tensorflow_tensors import TensorFlowTensors
from journeyman.exporters.tensors import OPERATIONS, Predicted, run_plan
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["SavedModelExporter", "TensorFlowExporter", "input_names", "saved_model"]


@dataclass(frozen=True)
class SavedModelExporter:
    """Writes a SavedModel in ``model``, and a program that answers a file of rows with TensorFlow.

    Its one signature, ``serving_default``, takes one tensor a column, of shape (n_samples, 1): float64 for numbers, for
    yes or no as 1 or 0 and for dates as seconds since 1970 in UTC, NaN where missing; strings for categories, "" where
    missing. It returns ``prediction`` and ``probabilities``, or ``value`` (``values`` of quantiles), with ``low`` and
    ``high`` where there is an interval, and ``scores``.

    References
    ----------
    https://www.tensorflow.org/guide/saved_model
    """

    name: str = "saved_model"
    operations: frozenset[str] = OPERATIONS
    tolerance: float = 1e-12  # sums are taken in another order in a batch

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the SavedModel, the program, what it needs, and a README with a call.

        Raises
        ------
        ReleaseError
            Where TensorFlow is not installed.
        """
        need_package("tensorflow", "tensorflow")
        tf = _tensorflow()
        module = saved_model(tf, facts.plan)
        tf.saved_model.save(module, str(folder / "model"), signatures={"serving_default": module.answer})
        write_tensor_project(facts, input_names(facts.plan), "saved_model", folder)

    def toolchain(self) -> Refusal | None:
        """Return None, or what is not installed."""
        return None if find_spec("tensorflow") is not None else needs_extra("tensorflow")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer rows by the folder's own program."""
        run_tool([sys.executable, "predict.py", str(rows.resolve()), str(answers.resolve())], folder)


@dataclass(frozen=True)
class TensorFlowExporter(SavedModelExporter):
    """The same under the name of the library."""

    name: str = "tensorflow"


def _tensorflow() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # it tells of processors and drivers, else
    # Here and not above: TensorFlow takes ten seconds to load, and is an extra that few installations have.
    import tensorflow  # noqa: PLC0415  # the one place that imports TensorFlow

    return tensorflow


def input_names(plan: ScoringPlan) -> dict[str, str]:
    """Return names of inputs by columns: an argument of a signature is a word; texts are no inputs."""
    names: dict[str, str] = {}
    for column in plan.columns:
        if column.kind != "text":
            word = re.sub(r"[^A-Za-z0-9_]+", "_", column.name).strip("_") or "column"
            word = word if word[0].isalpha() else f"column_{word}"
            taken = set(names.values())
            names[column.name] = next(w for w in (word, *(f"{word}_{i}" for i in range(2, 10**6))) if w not in taken)
    return names


def saved_model(tf: Any, plan: ScoringPlan) -> Any:
    """Return a plan as a module: ``answer`` is the signature, ``call`` takes one mapping of inputs by name."""
    names, module = input_names(plan), tf.Module()
    kinds = {column.name: tf.string if column.kind == "category" else tf.float64 for column in plan.columns}
    # a module carries the tables that it uses
    module.codes = {
        c.name: _code_table(tf, c.categories) for c in plan.columns if c.kind == "category" and c.categories
    }

    def answer(*given: Any) -> dict[str, Any]:
        columns = _columns(tf, plan, dict(zip(names, given, strict=True)), module.codes)
        return _outputs(tf, plan, run_plan(TensorFlowTensors(tf), plan, columns))

    signature = [tf.TensorSpec((None, 1), kinds[column], name=word) for column, word in names.items()]
    module.answer = tf.function(answer, input_signature=signature)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:  # as a layer of Keras is called
        return module.answer(*(inputs[word] for word in names.values()))  # type: ignore[no-any-return]  # TensorFlow's

    module.call = tf.function(call, input_signature=[dict(zip(names.values(), signature, strict=True))])
    return module


def _code_table(tf: Any, categories: tuple[str, ...]) -> Any:
    codes = tf.constant(np.arange(len(categories), dtype=np.float64))
    initial = tf.lookup.KeyValueTensorInitializer(tf.constant(list(categories)), codes)
    return tf.lookup.StaticHashTable(initial, default_value=-1.0)


def _columns(tf: Any, plan: ScoringPlan, given: Mapping[str, Any], codes: Mapping[str, Any]) -> list[Any]:
    """Return the registers of columns: numbers, codes of categories, NaN for texts."""
    t, some = TensorFlowTensors(tf), next(iter(given.values()))
    made = []
    for column in plan.columns:
        if column.name in codes:
            made.append(codes[column.name].lookup(given[column.name]))
        elif column.kind in ("category", "text"):
            made.append(t.like_rows(np.array([-1.0 if column.kind == "category" else np.nan]), some))
        else:
            made.append(given[column.name])
    return made


def _outputs(tf: Any, plan: ScoringPlan, predicted: Predicted) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if plan.labels:
        told["prediction"] = tf.gather(tf.constant(typed_labels(plan)), predicted.label)
        told["probabilities"] = predicted.outputs
    else:
        told["value" if len(plan.outputs) == 1 else "values"] = predicted.outputs
    if predicted.interval is not None:
        told["low"], told["high"] = predicted.interval[:, :1], predicted.interval[:, 1:]
    if predicted.scores is not None:
        told["scores"] = predicted.scores
    return told
