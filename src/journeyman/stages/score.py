"""Score: a fitted ensemble's answers for rows, in process and in a service alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Block
from journeyman.entities.trial import temper
from journeyman.interfaces import FittedModel, FittedPreparation, Matrix
from journeyman.transformers.derived import TEXTS, with_derived
from journeyman.transformers.duplicate_lookup import DuplicateLookup

__all__ = ["ScoredMember", "Scorer"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ScoredMember:
    """A fitted model, its weight and the name of the preparation it reads."""

    preparation: str
    model: FittedModel
    weight: float


@dataclass(frozen=True)
class Scorer:
    """A fitted ensemble.

    Attributes
    ----------
    preparations : mapping of str to FittedPreparation
        Each prepares the rows once for all members that read it; what "texts" gives, all others read as columns.
    members : sequence of ScoredMember
        Weights sum to 1.
    temperature : float
        Probabilities are raised to 1 / temperature and normalised again.
    known : DuplicateLookup or None
        Rows that were met before, whose truths count beside the answer.
    """

    preparations: Mapping[str, FittedPreparation]
    members: Sequence[ScoredMember]
    temperature: float = 1.0
    known: DuplicateLookup | None = None

    def predict(self, block: Block) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        asked = block
        if TEXTS in self.preparations:
            block = with_derived(block, self.preparations[TEXTS].transform(block))
        prepared: dict[str, Matrix] = {}
        total: FloatArray | None = None
        for member in self.members:
            if member.preparation not in prepared:
                prepared[member.preparation] = self.preparations[member.preparation].transform(block)
            answer = member.weight * member.model.predict(prepared[member.preparation])
            total = answer if total is None else total + answer
        assert total is not None  # an ensemble has at least one member
        answers = temper(total, self.temperature)
        return answers if self.known is None else self.known.answer(asked, answers)
