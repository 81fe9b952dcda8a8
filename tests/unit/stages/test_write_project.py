"""A project is written whole: names that fit, files that linters pass, tests that know what was recorded."""

from __future__ import annotations

import ast
import csv
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from tests.converted_sample import NAME, ConvertedSample, converted_sample

from journeyman.entities.recording import CallRole, RowSet
from journeyman.stages.write_project import package_name, write_project


@pytest.fixture(scope="module")
def sample() -> ConvertedSample:
    return converted_sample()


@pytest.fixture(scope="module")
def files(sample: ConvertedSample) -> Mapping[str, str | bytes]:
    return write_project(sample.code, sample.recording, sample.report, NAME)


def text(files: Mapping[str, str | bytes], path: str) -> str:
    held = files[path]
    assert isinstance(held, str)
    return held


def test_the_files_of_a_project_are_there(files: Mapping[str, str | bytes]) -> None:
    wanted = {"README.md", "pyproject.toml", ".gitignore", "tests/recorded.csv", "tests/test_pipeline.py"}
    package = ("__init__", "contract", "learned", "pipeline", "predict", "preparation", "tables", "train", "training")
    assert wanted | {f"src/titanic_survivors/{name}.py" for name in package} <= set(files)


def test_no_word_of_a_template_is_left(files: Mapping[str, str | bytes]) -> None:
    left = [path for path in files if "@PACKAGE@" in text(files, path) or "@COLUMNS@" in text(files, path)]
    assert not left


def test_the_project_imports_nothing_of_ours(files: Mapping[str, str | bytes]) -> None:
    for path in files:
        if path.endswith(".py"):
            names = [node for node in ast.walk(ast.parse(text(files, path))) if isinstance(node, ast.Import)]
            assert not any(alias.name.startswith("journeyman") for node in names for alias in node.names), path


def test_the_build_file_names_what_is_imported_with_the_versions_at_hand(files: Mapping[str, str | bytes]) -> None:
    project = tomllib.loads(text(files, "pyproject.toml"))["project"]
    needs = {one.name: str(one.specifier) for one in map(Requirement, project["dependencies"])}
    assert set(needs) == {"joblib", "numpy", "pandas", "scikit-learn"}
    assert needs["numpy"] == f">={np.__version__}"
    assert project["name"] == "titanic-survivors"
    assert project["scripts"]["titanic-survivors-train"] == "titanic_survivors.train:main"


def test_recorded_rows_are_numbers_of_rows_and_what_was_given(
    sample: ConvertedSample, files: Mapping[str, str | bytes]
) -> None:
    lines = list(csv.DictReader(text(files, "tests/recorded.csv").splitlines()))
    assert [int(one["row"]) for one in lines] == sample.recording.row_sets[0].numbers.tolist()
    assert [int(one["prediction"]) for one in lines] == sample.recording.arrays["p1"].tolist()


def test_numbers_are_recorded_to_the_last_bit(sample: ConvertedSample) -> None:
    given = np.random.default_rng(3).random((5, 2))
    recording = replace(sample.recording, row_sets=(RowSet(0, np.arange(5)),), arrays={"p1": given})
    lines = text(write_project(sample.code, recording, sample.report, NAME), "tests/recorded.csv").splitlines()
    assert lines[0] == "row,prediction_1,prediction_2"
    assert [[float(one) for one in line.split(",")[1:]] for line in lines[1:]] == given.tolist()


def test_recorded_probabilities_are_asked_by_the_method_that_gives_them(sample: ConvertedSample) -> None:
    calls = (replace(sample.recording.calls[1], role=CallRole.PROBABILITY),)
    recording = replace(sample.recording, calls=calls, arrays={"p1": np.full((73, 2), 0.5)})
    made = write_project(sample.code, recording, sample.report, NAME)
    assert 'METHOD = "predict_proba"' in text(made, "tests/recorded.py")
    alone = {**sample.code.modules, "pipeline.py": "class Pipeline: ..."}
    made = write_project(replace(sample.code, modules=alone), recording, sample.report, NAME)
    assert 'METHOD = "predict"' in text(made, "tests/recorded.py")


