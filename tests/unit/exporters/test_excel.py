"""A workbook says what the facts say, runs no text as a formula, and computes what the model predicts."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import lightgbm
import numpy as np
import openpyxl
import pytest

from journeyman.algorithms.lightgbm_trees import BoosterModel
from journeyman.algorithms.symmetric_trees import SymmetricTrees
from journeyman.entities.column import Kind
from journeyman.entities.plan import MeanStep, Node, NodeKind, ParseStep, Plan, TemperatureStep
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.entities.table import Block
from journeyman.exporters.excel import ExcelExporter
from journeyman.exporters.sheet_formulas import sheet_model
from journeyman.exporters.what_if import grid_of, inputs_of
from journeyman.inference.sample_rows import sample_rows
from journeyman.inference.scorer import Scorer
from journeyman.testing.exporter_checks import sample_plan
from journeyman.testing.release_exporter_checks import sample_facts
from journeyman.transformers.steps import CalendarStep, CodeStep, JoinedSteps, NumberStep
from journeyman.transformers.target_scale import TargetScale

needs_xlsxwriter = pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="journeyman[excel] is not installed")
needs_calc = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")


def plan_of_trees(classes: int) -> Plan:
    """Return a plan of real LightGBM trees on numbers with gaps, codes of categories and dates."""
    linear, _ = sample_plan(classes)
    columns = linear.nodes[0].step
    assert isinstance(columns, ParseStep)
    nothing = np.full(2, np.nan)
    steps = (
        NumberStep(("size", "rooms"), nothing, np.zeros(2), np.ones(2), 0.0, ()),
        CodeStep(("city", "grade")),
        CalendarStep("day", (0, 1, 6), 0.0, np.nan),
    )
    nodes = [Node(f"native/{i}", step, columns=step.reads(), outputs=step.names()) for i, step in enumerate(steps)]
    rows = rows_of(columns, 800, 3)
    x = JoinedSteps(steps).transform(rows).values
    score = np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 2], nan=-2.0) + np.isnan(x[:, 1])
    y = score if not classes else np.digitize(score, np.quantile(score, np.arange(1, classes) / classes))
    objective = {0: "regression", 2: "binary"}.get(classes, "multiclass")
    settings = {"objective": objective, "num_leaves": 12, "verbose": -1, "num_class": classes if classes > 2 else 1}
    data = lightgbm.Dataset(x, y, categorical_feature=[2, 3])
    text = lightgbm.train({**settings, "min_data_in_leaf": 5, "num_threads": 1}, data, 15).model_to_string()
    link = {0: b"regression", 2: b"binary"}.get(classes, b"multiclass")
    model = BoosterModel.from_files({"model.txt": text.encode(), "kind.txt": link})
    features = tuple(node.name for node in nodes)
    after = TemperatureStep(1.3) if classes else TargetScale("log", -1.0, 5.0)
    ends = [node for node in linear.nodes if node.step.kind is NodeKind.DECODE]
    ends = [replace(node, predictions=("after",)) for node in ends]
    return Plan(
        (
            linear.nodes[0],
            *nodes,
            Node("trees", model, features=features),
            Node("mean", MeanStep((1.0,)), predictions=("trees",)),
            Node("after", after, predictions=("mean",)),
            *ends,
        ),
        "after",
    )


def plan_of_symmetric_trees(classes: int) -> Plan:
    """Return a plan of symmetric trees as CatBoost's are, on the same features, two of them by tables of codes."""
    plan, rng = plan_of_trees(classes), np.random.default_rng(4)
    trees, depth, outputs = 9, 3, classes if classes > 2 else 1
    border = rng.choice([-0.5, 0.25, 1.5, 2.5, np.inf], (trees, depth)).astype(np.float32)
    model = SymmetricTrees(
        numbers=np.array([0, 1, 4]),
        coded=np.array([0, 1]),
        tables=(rng.normal(size=5).astype(np.float32), rng.normal(size=3).astype(np.float32)),
        feature=rng.integers(0, 5, (trees, depth)).astype(np.int32),
        border=border,
        leaves=rng.normal(size=(trees, 2**depth, outputs)),
        bias=rng.normal(size=outputs),
        link={0: "identity", 2: "logistic"}.get(classes, "softmax"),
    )
    return replace(plan, nodes=tuple(replace(n, step=model) if n.name == "trees" else n for n in plan.nodes))


