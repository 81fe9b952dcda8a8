"""Every registered drift detector through the public checks, and broken ones beside them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.plugins import load_parts
from journeyman.testing.detector_checks import DETECTOR_CHECKS, check_detector
from journeyman.testing.kinds import KINDS

DETECTORS = load_parts("journeyman.drift_detectors")
LOOKS = itertools.count()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", DETECTOR_CHECKS)
@pytest.mark.parametrize("name", DETECTORS)
def test_built_in(name: str, check: str, kind: str) -> None:
    DETECTOR_CHECKS[check](DETECTORS[name], kind)


def test_the_registered_names_are_the_detectors_names() -> None:
    assert {name: part.name for name, part in DETECTORS.items()} == {name: name for name in DETECTORS}


@dataclass(frozen=True)
class Counter:
    """Counts rows, without a fault or with the one that it is told."""

    fault: str = ""
    name: str = "counter"
    rung: Tier = Tier.COLUMN

    def begin(self, reference: Reference, task: Task) -> Mapping[str, np.ndarray]:
        return {"rows": np.zeros(60_000 if self.fault == "large" else 1, np.int64 if self.fault == "type" else float)}

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, np.ndarray], traffic: Traffic
    ) -> tuple[Mapping[str, np.ndarray], tuple[Signal, ...]]:
        count = len(traffic.truths)
        if self.fault == "write" and count:
            traffic.truths[0] = 7.0
        if self.fault == "forget":
            memory["rows"][0] += 1
        counted = memory["rows"] + count + (next(LOOKS) if self.fault == "repeat" else 0)
        loud = self.fault == "loud" or (self.fault == "empty" and not count)
        told = (Signal("XY001", self.rung, Severity.ERROR, "Look.", traffic.begin),) if loud else ()
        return {"rows": counted}, told


def test_a_detector_without_a_fault() -> None:
    check_detector(Counter())


@pytest.mark.parametrize(
    ("detector", "told"),
    [
        (Counter(name="a counter"), "says what it is: its name"),
        (Counter("type"), "remembers small arrays: .* is int64"),
        (Counter("large"), "remembers small arrays: .* has 60000 numbers"),
        (Counter("repeat"), "repeats itself: a second look"),
        (Counter("write"), "changes nothing that it is given: it changes the traffic"),
        (Counter("forget"), "changes nothing that it is given: it changes the memory"),
        (Counter("loud"), "is quiet where nothing has changed: it tells .*XY001"),
        (Counter("empty"), "takes a span without rows: it tells .*XY001"),
    ],
)
def test_a_fault_is_told(detector: Counter, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_detector(detector)
