"""A release is exported for people: honest predictions, live rows, and refreshed files that are whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyman.api import export as export_api
from journeyman.api.build import build
from journeyman.api.export import ExportOptions, export
from journeyman.api.export_release import NOTE, gather_facts
from journeyman.arrow import pq
from journeyman.cli.main import app
from journeyman.entities.prediction import Label, LogEntries, Part, Prediction
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.errors import ReleaseError, SettingsError, WorkspaceError
from journeyman.exporters.power_bi import PowerBIExporter
from journeyman.inference.champion import LEARNED
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.interfaces import ReleaseExporter
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.testing.release_exporter_checks import sample_facts

pytestmark = pytest.mark.slow  # builds models
LIVE = ExportOptions(rows_from="log")
DAY = 86_400_000
BEGUN = 1_780_000_000_000 // DAY * DAY


def houses(count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=count), "city": rng.choice(["=Oslo", "Bern", "Rome"], count)})
    frame["cold"] = np.where(frame["size"] + (frame["city"] == "=Oslo") + rng.normal(size=count) > 0.5, "yes", "no")
    frame["id"] = [f"row-{i}" for i in range(count)]
    return frame


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("w")
    build(houses(), target="cold", name="houses", trials=2, workspace=place)
    return place


@pytest.fixture(scope="module")
def release(workspace: Path) -> Release:
    return load("houses", workspace=workspace)


@pytest.fixture(scope="module")
def live(workspace: Path, release: Release) -> pd.DataFrame:
    """Return rows that were answered over four days, the first three of them labelled, in the log's usual place."""
    rows = houses(700).iloc[400:].reset_index(drop=True)
    answers = release.predict_proba(rows)
    log = SqlitePredictionLog(workspace / "predictions" / "houses")
    try:
        for day in range(4):
            some = range(75 * day, 75 * (day + 1))
            made = [prediction(rows.iloc[i], answers[i]) for i in some]
            told = log.append(LogEntries(tuple(made)), BEGUN + day * DAY + 1000)
            ids = [one.id for one in told.predictions if one is not None]
            if day < 3:
                truths = zip(ids, rows.cold.iloc[list(some)], strict=True)
                labels = tuple(Label(json.dumps(truth).encode(), number) for number, truth in truths)
                log.append(LogEntries(labels=labels), BEGUN + day * DAY + 2000)
    finally:
        log.close()
    return rows


def prediction(row: pd.Series, answer: np.ndarray) -> Prediction:
    content = msgspec.json.encode({"size": float(row["size"]), "city": row["city"]})
    output = {"prediction": "yes", "probabilities": {"no": float(answer[0]), "yes": float(answer[1])}}
    return Prediction(1, Part.CHAMPION, "native", content, msgspec.json.encode(output), b"d")


def gather(workspace: Path, release: Release, rows_from: str | None = None, most: int = 10_000) -> ReleaseFacts:
    return gather_facts(release, rows_from, workspace, most)


def test_predictions_of_rows_that_judged_are_those_of_a_model_that_had_not_learned_from_them(
    workspace: Path, release: Release
) -> None:
    facts = gather(workspace, release)
    scores = facts.scores.rows.to_pandas().set_index("id")
    raw = houses().set_index("id")
    assert scores["actual cold"].tolist() == raw.loc[scores.index, "cold"].tolist()
    assert scores["city"].tolist() == raw.loc[scores.index, "city"].tolist()
    unseen = scores["basis"] == "not learned from"
    assert unseen.sum() == release.evaluation.rows
    right = (scores["predicted cold"] == scores["actual cold"])[unseen].mean()
    accuracy = next(s.value for s in release.evaluation.scores if s.metric == "accuracy")
    assert right == pytest.approx(accuracy)
    assert scores["correct"].tolist() == (scores["predicted cold"] == scores["actual cold"]).tolist()
    own = release.predict_proba(raw.loc[scores.index])
    learned = ~unseen.to_numpy()
    assert scores["probability of yes"].to_numpy()[learned] == pytest.approx(own[learned, 1])
    assert abs(scores["probability of yes"].to_numpy() - own[:, 1])[unseen].max() > 1e-4
    assert release.file(LEARNED) is not None


