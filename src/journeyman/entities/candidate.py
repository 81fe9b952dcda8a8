"""A candidate is data: an algorithm's name, its parameters and the reason it was proposed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Candidate", "Parameter"]

Parameter = str | int | float | bool


@dataclass(frozen=True)
class Candidate:
    """Something worth trying.

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

    @property
    def name(self) -> str:
        """The algorithm's name and the style, for people and for experience."""
        said = [self.style] if self.style != "default" else []
        said += [f"{self.target_scale} of the target"] if self.target_scale != "plain" else []
        return f"{self.algorithm} ({', '.join(said)})" if said else self.algorithm

    @property
    def key(self) -> str:
        """Stable identity: the algorithm's name and a digest of the parameters and the target's scale."""
        scale = [self.target_scale] if self.target_scale != "plain" else []
        text = json.dumps([self.algorithm, dict(sorted(self.parameters.items())), *scale])
        return f"{self.algorithm}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
