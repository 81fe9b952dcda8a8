"""A model's whole way on a real HDFS, and what is told when parts of it fail: two DataNodes, each file on both."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hadoop_cluster import Cluster, lacking

import journeyman
from journeyman.api.build import resume
from journeyman.api.predict import load, predict_file
from journeyman.api.score import score_file
from journeyman.entities.prediction import LogEntries, Part, Prediction
from journeyman.errors import ReleaseError, RemoteError, SettingsError, SourceError, WorkspaceError
from journeyman.filesystems import Remote, joined, remote
from journeyman.serving.counters import Counters
from journeyman.serving.housekeeping import Housekeeping
from journeyman.serving.serve_settings import ServeSettings
from journeyman.sources import open_source
from journeyman.stores.archive_folder import archive_files
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.streams.archive import TrafficArchive

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(lacking()), reason=lacking() or "all is here"),
]

DAY = 86_400_000


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two Parquet files."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(600, 3))
    rows = pd.DataFrame(x, columns=["area", "age", "distance"])
    rows["price"] = 3 * x[:, 0] - x[:, 1] + generator.normal(scale=0.3, size=600)
    folder = tmp_path_factory.mktemp("table") / "homes"
    folder.mkdir()
    rows[:300].to_parquet(folder / "part-0.parquet", index=False)
    rows[300:].to_parquet(folder / "part-1.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def built(hdfs: Cluster, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a model that was built from a table on HDFS, and released there."""
    for file in table.iterdir():
        joined(Remote(f"{hdfs.address}/tables/homes"), file.name).upload(file)
    Remote(f"{hdfs.address}/tables/homes/_SUCCESS").write(b"")
    workspace = tmp_path_factory.mktemp("w") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEYMAN_STORAGE", f"{hdfs.address}/journeyman")
        _build(f"{hdfs.address}/tables/homes", workspace)
    return workspace


def test_a_build_from_hdfs_is_the_build_from_the_disk(hdfs: Cluster, built: Path, table: Path, tmp_path: Path) -> None:
    here = _build(table, tmp_path / "w")
    there = load("homes", workspace=built)
    assert here.manifest["data_digest"] == there.manifest["data_digest"]
    rows = pd.read_parquet(table)
    assert here.predict(rows).tolist() == there.predict(rows).tolist()


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_predictions_on_hdfs_are_the_predictions_here(hdfs: Cluster, built: Path, tmp_path: Path, ending: str) -> None:
    source, there = f"{hdfs.address}/tables/homes", Remote(f"{hdfs.address}/out/homes.{ending}")
    here = tmp_path / f"homes.{ending}"
    predict_file("homes", source, out=here, workspace=built)
    told = predict_file("homes", source, out=there, workspace=built)
    assert (told.path, told.rows) == (there, 600)
    assert there.read() == here.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        score_file(load("homes", workspace=built), source, lambda _: None, out=there)
    assert there.read() == here.read_bytes()
    assert there.parent.names() == tuple(sorted(n for n in there.parent.names() if not n.startswith(".")))
    assert [p.name for p in tmp_path.iterdir()] == [here.name]


