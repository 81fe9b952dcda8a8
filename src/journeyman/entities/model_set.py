"""Several models of one table that are used together: one for each target, or for each label of a list."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.evaluation import Score

__all__ = ["ModelSet", "SetMember"]


@dataclass(frozen=True)
class SetMember:
    """One of the models.

    Attributes
    ----------
    target : str
        Column that it predicts; a label, where labels come in lists.
    model : str
        Its name; it is a model of its own, so that each may be served, watched and learned again for itself.
    version : int
        That was built with the set.
    kind : str
        Kind of its task, in words.
    verdict : str
        What was said of it.
    reason : str
        Why, in a sentence.
    scores : tuple of Score
        Of all its metrics, the main one first.
    share : float or None
        Of the rows that have the label, where labels come in lists.
    """

    target: str
    model: str
    version: int
    kind: str
    verdict: str
    reason: str
    scores: tuple[Score, ...]
    share: float | None = None

    @property
    def score(self) -> Score:
        """The score of its main metric."""
        return self.scores[0]


@dataclass(frozen=True)
class ModelSet:
    """Models that are used together.

    Attributes
    ----------
    name, version, created
        Of the set; ``created`` is ISO 8601, UTC.
    source : str
        Where the table came from.
    members : tuple of SetMember
        In the order of targets.
    list_column : str
        Column whose lists of labels were spread; empty where each member has a column of its own.
    left_out : mapping of str to str, as a tuple of pairs
        Targets without a model, and why.
    """

    name: str
    version: int
    created: str
    source: str
    members: tuple[SetMember, ...]
    list_column: str = ""
    left_out: tuple[tuple[str, str], ...] = ()
