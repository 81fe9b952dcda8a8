"""A release as PMML 4.4: fields that prepare, trees as models, and a last model that predicts."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import PlanColumn, PlanStep, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.pmml_expressions import Expression, apply, field, when
from journeyman.exporters.pmml_steps import PMML_STEPS
from journeyman.exporters.pmml_trees import PMML_TREES, TreeSum
from journeyman.exporters.project_files import run_tool
from journeyman.exporters.scoring_plan.draft import CannotSay
from journeyman.exporters.tensor_project import write_tensor_project
from journeyman.exporters.tensors.registers import Arguments
from journeyman.exporters.tensors.run_plan import typed_missing
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["PmmlExporter", "output_fields", "pmml_document"]

_SPACE = "http://www.dmg.org/PMML-4_4"


@dataclass(frozen=True)
class PmmlExporter:
    """Writes ``model.pmml``, and a program that answers a file of rows with PMML4S through pypmml.

    References
    ----------
    https://dmg.org/pmml/v4-4-1/GeneralStructure.html
    """

    name: str = "pmml"
    operations: frozenset[str] = frozenset(PMML_STEPS) | frozenset(PMML_TREES)
    tolerance: float = 1e-12  # an evaluator may add in another order

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the document, the program, and a README with a call.

        Raises
        ------
        ReleaseError
            Where trees take zero for missing, which PMML has no words for.
        """
        try:
            document = pmml_document(facts.plan)
        except CannotSay as reason:
            raise ReleaseError(f"PMML has no words for {reason}", hint="choose another target: --to python") from reason
        (folder / "model.pmml").write_bytes(document)
        names = {column.name: column.name for column in facts.plan.columns if column.kind != "text"}
        write_tensor_project(facts, names, "pmml", folder)

    def toolchain(self) -> Refusal | None:
        """Return None, or what is not installed."""
        if find_spec("pypmml") is None:
            return Refusal("needs the extra pmml", 'pip install "journeyman[pmml]"')
        return None if which("java") else Refusal("java is not installed", "apt-get install default-jre-headless")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer rows by the folder's own program."""
        run_tool([sys.executable, "predict.py", str(rows.resolve()), str(answers.resolve())], folder)


def pmml_document(plan: ScoringPlan) -> bytes:
    """Return a plan as a document.

    Raises
    ------
    CannotSay
        Where trees take zero for missing.
    """
    root = Element("PMML", version="4.4", xmlns=_SPACE)
    header = SubElement(root, "Header", description=f"{plan.name} {plan.version} predicts {plan.target}")
    SubElement(header, "Application", name="journeyman")
    _dictionary(root, plan)
    before = SubElement(root, "TransformationDictionary")
    for i, column in enumerate(plan.columns):
        _derived(before, f"r{i}", _column(column))
    model = SubElement(root, "MiningModel", functionName="classification" if plan.labels else "regression")
    _schema(model, plan, [])
    segments = SubElement(model, "Segmentation", multipleModelMethod="modelChain")
    made: list[str] = []
    last = Element("LocalTransformations")
    for place, step in enumerate(plan.steps):
        arguments, first = Arguments(plan, step), int(step.arguments[0])
        if step.operation in PMML_TREES:
            fields, sums = PMML_TREES[step.operation](arguments, place)
            for name, expression in fields.items():
                _derived(before, name, expression)
            for k, one in enumerate(sums):
                made.append(f"r{first + k}")
                _trees_segment(segments, plan, made[-1], one)
        else:
            target = last if _is_late(plan, step, made) else before
            for k, expression in enumerate(PMML_STEPS[step.operation](arguments)):
                _derived(target, f"r{first + k}", expression)
                if target is last:
                    made.append(f"r{first + k}")
    _last_segment(segments, plan, [name for name in made if name not in {d.get("name") for d in last}], last)
    indent(root, " ")
    for tree in root.iter("TreeModel"):  # most of the document, which nobody reads: no blanks in it
        for element in tree.iter():
            if element.tag != "Array":
                element.text = None
            element.tail = None if element is not tree else element.tail
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _is_late(plan: ScoringPlan, step: PlanStep, made: list[str]) -> bool:
    """Return whether a step reads what trees, or steps behind them, have written."""
    late = set(made)
    expressions = PMML_STEPS[step.operation](Arguments(plan, step))
    return any(ref.get("field") in late for e in expressions for ref in e.element.iter("FieldRef"))


def _dictionary(root: Element, plan: ScoringPlan) -> None:
    fields = SubElement(root, "DataDictionary")
    for column in plan.columns:
        if column.kind == "category":
            told = SubElement(fields, "DataField", name=column.name, optype="categorical", dataType="string")
            for category in column.categories:
                SubElement(told, "Value", value=category)
        else:
            SubElement(fields, "DataField", name=column.name, optype="continuous", dataType="double")
    if plan.labels:
        told = SubElement(fields, "DataField", name=plan.target, optype="categorical", dataType="string")
        for label in plan.labels:
            SubElement(told, "Value", value=label)
    else:
        SubElement(fields, "DataField", name=plan.target, optype="continuous", dataType="double")


