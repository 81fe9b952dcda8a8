"""A candidate is data: an algorithm's and a preparation's name, parameters and the reason it was proposed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from journeyman.entities.weakness import Treatment

__all__ = [
    "BASELINE",
    "SIMPLE",
    "Candidate",
    "NotTried",
    "Parameter",
    "Refusal",
    "Turn",
    "needs_extra",
    "offered",
]

BASELINE = "baseline"
"""The algorithm that looks at no column."""
SIMPLE = (BASELINE, "linear")
"""What is tried first, whatever experience says: what the others are measured against."""

Parameter = str | int | float | bool


class Turn(StrEnum):
    """When a candidate is tried."""

    RANKED = "ranked"
    """Where its expected gain and its seconds put it."""
    SUITED = "suited"
    """Right after the simple ones: made for what this table holds, such as images."""
    EARLY = "early"
    """Among the first, whatever is expected of it: known to be strong without tuning."""
    FALLBACK = "fallback"
    """First, so that there is something to release; in no ensemble once another kind of candidate is done."""
    SMOOTH = "smooth"
    """Next, once a trial has learned for long: suits functions without much noise."""


@dataclass(frozen=True)
class Candidate:
    """A configuration to be trained: algorithm, preparation and parameters.

    Attributes
    ----------
    algorithm : str
        Registered name ("lightgbm").
    parameters : mapping
        Settings that differ from the algorithm's own.
    reason : str
        Why it is proposed, in words.
    target_scale : str
        Scale on which a regression target is learned: "plain", "log" or "root".
    style : str
        Its name among the algorithm's candidates ("quick"), the same on every table: experience is kept by it.
    treatment : Treatment or None
        What is done against a weakness of the ensemble to the rows that it learns from.
    turn : Turn
        When it is tried; no part of its identity.
    preparation : str
        Name of the preparation that it learns from ("native"); "" in facts that are older than the field.
    known_as : str
        Name under which experience of it is kept, where its algorithm learns from several preparations
        ("lightgbm_crafted"); "" for the algorithm's own.

    Examples
    --------
    >>> Candidate("lightgbm", {"num_leaves": 31}).key == Candidate("lightgbm", {"num_leaves": 31}, "again").key
    True
    """

    algorithm: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    reason: str = ""
    style: str = "default"
    target_scale: str = "plain"
    treatment: Treatment | None = None
    turn: Turn = Turn.RANKED
    preparation: str = ""
    known_as: str = ""

    @property
    def learner(self) -> str:
        """An algorithm on a preparation, by name: experience is kept by it, and reports show it.

        >>> Candidate("lightgbm").learner, Candidate("lightgbm", known_as="lightgbm_crafted").learner
        ('lightgbm', 'lightgbm_crafted')
        """
        return self.known_as or self.algorithm

    @property
    def name(self) -> str:
        """The learner's name and the style, for people and for experience."""
        said = [self.style] if self.style != "default" else []
        said += [f"{self.target_scale} of the target"] if self.target_scale != "plain" else []
        said += [self.treatment.kind.value] if self.treatment is not None else []
        return f"{self.learner} ({', '.join(said)})" if said else self.learner

    @property
    def key(self) -> str:
        """Stable identity: the learner's name and a digest of parameters, target's scale and treatment."""
        further: list[object] = [self.target_scale] if self.target_scale != "plain" else []
        further += [asdict(self.treatment)] if self.treatment is not None else []
        text = json.dumps([self.learner, dict(sorted(self.parameters.items())), *further])
        return f"{self.learner}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Refusal:
    """Why an algorithm proposes nothing for a table, or an exporter does not write a plan.

    Attributes
    ----------
    reason : str
        In a few words, without a full stop: it follows the algorithm's name ("more than 6,000 rows").
    hint : str
        What can be typed to change that; "" where nothing can.
    """

    reason: str
    hint: str = ""


@dataclass(frozen=True)
class NotTried:
    """An algorithm, by its name, that a search could not try, and why."""

    name: str
    refusal: Refusal = Refusal("not installed")  # all that a report from before refusals had reasons could name


def needs_extra(extra: str) -> Refusal:
    """Return the refusal of an algorithm whose libraries come with an extra of this package that is not installed.

    Examples
    --------
    >>> needs_extra("catboost")
    Refusal(reason='needs the extra catboost', hint='pip install "journeyman[catboost]"')
    """
    return Refusal(f"needs the extra {extra}", f'pip install "journeyman[{extra}]"')


def offered(answer: Sequence[Candidate] | Refusal) -> Sequence[Candidate]:
    """Return the candidates that an algorithm proposes; none where it refuses.

    Examples
    --------
    >>> offered(Refusal("fewer than 100 rows")), offered([Candidate("linear")])[0].name
    ((), 'linear')
    """
    return () if isinstance(answer, Refusal) else answer
