"""PMML in PMML4S: every operation that it has words for, labels, intervals, missing values, single numbers."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exporters.made_plans import CASES, form_plan, plan_of_cases

from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.pmml import PmmlExporter, pmml_document
from journeyman.exporters.pmml_trees import largest_within
from journeyman.exporters.scoring_plan.draft import CannotSay
from journeyman.interfaces import ProjectFacts

needs_pmml4s = pytest.mark.skipif(
    find_spec("pypmml") is None or which("java") is None, reason="journeyman[pmml] or Java is not installed"
)
SAID = [case for case in CASES if case.operation in PmmlExporter().operations]


ASK = """
import json, sys
from pypmml import Model
document, row = json.load(sys.stdin)
print("told", json.dumps(dict(Model.fromString(document).predict(row))))
"""


def answers(plan: ScoringPlan, row: dict[str, Any]) -> dict[str, Any]:
    """Return what PMML4S says, in a process of its own: other tests of this one start a JVM, too."""
    asked = json.dumps([pmml_document(plan).decode(), row])
    done = subprocess.run([sys.executable, "-c", ASK], input=asked, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.rpartition("told ")[2])
    return told


@needs_pmml4s
def test_every_operation_writes_what_the_page_says() -> None:
    cases = [case for case in SAID if case.operation != "trees" or not asks_for_zero(case.arguments)]
    assert {case.operation for case in cases} == PmmlExporter().operations
    told = answers(plan_of_cases(cases), {"nothing": 1.0})
    wrong, at = [], 0
    for case in cases:
        for wanted in case.expected:
            found = told[f"value({at})"]
            found = math.nan if found is None else found
            if not (math.isnan(found) and math.isnan(wanted)) and not math.isclose(found, wanted, rel_tol=1e-13):
                wrong.append(f"{case}: {found!r}")
            at += 1
    assert not wrong, "\n".join(wrong)


def asks_for_zero(arguments: tuple[Any, ...]) -> bool:
    """Return whether a tree that begins at a root asks a node in which zero is missing."""
    return 3 in arguments[9]


def test_trees_that_take_zero_for_missing_are_refused(tmp_path: Path) -> None:
    plan = plan_of_cases([case for case in CASES if case.operation == "trees"][-1:])
    with pytest.raises(CannotSay, match="zero is missing"):
        pmml_document(plan)
    with pytest.raises(ReleaseError, match="no words for trees in which zero is missing"):
        PmmlExporter().write(ProjectFacts(plan, "made", {}), tmp_path)
    assert not list(tmp_path.iterdir())


@needs_pmml4s
def test_labels_intervals_and_missing_values() -> None:
    row = {"size": 2.0, "city": "7", "garden": 1.0, "day": 1.7e9}
    told = answers(form_plan(), row)
    assert math.isclose(told["probability(kept)"] + told["probability(sold)"], 1.0)
    assert told["prediction"] == ("sold" if told["probability(sold)"] >= 0.5 else "kept")
    never = answers(replace(form_plan(), threshold=1.1), row)
    assert never["prediction"] == "kept"
    value = answers(form_plan(()), row)
    assert (value["low"], value["high"]) == (value["value"] - 1.0, value["value"] + 2.0)
    gone = answers(form_plan(), {"size": -9.0, "city": "no such city", "garden": None, "day": None})
    missing = answers(form_plan(), {"size": None, "city": None, "garden": None, "day": None})
    assert gone["score(0)"] == missing["score(0)"]


@given(st.floats(-3e38, 3e38))
def test_a_threshold_has_the_rounding_in_it(border: float) -> None:
    largest = largest_within(border)
    assert float(np.float32(largest)) <= border < float(np.float32(np.nextafter(largest, np.inf)))
