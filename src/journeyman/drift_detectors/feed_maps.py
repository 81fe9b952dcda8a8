"""Changes of unit that happen, each as what undoes it: a clean factor, or a factor and an offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["WAYS", "Way"]

FloatArray = NDArray[np.float64]
_CLEAR = 5.0
_FACTORS = {
    1000.0: "a thousand times",
    100.0: "a hundred times",
    10.0: "ten times",
    1_000_000.0: "a million times",
    0.45359237: "pounds as kilograms, or 0.4536 times",
    1.609344: "miles as kilometres, or 1.609 times",
    2.54: "inches as centimetres, or 2.54 times",
    0.3048: "feet as metres, or 0.3048 times",
    0.0254: "inches as metres, or 0.0254 times",
    3.785411784: "gallons as litres, or 3.785 times",
    28.349523125: "ounces as grams, or 28.35 times",
    60.0: "sixty times",
    3600.0: "3,600 times",
    24.0: "24 times",
    1024.0: "1,024 times",
    3.6: "m/s as km/h, or 3.6 times",
    0.5144444: "knots as m/s, or 0.5144 times",
    1.852: "knots as km/h, or 1.852 times",
    4.184: "calories as joules, or 4.184 times",
}


@dataclass(frozen=True)
class Way:
    """A change of unit.

    Attributes
    ----------
    words : str
        What it is.
    scale, offset : float
        ``scale * values + offset`` undoes it.

    Examples
    --------
    >>> float(Way("a thousand times", 0.001, 0.0).undone(np.array([2000.0]))[0])
    2.0
    """

    words: str
    scale: float
    offset: float

    def undone(self, values: FloatArray) -> FloatArray:
        """Return values as they would be without it."""
        return values * self.scale + self.offset

    @property
    def clear(self) -> bool:
        """Whether it changes values so much that no price and no season does."""
        return self.offset == 0.0 and self.scale > 0.0 and not 1.0 / _CLEAR < self.scale < _CLEAR

    @property
    def near(self) -> tuple[Way, Way]:
        """Its neighbours, a tenth off, which must fit worse: beside a coincidence lies a better factor."""
        more, less = (Way(self.words, self.scale * by, self.offset * by) for by in (1.1, 1.0 / 1.1))
        return more, less


def _ways() -> tuple[Way, ...]:
    ways = []
    for factor, words in _FACTORS.items():
        ways += [Way(words, 1.0 / factor, 0.0), Way(f"the reverse of {words}", factor, 0.0)]
    return (
        *ways,
        Way("the sign changed", -1.0, 0.0),
        Way("Celsius as Fahrenheit", 1.0 / 1.8, -32.0 / 1.8),
        Way("Fahrenheit as Celsius", 1.8, 32.0),
        Way("Celsius as Kelvin", 1.0, -273.15),
        Way("Kelvin as Celsius", 1.0, 273.15),
        Way("Fahrenheit as Kelvin", 1.8, -459.67),
        Way("Kelvin as Fahrenheit", 1.0 / 1.8, 459.67 / 1.8),
        Way("shares as percentages that were taken from 100", -1.0, 100.0),
    )


WAYS = _ways()
