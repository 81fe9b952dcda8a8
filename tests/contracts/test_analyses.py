"""Every registered analysis through the public checks, and broken ones beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import Discovery, Evidence
from journeyman.interfaces import Hypothesis, Proposed
from journeyman.plugins import load_parts
from journeyman.stages.explore import BUILT_IN
from journeyman.stages.explore.associations import Associations
from journeyman.testing.analysis_checks import ANALYSIS_CHECKS, check_analysis

ANALYSES = load_parts("journeyman.analyses")


@pytest.mark.parametrize("check", ANALYSIS_CHECKS)
@pytest.mark.parametrize("name", ANALYSES)
def test_built_in(name: str, check: str) -> None:
    ANALYSIS_CHECKS[check](ANALYSES[name])


def test_all_built_in_analyses_are_registered_by_their_names() -> None:
    assert {source.name: source for source in BUILT_IN} == ANALYSES


@dataclass(frozen=True)
class Certain:
    """A hypothesis that believes itself, whatever rows say."""

    inner: Hypothesis

    @property
    def columns(self) -> tuple[str, ...]:
        return self.inner.columns

    def test(self, rows: AnalysedRows) -> Evidence | None:
        return Evidence(1e-9, 6.0)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        return self.inner.describe(rows, evidence)


@dataclass(frozen=True)
class Believing:
    name: str = "associations"
    title: str = "Beliefs"

    def propose(self, rows: AnalysedRows) -> Proposed:
        inner = Associations().propose(rows)
        certain: Sequence[Hypothesis] = [Certain(one) for one in inner.hypotheses]
        return Proposed(certain, inner.looked_at)


@dataclass(frozen=True)
class Misnamed(Believing):
    def propose(self, rows: AnalysedRows) -> Proposed:
        inner = Associations().propose(rows)
        return Proposed([Renamed(one) for one in inner.hypotheses], inner.looked_at)


@dataclass(frozen=True)
class Renamed(Certain):
    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        return replace(self.inner.describe(rows, evidence), kind="another")


@pytest.mark.parametrize(
    ("broken", "said"), [(Believing(), "is silent where"), (Misnamed(), "says what it found")], ids=["certain", "kind"]
)
def test_broken_ones_are_seen(broken: Believing, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_analysis(broken)
