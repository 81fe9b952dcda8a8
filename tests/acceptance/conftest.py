"""Small real tables, and the command as one types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from tests.hadoop_cluster import Cluster, cluster
from typer.testing import CliRunner

from journeyman.cli.main import app

Command = Callable[..., "subprocess.Popen[str]"]
Typed = Callable[..., tuple[int, str]]


def wine() -> pd.DataFrame:
    """Return 178 wines by six measurements, and whether they are of class 1."""
    bunch = load_wine(as_frame=True)
    return bunch.data.iloc[:, :6].assign(class_1=np.where(bunch.target == 1, "yes", "no"))


@pytest.fixture(scope="session")
def wine_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "wine.csv"
    wine().to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def wine_frame() -> pd.DataFrame:
    return wine()


@pytest.fixture(scope="session")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield an HDFS for all files that want one (TOGETHER in tests/conftest.py); the last test of the last kills it."""
    with cluster(tmp_path_factory.mktemp("hdfs"), datanodes=2, replication=2) as started:
        yield started


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Return a function that runs ``journeyman WORDS`` in this process, which spares seconds: exit code and errors."""

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        result = CliRunner().invoke(app, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, " ".join(result.stderr.split())

    return run


@pytest.fixture
def start() -> Command:
    """Return a function that starts ``journeyman WORDS`` in a process of its own; none outlives the test."""
    started = []

    def begin(words: Sequence[str], cwd: Path | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "journeyman", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env={**os.environ, "COLUMNS": "200"},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
