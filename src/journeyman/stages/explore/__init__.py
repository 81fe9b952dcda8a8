"""Explore: hypotheses that some rows of a table suggest, one file a kind; other rows are asked about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.interfaces import Hypothesis, HypothesisSource
from journeyman.stages.explore.associations import Associations
from journeyman.stages.explore.dependencies import Dependencies
from journeyman.stages.explore.interactions import Interactions
from journeyman.stages.explore.missingness import Missingness
from journeyman.stages.explore.redundancy import Redundancy, RedundantGroup
from journeyman.stages.explore.reversals import Reversals
from journeyman.stages.explore.stability import Stability
from journeyman.stages.explore.thresholds import Thresholds
from journeyman.stages.explore.turning_points import TurningPoints

__all__ = ["BUILT_IN", "Explored", "explore"]

BUILT_IN: tuple[HypothesisSource, ...] = (
    Associations(),
    Interactions(),
    TurningPoints(),
    Thresholds(),
    Reversals(),
    Missingness(),
    Stability(),
    Redundancy(),
    Dependencies(),
)
"""In the order in which people read what they find."""


@dataclass(frozen=True)
class Explored:
    """What exploring rows suggest.

    Attributes
    ----------
    hypotheses : tuple of Hypothesis
        Of all analyses.
    looked_at : int
        Relations that were looked at to find them.
    failures : mapping of str to str
        Analyses that failed, and how.
    """

    hypotheses: tuple[Hypothesis, ...]
    looked_at: int
    failures: Mapping[str, str]


def explore(rows: AnalysedRows, sources: tuple[HypothesisSource, ...] = BUILT_IN) -> Explored:
    """Ask each analysis what it would have tested on other rows; one that fails is told of and left out.

    Of columns that say the same, the first stands for the others.

    Examples
    --------
    >>> import numpy as np
    >>> explore(AnalysedRows((), {}, (), "", np.arange(3))).hypotheses
    ()
    """
    hypotheses: list[Hypothesis] = []
    looked_at, failures = 0, dict[str, str]()
    for source in sources:
        try:
            proposed = source.propose(rows)
        except Exception as error:  # noqa: BLE001 - analyses are plug-in parts, and none may stop the others
            failures[source.name] = f"{type(error).__name__}: {error}"
            continue
        hypotheses.extend(proposed.hypotheses)
        looked_at += proposed.looked_at
    repeated = {name for h in hypotheses if isinstance(h, RedundantGroup) for name in h.columns[1:]}
    once = [h for h in hypotheses if isinstance(h, RedundantGroup) or repeated.isdisjoint(h.columns)]
    return Explored(tuple(once), looked_at, failures)
