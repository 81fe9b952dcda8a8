"""Translated scripts give what R gives: linear models to 1e-6, trees answers as good."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.runtime.confined_program import Ending, Limits
from journeyman.runtime.run_r import find_rscript, run_r

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parent / "scripts"
CHUNK = re.compile(r"^```\{r([^}]*)\}$(.*?)^```$", re.M | re.S)
R_SAYS = {
    "insurance.R": (13692.7165478, 87),
    "passengers.R": (0.515692751109, 78),
    "bikes.R": (5.21719319059, 355),
    "houses.Rmd": (157569.698584, 74),
}
"""Mean and number of R's own predictions, so that machines without R see a change too."""


@cache
def missing_package(name: str) -> str | None:
    if find_rscript() is None:
        return "R"
    for package in re.findall(r"^library\((\w+)\)", (SCRIPTS / name).read_text(), re.M):
        if subprocess.run(["Rscript", "--vanilla", "-e", f"library({package})"], capture_output=True).returncode:
            return package
    return None


def predictions_of_r(name: str, tables: Path, tmp_path: Path) -> pd.DataFrame:
    """Run a script in R itself, confined, and return its predictions, and the truth where it keeps that."""
    missing = missing_package(name)
    if missing is not None:
        pytest.skip(f"{missing} is not installed")
    text = (SCRIPTS / name).read_text()
    if name.endswith(".Rmd"):
        text = "\n".join(code for options, code in CHUNK.findall(text) if "eval = FALSE" not in options)
    text += "\nmade <- data.frame(predictions)\nif (exists('truth')) made$truth <- truth\nwrite.csv(made, 'made.csv')\n"
    folder = tmp_path / "run"
    folder.mkdir()
    for table in tables.glob("*.csv"):
        (folder / table.name).write_bytes(table.read_bytes())
    script = tmp_path / "script.R"
    script.write_text(text)
    run = run_r(script, folder, Limits(seconds=120))
    assert run.ending is Ending.DONE, run.errors
    return pd.read_csv(folder / "made.csv")


@pytest.mark.parametrize("name", sorted(R_SAYS))
def test_linear_models_predict_what_r_predicts(
    name: str, tables: Path, tmp_path: Path, run_translation: Callable[..., dict[str, Any]]
) -> None:
    ours = np.asarray(run_translation((SCRIPTS / name).read_text(), name)["predictions"])
    assert (ours.mean(), len(ours)) == (pytest.approx(R_SAYS[name][0], rel=1e-6), R_SAYS[name][1])
    theirs = predictions_of_r(name, tables, tmp_path)["predictions"].to_numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["flowers.R", "buyers.R"])
def test_trees_answer_as_well_on_the_same_rows(
    name: str, tables: Path, tmp_path: Path, run_translation: Callable[..., dict[str, Any]]
) -> None:
    made = run_translation((SCRIPTS / name).read_text(), name)
    ours = pd.DataFrame({"predictions": made["predictions"], "truth": np.asarray(made["truth"])})
    theirs = predictions_of_r(name, tables, tmp_path)
    assert list(ours["truth"]) == list(theirs["truth"])
    quality = [float((one["predictions"] == one["truth"]).mean()) for one in (ours, theirs)]
    assert quality[0] >= quality[1] - 0.05
    assert (ours["predictions"] == theirs["predictions"]).mean() > 0.9


RANDOM = """
set.seed(SEED)
a <- sample(10); b <- sample(1000, 7); d <- sample(1:3, 40, replace = TRUE)
e <- sample(2, 40, replace = TRUE, prob = c(0.5, 0.5)); f <- sample(4, 40, replace = TRUE, prob = c(0.2, 0.3, 0.2, 0.3))
g <- runif(5, 2, 4); h <- rnorm(5, 10, 2); i <- sample(c(5, 6, 7)); j <- sample(200000, 3); k <- sample(1)
predictions <- c(a, b, d, e, f, g, h, i, j, k)
"""


def test_random_numbers_are_those_of_r(tmp_path: Path, run_translation: Callable[..., dict[str, Any]]) -> None:
    if find_rscript() is None:
        pytest.skip("R is not installed")
    for seed in (0, 1, 123, 2024, -5):
        text = RANDOM.replace("SEED", str(seed))
        ours = run_translation(text)["predictions"]
        script = f"{text}cat(format(predictions, digits = 15))"
        ran = subprocess.run(["Rscript", "--vanilla", "-e", script], capture_output=True, text=True, check=True)
        np.testing.assert_allclose(ours, [float(one) for one in ran.stdout.split()], rtol=1e-12)


def test_rows_of_carets_partition_are_those_of_r(run_translation: Callable[..., dict[str, Any]]) -> None:
    if find_rscript() is None:
        pytest.skip("R is not installed")
    text = """
    set.seed(3)
    classes <- createDataPartition(iris$Species, p = 0.63, list = FALSE)
    numbers <- createDataPartition(iris$Sepal.Length, p = 0.63, list = FALSE)
    """
    script = f"suppressMessages(library(caret)); {text}\ncat(classes, numbers)"
    ran = subprocess.run(["Rscript", "--vanilla", "-e", script], capture_output=True, text=True)
    if ran.returncode:
        pytest.skip("caret is not installed")
    made = run_translation(text)
    assert [*made["classes"], *made["numbers"]] == [int(one) for one in ran.stdout.split()]