PLANS = {"lines": lambda n: sample_plan(n)[0], "trees": plan_of_trees, "symmetric trees": plan_of_symmetric_trees}


def rows_of(columns: ParseStep, count: int, seed: int) -> Block:
    rng = np.random.default_rng(seed)
    rows = sample_rows(columns.columns, (), count, seed)
    rows["rooms"] = np.where(rng.random(count) < 0.3, np.nan, rng.integers(0, 6, count).astype(float))
    rows["day"] = np.where(rng.random(count) < 0.2, np.nan, rng.integers(0, 1_700_000_000, count).astype(float))
    return rows


def facts_of(plan: Plan, classes: int) -> ReleaseFacts:
    facts = sample_facts(classes)
    columns = plan.nodes[0].step
    assert isinstance(columns, ParseStep)
    return replace(facts, plan=plan, typical=rows_of(columns, 1, 5))


@needs_xlsxwriter
def test_text_is_never_a_formula(tmp_path: Path) -> None:
    facts = sample_facts(2)
    ExcelExporter().write(facts, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "sample.xlsx")
    for name in ("Verdict", "Scores", "Drivers", "Findings", "Monitoring", "Lists"):
        for row in book[name].iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    shown = [cell.value for cell in book["Scores"]["E"]]
    assert shown[0] == 'a "text", with [brackets]'
    assert {"=1+1", "+1", "-1", "@SUM(A1)", "01"} <= set(shown)
    assert book["Scores"].tables["ScoresTable"].ref.startswith("A1:")
    assert len(book["Drivers"]._charts) == len(book["Monitoring"]._charts) == 1


@needs_xlsxwriter
@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("kind", PLANS)
def test_formulas_come_with_what_the_model_predicts(tmp_path: Path, classes: int, kind: str) -> None:
    plan = PLANS[kind](classes)
    facts = facts_of(plan, classes)
    ExcelExporter().write(facts, tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "sample.xlsx", data_only=True)["What-if"]
    wanted = Scorer(plan).predict(facts.typical)[0]
    told = [sheet.cell(4 + i, 6).value for i in range(max(1, classes + 1))]
    if classes:
        assert told == [f"class {wanted.argmax()}", *(pytest.approx(v, rel=1e-12) for v in wanted)]
    else:
        assert told == [pytest.approx(wanted[0], rel=1e-12)]


