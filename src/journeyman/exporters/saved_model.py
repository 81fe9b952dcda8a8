"""A release as a TensorFlow SavedModel: columns in, predictions out; for releases of nets and linear models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.column import Column
from journeyman.entities.plan import Node, NodeKind, ParseStep, Plan
from journeyman.entities.table import Block
from journeyman.exporters.tensorflow_steps import ADJUSTING, MAKING, PREDICTING
from journeyman.inference.scorer import Scorer

__all__ = ["SavedModelExporter"]

_BESIDE = "assets.extra"  # where a SavedModel keeps what is not its own
_ENDS = (NodeKind.DECODE, NodeKind.INTERVAL)
_HINT = "release only nets and linear models, or serve the release itself: journeyman serve"


@dataclass(frozen=True)
class SavedModelExporter:
    """Writes the way from parsed columns to predictions, in float64 (nets in float32).

    Its one signature, ``serving_default``, takes ``numbers``, float64 of shape (n_samples, n_numbers): numbers, yes or
    no as 1 or 0, dates as seconds since 1970 in UTC, NaN where missing; and ``categories``, strings of shape
    (n_samples, n_categories): the name of each category, "" where missing. The order of the columns is in
    ``assets.extra/columns.json``. It returns ``predictions``: probabilities (n_samples, n_classes) or values
    (n_samples, 1). What turns these into labels and intervals is not written.

    References
    ----------
    https://www.tensorflow.org/guide/saved_model

    Examples
    --------
    >>> SavedModelExporter().can_write(Plan((Node("columns", ParseStep(())),), "columns")).reason
    'it has no prediction'
    """

    name: str = "saved_model"
    tolerance: float = 1e-5

    def can_write(self, plan: Plan) -> Refusal | None:
        """Return None, or what the plan has that is not written, or that TensorFlow is not installed."""
        able = {*MAKING, *PREDICTING, *ADJUSTING, ParseStep}
        lacking = [n.step.kind.value for n in plan.nodes if n.step.kind not in _ENDS and type(n.step) not in able]
        if lacking:
            return Refusal(f"a SavedModel is not written of {', '.join(dict.fromkeys(lacking))}", _HINT)
        if not any(type(node.step) in PREDICTING for node in plan.nodes):
            return Refusal("it has no prediction")
        return None if find_spec("tensorflow") is not None else needs_extra("tensorflow")

    def write(self, plan: Plan, folder: Path) -> None:
        """Write the SavedModel, and the order of its columns."""
        tf = _tensorflow()
        numbers, categories = _divided(plan)
        module = _module(tf, plan, numbers, categories)
        tf.saved_model.save(module, str(folder), signatures={"serving_default": module.answer})
        (folder / _BESIDE).mkdir()
        facts = {
            "numbers": [{"name": c.name, "kind": c.kind.value} for c in numbers],
            "categories": [{"name": c.name, "categories": c.categories} for c in categories],
        }
        (folder / _BESIDE / "columns.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False), "utf-8")

    def verify(self, folder: Path, plan: Plan, rows: Block) -> float:
        """Return the largest difference between the SavedModel, loaded again, and the plan, as a share of the range."""
        tf = _tensorflow()
        numbers, categories = _divided(plan)
        given: dict[str, Any] = {}
        if numbers:
            given["numbers"] = tf.constant(np.column_stack([rows[c.name].astype(np.float64) for c in numbers]))
        if categories:
            given["categories"] = tf.constant(np.column_stack([_names(c, rows[c.name]) for c in categories]))
        told = tf.saved_model.load(str(folder)).signatures["serving_default"](**given)["predictions"].numpy()
        wanted = Scorer(plan).predict(rows)
        return float(np.abs(told - wanted).max() / max(1.0, np.ptp(wanted)))


def _tensorflow() -> Any:
    # Here and not above: TensorFlow takes ten seconds to load, and is an extra that few installations have.
    import tensorflow  # noqa: PLC0415  # the one place that imports TensorFlow

    return tensorflow


def _divided(plan: Plan) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns that enter as numbers, and those that enter as names."""
    (node,) = plan.of_kind(NodeKind.PARSE)
    assert isinstance(node.step, ParseStep)
    read = {name for other in plan.nodes if type(other.step) in MAKING for name in other.columns}
    columns = [column for column in node.step.columns if column.name in read]
    return tuple(c for c in columns if not c.kind.categorical), tuple(c for c in columns if c.kind.categorical)


def _names(column: Column, codes: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.array([*column.categories, ""], dtype=object)[codes])


def _module(tf: Any, plan: Plan, numbers: Sequence[Column], categories: Sequence[Column]) -> Any:
    module = tf.Module()
    module.codes = [_code_table(tf, column) for column in categories]  # a module carries the tables that it uses

    def predict(entering: Any, names: Any) -> dict[str, Any]:
        columns = {column.name: entering[:, i] for i, column in enumerate(numbers)}
        for i, (column, table) in enumerate(zip(categories, module.codes, strict=True)):
            columns[column.name] = table.lookup(names[:, i])
        rows = tf.shape(entering if numbers else names)[0]
        return {"predictions": _predict(tf, plan, columns, rows)}

    entering = tf.TensorSpec((None, len(numbers)), tf.float64, name="numbers")
    names = tf.TensorSpec((None, len(categories)), tf.string, name="categories")
    if numbers and categories:
        module.answer = tf.function(predict, input_signature=[entering, names])
    elif numbers:
        module.answer = tf.function(lambda entering: predict(entering, None), input_signature=[entering])
    else:
        module.answer = tf.function(lambda names: predict(None, names), input_signature=[names])
    return module


def _code_table(tf: Any, column: Column) -> Any:
    # a table without entries cannot be made; no category is called ""
    names = list(column.categories) or [""]
    codes = np.arange(len(names), dtype=np.int32) if column.categories else np.array([-1], dtype=np.int32)
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(names), tf.constant(codes)), default_value=-1
    )


def _predict(tf: Any, plan: Plan, columns: dict[str, Any], rows: Any) -> Any:
    values: dict[str, Any] = {}
    for node in plan.nodes:
        kind = type(node.step)
        if kind in MAKING:
            values[node.name] = MAKING[kind](tf, node.step, columns)
        elif kind in PREDICTING:
            values[node.name] = PREDICTING[kind](tf, node.step, _matrix(tf, node, values, rows))
        elif kind in ADJUSTING:
            values[node.name] = ADJUSTING[kind](tf, node.step, [values[name] for name in node.predictions])
    return values[plan.prediction]


def _matrix(tf: Any, node: Node, values: dict[str, Any], rows: Any) -> Any:
    if not node.features:
        return tf.zeros((rows, 0), tf.float64)
    return tf.concat([values[name] for name in node.features], axis=1)
