"""A session of Spark, classic or Connect, by the address that the user gives."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from journeyman.errors import SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["spark_session"]

_OLDEST_JAVA = 17
_INSTALL = 'pip install "journeyman[spark]"'


def spark_session(address: str = "") -> SparkSession:
    """Return the session that runs, or a new one; what spark-submit or a file of defaults says of it is kept.

    Parameters
    ----------
    address : str
        As Spark's own tools take it: local[4], spark://host:7077, yarn, k8s://..., or sc://host:15002 for Spark
        Connect. Where it is empty, what spark-submit says, else all cores of this machine.

    Raises
    ------
    SettingsError
        Where PySpark or Java is not installed, the address is none, or no session can be had there.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and a second to load
    except ImportError:
        raise SettingsError("Spark's Python library is not installed", hint=_INSTALL) from None
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    remote = address.startswith("sc://")
    if not remote:
        _check_java()
        # Spark's workers are started by name: those on this machine take the Python that runs, with what it has.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("journeyman")
    if remote:
        builder = builder.remote(address)
    elif address:
        builder = builder.master(address)
    if not remote and (not address or address.startswith("local")):
        # A page on a port, and the name of this machine looked up: nobody asked for either.
        builder = builder.config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
    try:
        return builder.getOrCreate()
    except Exception as error:  # PySpark's, Py4J's and gRPC's have no class in common
        raise _no_session(address, str(error)) from error


def _no_session(address: str, said: str) -> SettingsError:
    line = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
    return SettingsError(
        f"no session of Spark can be had at {address or 'the default address'}: {line}",
        hint="give an address such as local[2], spark://host:7077, yarn or sc://host:15002",
    )


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        raise SettingsError(
            f"Spark needs Java {_OLDEST_JAVA}, which is not here",
            hint=f"install Java {_OLDEST_JAVA}, or say where it is in JAVA_HOME",
        )
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is not None and int(found[1]) < _OLDEST_JAVA:
        raise SettingsError(
            f"Spark needs Java {_OLDEST_JAVA}, and {java} is Java {found[1]}",
            hint=f"install Java {_OLDEST_JAVA}, or say where it is in JAVA_HOME",
        )
