"""Modules that cannot be imported without an extra are left out where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

_KAFKA = "journeyman/serving/kafka"
_NEEDS = {
    "journeyman/spark.py": ("pyspark",),
    f"{_KAFKA}/codecs.py": ("fastavro", "google"),
    f"{_KAFKA}/formats.py": ("fastavro", "google"),
    f"{_KAFKA}/prediction_schemas.py": ("google",),
    f"{_KAFKA}/schema_registry.py": ("fastavro", "google"),
}
collect_ignore = [module for module, needs in _NEEDS.items() if not all(map(find_spec, needs))]
