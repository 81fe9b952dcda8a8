"""What an analysis offers: hypotheses that some rows suggest, each of which other rows can be asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import Discovery, Evidence

__all__ = ["Hypothesis", "HypothesisSource", "Proposed"]


class Hypothesis(Protocol):
    """A statement of some rows that may be tested on others; it keeps what those rows taught, and no rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about."""
        ...

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Return what other rows say of it; None where they are too few to say anything."""
        ...

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Return it in words and figures of these rows, which confirm it."""
        ...


@dataclass(frozen=True)
class Proposed:
    """What an analysis proposes.

    Attributes
    ----------
    hypotheses : sequence of Hypothesis
        The most promising first.
    looked_at : int
        Relations that were looked at to find them.
    """

    hypotheses: Sequence[Hypothesis]
    looked_at: int


class HypothesisSource(Protocol):
    """One kind of analysis. Offered as an entry point of the group ``journeyman.analyses``."""

    @property
    def name(self) -> str:
        """Name of the entry point, unique in its group; ``Discovery.kind`` of what it finds."""
        ...

    @property
    def title(self) -> str:
        """Heading above what it finds."""
        ...

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return what exploring rows suggest; hypotheses of rows without a relation may be among them."""
        ...
