"""Every registered detector of wrong cells through the public checks, and broken ones beside them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from journeyman.entities.cleaning import Evidence, TextTable, column_evidence
from journeyman.plugins import load_parts
from journeyman.testing.cleaner_checks import CLEANER_CHECKS, check_cleaner

DETECTORS = load_parts("journeyman.cleaners")
LOOKS = itertools.count()


@pytest.mark.parametrize("check", CLEANER_CHECKS)
@pytest.mark.parametrize("name", DETECTORS)
def test_built_in(name: str, check: str) -> None:
    CLEANER_CHECKS[check](DETECTORS[name])


@dataclass(frozen=True)
class Stars:
    """Suspects texts that hold a star, without a fault or with the one that it is told."""

    fault: str = ""
    name: str = "stars"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        found = [self._column(table, place) for place in range(len(table.columns))]
        return found[::-1] if self.fault == "order" and len(found) > 1 else found

    def _column(self, table: TextTable, place: int) -> Evidence:
        values = table.columns[place].values
        starred = np.array(["*" in value for value in values], float)
        width = place + 1 if self.fault == "width" else 1
        sure = starred + (2.0 if self.fault == "probability" else 0.0)
        if self.fault == "repeat":
            sure = np.full(len(values), next(LOOKS) % 7 / 10)
        features = np.column_stack([starred] * width)
        reason = "" if self.fault == "reason" else "holds a star"
        evidence = column_evidence(table, place, sure, features, reason)
        return replace(evidence, proposed=evidence.proposed + 1) if self.fault == "proposal" else evidence


def test_a_detector_without_a_fault() -> None:
    check_cleaner(Stars())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("order", "one evidence a column"),
        ("width", "different numbers of features"),
        ("probability", "not between 0 and 1"),
        ("repeat", "differently"),
        ("reason", "no reason"),
        ("proposal", "not listed"),
    ],
)
def test_each_fault_is_seen(fault: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_cleaner(Stars(fault))
