"""A decision: an action, the reason for it, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Action", "Decision", "Verdict"]


class Verdict(StrEnum):
    """What is said of a built model."""

    RELEASE = "release"
    RELEASE_WITH_CARE = "release with care"
    DO_NOT_RELEASE = "do not release"


class Action(StrEnum):
    """What is done with a model version."""

    PROMOTE = "promote"
    KEEP = "keep"
    RETRAIN = "retrain"
    ROLL_BACK = "roll back"
    ASK = "ask"


@dataclass(frozen=True)
class Decision:
    """What was decided, and why.

    Attributes
    ----------
    verdict : Verdict
        Whether the model is fit for use.
    action : Action
        Whether it becomes the champion.
    reason : str
        One sentence in plain words.
    reasons : tuple of str
        All that spoke for and against, the weightiest first.
    evidence : mapping
        Figures behind it.
    place : str
        What became of the champion, in words, with what to type to decide otherwise; empty where there was none.
    """

    verdict: Verdict
    action: Action
    reason: str
    reasons: tuple[str, ...] = ()
    evidence: Mapping[str, str | int | float] = field(default_factory=dict)
    place: str = ""
