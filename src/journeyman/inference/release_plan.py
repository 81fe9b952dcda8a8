"""The plan of a whole release, put together from its fitted parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.entities.conformal import Conformal
from journeyman.entities.plan import DecodeStep, MeanStep, Node, ParseStep, Plan, SpreadStep, Step, TemperatureStep
from journeyman.entities.task import Task
from journeyman.interfaces import FittedModel, FittedPreparation
from journeyman.tasks import task_type
from journeyman.transformers.derived import DERIVED
from journeyman.transformers.duplicate_lookup import DuplicateLookup

__all__ = ["FittedMember", "label_step", "prediction_plan", "with_ends"]


@dataclass(frozen=True)
class FittedMember:
    """A fitted model, the name of the preparation that it reads, and its weight."""

    preparation: str
    model: FittedModel
    weight: float


def prediction_plan(
    parse: ParseStep,
    preparations: Mapping[str, FittedPreparation],
    members: Sequence[FittedMember],
    calibration: TemperatureStep | SpreadStep | None = None,
    known: DuplicateLookup | None = None,
) -> Plan:
    """Return the plan from raw rows to predictions.

    Parameters
    ----------
    preparations : mapping of str to FittedPreparation
        What "texts" and "images" make, all others read as columns.
    members : sequence of FittedMember
        Weights sum to 1.
    calibration : TemperatureStep, SpreadStep or None
        What is done to the mean so that probabilities, or intervals between quantiles, hold.
    known : DuplicateLookup or None
        Rows that were met before, whose labels count beside the prediction.
    """
    nodes = [Node("columns", parse)]
    made: dict[str, tuple[str, ...]] = {}
    for name in sorted(preparations, key=lambda name: (name not in DERIVED, name)):
        own = preparations[name].plan()
        made[name] = tuple(f"{name}/{number}" for number in range(len(own)))
        nodes += [Node(n, s, columns=s.reads(), outputs=s.names()) for n, s in zip(made[name], own, strict=True)]
    ends: list[str] = []
    for number, member in enumerate(members):
        before: tuple[str, ...] = ()
        steps: tuple[Step, ...] = member.model.plan()
        for position, step in enumerate(steps):
            name = f"member/{number}/{position}"
            nodes.append(Node(name, step, features=made[member.preparation], predictions=before))
            before = (name,)
        ends += before
    nodes.append(Node("mean", MeanStep(tuple(member.weight for member in members)), predictions=tuple(ends)))
    if calibration is not None:
        name = "spread" if isinstance(calibration, SpreadStep) else "temperature"
        nodes.append(Node(name, calibration, predictions=(nodes[-1].name,)))
    if known is not None:
        nodes.append(Node("duplicates", known, columns=known.columns, predictions=(nodes[-1].name,)))
    return Plan(tuple(nodes), nodes[-1].name)


def with_ends(plan: Plan, decode: DecodeStep | None, conformal: Conformal | None) -> Plan:
    """Return the plan with what predictions are turned into: labels, or the ends of an interval."""
    ends = []
    if decode is not None:
        ends.append(Node("label", decode, predictions=(plan.prediction,)))
    if conformal is not None:
        columns = tuple(f.column for f in conformal.scale.factors if f.column) if conformal.scale is not None else ()
        ends.append(Node("interval", conformal, columns=columns, predictions=(plan.prediction,)))
    return Plan((*plan.nodes, *ends), plan.prediction)


def label_step(task: Task, threshold: float | None) -> DecodeStep | None:
    """Return how probabilities become labels; None where the predictions are values."""
    if not task.labels:
        return None
    return DecodeStep(task.labels, task.label_types, threshold, task_type(task).traits.ordered)
