"""What a step of a scoring plan is told, and arithmetic that is the same in every language."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable

__all__ = [
    "INF",
    "NAN",
    "Arguments",
    "Numbers",
    "Row",
    "Step",
    "exp",
    "finite",
    "held",
    "left_sum",
    "single",
    "through_sum",
]

NAN, INF = math.nan, math.inf
Numbers = list[float]


class Row(list[float]):
    """The registers of a row, and the texts of its columns."""

    def __init__(self, registers: int, texts: list[str]) -> None:
        super().__init__([0.0] * registers)
        self.texts = texts


Step = Callable[[Row], None]


class Arguments:
    """The arguments of a step."""

    def __init__(self, words: Numbers, arrays: list[Numbers], lists: list[tuple[str, ...]]) -> None:
        self.words, self.arrays, self.lists, self.at = words, arrays, lists, 0

    def number(self) -> float:
        """Return the next number."""
        self.at += 1
        return self.words[self.at - 1]

    def whole(self) -> int:
        """Return the next whole number."""
        return int(self.number())

    def wholes(self, count: int) -> list[int]:
        """Return the next whole numbers."""
        return [self.whole() for _ in range(count)]

    def numbers(self) -> Numbers:
        """Return the array that the next argument names."""
        return self.arrays[self.whole()]

    def texts(self) -> tuple[str, ...]:
        """Return the list of texts that the next argument names."""
        return self.lists[self.whole()]

    def places(self) -> list[int]:
        """Return such an array as whole numbers."""
        return list(map(int, self.numbers()))


def left_sum(values: Iterable[float]) -> float:
    """Return the sum from left to right: ``sum`` adds in another way since Python 3.12."""
    total = 0.0
    for value in values:
        total += value
    return total


def single(x: float) -> float:
    """Return a number rounded to single precision."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", x))[0])
    except OverflowError:
        return math.copysign(INF, x)


def exp(x: float) -> float:
    """Return the exponential; infinite where it is too large."""
    try:
        return math.exp(x)
    except OverflowError:
        return INF


def held(x: float, low: float, high: float) -> float:
    """Return a number held within two ends; NaN stays."""
    return min(max(x, low), high) if x == x else x


def through_sum(values: Numbers) -> Numbers:
    """Return numbers divided by their sum."""
    total = left_sum(values)
    return [x / total for x in values]


def finite(x: float) -> float:
    """Return a finite number; NaN for others."""
    return x if math.isfinite(x) else NAN