def test_many_rows_are_thinned_evenly(sample: ConvertedSample) -> None:
    numbers = np.arange(12_000)
    recording = replace(sample.recording, row_sets=(RowSet(0, numbers),), arrays={"p1": numbers * 0.5})
    lines = text(write_project(sample.code, recording, sample.report, NAME), "tests/recorded.csv").splitlines()[1:]
    assert (len(lines), lines[0], lines[-1]) == (4_000, "0,0.0", "11997,5998.5")


def test_rows_that_nobody_knows_are_not_recorded(sample: ConvertedSample) -> None:
    other_table = replace(sample.recording, row_sets=(RowSet(1, sample.recording.row_sets[0].numbers),))
    assert "tests/recorded.csv" not in write_project(sample.code, other_table, sample.report, NAME)
    no_array = replace(sample.recording, arrays={})
    assert "tests/recorded.csv" not in write_project(sample.code, no_array, sample.report, NAME)


def test_classes_that_look_like_numbers_stay_texts(sample: ConvertedSample) -> None:
    recording = replace(sample.recording, arrays={"p1": sample.recording.arrays["p1"].astype(str)})
    assert "dtype=str" in text(write_project(sample.code, recording, sample.report, NAME), "tests/recorded.py")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Titanic - Survival (v2).ipynb", "titanic_survival_v2"),
        ("123.ipynb", "model_123"),
        ("class.py", "class_model"),
        ("sklearn.ipynb", "sklearn_model"),
        ("tests.R", "tests_model"),
        ("....ipynb", "model"),
        ("a/b/House prices.Rmd", "house_prices"),
    ],
)
def test_a_package_is_named_by_its_prototype(name: str, wanted: str) -> None:
    assert package_name(name) == wanted
    assert wanted.isidentifier()


def test_odd_names_of_columns_are_written_as_python(sample: ConvertedSample) -> None:
    columns = ('a "quoted" one', "back\\slash", "ünï", *(f"a column with a long name {k}" for k in range(9)))
    code = replace(sample.code, columns=columns, target="new\nline")
    made = write_project(code, sample.recording, sample.report, NAME)
    tree = ast.parse(text(made, "src/titanic_survivors/contract.py"))
    values = {
        n.target.id: n.value for n in tree.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    }
    assert ast.literal_eval(values["COLUMNS"] or "") == columns  # type: ignore[arg-type]  # both have values
    assert ast.literal_eval(values["TARGET"] or "") == "new\nline"  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize("tool", [("check", "--select", "E,F,I,UP,B"), ("format", "--check")])
def test_the_files_pass_a_linter(files: Mapping[str, str | bytes], tmp_path: Path, tool: tuple[str, ...]) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    for path in files:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text(files, path))
    done = subprocess.run(
        [ruff, tool[0], "--isolated", "--no-cache", "--line-length", "120", *tool[1:], "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_readme_tells_each_operation_and_what_the_score_was_worth(
    sample: ConvertedSample, files: Mapping[str, str | bytes]
) -> None:
    told = text(files, "README.md")
    for one in sample.code.operations:
        assert one.text[:60] in told
    assert f"{sample.report.score_honest:.4g} ({sample.report.honest_low:.4g} to" in told
    assert "cell 3, line 4" in told
    assert "pd.concat([df, x])" in told
    assert "CV101" in told


def test_a_readme_without_scores_says_nothing_of_them(sample: ConvertedSample) -> None:
    bare = replace(
        sample.report, score_as_told=None, score_repeated=None, score_honest=None, score_build=None, changes=()
    )
    told = text(write_project(sample.code, sample.recording, bare, NAME), "README.md")
    assert "score was worth" not in told
    assert "libraries of today" not in told
