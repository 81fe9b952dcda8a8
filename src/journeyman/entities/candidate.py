"""A candidate is data: an algorithm's name, its parameters and the reason it was proposed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from journeyman.entities.weakness import Treatment

__all__ = ["BASELINE", "SIMPLE", "Candidate", "NotInstalled", "Parameter", "Turn"]

BASELINE = "baseline"
"""The algorithm that looks at no column."""
SIMPLE = (BASELINE, "linear")
"""What is tried first, whatever experience says: what the others are measured against."""

Parameter = str | int | float | bool


class Turn(StrEnum):
    """When a candidate is tried."""

    RANKED = "ranked"
    """Where its expected gain and its seconds put it."""
    EARLY = "early"
    """Among the first, whatever is expected of it: known to be strong without tuning."""
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

    @property
    def name(self) -> str:
        """The algorithm's name and the style, for people and for experience."""
        said = [self.style] if self.style != "default" else []
        said += [f"{self.target_scale} of the target"] if self.target_scale != "plain" else []
        said += [self.treatment.kind.value] if self.treatment is not None else []
        return f"{self.algorithm} ({', '.join(said)})" if said else self.algorithm

    @property
    def key(self) -> str:
        """Stable identity: the algorithm's name and a digest of parameters, target's scale and treatment."""
        further: list[object] = [self.target_scale] if self.target_scale != "plain" else []
        further += [asdict(self.treatment)] if self.treatment is not None else []
        text = json.dumps([self.algorithm, dict(sorted(self.parameters.items())), *further])
        return f"{self.algorithm}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class NotInstalled:
    """Why an algorithm proposes nothing: what it needs is not there.

    Attributes
    ----------
    name : str
        What is missing, for people ("CatBoost").
    extra : str
        Extra of this package that brings it.

    Examples
    --------
    >>> NotInstalled("CatBoost", "catboost").hint
    'pip install "journeyman[catboost]"'
    """

    name: str
    extra: str

    @property
    def hint(self) -> str:
        """What can be typed to install it."""
        return f'pip install "journeyman[{self.extra}]"'
