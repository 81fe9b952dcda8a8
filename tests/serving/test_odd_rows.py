"""Odd rows from a table without a target to the loop: build, predict, serve, mark, and operate."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.serving.conftest import Server, until

from journeyman import load
from journeyman.api.operations import overview

pytestmark = pytest.mark.slow


def machines(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    load_of = rng.gamma(3.0, 20.0, rows)
    return pd.DataFrame(
        {
            "machine": rng.choice(["press", "lathe", "mill"], rows),
            "load": load_of.round(1),
            "temperature": (20.0 + 0.2 * load_of + rng.normal(0.0, 2.0, rows)).round(1),
            "pieces": rng.poisson(load_of),
        }
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a model "m", built by the command."""
    place = tmp_path_factory.mktemp("odd")
    machines(700, 0).to_csv(place / "machines.csv", index=False)
    words = ["build", str(place / "machines.csv"), "--task", "anomaly", "--trials", "1", "--name", "m"]
    told = run(*words, "--workspace", str(place / "w")).stdout
    assert "RELEASE" in told
    assert "700 rows of machines.csv, 350 planted ones that examine it" in " ".join(told.split())
    assert "planted anomalies" in told
    return place / "w"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "journeyman", *words]
    return subprocess.run(command, check=True, timeout=600, capture_output=True, text=True)


@pytest.fixture
def server(workspace: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(workspace, tmp_path / "log")
    try:
        server.start()
        yield server
    finally:
        server.kill()


def test_statistics_and_examples_are_of_rows_of_the_table(workspace: Path) -> None:
    report = load("m", workspace=workspace).report
    assert (report.rows, report.trained_rows, report.planted_rows) == (700, 700, 350)
    assert report.profile.rows == 700
    assert [c.name for c in report.columns] == ["machine", "load", "temperature", "pieces"]
    assert report.evaluation.main.value > 0.75
    assert len(report.examples) == 10
    assert all(example.position is not None and example.position < 700 for example in report.examples)
    assert not report.evaluation.slices


def test_odd_rows_are_flagged_with_the_column_that_makes_them_odd(workspace: Path, tmp_path: Path) -> None:
    rows = machines(400, 1)
    odd = {5: ("temperature", 99.0), 50: ("temperature", -30.0), 90: ("pieces", 700), 200: ("load", 900.0)}
    for place, (column, value) in odd.items():
        rows.loc[place, column] = value
    rows.to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "scores.csv"
    run("predict", "m", str(tmp_path / "new.csv"), "--out", str(out), "--workspace", str(workspace))
    found = pd.read_csv(out)
    assert list(found.columns) == ["anomaly score", "flagged", "reasons", "detectors"]
    assert found["flagged"].iloc[list(odd)].all()
    assert found["flagged"].drop(index=list(odd)).mean() < 0.04
    assert found["anomaly score"].between(0.0, 1.0, inclusive="left").all()
    reasons = load("m", workspace=workspace).explain(rows.iloc[list(odd)])
    strongest = reasons.columns[reasons.to_numpy().argmax(axis=1)]
    assert sum(strongest == [column for column, _ in odd.values()]) >= 3


def test_a_served_model_is_watched_and_marks_count(server: Server) -> None:
    words = ("operate", "m", "--once", "--every", "1s", "--workspace", str(server.workspace), "--log", str(server.log))

    def rounds() -> list[Any]:
        run(*words)
        return list(overview(server.workspace, "m").rounds)

    rounds()  # begins the spans
    rows = machines(120, 2).to_dict("records")
    rows[0]["temperature"] = 99.0
    said = server.ask("/predict", {"rows": rows})[1]["predictions"]
    assert said[0]["outputs"] == {"flagged": True}
    assert said[0]["prediction"] > 0.99
    assert sum(one["outputs"]["flagged"] for one in said) < 8
    marks = [{"id": one["id"], "truth": k == 0} for k, one in enumerate(said)]
    assert {one["fate"] for one in server.ask("/labels", {"labels": marks})[1]["labels"]} == {"recorded"}
    bad = server.ask("/labels", {"labels": [{"id": said[1]["id"], "truth": 0.5}]})[1]["labels"][0]
    assert bad["error"]["wanted"] == "true or false"
    watched = [one.watched for one in until(lambda: [r for r in rounds() if r.watched.labels])]
    assert watched[0].labels == 120


def test_its_settings_repeat_the_build(workspace: Path, tmp_path: Path) -> None:
    settings = workspace / "releases" / "m" / "1" / "settings.toml"
    assert "target" not in settings.read_text()
    told = run("build", str(settings), "--workspace", str(tmp_path / "again")).stdout
    assert "RELEASE" in told
    first, again = (load("m", workspace=w).answers(machines(50, 3)) for w in (workspace, tmp_path / "again"))
    assert np.array_equal(first, again)


@pytest.mark.parametrize(
    ("table", "more", "said"),
    [
        ({"a": [1.0] * 50, "b": ["x"] * 50}, (), "no column is left to predict from"),
        ({"a": range(5), "b": [3, 1, 2, 5, 4]}, (), "5 rows are too few"),
        (None, ("--target", "load"), "has no target, and 'load' was named as one"),
        (None, ("--task-option", "false_alarms=0"), "false_alarms=0 is no share"),
        (None, ("--task-option", "false_alarms=2"), "false_alarms=2 is no share"),
        (None, ("--task-option", "contamination=0.1"), "has no option 'contamination'"),
        (None, ("--task-option", "capacity=0"), "capacity=0 is no number of rows"),
        (None, ("--task-option", "capacity=600"), "capacity=600 is more than half of each 1,000 rows"),
        (None, ("--task-option", "capacity=5", "--task-option", "false_alarms=0.1"), "both were given"),
        (None, ("--task-option", "marks=lode"), "the table has no column 'lode'"),
        (None, ("--task-option", "marks=machine"), "is no mark"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_a_hint(
    table: dict[str, Any] | None, more: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    frame = machines(60, 0) if table is None else pd.DataFrame(table)
    frame.to_csv(tmp_path / "t.csv", index=False)
    words = ["build", str(tmp_path / "t.csv"), "--task", "anomaly", "--workspace", str(tmp_path / "w"), "-q", *more]
    told = subprocess.run([sys.executable, "-m", "journeyman", *words], capture_output=True, text=True, check=False)
    first, second = told.stderr.strip().splitlines()
    assert told.returncode == 2
    assert first.startswith("error: ")
    assert said in first
    assert second.startswith("hint: ")


def test_python_is_told_which_rows_are_flagged(workspace: Path) -> None:
    rows = machines(50, 3)
    rows.loc[7, "pieces"] = 2_000
    said = load("m", workspace=workspace).predict_outputs(rows)
    assert list(said.columns) == ["anomaly score", "flagged"]
    assert said["flagged"].dtype == bool
    assert said["flagged"][7]
    assert said["flagged"].sum() < 8
