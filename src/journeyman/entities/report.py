"""Everything that is known at the end of a build, as the reports read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journeyman.entities.analysis import Analysis
from journeyman.entities.candidate import NotTried
from journeyman.entities.card import html_card
from journeyman.entities.column import Column
from journeyman.entities.decision import Decision
from journeyman.entities.evaluation import Evaluation, Example, Explanation
from journeyman.entities.experience import Expectation
from journeyman.entities.finding import Finding
from journeyman.entities.lake import LakeSearch
from journeyman.entities.lookup_gain import LookupGain
from journeyman.entities.pictures import Pictures
from journeyman.entities.profile import Profile
from journeyman.entities.search import TrialOutcome
from journeyman.entities.task import Task
from journeyman.entities.text_summary import TextSummary
from journeyman.entities.trial import Member, SmallerEnsemble, Trial
from journeyman.entities.weakness import Attempt, Weakness
from journeyman.entities.whole_fit import WholeFit

__all__ = ["BuildReport"]


@dataclass(frozen=True)
class BuildReport:
    """The facts of a finished build.

    Attributes
    ----------
    name, version, created
        Of the release; ``created`` is ISO 8601, UTC.
    source : str
        Where the table came from.
    rows, trained_rows, holdout_rows : int
        Rows of the source, rows that the released model learned from, and those of them that were kept for the
        evaluation before.
    planted_rows : int
        Further rows that were made up to examine the model.
    columns : tuple of Column
        All columns with their kinds, roles and reasons.
    task : Task
        What is predicted.
    split_reason : str
        How rows were divided and why.
    findings : tuple of Finding
        All findings, gravest first.
    profile : Profile
        Statistics.
    trials : tuple of Trial
        In the order they were run, without their predictions.
    members : tuple of Member
        Of the released ensemble.
    ensemble_scores : tuple of float
        Best out-of-fold score after each trial (one a trial).
    stop_reason : str
        Why the search stopped.
    evaluation, explanation, decision
        What they say.
    seconds : float
        From start to release.
    stage_seconds : mapping of str to float
        Where they went.
    versions : mapping of str to str
        Python and libraries.
    settings : mapping of str to str
        Effective settings of the build, as text.
    expectations : tuple of Expectation
        What was stated before each trial; empty in reports of older builds.
    outcomes : tuple of TrialOutcome
        For each trial, whether it lifted the ensemble beyond noise, and its relative gain; as above.
    unlimited_score : float or None
        Out-of-fold score of the best ensemble whatever its answers take; None where that is the released one.
    limited : str
        What the limit on memory has changed, in words; empty where nothing.
    weaknesses, attempts : tuple of Weakness and of Attempt
        Where the ensemble failed on the way, and what was tried against it.
    recollection : LookupGain or None
        What the release makes of rows that it has met; None where it looks nothing up.
    search_seconds : float
        From start to the end of the search; 0 where no clock counts.
    thin : str
        Where time ended the search before much was tried: what was tried, and what more time would try.
    not_tried : tuple of NotTried
        Algorithms that proposed nothing, and why.
    examples : tuple of Example
        Examined rows that stand for others, with what moved their predictions; empty in reports of older builds.
    posed : mapping of str to object
        What a kind of task without a target has found out, under its name (see :class:`Table`).
    texts : tuple of TextSummary
        Of each column of texts.
    pictures : Pictures or None
        Images that were confused or hard, and examples; None where the table has none.
    smaller : tuple of SmallerEnsemble
        What is left of the ensemble without some members, and all of it; empty where it has one, or is older.
    whole_fits : tuple of WholeFit
        What learning from all rows came to, a member each; empty where the table was no sample.
    analysis : Analysis or None
        What the build was told to follow.
    lake : LakeSearch or None
        What came of the tables of the lake that was searched before the build.
    contract_columns : int
        Columns that the release's contract has rules for; 0 in reports of older builds, which have none.
    """

    name: str
    version: int
    created: str
    source: str
    rows: int
    trained_rows: int
    holdout_rows: int
    columns: tuple[Column, ...]
    task: Task
    split_reason: str
    findings: tuple[Finding, ...]
    profile: Profile
    trials: tuple[Trial, ...]
    members: tuple[Member, ...]
    ensemble_scores: tuple[float, ...]
    stop_reason: str
    evaluation: Evaluation
    explanation: Explanation
    decision: Decision
    seconds: float
    stage_seconds: Mapping[str, float]
    versions: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()
    outcomes: tuple[TrialOutcome, ...] = ()
    unlimited_score: float | None = None
    limited: str = ""
    weaknesses: tuple[Weakness, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    recollection: LookupGain | None = None
    search_seconds: float = 0.0
    thin: str = ""
    not_tried: tuple[NotTried, ...] = ()
    examples: tuple[Example, ...] = ()
    planted_rows: int = 0
    posed: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[TextSummary, ...] = ()
    pictures: Pictures | None = None
    smaller: tuple[SmallerEnsemble, ...] = ()
    whole_fits: tuple[WholeFit, ...] = ()
    analysis: Analysis | None = None
    lake: LakeSearch | None = None
    contract_columns: int = 0

    def __repr__(self) -> str:
        """Return one line: what was built, and the verdict."""
        return f"<BuildReport {self.name} {self.version}: {self.decision.verdict}, {self.rows:,} rows>"

    def _repr_html_(self) -> str | None:
        """Return the card that a notebook shows."""
        return html_card(self)
