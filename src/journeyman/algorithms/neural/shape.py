"""The shape of a net: which arrays it learns, in what order, how fast each moves and how much each is held back."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["DROP_LEVELS", "EMBEDDING", "Array", "Shape"]

DROP_LEVELS = 256
"""Dropout compares random bytes with a level: a unit is dropped where its byte is lower."""

EMBEDDING = 8
"""Numbers that stand for a category."""

_WAVES, _MIXTURES = 16, 3


@dataclass(frozen=True)
class Array:
    """One array that is learned.

    Attributes
    ----------
    name : str
        What it is.
    shape : tuple of int
        Its shape.
    factor : float
        The optimiser moves ``array / factor``; since Adam's steps do not depend on the size of a gradient, this is a
        learning rate of the array's own, ``factor`` times the common one.
    decay : float
        Share of the common weight decay.
    """

    name: str
    shape: tuple[int, ...]
    factor: float
    decay: float


@dataclass(frozen=True)
class Shape:
    """All sizes of a net; two nets of one shape share what was compiled.

    Attributes
    ----------
    numbers, flats : int
        Features with waves and without.
    sizes : tuple of int
        Rows of the tables of category codes.
    width, layers, outputs : int
        Units a hidden layer, hidden layers, and outputs.
    activation : str
        "selu" or "mish".
    loss : str
        "log", "squared" or "absolute".
    """

    numbers: int
    flats: int
    sizes: tuple[int, ...]
    width: int
    layers: int
    outputs: int
    activation: str
    loss: str

    @property
    def entering(self) -> int:
        """Numbers that enter the first layer."""
        return self.numbers * (1 + _MIXTURES) + self.flats + EMBEDDING * len(self.sizes)

    @property
    def first_rows(self) -> tuple[int, ...]:
        """Where each table starts among all of them, one under the other."""
        return tuple(sum(self.sizes[:i]) for i in range(len(self.sizes)))

    def arrays(self) -> tuple[Array, ...]:
        """Return what is learned, in the order in which all hold it.

        Factors and decays are those of RealMLP-TD (Holzmüller et al. 2024, arXiv 2407.04491); weights are
        held in units of their fan-in ("neural tangent parametrisation"). As in the authors' own code, the decay of an
        array grows with the square of its factor, which lets the layer in front switch features off.
        """
        n = self.numbers
        slow, quick = 0.1, 6.0
        found = [
            Array("frequency", (n, _WAVES), slow * 2.0 * math.pi, slow * slow),
            Array("phase", (n, _WAVES), slow, slow * slow),
            Array("mix", (n, _WAVES, _MIXTURES), slow, slow * slow),
            Array("mix_offset", (n, _MIXTURES), slow, slow * slow),
        ]
        found.append(Array("tables", (sum(self.sizes), EMBEDDING), 1.0, 1.0))
        found.append(Array("front", (self.entering,), quick, quick * quick))
        before = self.entering
        for i in range(self.layers):
            found.append(Array(f"weights_{i}", (before, self.width), 1.0 / math.sqrt(before), 1.0))
            found.append(Array(f"offset_{i}", (self.width,), slow, 0.0))
            found.append(Array(f"slope_{i}", (self.width,), slow, slow * slow))
            before = self.width
        found.append(Array("weights_out", (before, self.outputs), 1.0 / math.sqrt(before), 1.0))
        found.append(Array("offset_out", (self.outputs,), slow, 0.0))
        return tuple(found)
