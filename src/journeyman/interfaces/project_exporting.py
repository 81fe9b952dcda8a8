"""What writes a release as a project in another language: a reader of the scoring plan, an interface, a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import ScoringPlan

__all__ = ["ColumnFacts", "ProjectExporter", "ProjectFacts"]


@dataclass(frozen=True)
class ColumnFacts:
    """What a column was like in the training table: where a form begins, and how far its sliders reach.

    Attributes
    ----------
    usual : float or str or None
        The median (dates: seconds since 1970) or the most frequent name; None where it is not known.
    minimum, maximum : float or None
        Numbers and dates.
    quantiles : tuple of float
        At 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99; numbers and dates.
    whole : bool
        Whether its numbers are whole ones.
    """

    usual: float | str | None = None
    minimum: float | None = None
    maximum: float | None = None
    quantiles: tuple[float, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class ProjectFacts:
    """What a project is written of.

    Attributes
    ----------
    plan : ScoringPlan
        The release.
    package : str
        Name that the user gave, or one made of the model's: small letters, digits and underscores.
    example : dict of str to str
        A row of the self-test as texts, for the README's call.
    columns : tuple of ColumnFacts
        In the order of the plan's; empty where nothing is known of them.
    outputs : tuple of str
        What each of several values is called, such as "median" and "90%"; empty for probabilities and for one value.
    coverage : float or None
        Share of rows whose value the interval is to hold.
    """

    plan: ScoringPlan
    package: str
    example: dict[str, str]
    columns: tuple[ColumnFacts, ...] = ()
    outputs: tuple[str, ...] = ()
    coverage: float | None = None


class ProjectExporter(Protocol):
    """One language. The folder holds ``plan.txt``, ``selftest.csv`` and ``LICENSE`` before ``write`` is called."""

    @property
    def name(self) -> str:
        """Name of the entry point, unique in its group, and what ``--to`` asks for."""
        ...

    @property
    def operations(self) -> frozenset[str]:
        """The operations of the scoring plan that its reader knows."""
        ...

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write what belongs to the project besides: sources, build file, README with a call, a test to run."""
        ...

    def toolchain(self) -> Refusal | None:
        """Return None, or what is not installed here and how to install it."""
        ...

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Build the project and let it answer a file of rows, as texts, in its own runtime.

        ``answers`` gets a row for each: columns ``score 0``, ... and ``prediction 0``, ..., then ``low`` and ``high``
        where the plan has an interval, and ``label`` (as the plan lists it) where it has labels; numbers so that
        reading them gives the same double.

        Raises
        ------
        ReleaseError
            Where a tool fails, with the last line of what it said.
        """
        ...
