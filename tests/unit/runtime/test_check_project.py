"""A written project proves itself: alone in a fresh environment, and confined; what is broken is seen."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.converted_sample import NAME, ConvertedSample, converted_sample

from journeyman.exporters.project_files import commit_folder
from journeyman.runtime.check_project import check_project
from journeyman.runtime.confined_program import Limits
from journeyman.stages.write_project import write_project

pytestmark = pytest.mark.slow

LIMITS = Limits(seconds=120.0)
ENVIRONMENT = {"PATH": os.defpath, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def sample() -> ConvertedSample:
    return converted_sample()


def write(folder: Path, sample: ConvertedSample, instead: Mapping[str, tuple[str, str]] | None = None) -> Path:
    """Write the project of a sample; ``instead``: what is replaced in which file."""
    for path, content in write_project(sample.code, sample.recording, sample.report, NAME).items():
        text = content if isinstance(content, str) else content.decode()
        before, after = (instead or {}).get(path, ("", ""))
        assert before in text
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.replace(before, after) if before else text)
    (folder / "data").mkdir()
    (folder / "data" / "train.csv").write_text(sample.data)
    return folder


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Return the Python of a fresh virtual environment with all packages of this one but ours."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for place in sys.path:
        if Path(place).name in ("site-packages", "dist-packages"):
            for one in Path(place).iterdir():
                if not one.name.lower().startswith(("journeyman", "_journeyman", "__editable__")) and (
                    one.suffix != ".pth" and not (packages / one.name).exists()
                ):
                    (packages / one.name).symlink_to(one)
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    (site,) = (tmp_path / "env").glob("lib/python*/site-packages")
    (site / "packages.pth").write_text(f"{packages}\n{tmp_path / 'project' / 'src'}\n")
    return tmp_path / "env" / "bin" / "python"


@pytest.mark.skipif(sys.platform == "win32", reason="links to packages take symbolic links")
def test_a_project_works_in_a_fresh_environment_without_us(
    sample: ConvertedSample, tmp_path: Path, alone: Path
) -> None:
    folder = write(tmp_path / "project", sample)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([alone, *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)

    assert "No module named 'journeyman'" in run("-c", "import journeyman").stderr
    tests = run("-m", "unittest")
    assert tests.returncode == 0, tests.stderr
    assert "Ran 12 tests" in tests.stderr
    trained = run("-m", "titanic_survivors.train")
    assert trained.returncode == 0, trained.stderr
    (folder / "new.csv").write_text(
        "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,male,,0,0,7.25,S\n1,martian,30,0,0,9,S\n"
    )
    predicted = run("-m", "titanic_survivors.predict", "new.csv", "out.csv")
    assert (predicted.returncode, predicted.stderr) == (0, "warning: Sex: unknown, as 'martian' in row 2\n")
    assert len((folder / "out.csv").read_text().splitlines()) == 3
    (folder / "bad.csv").write_text("Pclass,Age,SibSp,Parch,Fare\n3,old,,0,7.25\n")
    refused = run("-m", "titanic_survivors.predict", "bad.csv", "out.csv")
    assert refused.returncode == 2
    assert refused.stderr == (
        "bad.csv: columns are missing: Sex, Embarked; Age: 'old' is no number, in row 1; "
        "SibSp: no value in row 1, and the model has never met that\n"
    )


def test_a_project_that_repeats_its_prototype_passes(sample: ConvertedSample, tmp_path: Path) -> None:
    folder = write(tmp_path / "project", sample)
    checks = check_project(folder, LIMITS)
    assert checks.message == ""
    assert (checks.equal_predictions, checks.one_row_equal, checks.shuffled_equal) == (True, True, True)
    assert checks.missing_column_told is True
    assert (checks.n_compared, checks.largest_difference) == (len(sample.recording.arrays["p1"]), 0.0)
    assert {path.name for path in folder.iterdir()} >= {"model.joblib", "contract.json"}
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".t")]


def test_a_pipeline_that_learns_from_the_rows_to_predict_is_caught(sample: ConvertedSample, tmp_path: Path) -> None:
    median = 'learned("age_median", lambda: df["Age"].median())'
    leaky = {"src/titanic_survivors/preparation.py": (median, "df['Fare'].sum()")}
    checks = check_project(write(tmp_path / "project", sample, leaky), LIMITS)
    assert (checks.equal_predictions, checks.one_row_equal, checks.shuffled_equal) == (False, False, True)
    assert checks.largest_difference is not None
    assert checks.largest_difference > 0
    assert "predictions differ" in checks.message


def test_where_nobody_knows_which_rows_were_predicted_the_other_tests_run(
    sample: ConvertedSample, tmp_path: Path
) -> None:
    folder = write(tmp_path / "project", replace(sample, recording=replace(sample.recording, row_sets=())))
    checks = check_project(folder, LIMITS)
    assert (checks.equal_predictions, checks.one_row_equal, checks.shuffled_equal) == (None, True, True)
    assert checks.message == "predictions are those of the prototype: which rows the prototype predicted is not known"


def test_a_table_with_an_index_of_its_own_is_read_from_files_too(sample: ConvertedSample, tmp_path: Path) -> None:
    tables = (replace(sample.recording.tables[0], plain_index=False),)
    indexed = replace(sample, recording=replace(sample.recording, tables=tables))
    reading = {"src/titanic_survivors/tables.py": ('"train.csv")', '"train.csv", index_col="Name")')}
    folder = write(tmp_path / "project", indexed, reading)
    checks = check_project(folder, LIMITS)
    assert (checks.message, checks.equal_predictions, checks.missing_column_told) == ("", True, True)
    assert '"name": "Name"' in (folder / "contract.json").read_text()


def test_a_project_that_does_not_run_says_why(sample: ConvertedSample, tmp_path: Path) -> None:
    broken = {"src/titanic_survivors/training.py": ("import pandas as pd\n", "import pandas as pd\nimport no_such\n")}
    checks = check_project(write(tmp_path / "broken", sample, broken), LIMITS)
    assert (checks.equal_predictions, checks.n_compared) == (None, 0)
    assert "no_such" in checks.message


def test_tests_without_the_data_are_skipped_and_told(sample: ConvertedSample, tmp_path: Path) -> None:
    folder = write(tmp_path / "project", sample)
    (folder / "data" / "train.csv").unlink()
    checks = check_project(folder, LIMITS)
    assert (checks.equal_predictions, checks.missing_column_told, checks.n_compared) == (None, None, 0)
    assert checks.message


def test_tests_that_do_not_end_are_ended(sample: ConvertedSample, tmp_path: Path) -> None:
    endless = {"src/titanic_survivors/tables.py": ("    return pd", "    while True:\n        pass\n    return pd")}
    checks = check_project(write(tmp_path / "project", sample, endless), Limits(seconds=4.0))
    assert (checks.equal_predictions, checks.message) == (None, "the tests took longer than 4 seconds")


def test_what_was_shown_before_the_end_is_told(sample: ConvertedSample, tmp_path: Path) -> None:
    crash = "        import os\n\n        os._exit(3)"
    broken = {"src/titanic_survivors/pipeline.py": ("        return self._fit(rows, training.fit)", crash)}
    checks = check_project(write(tmp_path / "project", sample, broken), LIMITS)
    assert (checks.equal_predictions, checks.one_row_equal, checks.missing_column_told) == (True, True, None)
    assert checks.n_compared == len(sample.recording.arrays["p1"])
    assert checks.message.startswith("the tests did not come to their end")


def test_a_project_becomes_a_repository_with_one_commit(
    sample: ConvertedSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "project", sample)
    (folder / "model.joblib").write_bytes(b"")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    if not commit_folder(folder, "The pipeline"):
        pytest.skip("git is not installed")
    monkeypatch.delenv("GIT_DIR")
    told = subprocess.run(["git", "log", "--format=%s", "--name-only"], cwd=folder, capture_output=True, text=True)
    lines = told.stdout.split("\n")
    assert lines[0] == "The pipeline"
    assert {"data/train.csv", "README.md", "tests/recorded.csv"} <= set(lines)
    assert "model.joblib" not in lines
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not commit_folder(folder, "again")
