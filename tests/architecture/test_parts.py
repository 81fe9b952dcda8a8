"""Whatever a package may bring has public checks of its contract, and stands in the example package."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from journeyman import interfaces
from journeyman.serving import serving_protocol

ROOT = Path(__file__).parents[2]
CHECKS = {
    "journeyman.algorithms": ("Algorithm", "algorithm"),
    "journeyman.preparations": ("Preparation", "preparation"),
    "journeyman.metrics": ("Metric", "metric"),
    "journeyman.quality_rules": ("QualityRule", "rule"),
    "journeyman.sources": ("Source", "source"),
    "journeyman.drift_detectors": ("DriftDetector", "detector"),
    "journeyman.analyses": ("HypothesisSource", "analysis"),
    "journeyman.cleaners": ("ErrorDetector", "cleaner"),
    "journeyman.notifiers": ("Notifier", "notifier"),
    "journeyman.tasks": ("TaskType", "task"),
    "journeyman.engines": ("Engine", "engine"),
    "journeyman.joiners": ("Joiner", "joiner"),
    "journeyman.streams": ("Stream", "stream"),
    "journeyman.report_sections": ("ReportSection", "section"),
    "journeyman.serving_protocols": ("ServingProtocol", "protocol"),
    "journeyman.exporters": ("Exporter", "exporter"),
    "journeyman.deployment_exporters": ("DeploymentExporter", "deployment"),
    "journeyman.release_exporters": ("ReleaseExporter", "release_exporter"),
    "journeyman.project_exporters": ("ProjectExporter", "project"),
}
"""By entry-point group: the protocol, and the word in the names of its checks."""


def looked_up(modules: list[Any]) -> set[str]:
    """Return the groups that the code asks for."""
    call = re.compile(
        r'\b(?:load_parts|load_usable|make_part|offered|Family)\(\s*"(journeyman\.\w+)"|^_GROUP = "(journeyman\.\w+)"',
        re.M,
    )
    return {name for module in modules for found in call.findall(module.text) for name in found if name}


def test_every_group_is_known_here_and_in_the_example_package(modules: list[Any]) -> None:
    example = tomllib.loads((ROOT / "examples" / "parts_package" / "pyproject.toml").read_text(encoding="utf-8"))
    assert looked_up(modules) == set(CHECKS) == set(example["project"]["entry-points"])


@pytest.mark.parametrize("group", CHECKS)
def test_what_a_package_may_bring_has_public_checks(group: str) -> None:
    protocol, word = CHECKS[group]
    assert hasattr(serving_protocol if word == "protocol" else interfaces, protocol)  # one speaks of a server's routes
    module = import_module(f"journeyman.testing.{word}_checks")
    assert {f"{word.upper()}_CHECKS", f"check_{word}"} <= set(module.__all__)
    assert len(getattr(module, f"{word.upper()}_CHECKS")) >= 4
    assert ">>>" in getattr(module, f"check_{word}").__doc__
    tests = (ROOT / "examples" / "parts_package" / "tests" / "test_parts.py").read_text(encoding="utf-8")
    assert f"check_{word}(" in tests
