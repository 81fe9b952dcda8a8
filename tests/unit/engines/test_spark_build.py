"""Spark as the engine of a build: what it reads, where trials are fitted, and one fit on all rows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.spark_cluster import end_java, environment, lacking

from journeyman import build
from journeyman.engines import open_engine
from journeyman.entities.matrix import Matrix
from journeyman.errors import EngineError, SettingsError, SourceError
from journeyman.interfaces import Ends, Prepared, WholeTask
from journeyman.settings import BuildSettings
from journeyman.sources import open_source, open_wanted
from journeyman.stages.ingest import ingest
from journeyman.stages.train import PreparedFold
from journeyman.testing.engine_checks import ENGINE_CHECKS, _compare, _profile
from journeyman.testing.source_checks import check_relation

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(lacking()), reason=lacking() or "-")]
ADDRESS = "local[2]"
ENGINE = f"spark={ADDRESS}"


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Give a session of this process, whose virtual machine ends with it."""
    from journeyman.engines.spark.own_session import own_session, shared_session  # noqa: PLC0415 - PySpark is an extra

    before = dict(os.environ)
    os.environ.update(environment())
    from pyspark import cloudpickle  # noqa: PLC0415 - as above

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests
    shared = shared_session(ADDRESS)
    shared.sparkContext.setLogLevel("ERROR")
    try:
        yield own_session(ADDRESS)
    finally:
        shared.stop()
        end_java()
        os.environ.clear()
        os.environ.update(before)


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": rng.normal(50, 9, rows).round(3),
            "Size": rng.integers(0, 9, rows),
            "city": np.array(["Oslo", "Bergen", "Ålesund", None], dtype=object)[rng.integers(0, 4, rows)],
            "sold": pd.date_range("2024-01-01", periods=rows, freq="min").astype("datetime64[us]"),
        }
    )
    told = 3 * ((frame["size"] > 50) == (frame["Size"] > 4)) + (frame["city"] == "Oslo") + rng.normal(size=rows)
    frame["dear"] = np.where(told > 1.8, "yes", "no")
    return frame


def wide(rows: int, seed: int = 0) -> pd.DataFrame:
    """Return a table whose rows are long, so that a few thousand of them are all that little memory holds."""
    frame = table(rows, seed).drop(columns="sold")
    return frame.assign(city=frame["city"] + " " + "-" * 2_000)


