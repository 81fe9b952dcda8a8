"""Groups of a real table: built, told, predicted, served, and built again under the same names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score
from tests.acceptance.conftest import Typed
from tests.serving.conftest import Server

from journeyman import load

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "clustering"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "journeyman", *words]
    return subprocess.run(command, check=True, timeout=900, capture_output=True, text=True)


@pytest.fixture(scope="module")
def penguins() -> pd.DataFrame:
    if not (DATA / "penguins.csv.gz").exists():
        pytest.skip("the table is not there")
    return pd.read_csv(DATA / "penguins.csv.gz")


@pytest.fixture(scope="module")
def workspace(penguins: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a model "m" of the penguins, built by the command."""
    place = tmp_path_factory.mktemp("groups")
    penguins.drop(columns="species").to_csv(place / "penguins.csv", index=False)
    words = ["build", str(place / "penguins.csv"), "--task", "groups", "--trials", "1", "--name", "m"]
    told = run(*words, "--workspace", str(place / "w")).stdout
    assert "RELEASE" in told
    assert "Agreement of groups" in told
    return place / "w"


def test_groups_are_the_species_though_nobody_named_them(
    penguins: pd.DataFrame, workspace: Path, tmp_path: Path
) -> None:
    out = tmp_path / "groups.csv"
    rows = workspace.parent / "penguins.csv"
    run("predict", "m", str(rows), "--out", str(out), "--workspace", str(workspace))
    found = pd.read_csv(out)
    assert len(found) == len(penguins)
    assert adjusted_rand_score(penguins["species"], found["group"]) > 0.8
    shares = found.drop(columns="group")
    assert list(shares) == [f"probability of {name}" for name in ("group 1", "group 2", "group 3", "none of these")]
    assert shares.sum(axis=1).round(3).eq(1.0).all()
    assert (found["group"] == "none of these").mean() < 0.05


def test_the_report_has_a_card_a_group_and_says_nothing_of_true_labels(workspace: Path) -> None:
    release = load("m", workspace=workspace)
    page = release.report_path.read_text()
    assert page.count("A typical row: number") == 3
    assert "3 is the largest number of groups that models of other rows find again" in page
    assert "Confusion matrix" not in page
    assert "Calibration" not in page
    assert release.evaluation.main.value > 0.8
    assert release.evaluation.main.baseline == 0.0


@pytest.fixture
def server(workspace: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(workspace, tmp_path / "log")
    try:
        server.start()
        yield server
    finally:
        server.kill()


def test_a_served_model_tells_the_group_and_whether_a_row_is_in_none(server: Server, penguins: pd.DataFrame) -> None:
    rows = penguins.dropna().drop(columns="species").iloc[[0, 100, 250]].to_dict("records")
    strange = {**rows[0], "bill_length_mm": 500.0, "bill_depth_mm": 60.0, "body_mass_g": 90_000}
    said = server.ask("/predict", {"rows": [*rows, strange]})[1]["predictions"]
    assert len(said) == 4
    assert {one["prediction"] for one in said[:3]} <= {"group 1", "group 2", "group 3"}
    assert said[3]["prediction"] == "none of these"


def test_scikit_learn_is_not_needed_to_answer(workspace: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['sklearn'] = None\n"
        "from journeyman import load\n"
        f"release = load('m', workspace={str(workspace)!r})\n"
        "row = {'bill_length_mm': 39.0, 'bill_depth_mm': 18.0, 'flipper_length_mm': 190, 'body_mass_g': 3700}\n"
        "print(release.predict([row])[0])"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300)
    assert told.stdout.startswith("group ")


def test_names_stay_when_the_model_is_built_again_from_other_rows(
    penguins: pd.DataFrame, workspace: Path, tmp_path: Path
) -> None:
    before = load("m", workspace=workspace)
    # most of the largest group is gone, so that it is no longer the first by size
    first = before.predict(penguins) == "group 1"
    rows = penguins[~first | (pd.Series(range(len(penguins))) % 3 == 0)].drop(columns="species")
    rows.to_csv(tmp_path / "fewer.csv", index=False)
    words = ["build", str(tmp_path / "fewer.csv"), "--task", "groups", "--task-option", "k=3", "--trials", "1"]
    run(*words, "--name", "m", "--workspace", str(workspace))
    after = load("m", version=2, workspace=workspace)
    told, former = pd.Series(after.predict(rows)), pd.Series(before.predict(rows))
    assert (told == former).mean() > 0.95
    assert "of the version before" in after.report_path.read_text()


@pytest.mark.parametrize(
    ("columns", "more", "said"),
    [
        ({"a": range(5), "b": [3, 1, 2, 5, 4]}, (), "5 rows are too few"),
        ({"a": [1.0] * 50, "b": ["x"] * 50}, (), "no column is left"),
        ({"a": range(60), "b": range(60, 0, -1)}, ("--task-option", "k=90"), "more than the 60 rows"),
        ({"a": range(60), "b": range(60, 0, -1)}, ("--task-option", "k=1"), "2 groups or more"),
        ({"a": range(60), "b": range(60, 0, -1)}, ("--task-option", "k=few"), "no number of groups"),
        ({"a": range(60), "b": range(60, 0, -1)}, ("--target", "a"), "has no target"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_a_hint(
    columns: dict[str, object], more: tuple[str, ...], said: str, typed: Typed, tmp_path: Path
) -> None:
    pd.DataFrame(columns).to_csv(tmp_path / "t.csv", index=False)
    words = ["build", str(tmp_path / "t.csv"), "--task", "groups", "--workspace", str(tmp_path / "w"), "-q", *more]
    code, told = typed(*words)
    first, hint, _ = told.partition(" hint: ")
    assert (code, hint) == (2, " hint: ")
    assert first.startswith("error: ")
    assert said in first