def test_of_many_rows_a_sample_is_taken_in_order(workspace: Path, release: Release) -> None:
    some, again = (gather(workspace, release, most=50).scores.rows for _ in range(2))
    assert some.num_rows == 50
    assert some.equals(again)
    assert some["row"].to_pylist() == sorted(some["row"].to_pylist())
    assert gather(workspace, release, most=50).rows_from.startswith("50 of 400 rows of ")


def test_rows_of_another_table(workspace: Path, release: Release, tmp_path: Path) -> None:
    table = houses(30).drop(columns="cold")
    table.to_csv(tmp_path / "new.csv", index=False)
    facts = gather(workspace, release, str(tmp_path / "new.csv"))
    assert facts.label == ""
    assert facts.scores.rows["predicted cold"].to_pylist() == list(release.predict(table))
    assert set(facts.scores.rows["basis"].to_pylist()) == {"new row"}
    houses(30).to_csv(tmp_path / "told.csv", index=False)
    told = gather(workspace, release, str(tmp_path / "told.csv"))
    assert told.scores.rows["actual cold"].to_pylist() == houses(30)["cold"].tolist()


def test_live_rows_as_they_were_answered(workspace: Path, release: Release, live: pd.DataFrame) -> None:
    facts = gather(workspace, release, "log")
    scores = facts.scores.rows.to_pandas()
    assert len(scores) == 300
    assert scores["probability of yes"].to_numpy() == pytest.approx(release.predict_proba(live)[:, 1])
    assert scores["actual cold"][:225].tolist() == live["cold"][:225].tolist()
    assert scores["actual cold"][225:].isna().all()
    assert scores["answered"].dt.date.nunique() == 4
    monitoring = facts.monitoring.rows.to_pydict()
    assert monitoring["rows"] == [75] * 4
    assert monitoring["labelled"] == [75, 75, 75, 0]
    assert monitoring["score"][3] is None
    assert all(0.5 < score <= 1 for score in monitoring["score"][:3])  # the area under the ROC curve
    assert monitoring["score when built"] == [release.evaluation.main.value] * 4
    assert len(gather(workspace, release, "log", most=100).scores.rows) == 100
    assert gather(workspace, release).monitoring.rows.num_rows == 4  # beside rows of the training table, too


