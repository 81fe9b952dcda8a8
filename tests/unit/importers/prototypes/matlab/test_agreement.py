"""Translated scripts give what Octave gives: scripts after public exercises, and what bites in MATLAB's arithmetic."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.prototype import Prototype
from journeyman.importers.prototypes.matlab import read_matlab
from journeyman.importers.prototypes.matlab.scope import python_name

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).with_name("scripts")
needs_octave = pytest.mark.skipif(shutil.which("octave-cli") is None, reason="Octave is not installed")


def made_tables(folder: Path) -> None:
    """Write the tables that the scripts read."""
    draw = np.random.default_rng(7)
    size, rooms = draw.uniform(800, 4000, 47).round(), draw.integers(1, 6, 47)
    price = (40_000 + 130 * size + 8_000 * rooms + draw.normal(0, 30_000, 47)).round()
    np.savetxt(folder / "houses.txt", np.column_stack([size, rooms, price]), fmt="%d", delimiter=",")
    exams = draw.uniform(30, 100, (160, 2)).round(3)
    admitted = (exams[:, 0] * exams[:, 1] + draw.normal(0, 900, 160) > 4200).astype(int)
    np.savetxt(folder / "exams.csv", np.column_stack([exams, admitted]), fmt="%.6g", delimiter=",")
    level = np.linspace(-3, 3, 41)
    flow = level**3 - 2 * level + draw.normal(0, 1.5, 41)
    flow[5] = 400
    frame = pd.DataFrame({"level": level, "flow": flow})
    frame.to_csv(folder / "water.csv", index=False)
    cars = pd.DataFrame({"Car name": [f"car {k}" for k in range(90)], "Weight": draw.uniform(800, 2200, 90).round()})
    cars["Horsepower"] = (cars["Weight"] * 0.07 + draw.normal(0, 15, 90)).round()
    cars["Origin"] = draw.choice(["Europe", "Japan", "USA"], 90)
    cars["Fuel"] = (cars["Weight"] / 200 + (cars["Origin"] == "USA") + draw.normal(0, 0.7, 90)).round(2)
    cars.loc[[4, 30, 61], "Horsepower"] = np.nan
    cars.loc[[9, 10], "Origin"] = "unknown"
    cars.to_csv(folder / "cars.csv", index=False)
    kinds = np.repeat(np.arange(3), 40)
    flowers = pd.DataFrame(
        draw.normal(0, 0.4, (120, 4)) + np.column_stack([5 + kinds, 3 - kinds / 4, 1.5 + 2 * kinds, kinds]),
        columns=["Sepal length", "Sepal width", "Petal length", "Petal width"],
    ).round(1)
    flowers["Kind"] = np.array(["setosa", "versicolor", "virginica"])[kinds]
    flowers.loc[3, "Sepal width"] = np.nan
    flowers.rename(columns=str.title).to_csv(folder / "flowers.csv", index=False)


def run_python(prototype: Prototype) -> dict[str, Any]:
    """Return the variables of a translated script."""
    names: dict[str, Any] = {}
    exec(compile(prototype.source, "<prototype>", "exec"), names)
    return names


def run_octave(script: str, folder: Path) -> dict[str, np.ndarray]:
    """Return the numbers of a script's variables, columns first."""
    body, *functions = re.split(r"^(?=function )", script, flags=re.M)
    body = re.sub(r"^\s*(clear|figure|plot|xlabel|scatter|close).*$", "", body, flags=re.M)
    left = re.findall(r"^\s*\[?((?:\w+|~)(?:,\s*(?:\w+|~))*)\]?(?:\([^=\n]*\)|\{[^=\n]*\})?\s*=[^=]", body, re.M)
    names = sorted({name for names in left for name in re.findall(r"[A-Za-z]\w*", names)})
    tell = "\n".join(
        f"if exist('{n}', 'var') && (isnumeric({n}) || islogical({n})), printf('@{n}'); "
        f"printf(' %.17g', double({n})(:)); printf('\\n'); end"
        for n in names
    )
    (folder / "as_written.m").write_text("1;\n" + "".join(functions) + "\n" + body + "\n" + tell + "\n")
    command = ["octave-cli", "--norc", "--quiet", "as_written.m"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    told = [line[1:].split() for line in run.stdout.splitlines() if line.startswith("@")]
    return {name: np.array([float(one.replace("NA", "nan")) for one in numbers]) for name, *numbers in told}


def differences(ours: dict[str, Any], theirs: dict[str, np.ndarray], tolerance: float) -> dict[str, tuple[Any, Any]]:
    """Return the variables in which two runs differ."""
    found = {}
    for name, values in theirs.items():
        mine = np.ravel(np.asarray(ours[python_name(name)], dtype=float), order="F")
        if mine.shape != values.shape or not np.allclose(mine, values, rtol=tolerance, atol=1e-9, equal_nan=True):
            found[name] = (mine[:5], values[:5])
    return found


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the tables."""
    made_tables(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@needs_octave
@pytest.mark.parametrize("name", ["house_prices.m", "exam_scores.m", "polynomial_degree.m"])
def test_core_scripts_agree(name: str, tables: Path) -> None:
    script = (SCRIPTS / name).read_text()
    prototype = read_matlab(script.encode(), name)
    assert prototype.findings == ()
    theirs = run_octave(script, tables)
    assert len(theirs) >= 10
    ours = run_python(prototype)
    assert differences(ours, theirs, 1e-6) == {}


def test_scores_by_hand_are_told_by_name(tables: Path) -> None:
    made = read_matlab((SCRIPTS / "house_prices.m").read_bytes(), "house_prices.m").source
    assert "rmse = root_mean_squared_error(y, fitted)" in made
    assert "r2 = r2_score(y, fitted)" in made
    made = read_matlab((SCRIPTS / "exam_scores.m").read_bytes(), "exam_scores.m").source
    assert "test_accuracy = accuracy_score(y[~train], p[~train]) * 100" in made


LINEAR_CHECK = """
rows = dlmread('rows.csv', ',', 1, 0);            % Fuel, Weight, Horsepower, PowerPerWeight, Japan, USA, Heavy, test
held = rows(:, 8) == 1;
A = [ones(sum(~held), 1) rows(~held, [2 4 5 6])];
B = [ones(sum(held), 1) rows(held, [2 4 5 6])];
pred = B * (A \\ rows(~held, 1));
A = [ones(sum(~held), 1) rows(~held, 2:3) rows(~held, 2) .* rows(~held, 3)];
B = [ones(sum(held), 1) rows(held, 2:3) rows(held, 2) .* rows(held, 3)];
crossed_pred = B * (A \\ rows(~held, 1));
F = [ones(sum(~held), 1) (rows(~held, [1 3]) - mean(rows(~held, [1 3]))) ./ std(rows(~held, [1 3]))];
G = [ones(sum(held), 1) (rows(held, [1 3]) - mean(rows(~held, [1 3]))) ./ std(rows(~held, [1 3]))];
b = zeros(3, 1);
for k = 1:60
  p = 1 ./ (1 + exp(-F * b));
  b = b + (F' * diag(p .* (1 - p)) * F) \\ (F' * (rows(~held, 7) - p));
end
chance = 1 ./ (1 + exp(-G * b));
"""


@needs_octave
def test_linear_models_of_a_table_agree(tables: Path) -> None:
    """``fitlm`` and ``fitglm`` need a toolbox, so that Octave's own algebra says what they give."""
    prototype = read_matlab((SCRIPTS / "car_economy.m").read_bytes(), "car_economy.m")
    assert prototype.findings == ()
    ours = run_python(prototype)
    cars = pd.read_csv("cars.csv")
    cars = cars[cars["Origin"] != "unknown"].reset_index(drop=True)
    cars["Horsepower"] = cars["Horsepower"].fillna(cars["Horsepower"].median())
    rows = cars[["Fuel", "Weight", "Horsepower"]].assign(
        ppw=cars["Horsepower"] / cars["Weight"] * 1000,
        japan=(cars["Origin"] == "Japan").astype(int),
        usa=(cars["Origin"] == "USA").astype(int),
        heavy=(cars["Weight"] > 1500).astype(int),
        test=((np.arange(len(cars)) + 1) % 5 == 0).astype(int),
    )
    rows.to_csv("rows.csv", index=False)
    theirs = run_octave(LINEAR_CHECK, tables)
    wanted = {name: theirs[name] for name in ("pred", "crossed_pred", "chance")}
    assert differences(ours, wanted, 1e-6) == {}
    assert ours["accuracy"] == np.mean((wanted["chance"] > 0.5) == rows["heavy"][rows["test"] == 1])


def test_classifiers_answer_well(tables: Path) -> None:
    """Trees and neighbours are judged by the quality of their answers: the rows drawn are others than MATLAB's."""
    prototype = read_matlab((SCRIPTS / "flower_kinds.m").read_bytes(), "flower_kinds.m")
    assert [finding.subject for finding in prototype.findings] == [("line 27",), ("line 9",)]
    ours = run_python(prototype)
    assert len(ours["yTest"]) == 36
    assert ours["yTest"].value_counts().to_dict() == {"setosa": 12, "versicolor": 12, "virginica": 12}
    assert min(ours["knnAccuracy"], 1 - ours["treeError"], ours["accuracy"], 1 - ours["foldError"]) > 0.9
    assert ours["C"].sum() == 36
    assert "spectrum" not in ours


SEMANTICS = (SCRIPTS / "semantics.m").read_text()


@needs_octave
def test_what_bites_agrees(tables: Path) -> None:
    prototype = read_matlab(SEMANTICS.encode(), "semantics.m")
    assert prototype.findings == ()
    theirs = run_octave(SEMANTICS, tables)
    assert len(theirs) > 140
    assert differences(run_python(prototype), theirs, 1e-9) == {}