@pytest.mark.slow
@needs_xlsxwriter
@needs_calc
def test_libreoffice_computes_what_the_model_predicts(tmp_path: Path) -> None:
    """Other values in the yellow cells, computed anew by a program that is not ours."""
    wanted: dict[str, np.ndarray] = {}
    given = (("lines", 3), ("trees", 0), ("trees", 2), ("symmetric trees", 0), ("symmetric trees", 3))
    for kind, classes in given:
        plan = PLANS[kind](classes)
        facts = facts_of(plan, classes)
        made = tmp_path / f"{kind}{classes}"
        made.mkdir()
        ExcelExporter().write(facts, made)
        columns = plan.nodes[0].step
        assert isinstance(columns, ParseStep)
        rows = rows_of(columns, 3, 11)
        for number, value in enumerate(Scorer(plan).predict(rows)):
            book = openpyxl.load_workbook(made / "sample.xlsx")  # what it saves holds no computed values
            fill_in(book["What-if"], facts, rows, number)
            called = f"{kind}{classes}-{number}"
            (tmp_path / "given").mkdir(exist_ok=True)
            book.save(tmp_path / "given" / f"{called}.xlsx")
            wanted[called] = value
    home = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    files = [str(tmp_path / "given" / f"{called}.xlsx") for called in wanted]
    words = ["soffice", "--headless", home, "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), *files]
    subprocess.run(words, check=True, capture_output=True, timeout=300)
    for called, value in wanted.items():
        sheet = openpyxl.load_workbook(tmp_path / "out" / f"{called}.xlsx", data_only=True)["What-if"]
        if len(value) == 1:
            assert sheet["F4"].value == pytest.approx(value[0], rel=1e-9, abs=1e-9), called
        else:
            told = [sheet.cell(5 + i, 6).value for i in range(len(value))]
            assert told == pytest.approx(value.tolist(), abs=1e-9), called
            assert sheet["F4"].value == f"class {value.argmax()}"


def fill_in(sheet: openpyxl.worksheet.worksheet.Worksheet, facts: ReleaseFacts, rows: Block, number: int) -> None:
    for place, one in enumerate(inputs_of(facts), start=5):
        value = float(rows[one.column.name][number])
        cell = sheet.cell(place, 2)
        if not np.isfinite(value) or (one.names and value < 0):
            cell.value = None
        elif one.names:
            cell.value = one.names[int(value)]
            cell.data_type = "s"
        else:
            cell.value = value / 86_400 + 25_569 if one.column.kind is Kind.DATETIME else value


def test_what_no_formula_is_written_of_is_named() -> None:
    facts = facts_of(plan_of_trees(0), 0)
    cells = {one.column.name: ("A1", "B1:B4" if one.names else "") for one in inputs_of(facts)}
    assert not isinstance(sheet_model(facts.plan, facts.typical, cells), str)
    del cells["city"]
    assert sheet_model(facts.plan, facts.typical, cells) == "no cell holds a value of 'city'"


@needs_xlsxwriter
def test_a_model_without_formulas_is_looked_up_in_a_grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = facts_of(plan_of_trees(0), 0)
    quantiles = tuple(np.linspace(0.0, 1.0, 7).tolist())
    facts = replace(facts, profiles=(ColumnProfile("size", Kind.NUMBER, 0, 9, quantiles=quantiles),))
    monkeypatch.setattr("journeyman.exporters.sheet_formulas._MOST_TREES", 3)
    ExcelExporter().write(facts, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "sample.xlsx", data_only=True)
    assert "has more than 3 trees" in book["What-if"]["A2"].value
    grid = grid_of(facts, inputs_of(facts))
    assert grid is not None
    assert [column.name for column in grid.columns] == ["size", "city"]
    assert grid.predictions.shape == (21, 4)
    row = {name: values.copy() for name, values in facts.typical.items()}
    row["size"][0], row["city"][0] = grid.marks[0][3], 2
    assert grid.predictions[3, 2] == pytest.approx(Scorer(facts.plan).predict(row)[0, 0])
    assert book["Grid"].cell(3 + 1 + 3, 2 + 1 + 2).value == pytest.approx(grid.predictions[3, 2])


@needs_xlsxwriter
def test_a_grid_offers_the_names_that_it_holds(tmp_path: Path) -> None:
    facts = facts_of(plan_of_trees(0), 0)
    names = tuple(f"name {i}" for i in range(40))
    wide = tuple(replace(c, categories=names) if c.name == "city" else c for c in facts.columns)
    city = ColumnProfile("city", Kind.CATEGORY, 0, 40, top_values=("name 33", "name 2"))
    typical = {**facts.typical, "city": np.array([39], dtype=np.int32)}
    facts = replace(facts, columns=wide, profiles=(city,), typical=typical)
    grid = grid_of(facts, [one for one in inputs_of(facts) if one.column.name == "city"])
    assert grid is not None
    assert grid.marks == (("name 2", "name 33", "name 39"),)
