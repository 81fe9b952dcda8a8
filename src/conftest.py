"""Modules that cannot be imported without an extra are left out where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("pyspark") else ["journeyman/spark.py"]
