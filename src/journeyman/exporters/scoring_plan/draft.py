"""A scoring plan while it is written: registers, arrays and steps are added, equal arrays once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.scoring_plan import PlanStep
from journeyman.transformers.ngrams import Ngrams

__all__ = ["CannotSay", "Draft", "Features"]

FloatArray = NDArray[np.float64]
Argument = float | Sequence[int] | NDArray[np.generic]


class CannotSay(Exception):
    """A step has no words in the scoring plan; the text says which, as "kernels"."""


@dataclass(frozen=True)
class Features:
    """What a model sees.

    Attributes
    ----------
    registers : tuple of int
        Of the features, in their order.
    names : tuple of str
        One a feature.
    coded : tuple of int
        Positions of features that hold category codes.
    texts : tuple of (int, Ngrams)
        Columns of texts, each with n-grams that are features of their own.
    """

    registers: tuple[int, ...]
    names: tuple[str, ...]
    coded: tuple[int, ...]
    texts: tuple[tuple[int, Ngrams], ...] = ()

    @property
    def uncoded(self) -> tuple[int, ...]:
        """Positions of the features that hold no category codes."""
        return tuple(i for i in range(len(self.registers)) if i not in set(self.coded))


@dataclass
class Draft:
    """Registers, arrays and steps so far.

    Attributes
    ----------
    registers : int
        How many are in use.
    arrays : list of ndarray of float64
        Equal ones stand once.
    steps : list of PlanStep
        In the order in which they run.
    scores : list of int
        Registers of raw scores.
    texts : list of tuple of str
        Equal ones stand once.

    Examples
    --------
    >>> draft = Draft(registers=2)
    >>> draft.emit("code", 1, [1]), draft.steps[0], draft.arrays
    (2, PlanStep(operation='code', arguments=(2, 0)), [array([1.])])
    """

    registers: int = 0
    arrays: list[FloatArray] = field(default_factory=list)
    steps: list[PlanStep] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    texts: list[tuple[str, ...]] = field(default_factory=list)
    _places: dict[bytes, int] = field(default_factory=dict)

    def reserve(self, count: int) -> int:
        """Return the first of so many new registers."""
        first = self.registers
        self.registers += count
        return first

    def emit(self, operation: str, outputs: int, *arguments: Argument) -> int:
        """Add a step that writes so many new registers; return the first of them."""
        first = self.reserve(outputs)
        self.emit_at(first, operation, *arguments)
        return first

    def emit_at(self, first: int, operation: str, *arguments: Argument) -> None:
        """Add a step that writes from a register that was reserved; lists become arrays, numbers stay."""
        told = tuple(a if isinstance(a, (int, float)) else self.array(a) for a in arguments)
        self.steps.append(PlanStep(operation, (first, *told)))

    def array(self, values: Sequence[int] | NDArray[np.generic]) -> int:
        """Return the position of a list of numbers."""
        array = np.ascontiguousarray(np.asarray(values, dtype=np.float64).ravel())
        place = self._places.setdefault(array.tobytes(), len(self.arrays))
        if place == len(self.arrays):
            self.arrays.append(array)
        return place

    def text_list(self, texts: tuple[str, ...]) -> int:
        """Return the position of a list of texts."""
        if texts not in self.texts:
            self.texts.append(texts)
        return self.texts.index(texts)

    def scored(self, first: int, count: int) -> int:
        """Note registers as raw scores; return the first."""
        self.scores += range(first, first + count)
        return first
