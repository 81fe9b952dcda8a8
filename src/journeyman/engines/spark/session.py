"""A session of Spark, classic or Connect, by the address that the user gives."""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from journeyman.engines.spark.failures import explain_failure
from journeyman.errors import JourneymanError, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["is_connect", "spark_session"]

_OLDEST_JAVA = 17
_INSTALL = 'pip install "journeyman[spark]"'
_KINDS = re.compile(r"local(-cluster)?(\[.*\])?|yarn|(spark|k8s|sc)://\S+")
_LIKE = "give an address such as local[2], spark://host:7077, yarn or sc://host:15002"
_PATIENCE = 5.0  # seconds until a machine counts as one that does not answer: Spark itself takes a minute or more
_CONNECT_PORT = "15002"


def is_connect(address: str) -> bool:
    """Tell whether an address is a server's of Spark Connect; an empty one, where PySpark's own setting names such.

    Examples
    --------
    >>> is_connect("sc://host:15002"), is_connect("spark://host:7077")
    (True, False)
    """
    return (address or os.environ.get("SPARK_REMOTE", "")).startswith("sc://")


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
        Where PySpark or Java is not installed or of another version, the address is none, or no session can be had
        there.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and a second to load
    except ImportError:
        raise SettingsError("Spark's Python library is not installed", hint=_INSTALL) from None
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    remote = is_connect(address)
    address = address or (os.environ["SPARK_REMOTE"] if remote else "")
    _check_address(address)
    if not remote:
        _check_java()
        # Spark's workers are started by name: those on this machine take the Python that runs, with what it has.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("journeyman")
    if remote:
        builder = builder.remote(address)
    else:
        # What goes wrong is told in a line of ours; Spark's own pages of it would hide that.
        builder = builder.config("spark.log.level", "FATAL")
        if address:
            builder = builder.master(address)
    for logger in ("DataFrameQueryContextLogger", "SQLQueryContextLogger", "pyspark"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    if not remote and (not address or address.startswith("local")):
        # A page on a port, and the name of this machine looked up: nobody asked for either.
        builder = builder.config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
    try:
        session = builder.getOrCreate()
        version = session.version
    except Exception as error:  # PySpark's, Py4J's and gRPC's have no class in common
        raise _session_error(address, str(error)) from error
    _check_version(session, version)
    return session


def _check_address(address: str) -> None:
    """Refuse what is no address, or one where nobody answers: Spark would say neither for minutes, nor plainly.

    Raises
    ------
    SettingsError
        Naming the address.
    """
    if not address:
        return
    if not _KINDS.fullmatch(address):
        raise SettingsError(f"{address!r} is no address of Spark's", hint=_LIKE)
    if address == "yarn" and not {"HADOOP_CONF_DIR", "YARN_CONF_DIR"} & set(os.environ):
        raise SettingsError("yarn was named, but not where it is", hint="set HADOOP_CONF_DIR to its folder of settings")
    scheme, _, hosts = address.partition("://")
    if scheme not in ("spark", "sc"):
        return
    told = hosts.split("/")[0].split(";")[0].split(",")
    if not any(_is_reachable(host, _CONNECT_PORT if scheme == "sc" else "7077") for host in told):
        what = "server of Spark Connect" if scheme == "sc" else "master of Spark"
        raise SettingsError(f"no {what} answers at {address}", hint="start it, or mend the address")


def _is_reachable(host: str, usual_port: str) -> bool:
    name, _, port = host.rpartition(":") if ":" in host else (host, "", usual_port)
    try:
        with socket.create_connection((name.strip("[]"), int(port)), _PATIENCE):
            return True
    except (OSError, ValueError):
        return False


def _check_version(session: SparkSession, version: str) -> None:
    from pyspark import __version__ as own  # noqa: PLC0415 - an extra, and a second to load

    if version.split(".")[:2] == own.split(".")[:2]:
        return
    session.stop()
    raise SettingsError(
        f"Spark there is {version}, and its Python library here is {own}",
        hint=f"use a Spark {own.rpartition('.')[0]}, and unset SPARK_HOME where it names another one",
    )


def _session_error(address: str, said: str) -> JourneymanError:
    if "JAVA_GATEWAY_EXITED" in said:
        said = "its Java process ended at once; see what it says above"
    told = explain_failure(said, address or "the default address")
    hint = told.hint if isinstance(told, SettingsError) else _LIKE
    return SettingsError(f"no session of Spark can be had: {told.message}", hint=hint)


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
