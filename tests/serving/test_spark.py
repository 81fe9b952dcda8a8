"""Spark for real: tables, pipelines, SQL and streams are predicted as on one machine, also after kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests import kafka_broker
from tests.spark_cluster import environment, lacking, session

from journeyman.api.predict import Layout, load, predict_file
from journeyman.api.score_on_cluster import score_on_cluster
from journeyman.engines.spark import cluster as spark_cluster
from journeyman.engines.spark.session import spark_session
from journeyman.errors import SchemaError, SettingsError, SourceError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(lacking()), reason=lacking()),
]
ROWS = 3_000
JARS = kafka_broker.JARS.with_name("spark")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    with session(**{"spark.jars": ",".join(map(str, JARS.glob("*.jar")))}) as found:
        yield found


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    k = pd.array(rng.integers(0, 9, ROWS), dtype="Int64")
    k[::5] = pd.NA
    moment = pd.Timestamp("2024-03-31 00:30") + pd.to_timedelta(rng.integers(0, 10**6, ROWS), unit="s")
    frame = pd.DataFrame({"order": [f"o{i}" for i in range(ROWS)], "x": rng.normal(size=ROWS), "k.1": k})
    return frame.assign(c=rng.choice(["a", "b", "ü, 1", 'q"q'], ROWS), when=moment.astype("datetime64[us]"))


@pytest.mark.parametrize(
    ("name", "parts"), [("t.csv", 5), ("lines.csv", 1), ("t.jsonl", 10), ("t.parquet", 2), ("nanoseconds.parquet", 1)]
)
def test_tables_are_predicted_as_on_one_machine(
    spark: Any,
    workspace: Path,
    rows: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    parts: int,
) -> None:
    monkeypatch.setattr(spark_cluster, "PIECE_BYTES", 40_000)
    folder = tmp_path / "a b[1]"
    folder.mkdir()
    path = folder / name
    if name == "lines.csv":
        rows.assign(order=rows["order"].str.replace("o7", "o\n7")).to_csv(path, index=False)
    elif name == "t.csv":
        rows.to_csv(path, index=False)
    elif name == "t.jsonl":
        rows.to_json(path, orient="records", lines=True, force_ascii=False, date_format="iso")
    else:
        unit = "ns" if name.startswith("nano") else "us"
        rows.assign(when=rows["when"].astype(f"datetime64[{unit}]")).to_parquet(path, index=False, row_group_size=1500)
    layout = Layout(keep=("order", "k.1"))
    cluster = spark_cluster.SparkCluster(session=spark)
    out, release = tmp_path / "out", load("m", workspace=workspace)
    result = score_on_cluster(release, str(folder), cluster, out=str(out), layout=layout)
    predict_file("m", folder, out=tmp_path / "one.parquet", workspace=workspace, layout=layout)
    found = sorted(out.glob("part-*"))
    there = pd.concat([pd.read_parquet(part) for part in found], ignore_index=True)
    pd.testing.assert_frame_equal(there, pd.read_parquet(tmp_path / "one.parquet"), check_exact=True)
    assert (result.rows, (out / "_SUCCESS").exists()) == (ROWS, True)
    assert len(found) >= min(parts, 2)


def test_a_table_of_the_catalogue(spark: Any, workspace: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.head(200).to_parquet(tmp_path / "t.parquet", index=False)
    spark.read.parquet(str(tmp_path / "t.parquet")).createOrReplaceTempView("orders")
    cluster, out, release = spark_cluster.SparkCluster(session=spark), tmp_path / "out", load("m", workspace=workspace)
    assert score_on_cluster(release, "spark:orders", cluster, out=str(out)).rows == 200
    assert sorted(path.name.split("-")[0] for path in out.iterdir()) == ["_SUCCESS", "part"]
    with pytest.raises(SourceError, match=r"catalogue has no table `nowhere`\.`orders`"):
        score_on_cluster(release, "spark:nowhere.orders", cluster, out=str(tmp_path / "other"))
    with pytest.raises(SourceError, match="Spark finds no file or folder"):
        score_on_cluster(release, str(tmp_path / "none.csv"), cluster, out=str(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_a_transformer_in_a_pipeline_and_a_function_in_sql(
    spark: Any, workspace: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    from pyspark.ml import Pipeline, PipelineModel  # noqa: PLC0415 - an extra
    from pyspark.ml.feature import SQLTransformer  # noqa: PLC0415 - an extra

    from journeyman.spark import Release, udf  # noqa: PLC0415 - an extra

    some = rows.head(500)
    some.to_parquet(tmp_path / "t.parquet", index=False)
    frame = spark.read.parquet(str(tmp_path / "t.parquet"))
    release = load("m", workspace=workspace)
    expected = dict(zip(some["order"], release.predict_proba(some)[:, 1], strict=True))
    stage = Release.load("m", workspace=workspace).setPredictionCol("said").setInterval(True)
    pipeline = Pipeline(stages=[SQLTransformer(statement="SELECT *, 1 AS one FROM __THIS__"), stage])
    pipeline.fit(frame).save(str(tmp_path / "saved"))
    told = PipelineModel.load(str(tmp_path / "saved")).transform(frame)
    assert told.columns == [*frame.columns, "one", "said", "probability of no", "probability of yes", "likely labels"]
    found = told.toPandas()
    assert dict(zip(found["order"], found["probability of yes"], strict=True)) == expected
    with pytest.raises(SchemaError, match="the frame lacks columns 'x', 'c'"):
        stage.transform(frame.drop("x", "c"))
    with pytest.raises(SchemaError, match="the frame has a column 'said' already"):
        stage.transform(told)
    assert udf(spark, "m", workspace=workspace) == "predict_m"
    frame.createOrReplaceTempView("orders")
    query = "SELECT order, predict_m(struct(*)).`probability of yes` AS p FROM orders"
    assert {row.order: row.p for row in spark.sql(query).collect()} == expected


def test_a_stream_of_files_writes_a_batch_once(spark: Any, workspace: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    from journeyman.spark import score_stream  # noqa: PLC0415 - an extra

    inbox, out = tmp_path / "inbox", tmp_path / "out"
    inbox.mkdir()

    def drain() -> None:
        query = score_stream("m", str(inbox), str(out), spark=spark, workspace=workspace, drain=True)
        assert query.awaitTermination(300)

    rows.head(100).to_csv(inbox / "a.csv", index=False)
    drain()
    rows.tail(50).to_parquet(inbox / "b.parquet", index=False)
    (inbox / "c.csv").write_text("q\n1\n")
    drain()
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert len(before) == 2
    for left in (out / "_journeyman" / "checkpoint" / "commits").glob("*1*"):
        left.unlink()  # as a crash leaves it: the second batch was written, and Spark does not know
    drain()
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")} == before
    orders = pd.concat([pd.read_parquet(out / name) for name in before])
    assert len(orders) == 150


@pytest.mark.skipif(
    bool(kafka_broker.lacking()) or not JARS.is_dir(),
    reason=kafka_broker.lacking() or "the connector's jars are not here: make engines",
)
def test_a_stream_of_messages(
    spark: Any, node: kafka_broker.Broker, workspace: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    from journeyman.spark import score_stream  # noqa: PLC0415 - an extra

    some, out = rows.head(60), tmp_path / "out"
    lines = some.to_json(orient="records", lines=True, date_format="iso").splitlines()
    node.make_topics(["orders"], 2)
    node.send("orders", [(b"k", line.encode()) for line in lines])
    node.send("orders", [(b"bad", b"no json"), (b"less", b'{"x": 1}')])
    for _ in range(2):
        address = f"kafka://{node.address}/orders"
        query = score_stream(
            "m", address, str(out), spark=spark, workspace=workspace, layout=Layout(keep=("order",)), drain=True
        )
        assert query.awaitTermination(300)
        told = pd.concat([pd.read_parquet(path) for path in out.glob("part-*")])
        for left in (out / "_journeyman" / "checkpoint" / "commits").glob("*0*"):
            left.unlink()
    expected = load("m", workspace=workspace).predict_proba(some)[:, 1].round(6)
    assert dict(zip(told["order"], told["probability of yes"], strict=True)) == dict(
        zip(some["order"], expected, strict=True)
    )
    note = (out / "_journeyman" / "batches" / "000000000000.json").read_text()
    assert "the message is no JSON object" in note
    assert "the message lacks 'c'" in note


def test_a_driver_that_is_killed_goes_on(workspace: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    table, out = tmp_path / "t", tmp_path / "out.csv"
    table.mkdir()
    for i in range(8):
        rows.iloc[i * 300 : (i + 1) * 300].to_csv(table / f"part-{i}.csv", index=False)
    words = ["score", "m", str(table), "--engine", "spark=local[1]", "--out", str(out), "--keep", "order"]
    command = [sys.executable, "-m", "journeyman", *words, "--workspace", str(workspace)]
    first = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while first.poll() is None and len(list((out / "_journeyman").glob("part-*"))) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not (out / "_SUCCESS").exists()
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=400)
    assert (done.returncode, done.stdout) == (0, f"2,400 rows predicted: {out}\n"), done.stderr
    told = pd.concat([pd.read_csv(path) for path in out.glob("part-*")])
    assert sorted(told["order"]) == sorted(rows["order"].head(2_400))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("spork", "'spork' is no address of Spark's"),
        ("spark://127.0.0.1:1", "no master of Spark answers at spark://127.0.0.1:1"),
        ("sc://127.0.0.1:1", "no server of Spark Connect answers at sc://127.0.0.1:1"),
        ("yarn", "yarn was named, but not where it is"),
    ],
)
def test_an_address_where_nobody_is_is_told_at_once(address: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    monkeypatch.delenv("YARN_CONF_DIR", raising=False)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    with pytest.raises(SettingsError, match=told):
        spark_session(address)


def test_without_java_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="Spark needs Java 17, which is not here"):
        spark_session("local[1]")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    with pytest.raises(SettingsError, match="is Java 11"):
        spark_session("local[1]")
