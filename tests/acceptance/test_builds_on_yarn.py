"""A build as an application of YARN's: `spark-submit --master yarn`, from HDFS to a release on HDFS."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests import hadoop_cluster, spark_cluster
from tests.hadoop_cluster import Cluster, Yarn

import journeyman
from journeyman.api.predict import load
from journeyman.filesystems import Remote

_LACKING = hadoop_cluster.lacking() or spark_cluster.lacking()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(_LACKING), reason=_LACKING or "all is here"),
]

_APPLICATION = """
import sys
import journeyman
from pyspark.sql import SparkSession
session = SparkSession.builder.getOrCreate()  # YARN takes a driver without one for failed
table, target, name = sys.argv[1:]
release = journeyman.build(table, target=target, name=name, trials=3, workspace="workspace", quiet=True)
print(release, flush=True)
session.stop()
"""


def test_a_build_runs_on_yarn(hdfs: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyspark  # noqa: PLC0415 - an extra

    generator = np.random.default_rng(3)
    rows = pd.DataFrame(generator.normal(size=(300, 2)), columns=["size", "age"])
    rows["price"] = 3 * rows["size"] - rows["age"] + generator.normal(scale=0.3, size=300)
    rows.to_parquet(tmp_path / "homes.parquet", index=False)
    (tmp_path / "application.py").write_text(_APPLICATION)
    shutil.make_archive(str(tmp_path / "journeyman"), "zip", journeyman.__path__[0] + "/..", "journeyman")
    java = Path(shutil.which("java") or "").resolve()
    Remote(f"{hdfs.address}/on-yarn/homes.parquet").upload(tmp_path / "homes.parquet")
    yarn = Yarn(hdfs)
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))  # for containers
    yarn.start()
    environment = {
        **os.environ,
        "HADOOP_CONF_DIR": str(yarn.configuration),
        "YARN_CONF_DIR": str(yarn.configuration),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
    }
    settings = {
        "spark.yarn.jars": f"local:{Path(pyspark.__file__).parent}/jars/*",
        "spark.yarn.appMasterEnv.PYSPARK_PYTHON": sys.executable,
        "spark.yarn.appMasterEnv.JOURNEYMAN_STORAGE": f"{hdfs.address}/on-yarn",
        "spark.yarn.appMasterEnv.OMP_NUM_THREADS": "1",
        "spark.driver.memory": "600m",
        "spark.driver.memoryOverhead": "1200m",
        "spark.yarn.maxAppAttempts": "1",
        "spark.yarn.submit.waitAppCompletion": "true",
        "spark.yarn.unmanagedAM.enabled": "false",
        "spark.ui.enabled": "false",
        # All is done in the driver: no executor starts.
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.shuffleTracking.enabled": "true",
        "spark.dynamicAllocation.initialExecutors": "0",
        "spark.dynamicAllocation.minExecutors": "0",
    }
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit"), "--master", "yarn"]
    command += ["--deploy-mode", "cluster", "--archives", f"{tmp_path / 'journeyman.zip'}#packed"]
    settings["spark.yarn.appMasterEnv.PYTHONPATH"] = "packed"
    for name, value in settings.items():
        command += ["--conf", f"{name}={value}"]
    command += [str(tmp_path / "application.py"), f"{hdfs.address}/on-yarn/homes.parquet", "price", "homes"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=540, check=False)
    yarn.stop()
    logs = "\n".join(p.read_text(errors="replace")[-3000:] for p in (hdfs.folder / "yarn-logs").rglob("std*"))
    assert done.returncode == 0, done.stderr[-3000:] + logs
    assert "<Release homes 1" in logs
    release = load(f"{hdfs.address}/on-yarn/releases/homes/1")
    assert len(release.predict(rows)) == 300
