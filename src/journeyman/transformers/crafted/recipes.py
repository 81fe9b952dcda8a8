"""Recipes: what a crafted feature is made of, before anything is learned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Combination", "GapCount", "Lookup", "Number", "Operand", "Operation", "Quantity", "Recipe"]


class Quantity(StrEnum):
    """What a table tells of the rows of a key."""

    TARGET = "target"
    FREQUENCY = "frequency"
    MEAN = "mean"


class Operation(StrEnum):
    """How two numbers become one."""

    SUM = "+"
    DIFFERENCE = "-"
    PRODUCT = "x"
    RATIO = "/"


@dataclass(frozen=True)
class Number:
    """A column of numbers, by its position."""

    position: int


@dataclass(frozen=True)
class GapCount:
    """The missing values of a row."""


@dataclass(frozen=True)
class Lookup:
    """A quantity by one key, or by two crossed ones.

    Attributes
    ----------
    quantity : Quantity
        What is looked up.
    first : int
        Position of a key.
    second : int or None
        Position of the key it is crossed with.
    position : int
        Of the output (target) or of the number (mean) that is averaged.
    """

    quantity: Quantity
    first: int
    second: int | None = None
    position: int = 0


Operand = Number | Lookup


@dataclass(frozen=True)
class Combination:
    """Two numbers made one.

    Attributes
    ----------
    scaled : bool
        Whether each operand of a sum or difference is first divided by its spread, for numbers of different units.
    """

    operation: Operation
    left: Operand
    right: Operand
    scaled: bool = False


Recipe = GapCount | Lookup | Combination