def _column(column: PlanColumn) -> Expression:
    """Return the register of a column: a number, or the code of a category, -1 where it is none."""
    given = field(column.name)
    if column.kind != "category":
        for number in typed_missing(column):
            given = when(apply("notEqual", field(column.name), number), given)
        return given
    mapped = Element("MapValues", outputColumn="code", defaultValue="-1", mapMissingTo="-1", dataType="double")
    SubElement(mapped, "FieldColumnPair", field=column.name, column="name")
    table = SubElement(mapped, "InlineTable")
    for code, name in enumerate(column.categories):
        row = SubElement(table, "row")
        SubElement(row, "name").text = name
        SubElement(row, "code").text = str(code)
    return Expression(mapped)


def _derived(place: Element, name: str, expression: Expression) -> None:
    SubElement(place, "DerivedField", name=name, optype="continuous", dataType="double").append(expression.element)


def _schema(model: Element, plan: ScoringPlan, made: list[str]) -> None:
    schema = SubElement(model, "MiningSchema")
    for column in plan.columns:
        SubElement(schema, "MiningField", name=column.name, invalidValueTreatment="asMissing")
    for name in made:
        SubElement(schema, "MiningField", name=name)
    SubElement(schema, "MiningField", name=plan.target, usageType="target")


def _trees_segment(segments: Element, plan: ScoringPlan, name: str, trees: TreeSum) -> None:
    method, models = trees
    segment = SubElement(segments, "Segment", id=name)
    SubElement(segment, "True")
    model = SubElement(segment, "MiningModel", functionName="regression")
    schema = SubElement(model, "MiningSchema")
    for column in plan.columns:
        SubElement(schema, "MiningField", name=column.name, invalidValueTreatment="asMissing")
    outputs = SubElement(model, "Output")
    SubElement(outputs, "OutputField", name=name, optype="continuous", dataType="double", feature="predictedValue")
    inner = SubElement(model, "Segmentation", multipleModelMethod=method)
    for i, tree in enumerate(models, 1):
        part = SubElement(inner, "Segment", id=str(i))
        SubElement(part, "True")
        part.append(tree)


def _last_segment(segments: Element, plan: ScoringPlan, made: list[str], fields: Element) -> None:
    segment = SubElement(segments, "Segment", id="prediction")
    SubElement(segment, "True")
    kind = "classification" if plan.labels else "regression"
    model = SubElement(segment, "RegressionModel", functionName=kind, normalizationMethod="none")
    _schema(model, plan, made)
    outputs = SubElement(model, "Output")
    if plan.labels:
        SubElement(
            outputs,
            "OutputField",
            name="prediction",
            optype="categorical",
            dataType="string",
            feature="transformedValue",
        ).append(_label(plan).element)
    for name, register in output_fields(plan):
        told = SubElement(
            outputs, "OutputField", name=name, optype="continuous", dataType="double", feature="transformedValue"
        )
        SubElement(told, "FieldRef", field=f"r{register}")
    model.append(fields)
    for label, register in zip(plan.labels, plan.outputs, strict=True) if plan.labels else [("", plan.outputs[0])]:
        table = SubElement(model, "RegressionTable", intercept="0")
        if plan.labels:
            table.set("targetCategory", label)
        SubElement(table, "NumericPredictor", name=f"r{register}", coefficient="1")


def output_fields(plan: ScoringPlan) -> list[tuple[str, int]]:
    """Return the numbers that are given back, and their registers."""
    if plan.labels:
        told = [(f"probability({label})", r) for label, r in zip(plan.labels, plan.outputs, strict=True)]
    else:
        names = ["value"] if len(plan.outputs) == 1 else [f"value({i})" for i in range(len(plan.outputs))]
        told = list(zip(names, plan.outputs, strict=True))
    told += list(zip(("low", "high"), plan.interval, strict=True)) if plan.interval else []
    return told + [(f"score({i})", register) for i, register in enumerate(plan.scores)]


def _label(plan: ScoringPlan) -> Expression:
    outputs = [field(f"r{register}") for register in plan.outputs]
    if plan.threshold is not None:
        return when(outputs[1] >= plan.threshold, plan.labels[1], plan.labels[0])
    made: Expression | str = plan.labels[-1]
    for i in range(len(outputs) - 2, -1, -1):
        made = when(apply("greaterOrEqual", outputs[i], apply("max", *outputs)), plan.labels[i], made)
    assert isinstance(made, Expression)  # there are two labels at least
    return made