def test_without_a_log_or_a_training_table(workspace: Path, release: Release, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no live prediction of houses"):
        export(release.path, tmp_path / "out", to="powerbi", options=LIVE, workspace=tmp_path)
    with pytest.raises(SettingsError, match="training table of houses 1 is not in the workspace") as caught:
        export(release.path, tmp_path / "out", to="powerbi", workspace=tmp_path)
    assert caught.value.hint == "name the table whose rows are wanted: --from TABLE"
    assert not list(tmp_path.iterdir())


def test_a_repeated_export_refreshes_data_and_leaves_pages(workspace: Path, live: pd.DataFrame, tmp_path: Path) -> None:
    out = tmp_path / "report"
    first = export("houses", out, to="powerbi", options=LIVE, workspace=workspace)
    assert first.rows == 300
    (page,) = [p for p in out.rglob("page.json") if '"Scores"' in p.read_text()]
    page.write_text(page.read_text().replace('"Scores"', '"My scores"'))
    (out / "mine.txt").touch()
    (out / "data" / "scores.parquet").write_bytes(b"old")
    again = export("houses", out, to="powerbi", options=LIVE, workspace=workspace)
    assert set(again.files) == {*(f"data/{t.name}.parquet" for t in sample_facts().tables), NOTE}
    assert pq.read_table(out / "data" / "scores.parquet").num_rows == 300
    assert '"My scores"' in page.read_text()
    assert (out / "mine.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_what_would_break_pages_or_other_folders_is_refused(
    workspace: Path, live: pd.DataFrame, tmp_path: Path
) -> None:
    out = tmp_path / "report"
    export("houses", out, to="powerbi", options=LIVE, workspace=workspace)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(SettingsError, match="holds an export with other columns"):
        export("houses", out, to="powerbi", workspace=workspace)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "letter.txt").touch()
    with pytest.raises(SettingsError, match="holds something that is no export of houses to powerbi"):
        export("houses", tmp_path / "kept", to="powerbi", workspace=workspace)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_file_that_is_open_elsewhere(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "report"
    export("houses", out, to="powerbi", workspace=workspace)
    opened = Path.open

    def locked(self: Path, mode: str = "r", *rest: object, **more: object) -> object:
        if mode == "r+b" and self.name == "metrics.parquet":
            raise PermissionError(13, "The process cannot access the file")  # as Windows says it
        return opened(self, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", locked)
    before = (out / "data" / "scores.parquet").stat().st_mtime_ns
    with pytest.raises(WorkspaceError, match=r"metrics.parquet cannot be replaced: it is open in another program"):
        export("houses", out, to="powerbi", workspace=workspace)
    assert (out / "data" / "scores.parquet").stat().st_mtime_ns == before  # none of them was replaced


def test_what_does_not_read_back_is_not_kept(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(PowerBIExporter):
        def check(self, facts: ReleaseFacts, folder: Path) -> None:
            raise ReleaseError("it reads back otherwise", hint="look")

    exporter: ReleaseExporter = Other()
    monkeypatch.setattr(export_api, "make_part", lambda group, name: exporter)
    with pytest.raises(ReleaseError, match="it reads back otherwise"):
        export("houses", tmp_path / "out", to="powerbi", workspace=workspace)
    assert not list(tmp_path.iterdir())


def test_the_command(workspace: Path, tmp_path: Path) -> None:
    where = ["--workspace", str(workspace)]
    out = tmp_path / "book"
    done = CliRunner().invoke(app, ["export", "houses", str(out), "--to", "excel", *where])
    if "needs the extra excel" in done.output:
        pytest.skip("journeyman[excel] is not installed")
    assert (done.exit_code, "400 rows of" in done.output) == (0, True)
    sheet = openpyxl.load_workbook(out / "houses.xlsx")["Scores"]
    assert sheet.max_row == 401
    refused = CliRunner().invoke(app, ["export", "houses", str(out), "--to", "saved_model", "--from", "log", *where])
    assert (refused.exit_code, "an export to saved_model takes no --from" in refused.output) == (2, True)
    unknown = CliRunner().invoke(app, ["export", "houses", str(out), "--to", "onyx", *where])
    assert (unknown.exit_code, "there is no export target 'onyx'" in unknown.output) == (2, True)


@pytest.mark.parametrize("task", ["quantiles", "anomaly", "survival", "ranking", "ordered", "forecast"])
def test_other_kinds_of_task(tmp_path: Path, task: str) -> None:
    rng = np.random.default_rng(1)
    count = 160
    frame = pd.DataFrame({"a": rng.normal(size=count), "b": rng.choice(list("xyz"), count)})
    frame["y"] = 2 * frame["a"] + rng.normal(size=count)
    options: dict[str, Any] = {"target": "y", "task": task}
    if task == "anomaly":
        options["target"] = None
        frame = frame.assign(c=rng.normal(size=count)).drop(columns="y")
    elif task in ("ordered", "ranking"):
        frame["y"] = np.digitize(frame["y"], [-1, 1])
        frame["q"] = np.arange(count) // 8
        options |= {"group": "q"} if task == "ranking" else {}
    elif task == "survival":
        frame = frame.assign(y=np.exp(frame["y"]), died=rng.integers(0, 2, count))
        options["task_options"] = {"event": "died"}
    elif task == "forecast":
        frame = pd.DataFrame({"t": pd.date_range("2020-01-01", periods=count), "y": np.sin(np.arange(count))})
        options["time"] = "t"
    release = build(frame, name="k", trials=2, workspace=tmp_path / "w", **options)
    made = export(release.path, tmp_path / "out", to="powerbi", workspace=tmp_path / "w")
    assert made.rows == (len(release.forecast()) if task == "forecast" else count)
    scores = pq.read_table(tmp_path / "out" / "data" / "scores.parquet")
    assert scores.num_rows == made.rows
    assert any(name.startswith("actual ") for name in scores.column_names) is (task in ("quantiles", "ordered"))
