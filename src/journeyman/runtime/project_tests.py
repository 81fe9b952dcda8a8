"""Run the tests of a project that was written, train its model, and write down what is shown as soon as it is.

Tests that need one fit come first: where time runs out, they have been shown. This file is run by itself in the
process that is confined, with the standard library and the project's own packages: nothing else of Journeyman is
imported there.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import unittest
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

__all__ = ["run_tests", "train_model"]


_TRAINING = ("CommandsTest", "test_training_again_gives_the_same")
"""Tests that train once more: a class, and a test."""


class _Outcomes(unittest.TestResult):
    """What tests showed, those that passed too, written down after each."""

    def __init__(self, tests: Sequence[unittest.TestCase], out: Path) -> None:
        super().__init__()
        self._tests, self._out = tests, out
        self.passed: set[str] = set()
        self.trained = ""
        self.compared: dict[str, Any] = {"n_compared": 0, "largest_difference": None}

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed.add(test.id())

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.write()

    def write(self) -> None:
        """Write what is known by now."""
        failed = {_identity(test): _last_line(told) for test, told in (*self.failures, *self.errors)}
        skipped = {_identity(test): reason for test, reason in self.skipped}
        outcomes, reasons = {}, {}
        for test in self._tests:
            name = test.id().rpartition(".")[2]
            reason = _about(test, failed)
            outcomes[name] = "failed" if reason else "passed" if test.id() in self.passed else "skipped"
            reasons[name] = reason or _about(test, skipped)
        told = {name: one for name, one in reasons.items() if one}
        content = {"trained": self.trained, "tests": outcomes, "reasons": told, **self.compared}
        self._out.write_text(json.dumps(content), encoding="utf-8")


def run_tests(folder: Path, package: str, out: Path) -> None:
    """Run the tests of a project and train its model.

    Parameters
    ----------
    folder : Path
        Of the project.
    package : str
    out : Path
        Where what is shown is written, as JSON: ``tests``: name to "passed", "failed" or "skipped", which is also said
        of those that were not run; ``reasons``: name to the last line of what was told; ``trained``: why training
        failed, or ""; ``n_compared`` and ``largest_difference`` of the predictions.
    """
    sys.path[:0] = [str(folder / "src"), str(folder)]
    tests = list(_flat(unittest.defaultTestLoader.discover(str(folder / "tests"), top_level_dir=str(folder))))
    later = [test for test in tests if type(test).__name__ in _TRAINING or test.id().endswith(_TRAINING)]
    outcomes = _Outcomes(tests, out)
    unittest.TestSuite(test for test in tests if test not in later).run(outcomes)
    outcomes.compared = _compared()
    outcomes.write()
    outcomes.trained = train_model(folder, package)
    unittest.TestSuite(later).run(outcomes)
    outcomes.write()


def train_model(folder: Path, package: str) -> str:
    """Train as ``python -m PACKAGE.train`` does in the project's folder; return what went wrong, "" where nothing."""
    told = [f"--data={folder / 'data'}", f"--out={folder / 'model.joblib'}"]
    try:
        code = importlib.import_module(f"{package}.train").main(told)
    except Exception as error:  # noqa: BLE001 - a prototype's own code may fail in any way
        return f"training fails: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return f"training ended with {code}" if code else ""


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
    run_tests(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