def test_a_release_that_is_gone_here_comes_again(
    hdfs: Cluster, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pd.DataFrame({"area": [1.0], "age": [0.5], "distance": [0.1]})
    asked = load("homes", workspace=built).predict(rows).tolist()
    by_address = load(f"{hdfs.address}/journeyman/releases/homes/1")
    assert by_address.predict(rows).tolist() == asked

    away = tmp_path / "workspace"
    shutil.copytree(built, away, ignore=shutil.ignore_patterns("releases"))
    with pytest.raises(ReleaseError, match="is not a release"):
        load("homes", workspace=away)
    monkeypatch.setenv("JOURNEYMAN_STORAGE", f"{hdfs.address}/journeyman")
    assert load("homes", workspace=away).predict(rows).tolist() == asked
    assert (away / "releases" / "homes" / "1" / "report.html").is_file()
    assert not list((away / "releases" / "homes").glob(".draft-*"))


def test_a_changed_byte_and_another_release_are_refused(
    hdfs: Cluster, built: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Remote(f"{hdfs.address}/changed/releases/homes/1")
    other.upload_folder(built / "releases" / "homes" / "1", last="manifest.sha256")
    monkeypatch.setenv("JOURNEYMAN_STORAGE", f"{hdfs.address}/changed")
    with pytest.raises(ReleaseError, match=r"releases/homes/1 holds another release"):
        _build(table, tmp_path / "w")
    joined(other, "model.json").write(joined(other, "model.json").read() + b" ")
    away = tmp_path / "workspace"
    shutil.copytree(built, away, ignore=shutil.ignore_patterns("releases"))
    with pytest.raises(ReleaseError, match=r"hdfs://\S+/1 is not what was released: a changed byte in model.json"):
        load("homes", workspace=away)
    assert not (away / "releases" / "homes" / "1").exists()


def test_another_machine_needs_the_database_and_the_storage_alone(
    hdfs: Cluster, table: Path, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sa = pytest.importorskip("sqlalchemy")
    address = f"ann:secret-word@{server}"
    admin = sa.create_engine(f"postgresql+psycopg://{address}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE hadoop"))
    admin.dispose()
    monkeypatch.setenv("JOURNEYMAN_DATABASE", f"postgresql://{address}/hadoop")
    monkeypatch.setenv("JOURNEYMAN_STORAGE", f"{hdfs.address}/shared")
    rows = pd.read_parquet(table)
    first = _build(table, tmp_path / "one")
    second = load("homes", workspace=tmp_path / "two")
    assert second.predict(rows).tolist() == first.predict(rows).tolist()


def test_an_archive_on_hdfs_is_read_back_and_waits_where_nobody_takes_it(
    hdfs: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYMAN_STORAGE", f"{hdfs.address}/journeyman")
    log = SqlitePredictionLog(tmp_path / "log")
    log.claim("homes")
    now = time.time_ns() // 1_000_000
    entries = tuple(Prediction(1, Part.CHAMPION, "native", b"{}", b"%d" % i, b"d", key=f"key {i}") for i in range(50))
    log.append(LogEntries(entries), now - 700 * DAY)
    settings = ServeSettings("homes", tmp_path, keep_days=30, keep_archive_days=800.0)
    keeping = Housekeeping(SqlitePredictionLog(tmp_path / "log"), settings, Counters(), tmp_path, None)
    hdfs.admin("-safemode", "enter")
    try:
        with pytest.raises(RemoteError, match="is in safe mode: it can be read, not written"):
            keeping._tidy()
        assert log.rows() == 50
    finally:
        hdfs.admin("-safemode", "leave")
    keeping._tidy()
    assert log.rows() == 0
    assert not (tmp_path / "log" / "archive").exists()
    monkeypatch.delenv("JOURNEYMAN_STORAGE")  # the log knows where its archive lies
    archive = TrafficArchive(tmp_path / "log")
    (ids,) = [found for found in archive.ids(0, 2**62) if len(found)]
    assert [row[2] for row in archive.predictions(ids.tolist())] == [f"key {i}" for i in range(50)]
    assert [row[2] for row in archive.of_keys(["key 7"], 2**62)] == ["key 7"]
    later = Housekeeping(
        SqlitePredictionLog(tmp_path / "log"),
        ServeSettings("homes", tmp_path, keep_days=30, keep_archive_days=100.0),
        Counters(),
        tmp_path,
        None,
    )
    later._tidy()
    assert not list(archive_files(tmp_path / "log", "predictions"))


def test_a_table_larger_than_the_disk_is_read_where_it_lies(
    hdfs: Cluster, built: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journeyman.sources.remote._SHARE", 0.0)
    source = open_source(f"{hdfs.address}/tables/homes", None)
    pd.testing.assert_frame_equal(source.read(None, 0), open_source(str(table), None).read(None, 0))
    assert source.digest() == open_source(f"{hdfs.address}/tables/homes", None).digest()
    Remote(f"{hdfs.address}/tables/rows.csv").write(b"a,b\n1,2\n3,4\n")
    with pytest.raises(SourceError, match=r"a copy of hdfs://\S+rows.csv takes 12 bytes, more than half of"):
        open_source(f"{hdfs.address}/tables/rows.csv", None)


def test_what_cannot_be_is_told_in_one_line(hdfs: Cluster, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Remote(f"{hdfs.address}/tables/rows.csv").write(b"a,b\n1,2\n3,4\n")
    with pytest.raises(SourceError, match=r"no such file: \S+/tables/rowz.csv \(hint: did you mean 'rows.csv'"):
        open_source(f"{hdfs.address}/tables/rowz.csv", None)
    Remote(f"{hdfs.address}/empty/_SUCCESS").write(b"")
    with pytest.raises(SourceError, match=r"no table in the folder hdfs://\S+/empty"):
        open_source(f"{hdfs.address}/empty", None)
    with pytest.raises(SourceError, match="takes no query"):
        open_source(f"{hdfs.address}/tables/rows.csv", "select 1")
    with pytest.raises(WorkspaceError, match=r"a workspace holds a database, which hdfs://a:8020/w cannot"):
        _build(pd.DataFrame({"price": [1]}), "hdfs://a:8020/w")
    monkeypatch.setenv("JOURNEYMAN_STORAGE", "/some/folder")
    with pytest.raises(SettingsError, match="JOURNEYMAN_STORAGE is '/some/folder', and an address"):
        load("homes", workspace=built)


@pytest.mark.parametrize(
    ("quota", "told"),
    [
        (("-setSpaceQuota", "1000"), "the quota on space is used up"),
        (("-setQuota", "2"), "the quota on the number of files is used up"),
    ],
)
def test_a_full_folder_keeps_what_it_has(hdfs: Cluster, quota: tuple[str, str], told: str) -> None:
    folder = f"/full{quota[0]}"
    there = Remote(f"{hdfs.address}{folder}/a.csv")
    there.write(b"whole")
    hdfs.admin(*quota, folder)
    with pytest.raises(RemoteError, match=rf"{folder}/a.csv cannot be written: {told}"):
        there.write(b"new")
    assert there.read() == b"whole"
    assert there.parent.names() == ("a.csv",)


def test_a_stranger_may_not_write(hdfs: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Remote(f"{hdfs.address}/mine/a.csv")
    there.write(b"whole")
    monkeypatch.setenv("HADOOP_USER_NAME", "bob")
    with pytest.raises(RemoteError, match=r"no permission for hdfs://\S+/mine/a.csv as bob"):
        there.write(b"new")
    assert there.read() == b"whole"


_SLOW_WRITER = """
import sys, time
from pathlib import Path
from journeyman.filesystems import Remote, remote
within = remote.within
remote._CHUNK, remote.within = 65_536, lambda seconds, call: (time.sleep(0.02), within(seconds, call))[1]
Remote(sys.argv[1]).upload(Path(sys.argv[2]))
"""


def test_a_killed_writer_leaves_nothing_that_is_seen(
    hdfs: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big, there = tmp_path / "big", Remote(f"{hdfs.address}/killed/big")
    big.write_bytes(os.urandom(10_000_000))
    there.write(b"old")
    writer = subprocess.Popen([sys.executable, "-c", _SLOW_WRITER, there.address, str(big)])
    _when(lambda: len(there.parent.names()) == 2)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert there.read() == b"old"
    there.write(b"new")
    assert len(there.parent.names()) == 2  # it may be another machine's that is still at it
    monkeypatch.setattr("journeyman.filesystems.remote._STALE", 0.0)
    there.write(b"newer")
    assert there.parent.names() == ("big",)


def test_a_datanode_dies_in_the_middle_of_a_write_and_of_a_read(
    hdfs: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = [os.urandom(1 << 20) for _ in range(24)]
    there, killed = Remote(f"{hdfs.address}/dying/big"), []

    def fill(file: Any) -> None:
        for number, piece in enumerate(pieces):
            if number == 8 and not killed:
                killed.append(hdfs.kill("datanode0"))
            there._within(partial(file.write, piece))

    there._retried(lambda: there._put(fill, 24 << 20))
    assert killed
    assert there.parent.names() == ("big",)
    assert there.read() == b"".join(pieces)

    hdfs.start_datanode(0)
    hdfs.wait_for(2)
    monkeypatch.setattr("journeyman.filesystems.remote._CHUNK", 1 << 20)
    there.write(b"".join(pieces))
    hdfs.wait_for_copies()
    come: list[int] = []

    def tell(count: int) -> None:
        if not come:
            hdfs.kill("datanode1")
        come.append(count)

    there.download(tmp_path / "copy", tell)
    assert (tmp_path / "copy").read_bytes() == b"".join(pieces)


def test_servers_that_stand_still_or_are_gone_do_not_hang(
    hdfs: Cluster, built: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Remote(f"{hdfs.address}/still/a.csv")
    for _ in range(30):  # a DataNode that another test has killed is offered for a while
        with contextlib.suppress(RemoteError):
            there.write(b"whole")
            break
        time.sleep(2.0)
    for module in ("remote", "hdfs"):
        monkeypatch.setattr(f"journeyman.filesystems.{module}.PATIENCE", 3.0)
    hdfs.pause("namenode", going=False)
    try:
        with pytest.raises(RemoteError, match=r"hdfs://\S+ does not answer \(no answer for 3 s\)"):
            there.read()
    finally:
        hdfs.pause("namenode", going=True)
    monkeypatch.undo()
    assert there.read() == b"whole"
    hdfs.kill_datanodes()
    # What a user waits for: attempts of the client, pauses between ours, and a file that cannot be closed.
    monkeypatch.setattr("journeyman.filesystems.hdfs._ALONE", {"dfs.client.failover.max.attempts": "1"})
    monkeypatch.setattr("journeyman.filesystems.remote._PAUSES", (0.5,))
    monkeypatch.setattr("journeyman.filesystems.remote._SOON", 1.0)
    remote._open_filesystem.cache_clear()
    with pytest.raises(RemoteError, match="DataNode"):
        there.read()
    with pytest.raises(RemoteError, match="DataNode"):
        there.write(b"new")
    assert there.parent.names() == ("a.csv",)
    hdfs.kill("namenode")
    rows, out = tmp_path / "rows.csv", Remote(f"{hdfs.address}/out/late.csv")
    rows.write_text("area,age,distance\n1,2,3\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RemoteError, match=r"hdfs://\S+ does not answer"):
        score_file(load("homes", workspace=built), rows, lambda _: None, out=out)
    monkeypatch.setenv("JOURNEYMAN_STORAGE", f"{hdfs.address}/journeyman")
    with pytest.raises(RemoteError, match=r"does not answer .*continue with `journeyman resume`"):
        _build(table, tmp_path / "w")
    monkeypatch.delenv("JOURNEYMAN_STORAGE")
    assert [release.version for release in resume(tmp_path / "w", quiet=True)] == [1]


def _build(table: object, workspace: Path | str) -> Any:
    return journeyman.build(table, target="price", name="homes", trials=3, workspace=workspace, quiet=True)


def _when(happens: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)