def written(folder: Path, frame: pd.DataFrame, ending: str = "parquet") -> Path:
    """Write a table in three files of unequal length."""
    folder.mkdir()
    ends = [0, len(frame) // 7, len(frame) // 2, len(frame)]
    for number, (low, high) in enumerate(pairwise(ends)):
        part = frame.iloc[low:high]
        path = folder / f"part-{number}.{ending}"
        part.to_parquet(path, row_group_size=500) if ending == "parquet" else part.to_csv(path, index=False)
    return folder


def opened(location: str) -> Any:
    return open_wanted(BuildSettings(location, "dear", "t", engine=ENGINE))


def test_the_contract_of_engines(session: Any) -> None:
    engine = open_engine(ENGINE)
    for name in ("opens several at once and again", "stores rows", "counts rows", "draws a sample"):
        ENGINE_CHECKS[name](engine)


def test_it_measures_as_memory_does(session: Any, tmp_path: Path) -> None:
    settings = BuildSettings("t", "Size", "t", task="regression")
    rows = table(1_000).drop(columns="dear")
    source = open_source(str(written(tmp_path / "rows", rows)), None)
    engine = open_engine(ENGINE)
    whole = ingest(source, engine, settings).table
    few = replace(whole, frame=whole.frame.head(500), source_rows=1_000)
    _compare(_profile(engine, source, whole, settings), _profile(engine, source, few, settings), source.name)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_files_give_the_rows_and_samples_that_they_give_in_process(session: Any, tmp_path: Path, ending: str) -> None:
    folder = written(tmp_path / "rows", table(3_000), ending)
    here, there = open_source(str(folder), None), opened(folder.as_uri())
    assert there.names == here.names
    assert there.rows() == here.rows() == 3_000
    pd.testing.assert_frame_equal(there.read(None, 0), here.read(None, 0), check_dtype=False)
    for seed in (0, 1):
        pd.testing.assert_frame_equal(there.read(400, seed), here.read(400, seed), check_dtype=False)
    together = pa.Table.from_batches(list(there.batches()))
    assert together["size"].to_pylist() == pa.Table.from_batches(list(here.batches()))["size"].to_pylist()
    assert there.digest() == opened(folder.as_uri()).digest()
    check_relation(open_engine(ENGINE), there)


def test_a_sample_does_not_depend_on_how_spark_divides_the_rows(session: Any, tmp_path: Path) -> None:
    folder = written(tmp_path / "rows", table(20_000))
    one = opened(folder.as_uri()).read(300, 5)
    session.conf.set("spark.sql.files.maxPartitionBytes", "20000")
    try:
        other = opened(folder.as_uri())
        assert len(other._blocks.files) > 3
        pd.testing.assert_frame_equal(other.read(300, 5), one)
    finally:
        session.conf.unset("spark.sql.files.maxPartitionBytes")


def test_a_view_has_a_sample_of_its_values(session: Any) -> None:
    rows = session.createDataFrame(pa.Table.from_pandas(table(5_000)[["size", "city", "dear"]]))
    rows.createOrReplaceGlobalTempView("houses")
    source = opened("spark:global_temp.houses")
    some = source.read(500, 1)
    assert len(some) == 500
    assert abs(some["size"].mean() - 50) < 2  # five standard errors
    rows.repartition(5).createOrReplaceGlobalTempView("houses")
    pd.testing.assert_frame_equal(opened("spark:global_temp.houses").read(500, 1), some)
    assert not opened("spark:global_temp.houses").read(500, 2).equals(some)
    assert opened("spark:global_temp.houses").digest() == source.digest()


def test_what_spark_cannot_read_is_told_in_one_line(session: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Spark's catalogue has no table `nowhere`\.`rows`"):
        opened("spark:nowhere.rows")
    with pytest.raises(SourceError, match=r"Spark finds no file or folder file:.*none"):
        opened((tmp_path / "none").as_uri())
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "rows.pdf").write_text("x")
    with pytest.raises(SourceError, match=r"rows\.pdf, and files of one kind are read"):
        opened((tmp_path / "odd").as_uri())
    session.sql("SELECT 1 AS a, array(1, 2) AS b").createOrReplaceGlobalTempView("lists")
    with pytest.raises(SourceError, match=r"column 'b' of .* holds nested values"):
        opened("spark:global_temp.lists")
    session.sql("SELECT 1 AS a, 2 AS b").createOrReplaceGlobalTempView("plain")
    with pytest.raises(SourceError, match="takes no query"):
        open_wanted(BuildSettings("spark:global_temp.plain", "y", "t", query="SELECT 1", engine=ENGINE))


def test_a_build_with_trials_on_spark_is_the_one_in_process(session: Any, tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    table(1_000).to_csv(path, index=False)
    made = [
        build(path, target="dear", trials=2, engine=engine, workspace=tmp_path / name, quiet=True)
        for name, engine in (("here", "duckdb"), ("there", ENGINE))
    ]
    one, other = (model_files(release.path) for release in made)
    assert one == other
    assert any(name.startswith("members/") for name in one)
    findings = [[(f.code, f.message) for f in release.report.findings] for release in made]
    assert findings[0] == findings[1]
    assert made[1].report.settings["engine"] == ENGINE


def model_files(release: Path) -> dict[str, bytes]:
    parts = [release / "model.json", *release.glob("members/**/*"), *release.glob("preparations/**/*")]
    return {str(p.relative_to(release)): p.read_bytes() for p in parts if p.is_file()}


def test_a_member_learns_from_all_rows_where_that_is_no_worse(session: Any, tmp_path: Path) -> None:
    folder = written(tmp_path / "rows", wide(20_000))
    release = build(
        folder, target="dear", trials=4, memory="600MB", engine=ENGINE, workspace=tmp_path / "w", quiet=True
    )
    report = release.report
    assert report.trained_rows < report.rows == 20_000
    whole = [fit for fit in report.whole_fits if not fit.reason]
    assert whole, "no member of this ensemble can learn from all rows"
    for fit in whole:
        assert fit.rows + fit.judged > 0.98 * 20_000
        assert fit.kept == (fit.score >= fit.sampled_score)
        assert 0.75 < fit.score < 0.99
    assert "rows were counted and measured by spark" in release.report_path.read_text()
    predicted = release.predict(wide(200, seed=9))
    assert (np.asarray(predicted) == wide(200, seed=9)["dear"].to_numpy()).mean() > 0.7


@dataclass(frozen=True)
class Prepare:
    def __call__(self, rows: pa.Table) -> Prepared:
        x = rows["size"].to_numpy().reshape(-1, 1)
        return Prepared(x, np.where(x[:, 0] > 70, np.nan, x[:, 0]))


@dataclass(frozen=True)
class Fit:
    def __call__(self, rows: Prepared, machines: list[str], rank: int) -> bytes:
        return repr((len(machines), rank, rows.x[:3, 0].tolist(), float(rows.y.sum()))).encode()


def test_a_fit_on_all_rows_sees_each_row_with_a_label_once_and_in_one_order(session: Any, tmp_path: Path) -> None:
    frame = table(9_000)
    source = open_source(str(written(tmp_path / "rows", frame)), None)
    task = WholeTask(("size",), Prepare(), Fit(), judged=500, sampled=2_000)
    one, again = (open_engine(ENGINE).learn(source, task) for _ in range(2))  # type: ignore[attr-defined]
    assert one.model == again.model
    assert len(one.judged.y) == 500
    assert len(one.sampled.y) == 2_000
    labelled = int((frame["size"] <= 70).sum())
    assert labelled - 800 < one.rows < labelled - 400
    assert not set(one.judged.y) - set(frame["size"])
    with pytest.raises(EngineError, match="too few to be shared out"):
        open_engine(ENGINE).learn(open_source(str(written(tmp_path / "few", frame.head(900))), None), task)  # type: ignore[attr-defined]


def fold(number: float) -> PreparedFold:
    one = np.array([number])
    return PreparedFold(Matrix(one.reshape(1, 1), ("x",)), one, Matrix(one.reshape(1, 1), ("x",)), one)


def twice(rows: PreparedFold, threads: int, ends: Ends) -> float:
    assert threads == 1
    assert not ends.out_of_time()
    if rows.y_fit[0] == 7:
        raise TimeoutError("no time")
    return 2 * float(rows.y_fit[0])


def test_fits_keep_their_order_and_their_errors(session: Any) -> None:
    fits = open_engine(ENGINE).fits  # type: ignore[attr-defined]
    assert fits.at_once(9) == 2
    rows = [fold(n) for n in range(3)]
    assert fits.run(twice, rows, 9, None) == [0, 2, 4]
    assert fits.run(twice, rows, 9, lambda: 60.0) == [0, 2, 4]
    assert len(fits._sent) == 3  # sent once
    with pytest.raises(TimeoutError, match="no time"):
        fits.run(twice, [fold(7)], 9, None)
    del rows
    assert len(fits._sent) == 0


LOST = """
import os, signal, sys
from pathlib import Path
from journeyman.engines import open_engine
from journeyman.stages.train import PreparedFold

class Fit:
    mark = sys.argv[1]

    def __call__(self, rows, threads, ends):
        mark = Path(self.mark)
        if rows.x_fit == 1 and not mark.exists():
            mark.write_text("killed")
            daemon = int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(daemon, signal.SIGKILL)  # the executor's virtual machine, two generations above
        return rows.x_fit * 2

if __name__ == "__main__":
    os.environ["PYSPARK_SUBMIT_ARGS"] = "--conf spark.executor.memory=512m " + os.environ["PYSPARK_SUBMIT_ARGS"]
    fits = open_engine("spark=local-cluster[2,1,600]").fits
    print("came to", fits.run(Fit(), [PreparedFold(n, None, None, None) for n in range(4)], 1, None), flush=True)
"""


WORK = Path(find_spec("pyspark").origin).parent / "work" if find_spec("pyspark") else Path("work")
"""Where the workers of a local cluster write their logs, whatever they are told."""


def leave_nothing_behind(before: set[Path]) -> None:
    for folder in {*WORK.iterdir()} - before if WORK.exists() else ():
        shutil.rmtree(folder)


def test_a_lost_executor_costs_its_task_a_second_run(tmp_path: Path) -> None:
    before = {*WORK.iterdir()} if WORK.exists() else set()
    script, mark = tmp_path / "lost.py", tmp_path / "mark"
    script.write_text(LOST)
    done = subprocess.run(
        [sys.executable, str(script), str(mark)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    leave_nothing_behind(before)
    assert mark.exists(), done.stderr[-2000:]
    assert "came to [0, 2, 4, 6]" in done.stdout, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("engine", "path", "told"),
    [
        ("spark=nowhere", None, "nowhere"),
        ("spark", "", "Spark needs Java 17, which is not here"),
    ],
)
def test_no_session_is_one_line(tmp_path: Path, engine: str, path: str | None, told: str) -> None:
    environ = environment() if path is None else {**environment(), "PATH": path, "JAVA_HOME": ""}
    command = [sys.executable, "-m", "journeyman", "build", "spark:a.b", "--target", "y", "--engine", engine]
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_misspelt_engines_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no engine 'sprak' \(hint: did you mean --engine spark\?\)"):
        open_engine("sprak=local[2]")
    with pytest.raises(SettingsError, match="the engine duckdb has no address"):
        open_engine("duckdb=here")
    with pytest.raises(SourceError, match=r"is a table of Spark's .*--engine spark"):
        open_source("spark:sales.houses", None)
