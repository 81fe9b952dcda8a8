"""Scoring by pieces: as on one machine, gone on with after a stop, and nothing half-written after bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.here_cluster import HereCluster
from tests.served_model import two_versions

from journeyman.api.predict import Layout, load, predict_file
from journeyman.api.score_on_cluster import open_cluster, score_on_cluster
from journeyman.api.score_stream import batch_writer
from journeyman.engines.spark.failures import explained
from journeyman.errors import JourneymanError, SchemaError, SettingsError, SourceError
from journeyman.interfaces.cluster import Reading

ROWS = 1_200


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_versions(tmp_path_factory)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    k = pd.array(rng.integers(0, 9, ROWS), dtype="Int64")
    k[::5] = pd.NA
    frame = pd.DataFrame({"x": rng.normal(size=ROWS), "c": rng.choice(["a", "b", "ü, 1", 'q"q'], ROWS), "k": k})
    frame.loc[::9, "x"] = np.nan
    return frame.assign(order=[f"o{i}" for i in range(ROWS)])


def write(rows: pd.DataFrame, path: Path, style: str) -> None:
    if style == "semicolons":
        rows.to_csv(path, sep=";", decimal=",", encoding="cp1252", index=False)
    elif style == "broken":
        rows.assign(order=rows["order"].str.replace("o7", "o\n7")).to_csv(path, index=False)
    elif path.suffix == ".csv":
        rows.to_csv(path, index=False, lineterminator="\r\n")
    elif path.suffix == ".jsonl":
        path.write_text(rows.to_json(orient="records", lines=True, force_ascii=False))
    else:
        rows.to_parquet(path, index=False, row_group_size=300)


@pytest.mark.parametrize(
    ("name", "style", "parts"),
    [
        ("t.csv", "plain", 3),
        ("t.csv", "semicolons", 1),
        ("t.csv", "broken", 1),
        ("t.jsonl", "plain", 3),
        ("t.parquet", "plain", 4),
    ],
)
@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_a_table_in_pieces_is_predicted_as_on_one_machine(
    workspace: Path, rows: pd.DataFrame, tmp_path: Path, name: str, style: str, parts: int, ending: str
) -> None:
    write(rows, tmp_path / name, style)
    layout = Layout(keep=("order", "k"), interval=True)
    out = tmp_path / f"out{ending}"
    result = score_on_cluster(
        load("m", workspace=workspace), str(tmp_path / name), HereCluster(), out=str(out), layout=layout
    )
    one = tmp_path / f"one{ending}"
    whole = predict_file("m", tmp_path / name, out=one, workspace=workspace, layout=layout)
    read = pd.read_parquet if ending == ".parquet" else pd.read_csv
    found = [path for path in sorted(out.iterdir()) if path.name != "_SUCCESS"]
    assert len(found) == parts
    there = pd.concat([read(path) for path in found], ignore_index=True)
    expected = read(one)
    if name == "t.jsonl" or ending == ".csv":  # one machine gives whole numbers that lack back as fractions there
        there["k"], expected["k"] = there["k"].astype("float64"), expected["k"].astype("float64")
    pd.testing.assert_frame_equal(there, expected, check_exact=True)
    assert result.rows == ROWS
    assert [f.message for f in result.findings] == [f.message for f in whole.findings]


def test_folders_that_name_columns_are_read_so(workspace: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    for c in ("a", "b"):
        (tmp_path / "t" / f"c={c}").mkdir(parents=True)
        rows[rows["c"] == c].drop(columns="c").to_csv(tmp_path / "t" / f"c={c}" / "part-0.csv", index=False)
    score_on_cluster(load("m", workspace=workspace), str(tmp_path / "t"), HereCluster(), out=str(tmp_path / "out"))
    predict_file("m", tmp_path / "t", out=tmp_path / "one.parquet", workspace=workspace)
    found = pd.concat([pd.read_parquet(path) for path in sorted((tmp_path / "out").glob("part-*"))], ignore_index=True)
    pd.testing.assert_frame_equal(found, pd.read_parquet(tmp_path / "one.parquet"), check_exact=True)


def test_after_a_stop_it_goes_on_and_scores_no_piece_twice(workspace: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    write(rows, tmp_path / "t.csv", "plain")
    out, release = tmp_path / "out", load("m", workspace=workspace)
    first, second = HereCluster(piece=200, stop_after=4), HereCluster(piece=200)
    with pytest.raises(KeyboardInterrupt):
        score_on_cluster(release, str(tmp_path / "t.csv"), first, out=str(out))
    # a kill may come between a part and its note, which says that the part is whole
    note = sorted((out / "_journeyman").glob("part-*.json"))[-1]
    note.unlink()
    assert not (out / "_SUCCESS").exists()
    result = score_on_cluster(release, str(tmp_path / "t.csv"), second, out=str(out))
    assert (len(first.worked), len(second.worked)) == (4, 4)
    assert sorted({*first.worked, *second.worked}) == [("t.csv", 200 * i) for i in range(7)]
    assert result.rows == ROWS
    assert sum(len(pd.read_parquet(path)) for path in out.glob("part-*")) == ROWS
    assert not (out / "_journeyman").exists()


def test_a_folder_of_another_job_is_left_alone(workspace: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    write(rows, tmp_path / "t.csv", "plain")
    out, release = tmp_path / "out", load("m", workspace=workspace)
    with pytest.raises(KeyboardInterrupt):
        score_on_cluster(release, str(tmp_path / "t.csv"), HereCluster(stop_after=1), out=str(out))
    before = sorted(out.rglob("*"))
    rows.head(100).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(SettingsError, match="holds parts of another table, model or other settings"):
        score_on_cluster(release, str(tmp_path / "t.csv"), HereCluster(), out=str(out))
    assert sorted(out.rglob("*")) == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(SettingsError, match=r"is not empty: it holds mine\.txt"):
        score_on_cluster(release, str(tmp_path / "t.csv"), HereCluster(), out=str(tmp_path / "full"))
    whole = tmp_path / "whole"
    score_on_cluster(release, str(tmp_path / "t.csv"), HereCluster(), out=str(whole))
    with pytest.raises(SettingsError, match="holds a table of predictions that is whole"):
        score_on_cluster(release, str(tmp_path / "t.csv"), HereCluster(), out=str(whole))


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        ("x,c\n", SourceError, "has a header but no rows"),
        ("x,k\n1,2\n", SchemaError, "lacks column 'c'"),
        ("x,c\n" + "abc,a\n" * 40, SchemaError, "none of its 40 values can be read"),
        ("", SourceError, "no table in"),
    ],
)
def test_bad_input_is_told_in_a_line_and_leaves_nothing(
    workspace: Path, tmp_path: Path, content: str, kind: type[JourneymanError], told: str
) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(kind, match=told):
        score_on_cluster(
            load("m", workspace=workspace), str(tmp_path / "t.csv"), HereCluster(), out=str(tmp_path / "out")
        )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "t.csv"]


def test_a_cluster_that_nobody_offers() -> None:
    with pytest.raises(SettingsError, match="no installed package offers the part 'flink' of journeyman"):
        open_cluster("flink=here")
    with pytest.raises(SettingsError, match=r"there is no engine 'sprak' \(hint: did you mean --engine spark\?\)"):
        open_cluster("sprak=local[2]")


def test_a_batch_is_written_once_whenever_the_kill_comes(workspace: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    inbox, out, lines = tmp_path / "inbox", tmp_path / "out", list[str]()
    inbox.mkdir()
    rows.to_csv(inbox / "a.csv", index=False)
    rows.to_parquet(inbox / "b.parquet", index=False)
    (inbox / "c.csv").write_text("q\n1\n")
    cluster = HereCluster()

    def writer(told: list[str] = lines) -> None:
        write = batch_writer(lambda: load("m", workspace=workspace), str(inbox), told.append, out=str(out))
        write(0, lambda work: cluster.run(Reading.WHOLE, cluster.files(str(inbox)), work))

    cluster.left = 1
    with pytest.raises(KeyboardInterrupt):  # before the batch is whole
        writer()
    assert not list(out.glob("part-*"))
    cluster.left = None
    writer()
    assert lines[0] == "batch 0: 2,400 rows predicted, 1 refused"
    assert lines[1].startswith("c.csv: ")
    parts = sorted(path.name for path in out.glob("part-*"))
    assert parts == ["part-b000000000000-00000.parquet", "part-b000000000000-00001.parquet"]
    # after the note, before one part has its name
    batch = out / "_journeyman" / "batches" / "000000000000.json"
    made = json.loads(batch.read_text())["parts"]
    draft = next(place for place, name in made.items() if name == parts[1])
    (out / draft).parent.mkdir()
    (out / parts[1]).rename(out / draft)
    done = len(cluster.worked)
    writer()
    assert sorted(path.name for path in out.glob("part-*")) == parts
    assert len(cluster.worked) == done, "a batch that is whole is not predicted again"
    assert sum(len(pd.read_parquet(path)) for path in out.glob("part-*")) == 2 * ROWS
    with pytest.raises(SettingsError, match="holds predictions of"):
        batch_writer(lambda: load("m", workspace=workspace), "elsewhere", print, out=str(out))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("java.lang.OutOfMemoryError: Java heap space", "a process of Spark ran out of memory"),
        ("ModuleNotFoundError: No module named 'journeyman'", "a Python without the package journeyman"),
        ("[PYTHON_VERSION_MISMATCH] Python in worker has different version", "another version of Python"),
        ('Cannot run program "python9": error=2', "Spark's workers have no program python9"),
        ("Call to nn/1.2.3.4:8020 failed: java.net.ConnectException: refused", "Spark cannot reach it"),
        ("[Errno 111] Connection refused", "Spark is gone (hint: see that its master runs"),
        ("Job aborted: Total size is bigger than spark.driver.maxResultSize", "more than Spark may send it"),
        (": org.apache.spark.SparkException: Odd thing\n\tat a.b.c", "it: Spark says: Odd thing (hint"),
    ],
)
def test_what_spark_says_is_told_in_a_line(said: str, told: str) -> None:
    line = str(explained(said, "it"))
    assert told in line
    assert "\n" not in line
