"""Contract checks that any exporter can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.linear import LinearModel
from journeyman.entities.column import Column, Kind
from journeyman.entities.matrix import Matrix
from journeyman.entities.plan import ColumnStep, DecodeStep, MeanStep, Node, NodeKind, ParseStep, Plan
from journeyman.entities.table import Block
from journeyman.inference.sample_rows import sample_rows
from journeyman.inference.scorer import Scorer
from journeyman.interfaces import Exporter
from journeyman.testing.run_all import run_all
from journeyman.transformers.steps import CalendarStep, LookupStep, NumberStep, OneHotStep

__all__ = ["EXPORTER_CHECKS", "check_exporter", "sample_plan"]

FloatArray = NDArray[np.float64]
_COLUMNS = (
    Column("size", Kind.NUMBER),
    Column("rooms", Kind.INTEGER),
    Column("city", Kind.CATEGORY, categories=("Århus", "Bern", "-", "Cork, Éire")),
    Column("grade", Kind.ORDERED, categories=("low", "high")),
    Column("day", Kind.DATETIME),
    Column("unused", Kind.CATEGORY, categories=("a", "b")),
)
_ROWS = 300


def check_exporter(exporter: Exporter, plan: Plan | None = None, rows: Block | None = None) -> None:
    """Run every check.

    Parameters
    ----------
    plan : Plan, optional
        One that it can write; that of ``sample_plan`` by default.
    rows : Block, optional
        Rows for it.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the exporter.

    Examples
    --------
    >>> check_exporter(MyExporter())  # doctest: +SKIP
    """
    own_plan, own_rows = sample_plan()
    run_all(f"the exporter {exporter.name}", EXPORTER_CHECKS, exporter, plan or own_plan, rows or own_rows)


def sample_plan(classes: int = 2) -> tuple[Plan, Block]:
    """Return a plan of linear models on numbers, categories and a date, and rows for it, some with gaps.

    Parameters
    ----------
    classes : int
        0 for values.

    Examples
    --------
    >>> plan, rows = sample_plan()
    >>> [node.name for node in plan.nodes][-3:], len(rows["size"])
    (['model/1', 'mean', 'label'], 300)
    """
    rng = np.random.default_rng(0)
    numbers = NumberStep(("size", "rooms"), np.array([1.0, 2.0]), np.array([0.5, 0.0]), np.array([2.0, 0.1]), 8.0, (0,))
    lookup = LookupStep("grade", ("mean",), np.array([[1.0], [3.0], [2.0]]))
    steps: tuple[ColumnStep, ...] = (
        numbers,
        OneHotStep("city", _COLUMNS[2].categories),
        lookup,
        CalendarStep("day", tuple(range(7)), 1e9, 0.0),
    )
    nodes = [Node("columns", ParseStep(_COLUMNS))]
    nodes += [Node(f"dense/{i}", step, columns=step.reads(), outputs=step.names()) for i, step in enumerate(steps)]
    features = tuple(node.name for node in nodes[1:])
    width = sum(len(node.outputs) for node in nodes)
    scale = np.repeat([1.0, 1e-4], [width - 7, 7])[:, None]  # years and days are large
    for i in range(2):
        weights = rng.normal(size=(width, max(1, classes))) * scale
        model = LinearModel(weights, rng.normal(size=max(1, classes)), classes > 0, -4.0, 4.0, 1)
        nodes.append(Node(f"model/{i}", model, features=features))
    nodes.append(Node("mean", MeanStep((0.25, 0.75)), predictions=("model/0", "model/1")))
    if classes:
        labels = tuple(f"class {i}" for i in range(classes))
        nodes.append(Node("label", DecodeStep(labels, "str", None), predictions=("mean",)))
    rows = sample_rows(_COLUMNS, (), _ROWS, 0)
    rows["day"] = np.where(np.isnan(rows["day"]), np.nan, rng.integers(-5_000_000_000, 5_000_000_000, _ROWS))
    return Plan(tuple(nodes), "mean"), rows


@dataclass(frozen=True)
class _Secret:
    """A model that nobody knows."""

    kind: ClassVar[NodeKind] = NodeKind.OTHER

    def predict(self, x: Matrix) -> FloatArray:
        return np.zeros((len(x.values), 2))


def _refuses_with_a_reason(exporter: Exporter, plan: Plan, rows: Block) -> None:
    assert exporter.can_write(plan) is None, "it refuses the plan that it is checked with"
    secret = replace(_models(plan)[0], step=_Secret())
    nodes = tuple(secret if node.name == secret.name else node for node in plan.nodes)
    refusal = exporter.can_write(replace(plan, nodes=nodes))
    assert refusal is not None, "it would write a step that it cannot know"
    assert refusal.reason, "it refuses without a reason"
    assert not refusal.reason.endswith("."), "a reason follows a name and has no full stop"


def _writes_what_predicts_alike(exporter: Exporter, plan: Plan, rows: Block) -> None:
    with TemporaryDirectory() as folder:
        exporter.write(plan, Path(folder))
        assert any(Path(folder).iterdir()), "it writes nothing"
        difference = exporter.verify(Path(folder), plan, rows)
        assert difference <= exporter.tolerance, f"predictions differ by {difference:.3g} of their range"
        one = {name: values[:1] for name, values in rows.items()}
        difference = exporter.verify(Path(folder), plan, one)
        assert difference <= exporter.tolerance, f"a row alone differs by {difference:.3g}"


def _notices_another_model(exporter: Exporter, plan: Plan, rows: Block) -> None:
    """What was written is compared, not what was meant."""
    model = _models(plan)[0]
    (mean,) = plan.of_kind(NodeKind.MEAN)
    others = tuple(model.name for _ in mean.predictions)
    other = tuple(replace(n, predictions=others) if n is mean else n for n in plan.nodes)
    with TemporaryDirectory() as folder:
        exporter.write(plan, Path(folder))
        difference = exporter.verify(Path(folder), replace(plan, nodes=other), rows)
    assert not difference <= exporter.tolerance, "it says that an export of another model predicts alike"


def _leaves_the_plan_alone(exporter: Exporter, plan: Plan, rows: Block) -> None:
    before, held = Scorer(plan).predict(rows), {name: values.copy() for name, values in rows.items()}
    with TemporaryDirectory() as folder:
        exporter.write(plan, Path(folder))
        exporter.verify(Path(folder), plan, rows)
    assert np.array_equal(Scorer(plan).predict(held), before, equal_nan=True), "it changes the plan"
    same = (np.array_equal(rows[name], values, equal_nan=values.dtype.kind == "f") for name, values in held.items())
    assert all(same), "it changes the rows that it was given"


EXPORTER_CHECKS: Mapping[str, Callable[[Exporter, Plan, Block], None]] = {
    "refuses with a reason": _refuses_with_a_reason,
    "writes what predicts alike": _writes_what_predicts_alike,
    "notices another model": _notices_another_model,
    "leaves the plan alone": _leaves_the_plan_alone,
}


def _models(plan: Plan) -> list[Node]:
    return [node for node in plan.nodes if node.features is not None and not node.predictions]
