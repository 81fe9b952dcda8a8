"""Which change of units would undo that a column's numbers moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from journeyman.drift_detectors.unit_conversions import CONVERSIONS, plausible_conversions
from journeyman.entities.contract import ColumnRule, RowTest
from journeyman.stages.contract.example_rows import ExampleRows

__all__ = ["likely_conversion"]

_CLOSE = 0.2  # of the distance that is left to the learned quantiles
_LEAST_EDGES = 3


def likely_conversion(looked: ExampleRows, rule: ColumnRule, learned_rows: int) -> str:
    """Return what may have happened to a column's unit, as a sentence; "" where no change explains the move.

    A change explains it where undoing it brings the quantiles back to those that were learned, so that a fifth of the
    median distance is left at most.

    Parameters
    ----------
    looked : ExampleRows
        Rows of the table.
    learned_rows : int
        Learned rows that have a number.
    """
    counts = {c.at: c.rows for c in rule.learned if c.test is RowTest.BELOW and isinstance(c.at, float)}
    above = {c.at: c.rows for c in rule.learned if c.test is RowTest.ABOVE}
    inner = [at for at in sorted(counts) if counts[at] and above.get(at)]
    if len(inner) < _LEAST_EDGES:
        return ""
    shares = [(counts[at] + learned_rows - above[at]) / (2.0 * learned_rows) for at in inner]
    found = looked.quantiles(rule, sorted(shares))
    if found is None:
        return ""
    learned, now = np.array(inner), np.array(found, dtype=np.float64)

    def distance(values: Any) -> float:
        return float(np.median(np.abs(np.sort(values) - learned)))

    moved = distance(now)
    ways = [(distance(CONVERSIONS[k].undone(now)), CONVERSIONS[k].words) for k in plausible_conversions(rule.name)]
    left, words = min(ways)
    return f"It looks like {words}: give the column in the unit that it had." if left < _CLOSE * moved else ""
