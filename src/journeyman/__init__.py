"""Journeyman: the machine-learning engineer that runs itself."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

# Idle OpenMP threads that spin make 2-thread training up to 40 times slower on a busy machine (docs/decisions/0003).
# The libraries read this once, when they are loaded, so it is set before anything else is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from journeyman.api.assess import assess
    from journeyman.api.build import build
    from journeyman.api.build_set import build_for_labels, build_for_targets
    from journeyman.api.convert import convert
    from journeyman.api.decide import decide, pilot_result
    from journeyman.api.verify import learn_contract, read_contract, verify, write_contract
    from journeyman.estimators import JourneymanClassifier, JourneymanRegressor
    from journeyman.inference.load_release import load
    from journeyman.inference.release_set import load_set

__version__ = "0.1.0"
__all__ = [
    "JourneymanClassifier",
    "JourneymanRegressor",
    "__version__",
    "assess",
    "build",
    "build_for_labels",
    "build_for_targets",
    "convert",
    "decide",
    "learn_contract",
    "load",
    "load_set",
    "pilot_result",
    "read_contract",
    "verify",
    "write_contract",
]

_HOMES = {
    "JourneymanClassifier": "journeyman.estimators",
    "JourneymanRegressor": "journeyman.estimators",
    "assess": "journeyman.api.assess",
    "build": "journeyman.api.build",
    "build_for_labels": "journeyman.api.build_set",
    "build_for_targets": "journeyman.api.build_set",
    "convert": "journeyman.api.convert",
    "decide": "journeyman.api.decide",
    "learn_contract": "journeyman.api.verify",
    "load": "journeyman.inference.load_release",
    "load_set": "journeyman.inference.release_set",
    "pilot_result": "journeyman.api.decide",
    "read_contract": "journeyman.api.verify",
    "verify": "journeyman.api.verify",
    "write_contract": "journeyman.api.verify",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import journeyman`` stays fast."""
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'journeyman' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
