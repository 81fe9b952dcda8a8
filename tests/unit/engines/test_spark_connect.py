"""Spark Connect for real: a server of its own, one build and one score, each by the command, as in process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.kafka_broker import free_port
from tests.spark_cluster import SETTINGS, lacking

from journeyman.api.build import build
from journeyman.api.predict import Layout, predict_file

LACKING = lacking() or ("" if find_spec("grpc") and find_spec("grpc_status") else "gRPC is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(LACKING), reason=LACKING)]
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
START, LONGEST = 180.0, 600.0  # seconds


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server as sbin/start-connect-server.sh starts it, which the package from PyPI does not have."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    port, folder = free_port(), tmp_path_factory.mktemp("connect")
    settings = {**SETTINGS, "spark.connect.grpc.binding.port": str(port), "spark.sql.warehouse.dir": str(folder)}
    options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    submit = Path(spec.origin).parent / "bin" / "spark-submit"
    command = [str(submit), "--master", "local[2]", *options, "--class", SERVER, "spark-internal"]
    environ = {**os.environ, "PYSPARK_PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen(command, env=environ, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        end = time.monotonic() + START
        while not answers(port):
            assert server.poll() is None, (folder / "log.txt").read_text()[-2000:]
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.3)
        yield f"sc://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1.0):
            return True
    except OSError:
        return False


def run(*words: str, folder: Path) -> str:
    """Run the command, and return what it says."""
    command = [sys.executable, "-m", "journeyman", *words, "--workspace", str(folder / "models")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def model(folder: Path, name: str) -> dict[str, bytes]:
    release = next((folder / "models" / "releases" / name).iterdir())
    files = [release / "model.json", *release.glob("members/**/*")]
    return {str(file.relative_to(release)): file.read_bytes() for file in files if file.is_file()}


def test_a_build_and_a_score(address: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"id": np.arange(3_000), "x": rng.normal(size=3_000), "c": rng.choice(list("ab"), 3_000)})
    rows["y"] = np.where(rows["x"] + (rows["c"] == "a") + 0.3 * rng.normal(size=3_000) > 0.3, "yes", "no")
    (tmp_path / "rows").mkdir()
    for part in range(3):
        rows.iloc[part::3].to_parquet(tmp_path / "rows" / f"part-{part}.parquet", index=False)
    table, engine, models = tmp_path / "rows", f"spark={address}", tmp_path / "models"
    build(table, target="y", trials=2, name="here", workspace=models, quiet=True)
    words = ["--target", "y", "--trials", "2", "--name", "there", "--engine", engine]
    run("build", f"file://{table}", *words, folder=tmp_path)
    assert model(tmp_path, "here") == model(tmp_path, "there")
    words = ["--out", str(tmp_path / "out"), "--engine", engine, "--keep", "id"]
    run("score", "there", str(table), *words, folder=tmp_path)
    predict_file("there", table, out=tmp_path / "one.parquet", workspace=models, layout=Layout(keep=("id",)))
    found = [pd.read_parquet(tmp_path / name).sort_values("id", ignore_index=True) for name in ("one.parquet", "out")]
    pd.testing.assert_frame_equal(found[0], found[1][found[0].columns], check_exact=True)


SCRIPT = """
import sys
import numpy as np
from journeyman.engines import open_engine
from journeyman.interfaces import Prepared, WholeTask
from journeyman.sources import open_source

def prepare(rows):
    x = rows["x"].to_numpy().reshape(-1, 1)
    return Prepared(x, x[:, 0])

def fit(rows, machines, rank):
    return repr((len(machines), rank, len(rows.y) > 0)).encode()

if __name__ == "__main__":
    task = WholeTask(("x",), prepare, fit, judged=200, sampled=500)
    found = open_engine(sys.argv[1]).learn(open_source(sys.argv[2], None), task)
    print("came to", found.model.decode(), len(found.judged.y), len(found.sampled.y), flush=True)
"""


def test_a_fit_on_all_rows(address: str, tmp_path: Path) -> None:
    pd.DataFrame({"x": np.random.default_rng(3).normal(size=6_000)}).to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "learn.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "learn.py"), f"spark={address}", str(tmp_path / "rows.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "came to (2, 0, True) 200 500" in done.stdout
