"""Spark on this machine, for tests: whether it can run here, and the settings of a session that takes little memory."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

SETTINGS = {
    "spark.driver.memory": "1g",
    # Tables of a test are small: to compile a query costs more than to run it uncompiled.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def lacking() -> str:
    """Return what is not here that Spark needs; empty where all is."""
    if importlib.util.find_spec("pyspark") is None:
        return "journeyman[spark] is not installed"
    return "" if shutil.which("java") else "java is not installed"


def environment() -> dict[str, str]:
    """Return what a process that starts Spark by itself needs in its environment to take little memory."""
    settings = " ".join(f"--conf {shlex.quote(f'{name}={value}')}" for name, value in SETTINGS.items())
    return {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYSPARK_SUBMIT_ARGS": f"{settings} pyspark-shell"}


@contextmanager
def session(master: str = "local[2]", **more: str) -> Iterator[Any]:
    """Yield a session of Spark in this process; its Java process ends with it."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    with mock.patch.dict(os.environ, {"PYSPARK_PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}):
        builder = SparkSession.builder.master(master).config("spark.log.level", "FATAL")
        for name, value in {**SETTINGS, "spark.ui.showConsoleProgress": "false", **more}.items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
        try:
            yield spark
        finally:
            spark.stop()
            end_java()


def end_java() -> None:
    """End the Java process of this process's sessions, so that the next one starts its own, by its own settings."""
    from pyspark import SparkContext  # noqa: PLC0415 - an extra

    gateway = SparkContext._gateway
    # PySpark keeps the way to a process that is gone in two places, and asks the other one first.
    SparkContext._gateway = SparkContext._jvm = None
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(60)
