"""The registers of a batch, and the arguments of a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.scoring_plan import PlanStep, ScoringPlan
from journeyman.exporters.tensors.tensor_library import Tensor, TensorLibrary

__all__ = ["Arguments", "Registers", "Width", "Writer"]


@dataclass
class Registers:
    """Registers as blocks of shape (n_samples, n): what one step writes is one tensor.

    Attributes
    ----------
    library : TensorLibrary
        What the tensors belong to.
    """

    library: TensorLibrary
    _places: dict[int, tuple[int, int]] = field(default_factory=dict)
    _blocks: list[tuple[Tensor, int]] = field(default_factory=list)

    def write(self, first: int, block: Tensor, count: int) -> None:
        """Store what a step writes from the register ``first`` on."""
        for i in range(count):
            self._places[first + i] = (len(self._blocks), i)
        self._blocks.append((block, count))

    def read(self, registers: Sequence[int]) -> Tensor:
        """Return registers side by side, shape (n_samples, n)."""
        runs: list[tuple[int, list[int]]] = []
        for register in registers:
            block, column = self._places[register]
            if runs and runs[-1][0] == block:
                runs[-1][1].append(column)
            else:
                runs.append((block, [column]))
        parts = [self._part(block, columns) for block, columns in runs]
        return parts[0] if len(parts) == 1 else self.library.concat(parts)

    def span(self, first: int, count: int = 1) -> Tensor:
        """Return neighbouring registers."""
        return self.read(range(first, first + count))

    def _part(self, block: int, columns: list[int]) -> Tensor:
        tensor, width = self._blocks[block]
        return tensor if columns == list(range(width)) else self.library.columns(tensor, columns)


@dataclass(frozen=True)
class Arguments:
    """The arguments of a step, behind the register that it writes first."""

    plan: ScoringPlan
    step: PlanStep

    def number(self, place: int) -> float:
        """Return the argument at a place as it is."""
        return float(self.step.arguments[place])

    def whole(self, place: int) -> int:
        """Return a whole number, or a register."""
        return int(self.step.arguments[place])

    def array(self, place: int) -> NDArray[np.float64]:
        """Return a list of numbers."""
        return self.plan.arrays[self.whole(place)]

    def wholes(self, place: int) -> NDArray[np.int64]:
        """Return a list of whole numbers."""
        return self.array(place).astype(np.int64)

    def registers(self, place: int) -> list[int]:
        """Return a list of registers."""
        return [int(i) for i in self.wholes(place)]


Writer = Callable[[TensorLibrary, Registers, Arguments], Tensor]
"""Returns what a step writes, shape (n_samples, n)."""
Width = Callable[[Arguments], int]
"""Returns how many registers a step writes."""
