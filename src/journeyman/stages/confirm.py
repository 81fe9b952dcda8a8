"""Confirm: hypotheses are tested on rows that did not suggest them, and few of those that are kept may be false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import Discovery, Evidence
from journeyman.interfaces import Hypothesis

__all__ = ["RATE", "Confirmed", "confirm", "false_discovery_cut"]

RATE = 0.05
"""Share of the discoveries that may be false, in expectation; and the chance of any where there is nothing."""


@dataclass(frozen=True)
class Confirmed:
    """What confirming rows have left.

    Attributes
    ----------
    hypotheses : tuple of Hypothesis
        That were confirmed, the most certain first.
    discoveries : tuple of Discovery
        The same in words and figures.
    tested : int
        Hypotheses that were asked about; those of which the rows could say nothing count as well.
    """

    hypotheses: tuple[Hypothesis, ...]
    discoveries: tuple[Discovery, ...]
    tested: int


def false_discovery_cut(p_values: Sequence[float], rate: float = RATE) -> float:
    """Return the greatest p-value that is kept so that at most a share of what is kept is false, in expectation.

    The bound holds whatever the dependence between the tests (Benjamini and Yekutieli 2001). Since the exploring rows
    chose the hypotheses, and the confirming rows had no part in that, no other hypothesis has to be counted.

    Examples
    --------
    >>> false_discovery_cut([0.001, 0.02, 0.5]), false_discovery_cut([0.5]), false_discovery_cut([])
    (0.001, 0.0, 0.0)
    """
    m = len(p_values)
    if not m:
        return 0.0
    ordered = np.sort(np.asarray(p_values))
    ranks = np.arange(1, m + 1)
    below = np.flatnonzero(ordered <= ranks * rate / (m * float((1.0 / ranks).sum())))
    return float(ordered[below[-1]]) if len(below) else 0.0


def confirm(hypotheses: Sequence[Hypothesis], rows: AnalysedRows, rate: float = RATE) -> Confirmed:
    """Test hypotheses on rows that did not suggest them; return those that hold, with what they say.

    A hypothesis has a direction: one that these rows contradict is not kept, however small its p-value.
    """
    tested: list[tuple[Hypothesis, Evidence]] = []
    silent = 0
    for hypothesis in hypotheses:
        evidence = hypothesis.test(rows)
        if evidence is None:
            silent += 1
        else:
            agreed = evidence if evidence.statistic > 0 else Evidence(1.0, evidence.statistic)
            tested.append((hypothesis, agreed))
    cut = false_discovery_cut([e.p_value for _, e in tested] + [1.0] * silent, rate)
    kept = sorted((pair for pair in tested if pair[1].p_value <= cut), key=lambda pair: pair[1].p_value)
    discoveries = tuple(hypothesis.describe(rows, evidence) for hypothesis, evidence in kept)
    return Confirmed(tuple(hypothesis for hypothesis, _ in kept), discoveries, len(hypotheses))
