"""Train the model of a project that was written, run its tests, and write down what each showed.

This file is run by itself in the process that is confined, with the standard library and the project's own packages:
nothing else of Journeyman is imported there.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["run_tests", "train_model"]


class _Outcomes(unittest.TestResult):
    """What tests showed, those that passed too."""

    def __init__(self) -> None:
        super().__init__()
        self.passed: list[unittest.TestCase] = []

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed.append(test)


def train_model(folder: Path, package: str) -> str:
    """Train as ``python -m PACKAGE.train`` does in the project's folder; return what went wrong, "" where nothing."""
    sys.path[:0] = [str(folder / "src"), str(folder)]
    told = [f"--data={folder / 'data'}", f"--out={folder / 'model.joblib'}"]
    try:
        code = importlib.import_module(f"{package}.train").main(told)
    except Exception as error:  # noqa: BLE001 - a prototype's own code may fail in any way
        return f"training fails: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return f"training ended with {code}" if code else ""


def run_tests(folder: Path) -> dict[str, Any]:
    """Return what the tests of a project showed.

    Parameters
    ----------
    folder : Path
        Of the project, whose modules can be imported.

    Returns
    -------
    dict
        ``tests``: name to "passed", "failed" or "skipped"; ``reasons``: name to the last line of what was told;
        ``n_compared`` and ``largest_difference`` of the predictions, where they could be compared.
    """
    suite = unittest.defaultTestLoader.discover(str(folder / "tests"), top_level_dir=str(folder))
    tests = list(_flat(suite))
    result = _Outcomes()
    suite.run(result)
    failed = {_identity(test): _last_line(told) for test, told in (*result.failures, *result.errors)}
    skipped = {_identity(test): reason for test, reason in result.skipped}
    passed = {test.id() for test in result.passed}
    outcomes, reasons = {}, {}
    for test in tests:
        name = test.id().rpartition(".")[2]
        reason = _about(test, failed)
        outcomes[name] = "failed" if reason else "passed" if test.id() in passed else "skipped"
        reasons[name] = reason or _about(test, skipped)
    return {"tests": outcomes, "reasons": {name: one for name, one in reasons.items() if one}, **_compared()}


def _flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test


def _identity(test: Any) -> str:
    """Return how a test is called; a part of one as the whole, and what precedes all tests of a class by the class."""
    return str(getattr(test, "test_case", test).id())


def _about(test: unittest.TestCase, told: dict[str, str]) -> str:
    owner = f"({type(test).__module__}.{type(test).__qualname__})"
    return told.get(test.id(), "") or next((one for name, one in told.items() if name.endswith(owner)), "")


def _last_line(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1] if lines else "it failed"


def _compared() -> dict[str, Any]:
    """Return how many predictions were compared, and by how much they differ."""
    with contextlib.suppress(Exception, unittest.SkipTest):
        recorded = importlib.import_module("tests.recorded")
        wanted = recorded.predictions()
        given = recorded.predict(recorded.rows())
        return {"n_compared": len(wanted), "largest_difference": recorded.largest_difference(given, wanted)}
    return {"n_compared": 0, "largest_difference": None}


if __name__ == "__main__":
    place, package, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    trained = train_model(place, package)
    out.write_text(json.dumps({"trained": trained, **run_tests(place)}), encoding="utf-8")
