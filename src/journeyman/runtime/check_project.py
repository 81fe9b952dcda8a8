"""Check a project that was written: its model is trained and its tests are run, confined and without network."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.entities.conversion import ProjectChecks
from journeyman.runtime import project_tests
from journeyman.runtime.confined_program import ConfinedRun, Ending, Limits, run_confined

__all__ = ["check_project"]

_TESTS = {
    "equal_predictions": "test_predictions_are_those_of_the_prototype",
    "one_row_equal": "test_a_row_alone_is_predicted_as_among_others",
    "shuffled_equal": "test_the_order_of_rows_changes_nothing",
    "missing_column_told": "test_each_missing_column_is_told_by_name",
}
_SHOWN = {"passed": True, "failed": False}
_TOLD = ".tests.json"
_ENDINGS = {
    Ending.TIME: "the tests took longer than {limits.seconds:g} seconds",
    Ending.MEMORY: "the tests took more than {megabytes:,} MB of memory",
    Ending.DISK: "the tests wrote more than is allowed",
}


def check_project(folder: Path, limits: Limits) -> ProjectChecks:
    """Train the model of a project and run its tests, which may write to its folder alone and have no network.

    Parameters
    ----------
    folder : Path
        Of the project, with its data. ``model.joblib`` and ``contract.json`` are written there.
    limits : Limits
        Of training and tests together.
    """
    folder = folder.resolve()
    package = next(path.parent.name for path in sorted(folder.glob("src/*/train.py")))
    told = folder / _TOLD
    program = Path(project_tests.__file__)
    try:
        run = run_confined(program, folder, limits, [str(folder), package, str(told)])
        ended = "" if run.ending is Ending.DONE else _ending_words(run, limits)
        if not told.exists():
            return ProjectChecks(message=ended)
        return _checks(json.loads(told.read_text(encoding="utf-8")), ended)
    finally:
        told.unlink(missing_ok=True)
        shutil.rmtree(folder / ".tmp", ignore_errors=True)


def _checks(found: Mapping[str, Any], ended: str) -> ProjectChecks:
    """Return what was shown; ``ended``: what ended the tests before their end."""
    tests, reasons = found["tests"], found["reasons"]
    shown = {field: _SHOWN.get(tests.get(name, "")) for field, name in _TESTS.items()}
    failed = [f"{_test_words(name)}: {reasons[name]}" for name, outcome in tests.items() if outcome == "failed"]
    skipped = [f"{_test_words(name)}: {reasons[name]}" for name in _TESTS.values() if name in reasons]
    difference = found["largest_difference"]
    return ProjectChecks(
        **shown,
        n_compared=found["n_compared"],
        largest_difference=None if difference is None or math.isnan(difference) else difference,
        message=next((one for one in (found["trained"], *failed, ended, *skipped) if one), ""),
    )


def _test_words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


def _ending_words(run: ConfinedRun, limits: Limits) -> str:
    """Return what ended the tests before their end."""
    lines = [line.strip() for line in run.errors.splitlines() if line.strip()] or ["it told nothing"]
    why = _ENDINGS.get(run.ending, "the tests did not come to their end: {last}")
    return why.format(limits=limits, megabytes=limits.memory >> 20, last=lines[-1][:300])
